package dev.understudy.cli.config;

/**
 * The configuration cannot be used; the message names the file, the line or setting, and what to
 * do. No secret is in it.
 */
public final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1;

    ConfigurationException(String message) {
        super(message);
    }
}
