package dev.understudy.protocol;

/** A setting is wrong; the message names it, its value where that is no secret, and what to do. */
public final class SettingsException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SettingsException(String message) {
        super(message);
    }
}
