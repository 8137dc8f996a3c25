package dev.understudy.flow;

/** What became of a packet that the capture delivered; each packet has exactly one fate. */
public enum PacketFate {
    /** Its payload, or a part of it, was new. */
    USED,
    /** It had a payload, and all of it was there before. */
    REPEATED,
    /** It belongs to an online server and carries no byte of a stream. */
    WITHOUT_PAYLOAD,
    /**
     * It belongs to an online server and was set aside by a rule of ours: its flow is refused by a
     * limit or by the {@link FlowHandler}, or has ended before these bytes.
     */
    FILTERED,
    /** Another protocol than TCP, or another server. */
    NOT_FOR_US,
    /** It could not be read, or is an IP fragment, of which no stream can be made. */
    MALFORMED
}
