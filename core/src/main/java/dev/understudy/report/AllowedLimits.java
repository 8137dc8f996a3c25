package dev.understudy.report;

/**
 * What a run may come to and still be {@link Outcome#OK}; each a count, 0 or more.
 *
 * @param differences answers that differ
 * @param leftOut sessions left out
 * @param lost requests lost
 * @param unanswered requests without the answer they were due
 * @param notCompared answers that could not be compared
 * @param kernelDrops packets that the kernel dropped, and as many that taps may drop
 * @param oneSided whether only requests were to be read: that nothing is compared then was asked
 *     for
 */
public record AllowedLimits(
        long differences,
        long leftOut,
        long lost,
        long unanswered,
        long notCompared,
        long kernelDrops,
        boolean oneSided) {
    /** Of a run whose capture shows answers. */
    public AllowedLimits(
            long differences,
            long leftOut,
            long lost,
            long unanswered,
            long notCompared,
            long kernelDrops) {
        this(differences, leftOut, lost, unanswered, notCompared, kernelDrops, false);
    }

    /** Nothing of it is allowed: the default. */
    public static AllowedLimits strict() {
        return new AllowedLimits(0, 0, 0, 0, 0, 0);
    }

    /** The same with another limit for differences. */
    public AllowedLimits withDifferences(long allowed) {
        return new AllowedLimits(
                allowed, leftOut, lost, unanswered, notCompared, kernelDrops, oneSided);
    }

    /** The same where it was asked for, or not, that nothing be compared. */
    public AllowedLimits withOneSided(boolean asked) {
        return new AllowedLimits(
                differences, leftOut, lost, unanswered, notCompared, kernelDrops, asked);
    }

    /** The same with another limit for sessions left out. */
    public AllowedLimits withLeftOut(long allowed) {
        return new AllowedLimits(differences, allowed, lost, unanswered, notCompared, kernelDrops);
    }

    /** The same with another limit for requests lost. */
    public AllowedLimits withLost(long allowed) {
        return new AllowedLimits(
                differences, leftOut, allowed, unanswered, notCompared, kernelDrops);
    }

    /** The same with another limit for requests without their answer. */
    public AllowedLimits withUnanswered(long allowed) {
        return new AllowedLimits(differences, leftOut, lost, allowed, notCompared, kernelDrops);
    }

    /** The same with another limit for answers that could not be compared. */
    public AllowedLimits withNotCompared(long allowed) {
        return new AllowedLimits(differences, leftOut, lost, unanswered, allowed, kernelDrops);
    }
}
