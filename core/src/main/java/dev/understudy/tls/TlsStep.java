package dev.understudy.tls;

import io.netty.buffer.ByteBuf;

/** What the next record of a direction came to. */
public sealed interface TlsStep {
    /** A record of the application; these bytes, at least 1, are what it says. */
    record Plain(ByteBuf bytes) implements TlsStep {}

    /** A record of the handshake, or an empty one: nothing of it is for the application. */
    record Passed() implements TlsStep {}

    /** The record is not whole yet; nothing was taken. */
    record Incomplete() implements TlsStep {}

    /** The record cannot be opened before its secrets are there; nothing was taken. */
    record KeysMissing() implements TlsStep {}

    /**
     * An alert ended the direction; nothing more of it is read.
     *
     * @param orderly whether by close_notify, and not by an error
     */
    record Closed(boolean orderly) implements TlsStep {}

    /**
     * Nothing more of this connection can be read.
     *
     * @param reason a word to count by, as {@code wrong-keys} or {@code tls-suite-0x1304}
     * @param detail for a reader; no secret
     */
    record Failed(String reason, String detail) implements TlsStep {}
}
