package dev.understudy.flow;

import java.time.Duration;

/**
 * How much a {@link FlowTable} may hold. Reaching a limit is counted in {@link FlowCounts}.
 *
 * @param flows connections followed at once; a new one past this is refused, its packets are {@link
 *     PacketFate#FILTERED}
 * @param closedFlows connections remembered after their end, so that a late packet does not open
 *     them anew; past this the oldest is forgotten
 * @param outOfOrderBytes memory for bytes behind a hole, for each direction of a flow; past this
 *     the hole is a gap
 * @param outOfOrderBytesInAll the same for all flows of the table together
 * @param idle capture time without a packet after which a flow ends
 */
public record FlowLimits(
        int flows, int closedFlows, int outOfOrderBytes, long outOfOrderBytesInAll, Duration idle) {
    private static final Duration MAX_IDLE = Duration.ofDays(365);

    /**
     * For one event loop. The idle time is that of TCP keep-alive (2 h) and some: an open
     * connection shows a packet before it.
     */
    public static final FlowLimits DEFAULT =
            new FlowLimits(65_536, 16_384, 4 << 20, 32L << 20, Duration.ofMinutes(130));

    public FlowLimits {
        requireAtLeastOne("flows", flows);
        requireAtLeastOne("closed flows", closedFlows);
        requireAtLeastOne("out-of-order bytes", outOfOrderBytes);
        requireAtLeastOne("out-of-order bytes in all", outOfOrderBytesInAll);
        if (idle.isNegative() || idle.isZero() || idle.compareTo(MAX_IDLE) > 0) {
            throw new IllegalArgumentException(
                    "flow limits: idle is " + idle + ", must be above 0 and at most " + MAX_IDLE);
        }
    }

    private static void requireAtLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    "flow limits: " + name + " is " + value + ", must be at least 1");
        }
    }
}
