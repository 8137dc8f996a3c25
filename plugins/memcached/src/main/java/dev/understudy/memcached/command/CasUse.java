package dev.understudy.memcached.command;

import java.nio.ByteBuffer;

/**
 * A cas value in a request, which the online server gave.
 *
 * @param at where it stands in the request's head, in bytes from its first
 * @param length bytes that it takes there
 */
public record CasUse(int at, int length, long value) {
    /** A cas value that no item has: 2^64 - 1. */
    public static final long NONE_HAS = -1;

    /** How cas values are mapped: 8 bytes, big-endian, the same in every dialect. */
    public static byte[] bytes(long cas) {
        return ByteBuffer.allocate(Long.BYTES).putLong(cas).array();
    }

    /** The value of 8 bytes; others are an {@link IllegalArgumentException}. */
    public static long of(byte[] bytes) {
        if (bytes.length != Long.BYTES) {
            throw new IllegalArgumentException("a cas value of " + bytes.length + " bytes");
        }
        return ByteBuffer.wrap(bytes).getLong();
    }

    /** The same as bytes. */
    public byte[] bytes() {
        return bytes(value);
    }
}
