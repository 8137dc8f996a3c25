package dev.understudy.report;

/** How a run ended. */
public sealed interface Ending {
    /**
     * In order.
     *
     * @param how for a reader: {@code end of the recording}, {@code duration reached}
     */
    record Finished(String how) implements Ending {}

    /**
     * The target could not be reached, or failed more requests than allowed.
     *
     * @param detail which target, what happened, what to do next
     */
    record TargetLost(String detail) implements Ending {}

    /**
     * The source could be read no further; what came before was copied.
     *
     * @param detail which source, where, and why
     */
    record SourceFailed(String detail) implements Ending {}

    /**
     * Understudy failed.
     *
     * @param detail what was being done, and the error; no secret
     */
    record Failed(String detail) implements Ending {}
}
