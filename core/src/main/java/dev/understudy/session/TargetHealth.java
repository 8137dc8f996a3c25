package dev.understudy.session;

import java.util.Optional;

/** Tells a target that fails now and then from one that is lost. */
final class TargetHealth {
    /** Connections that fail one after the other, with no answer between, before it is lost. */
    private static final int FAILURES_IN_A_ROW = 10;

    private final double failureShare;
    private final int leastRequests;
    private final int copies;
    private long answered;
    private long failed;
    private int inARow;
    private String lastReason = "";
    private volatile Optional<String> lost = Optional.empty();

    /**
     * A target that has not failed yet.
     *
     * @param failureShare the share of failures, 0..1, above which the target counts as lost
     * @param leastRequests how many have to be counted before that share means anything
     * @param copies of each session, which fail together where one does
     */
    TargetHealth(double failureShare, int leastRequests, int copies) {
        this.copies = copies;
        this.failureShare = failureShare;
        this.leastRequests = leastRequests;
    }

    void answered() {
        answered++;
        inARow = 0;
    }

    /** A connection could not be made, or ended while production's went on. */
    void failed(String reason) {
        failed++;
        inARow++;
        lastReason = reason;
        if (inARow >= FAILURES_IN_A_ROW * copies && lost.isEmpty()) {
            lost =
                    Optional.of(
                            "%d connections to the target failed in a row (%s)"
                                    .formatted(inARow, reason));
        }
    }

    /** Looks at what came since the last look that had enough to judge by. */
    void look() {
        long all = answered + failed;
        if (all < leastRequests) {
            return;
        }
        if (failed > failureShare * all && lost.isEmpty()) {
            lost =
                    Optional.of(
                            "%d of the last %d requests failed on the target (%s)"
                                    .formatted(failed, all, lastReason));
        }
        answered = 0;
        failed = 0;
    }

    /** What happened, once the target is lost. */
    Optional<String> lost() {
        return lost;
    }
}
