package dev.understudy.testkit;

/** A rehearsal cannot be begun, or did not end; the message says what to do. */
public final class RehearsalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RehearsalException(String message) {
        super(message);
    }

    RehearsalException(String message, Throwable cause) {
        super(message, cause);
    }
}
