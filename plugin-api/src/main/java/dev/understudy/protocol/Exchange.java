package dev.understudy.protocol;

/**
 * A request with the answers of both sides.
 *
 * @param sentNanos when core gave the request to the target's socket; times are nanoseconds since
 *     the epoch
 * @param onlineNanos when the online server's answer was complete, by the capture
 * @param targetNanos when the target's answer was complete
 */
public record Exchange(
        Request request,
        Reply online,
        Reply target,
        long sentNanos,
        long onlineNanos,
        long targetNanos) {
    /** The online server's response time in nanoseconds, at least 0. */
    public long onlineLatencyNanos() {
        return Math.max(0, onlineNanos - request.capturedNanos());
    }

    /** The target's response time in nanoseconds, at least 0. */
    public long targetLatencyNanos() {
        return Math.max(0, targetNanos - sentNanos);
    }
}
