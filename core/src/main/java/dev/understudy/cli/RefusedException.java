package dev.understudy.cli;

/**
 * What was asked for cannot be begun: the message says which thing, which value and what to do
 * next. Exit code {@link ExitCode#USAGE}.
 */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
        super(message);
    }

    RefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
