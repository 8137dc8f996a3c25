package dev.understudy.session;

import dev.understudy.delivery.Delivery;
import java.time.Duration;
import java.util.List;

/**
 * What a run may take at most. Whatever reaches a limit is counted under a reason of its own.
 *
 * @param maxSessions sessions copied at once; new ones past it are left out
 * @param bytesPerSession bytes buffered for one session, both directions and both sides together
 * @param bytesInAll bytes buffered for all sessions; past it new sessions are left out
 * @param holdMax the longest a session may hold its captured requests
 * @param orderWaitMax the longest a request waits for an earlier answer of another session
 * @param drain how long open sessions may go on after the capture has ended
 * @param connectRetries further tries to connect to the target, for each session
 * @param connectTimeout the longest one try may take
 * @param idle a flow without a packet for so long has ended
 * @param targetFailureShare the run stops when a larger share of requests than this fails on the
 *     target, 0..1
 * @param targetFailureMinimum requests that have to be counted before that share means anything
 */
public record RunLimits(
        int maxSessions,
        long bytesPerSession,
        long bytesInAll,
        Duration holdMax,
        Duration orderWaitMax,
        Duration drain,
        int connectRetries,
        Duration connectTimeout,
        Duration idle,
        double targetFailureShare,
        int targetFailureMinimum) {
    private static final long MIB = 1024 * 1024;

    /** How connections are made within these limits, from this host's own addresses. */
    public Delivery delivery() {
        return new Delivery(
                connectTimeout, connectRetries, List.of(), Delivery.DEFAULT_SEND_BUFFER_BYTES);
    }

    /** The limits of a run whose configuration says nothing of them. */
    public static RunLimits defaults() {
        return new RunLimits(
                20_000,
                32 * MIB,
                64 * MIB,
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                Duration.ofSeconds(10),
                3,
                Duration.ofSeconds(5),
                Duration.ofHours(8),
                0.5,
                100);
    }
}
