package dev.understudy.memcached.command;

/** What is known of a key on the target when an answer about it came. */
public enum KeyPast {
    /** Nobody has stored it since the copy began: what the target has is what it had before. */
    COLD,
    /** It was stored there, or deleted. */
    WRITTEN,
    /**
     * The target stored there what production may have refused: a request that depends on what was
     * there was sent before anybody knew. Until it is written anew, what it holds says nothing.
     */
    UNSURE,
    /** The target did not take the last write, or it was not sent. */
    LOST
}
