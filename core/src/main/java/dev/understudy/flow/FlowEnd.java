package dev.understudy.flow;

/** How one direction of a flow came to its end. */
public enum FlowEnd {
    /**
     * The sender said that there is no more; the other direction may go on. Also where the capture
     * lacks the FIN, but both sides have acknowledged each other's.
     */
    FIN,
    /** Either side broke the connection off. */
    RST,
    /** No packet for longer than {@link FlowLimits} allows. */
    IDLE,
    /** The connection was open when the capture ended. */
    CAPTURE_ENDED,
    /** Another connection has taken its addresses and ports; how this one ended was not seen. */
    REPLACED
}
