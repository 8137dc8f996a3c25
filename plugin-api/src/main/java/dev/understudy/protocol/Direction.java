package dev.understudy.protocol;

/** Which end of a captured connection sent a byte. */
public enum Direction {
    /** Sent by the client of the online server: requests. */
    FROM_CLIENT,
    /** Sent by the online server: answers. */
    FROM_SERVER;

    /** The opposite direction. */
    public Direction other() {
        return this == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
    }
}
