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
}
