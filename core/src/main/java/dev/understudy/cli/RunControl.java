package dev.understudy.cli;

import dev.understudy.ledger.Ledger;

/** What a running engine tells the command line, and is told by it. Safe for use by any thread. */
interface RunControl {
    /** Packets are being captured, or read, from now on; the targets' books show the progress. */
    void opened(Ledger... columns);

    /**
     * Calls {@code stop} once when the user wants the run to end in order, at once where that was
     * wanted already; the engine then drains and returns.
     */
    void onStop(Runnable stop);

    /** One line for the user, beside the progress. */
    void say(String line);
}
