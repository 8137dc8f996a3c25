package dev.understudy.protocol;

import java.net.InetSocketAddress;

/**
 * What one copy of a run is about.
 *
 * @param settings the section of the configuration that bears the protocol's name
 * @param replyKeepBytes of each answer, this much may be kept for the structured comparison
 */
public record RunContext(
        Settings settings, InetSocketAddress online, InetSocketAddress target, int replyKeepBytes) {
    /** The default of {@code compare.keep}, in bytes. */
    public static final int DEFAULT_REPLY_KEEP_BYTES = 256 * 1024;
}
