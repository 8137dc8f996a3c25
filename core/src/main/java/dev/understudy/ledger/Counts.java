package dev.understudy.ledger;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** What a {@link Ledger} had counted at one moment. All maps are sorted and unmodifiable. */
public record Counts(
        Packets packets,
        Sessions sessions,
        Requests requests,
        SortedMap<String, Hold> holds,
        Order order,
        Percentiles onlineLatency,
        Percentiles targetLatency,
        Percentiles lag,
        Control control) {

    /**
     * Packets.
     *
     * @param delivered what the source handed over: the sum of the six that follow
     * @param droppedByKernel what never reached the source; outside that sum
     * @param droppedByTaps what taps elsewhere had and could not keep; outside that sum too
     */
    public record Packets(
            long delivered,
            long used,
            long repeated,
            long withoutPayload,
            long filtered,
            long notForUs,
            long malformed,
            long droppedByKernel,
            long droppedByTaps) {
        private Optional<String> imbalance() {
            long sum = used + repeated + withoutPayload + filtered + notForUs + malformed;
            return delivered == sum
                    ? Optional.empty()
                    : Optional.of(
                            ("packets: delivered %d is not used %d + repeated %d + withoutPayload"
                                            + " %d + filtered %d + notForUs %d + malformed %d = %d")
                                    .formatted(
                                            delivered,
                                            used,
                                            repeated,
                                            withoutPayload,
                                            filtered,
                                            notForUs,
                                            malformed,
                                            sum));
        }
    }

    /**
     * Sessions; captured = complete + joinedLate + all left out + all not sampled, once none is
     * open. Of a session that is copied n times to the target each copy counts.
     */
    public record Sessions(
            long captured,
            long complete,
            long joinedLate,
            SortedMap<String, Long> leftOut,
            List<LeftOutSample> leftOutSamples,
            SortedMap<String, Long> notSampled) {
        public Sessions {
            leftOutSamples = List.copyOf(leftOutSamples);
        }

        /** Sessions left out, for whatever reason. */
        public long leftOutSum() {
            return sum(leftOut);
        }

        /** Sessions that the run was not to copy, for whatever reason. */
        public long notSampledSum() {
            return sum(notSampled);
        }

        /** Sessions that have not ended yet. */
        public long open() {
            return captured - complete - joinedLate - leftOutSum() - notSampledSum();
        }

        private Optional<String> imbalance() {
            return open() == 0
                    ? Optional.empty()
                    : Optional.of(
                            ("sessions: captured %d is not complete %d + joinedLate %d + leftOut"
                                            + " %d + notSampled %d = %d")
                                    .formatted(
                                            captured,
                                            complete,
                                            joinedLate,
                                            leftOutSum(),
                                            notSampledSum(),
                                            captured - open()));
        }
    }

    /** One of the sessions left out for a reason. */
    public record LeftOutSample(String reason, SessionLabel session, String detail) {}

    /**
     * Requests; captured = answered + noAnswerDue + unanswered + skipped + lost, once none is open,
     * and answered = same + different + notCompared.
     *
     * @param injected requests that the plugin made itself, by operation; outside those sums
     */
    public record Requests(
            long captured,
            long answered,
            long same,
            SortedMap<String, Long> different,
            SortedMap<String, Long> notCompared,
            long noAnswerDue,
            SortedMap<String, Long> unanswered,
            SortedMap<String, Long> skipped,
            SortedMap<String, Long> lost,
            SortedMap<String, Long> injected) {
        /** Answers that differ, of whatever kind. */
        public long differentSum() {
            return sum(different);
        }

        /** Answers that could not be compared. */
        public long notComparedSum() {
            return sum(notCompared);
        }

        /** Requests that were owed an answer and got none. */
        public long unansweredSum() {
            return sum(unanswered);
        }

        /** Requests not sent by a rule. */
        public long skippedSum() {
            return sum(skipped);
        }

        /** Requests lost. */
        public long lostSum() {
            return sum(lost);
        }

        /** Requests that no client sent. */
        public long injectedSum() {
            return sum(injected);
        }

        /** Answers held against one another. */
        public long compared() {
            return answered - notComparedSum();
        }

        /** Requests that have ended. */
        public long ended() {
            return answered + noAnswerDue + unansweredSum() + skippedSum() + lostSum();
        }

        /** Requests that have not ended yet. */
        public long open() {
            return captured - ended();
        }

        private Optional<String> imbalance() {
            long verdicts = same + differentSum() + notComparedSum();
            if (answered != verdicts) {
                return Optional.of(
                        "requests: answered %d is not same %d + different %d + notCompared %d = %d"
                                .formatted(
                                        answered,
                                        same,
                                        differentSum(),
                                        notComparedSum(),
                                        verdicts));
            }
            return open() == 0
                    ? Optional.empty()
                    : Optional.of(
                            ("requests: captured %d is not answered %d + noAnswerDue %d +"
                                            + " unanswered %d + skipped %d + lost %d = %d")
                                    .formatted(
                                            captured,
                                            answered,
                                            noAnswerDue,
                                            unansweredSum(),
                                            skippedSum(),
                                            lostSum(),
                                            ended()));
        }
    }

    /**
     * How often sessions were held for a reason, and for how long in all.
     *
     * @param nanos all holds added up
     */
    public record Hold(long count, long nanos) {}

    /**
     * Order across sessions.
     *
     * @param waits requests that waited for an earlier answer of another session
     * @param waitNanos all these waits added up
     * @param suspect waits that ran out: the request was sent out of order
     * @param suspectAnswers compared answers to requests that were sent before an earlier answer
     * @param suspectDifferences those among them that differ
     * @param commitWaits requests that lock that waited for an earlier commit of another session
     * @param commitWaitNanos all these waits added up
     * @param commitSuspect commits that were waited for no longer
     */
    public record Order(
            long waits,
            long waitNanos,
            long suspect,
            long suspectAnswers,
            long suspectDifferences,
            long commitWaits,
            long commitWaitNanos,
            long commitSuspect) {}

    /**
     * Comparisons of a target beside which there is a control.
     *
     * @param with the control's answer at hand
     * @param without it, by reason
     */
    public record Control(long with, SortedMap<String, Long> without) {
        /** Whether there is anything to tell. */
        public boolean isEmpty() {
            return with == 0 && without.isEmpty();
        }
    }

    /**
     * A distribution of times, in microseconds, each within 0.1 % of the value measured.
     *
     * @param count times recorded; the others are 0 where there was none
     */
    public record Percentiles(long count, long p50, long p95, long p99, long max) {}

    /**
     * Names the first sum that does not agree. Only a run that has come to rest has to agree: until
     * then requests and sessions are open.
     */
    public Optional<String> imbalance() {
        return packets.imbalance().or(sessions::imbalance).or(requests::imbalance);
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
