package dev.understudy.protocol;

/** How one direction of a captured connection ended. */
public enum StreamEnd {
    /** FIN, with every byte before it delivered. */
    FIN,
    /** RST: both directions end. */
    RESET,
    /** No packet for longer than the idle limit. */
    IDLE,
    /** A new connection took the same addresses and ports. */
    REPLACED,
    /** The capture ended while the connection was open. */
    CAPTURE_ENDED
}
