package dev.understudy.protocol;

/** Which of the two servers. */
public enum Side {
    /** The server that is captured. */
    ONLINE,
    /** The server that is copied to. */
    TARGET
}
