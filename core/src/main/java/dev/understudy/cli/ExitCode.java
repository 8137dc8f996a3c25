package dev.understudy.cli;

import dev.understudy.report.Outcome;

/** Exit codes beside those of {@link Outcome}. */
final class ExitCode {
    static final int OK = Outcome.OK.exitCode();

    /** Not begun: an option, a file, a permission. */
    static final int USAGE = 2;

    static final int CAPTURE_LOSS = Outcome.CAPTURE_LOSS.exitCode();
    static final int INTERNAL = Outcome.INTERNAL.exitCode();

    private ExitCode() {}
}
