package dev.understudy.wire;

/**
 * Sequence numbers count bytes modulo 2^32 (RFC 9293, section 3.4). All that is known of their
 * wrapping is here: past {@link #unwrap} they are plain {@code long}s that only grow.
 */
public final class SequenceNumber {
    private SequenceNumber() {}

    /**
     * The number nearest to {@code near} whose low 32 bits are {@code sequence}: at most 2^31
     * before it, less than 2^31 after it. Negative results are sound; they lie before a number that
     * was near 0.
     *
     * @param sequence as it stands in the TCP header
     * @param near an unwrapped number of the same direction
     */
    public static long unwrap(int sequence, long near) {
        return near + (sequence - (int) near);
    }

    /** An unwrapped number to begin with: {@code sequence} read without a sign, 0..2^32-1. */
    public static long first(int sequence) {
        return Integer.toUnsignedLong(sequence);
    }
}
