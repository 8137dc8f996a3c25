package dev.understudy.flow;

/** Takes the flows that a {@link FlowTable} finds. */
public interface FlowHandler {
    /**
     * A connection has begun, or is seen for the first time.
     *
     * @param timeNanos capture time of the packet that opened it
     * @return who reads its streams; {@link FlowReader#DISCARD} to leave the whole flow out, whose
     *     packets are then {@link PacketFate#FILTERED}
     */
    FlowReader opened(Flow flow, long timeNanos);

    /**
     * A connection has begun that is not followed, since the table is full ({@link
     * FlowLimits#flows}); its packets are {@link PacketFate#FILTERED}. Told once for each.
     */
    default void tooMany(Flow flow, long timeNanos) {}
}
