package dev.understudy.plugins;

/** The protocol asked for cannot be had; the message says why and what to do next. */
public final class PluginException extends Exception {
    private static final long serialVersionUID = 1;

    public PluginException(String message) {
        super(message);
    }
}
