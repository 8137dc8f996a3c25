package dev.understudy.plugins;

/** A file of the plugin directory cannot be used; the message is a whole sentence on it. */
final class UnfitPluginException extends Exception {
    private static final long serialVersionUID = 1;

    UnfitPluginException(String message) {
        super(message);
    }
}
