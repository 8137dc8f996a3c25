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
    /**
     * Response times of a group in microseconds; percentiles are at most 12.5 % above the truth.
     *
     * @param totalMicros all of them added up, exact
     */
    public record Latency(long p50Micros, long p95Micros, long p99Micros, long totalMicros) {}

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

    /** By how much the target took longer in all, in microseconds; negative where it was faster. */
    public long lostMicros() {
        return targetLatency.totalMicros() - onlineLatency.totalMicros();
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
