package dev.understudy.cli;

import dev.understudy.ledger.Counts;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** A run so far, on one line. */
final class ProgressLine {
    private ProgressLine() {}

    /**
     * The line.
     *
     * @param columns of the targets, whose sessions and requests are added up
     * @param requestsBefore requests captured when it was last printed
     * @param elapsedNanos since then
     * @param lagNanos of the target that lags most
     */
    static String of(List<Counts> columns, long requestsBefore, long elapsedNanos, long lagNanos) {
        double seconds = Math.max(1, elapsedNanos) / 1e9;
        String targets = columns.size() == 1 ? "" : "targets %d  ".formatted(columns.size());
        return String.format(
                Locale.ROOT,
                "%ssessions %,d (%,d open)  %,.0f requests/s  same %,d  different %,d"
                        + "  left out %,d  lag %.1f ms  kernel drops %,d",
                targets,
                sum(columns, counts -> counts.sessions().captured()),
                sum(columns, counts -> counts.sessions().open()),
                (requests(columns) - requestsBefore) / seconds,
                sum(columns, counts -> counts.requests().same()),
                sum(columns, counts -> counts.requests().differentSum()),
                sum(columns, counts -> counts.sessions().leftOutSum()),
                lagNanos / 1e6,
                columns.getFirst().packets().droppedByKernel());
    }

    /** Requests captured, for each target. */
    static long requests(List<Counts> columns) {
        return sum(columns, counts -> counts.requests().captured());
    }

    private static long sum(List<Counts> columns, ToLongFunction<Counts> count) {
        return columns.stream().mapToLong(count).sum();
    }
}
