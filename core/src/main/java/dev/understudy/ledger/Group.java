package dev.understudy.ledger;

import java.util.List;
import java.util.SortedMap;

/**
 * How the requests of one operation and fingerprint ended.
 *
 * @param count requests of this group that have ended: the sum of the seven that follow
 * @param samples the first few for each kind, reason and rule
 * @param onlineLatency production's response times of the exchanges, as {@link Latency} gives them
 */
public record Group(
        String operation,
        String fingerprint,
        long count,
        long same,
        SortedMap<String, Long> different,
        SortedMap<String, Long> notCompared,
        long noAnswerDue,
        SortedMap<String, Long> unanswered,
        SortedMap<String, Long> skipped,
        SortedMap<String, Long> lost,
        Latency onlineLatency,
        Latency targetLatency,
        List<Sample> samples) {
    /** Response times of a group in microseconds, at most 25 % above the truth. */
    public record Latency(long p50Micros, long p99Micros) {}

    public Group {
        samples = List.copyOf(samples);
    }

    /** What a reader knows it by: the operation, unless the fingerprint begins with it. */
    public String title() {
        return (fingerprint + " ")
                        .regionMatches(true, 0, operation + " ", 0, operation.length() + 1)
                ? fingerprint
                : operation + "  " + fingerprint;
    }

    /** Answers that differ, of whatever kind. */
    public long differentSum() {
        return different.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The same counts without what was captured. */
    public Group withoutSamples() {
        return new Group(
                operation,
                fingerprint,
                count,
                same,
                different,
                notCompared,
                noAnswerDue,
                unanswered,
                skipped,
                lost,
                onlineLatency,
                targetLatency,
                List.of());
    }
}
