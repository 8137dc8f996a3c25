package dev.understudy.cli;

import dev.understudy.ledger.Counts;
import java.util.Locale;

/** A run so far, on one line. */
final class ProgressLine {
    private ProgressLine() {}

    /**
     * The line.
     *
     * @param requestsBefore requests captured when it was last printed
     * @param elapsedNanos since then
     */
    static String of(Counts counts, long requestsBefore, long elapsedNanos, long lagNanos) {
        Counts.Requests requests = counts.requests();
        double seconds = Math.max(1, elapsedNanos) / 1e9;
        return String.format(
                Locale.ROOT,
                "sessions %,d (%,d open)  %,.0f requests/s  same %,d  different %,d"
                        + "  left out %,d  lag %.1f ms  kernel drops %,d",
                counts.sessions().captured(),
                counts.sessions().open(),
                (requests.captured() - requestsBefore) / seconds,
                requests.same(),
                requests.differentSum(),
                counts.sessions().leftOutSum(),
                lagNanos / 1e6,
                counts.packets().droppedByKernel());
    }
}
