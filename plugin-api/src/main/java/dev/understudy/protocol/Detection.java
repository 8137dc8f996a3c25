package dev.understudy.protocol;

/** What {@link Protocol#detect} makes of the first bytes of a direction. */
public enum Detection {
    /** These bytes are this protocol. */
    MATCH,
    /** These bytes cannot be this protocol. */
    NO_MATCH,
    /** Too few bytes to tell. */
    NEED_MORE
}
