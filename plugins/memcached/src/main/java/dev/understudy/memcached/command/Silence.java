package dev.understudy.memcached.command;

/** What it means when a request gets no answer. */
public enum Silence {
    /** It is always answered. */
    NEVER,
    /** A quiet read: the item is not there. */
    MISS,
    /** A quiet write: it was done. */
    DONE,
    /** {@code noreply}: nothing is said of it, but where the request itself is wrong. */
    UNSAID
}
