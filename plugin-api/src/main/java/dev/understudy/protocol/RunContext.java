package dev.understudy.protocol;

import java.net.InetSocketAddress;

/**
 * What one copy of a run is about.
 *
 * @param settings the section of the configuration that bears the protocol's name
 * @param replyKeepBytes of each answer, this much may be kept for the structured comparison
 * @param control whether the target is the reference that must agree with the online server: what
 *     the other targets' copies are compared beside
 * @param commitOrder whether requests that lock keep production's order of commits
 */
public record RunContext(
        Settings settings,
        InetSocketAddress online,
        InetSocketAddress target,
        int replyKeepBytes,
        boolean control,
        boolean commitOrder) {
    /** The default of {@code compare.keep}, in bytes. */
    public static final int DEFAULT_REPLY_KEEP_BYTES = 256 * 1024;

    /** A copy to a target that is no control. */
    public RunContext(
            Settings settings,
            InetSocketAddress online,
            InetSocketAddress target,
            int replyKeepBytes) {
        this(settings, online, target, replyKeepBytes, false, false);
    }
}
