package dev.understudy.report;

/** What a run came to as a whole. Of several that hold, the first in this order is the outcome. */
public enum Outcome {
    /** Understudy itself failed, or its sums do not agree: nothing else can be relied on. */
    INTERNAL("internal", 5),
    /** The target went away: what is missing is missing for that reason. */
    TARGET_LOST("target-lost", 4),
    /** The kernel dropped more packets than allowed: what was compared is not what happened. */
    CAPTURE_LOSS("capture-loss", 3),
    /**
     * Too much was left out, lost, unanswered or not compared, nothing was compared at all, or the
     * source could not be read to its end.
     */
    INCOMPLETE("incomplete", 6),
    /** More answers differ than allowed. */
    DIFFERENCES("differences", 1),
    /** Everything was copied and answered, and nothing compared, since that was asked for. */
    REQUESTS_ONLY("requests-only", 0),
    /** Everything was copied and compared, within the limits. */
    OK("ok", 0);

    private final String word;
    private final int exitCode;

    Outcome(String word, int exitCode) {
        this.word = word;
        this.exitCode = exitCode;
    }

    /** The word in {@code report.json}. */
    public String word() {
        return word;
    }

    /** The exit code of the process. */
    public int exitCode() {
        return exitCode;
    }
}
