package dev.understudy.sys;

import java.time.Duration;

/**
 * How large a ring is, and how long packets wait in it.
 *
 * @param blockBytes bytes of a block, in which a packet has to fit: a power of two from {@value
 *     #MIN_BLOCK_BYTES} to {@value #MAX_BLOCK_BYTES}
 * @param blocks blocks, 2 to {@value #MAX_BLOCKS}; the ring is locked kernel memory of their sum,
 *     below 2 GiB
 * @param retireAfter how long the kernel waits for a block to fill before it hands it over: what
 *     capture adds to latency, 1 to 1000 ms
 */
public record RingSettings(int blockBytes, int blocks, Duration retireAfter) {
    /** Packets of merged segments reach 65,549 bytes. */
    public static final int MIN_BLOCK_BYTES = 128 << 10;

    /** The kernel has to find a block in one piece. */
    public static final int MAX_BLOCK_BYTES = 4 << 20;

    /** Most blocks of a ring. */
    public static final int MAX_BLOCKS = 8192;

    /**
     * 32 MiB, and above all 4 s: the kernel hands a block over when it is full or has waited, so a
     * reader that pauses loses packets once blocks times wait have passed, however few they are.
     * Few large blocks with a short wait (64 of 4 ms) dropped packets of a trickle within 0.3 s.
     */
    public static final RingSettings DEFAULT =
            new RingSettings(MIN_BLOCK_BYTES, 256, Duration.ofMillis(16));

    public RingSettings {
        if (blockBytes < MIN_BLOCK_BYTES
                || blockBytes > MAX_BLOCK_BYTES
                || Integer.bitCount(blockBytes) != 1) {
            throw new IllegalArgumentException(
                    "ring blocks of "
                            + blockBytes
                            + " bytes: choose a power of two from "
                            + MIN_BLOCK_BYTES
                            + " to "
                            + MAX_BLOCK_BYTES);
        }
        if (blocks < 2 || blocks > MAX_BLOCKS || (long) blocks * blockBytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a ring of "
                            + blocks
                            + " blocks of "
                            + blockBytes
                            + " bytes: choose 2 to "
                            + MAX_BLOCKS
                            + ", below 2 GiB in all");
        }
        if (retireAfter.toMillis() < 1 || retireAfter.toMillis() > 1000) {
            throw new IllegalArgumentException(
                    "ring blocks that wait " + retireAfter.toMillis() + " ms: choose 1 to 1000");
        }
    }

    /** The default with so many bytes of ring, rounded up to whole blocks. */
    public static RingSettings ofBytes(long bytes) {
        long blocks = Math.ceilDiv(bytes, DEFAULT.blockBytes);
        return new RingSettings(
                DEFAULT.blockBytes, Math.clamp(blocks, 2, Integer.MAX_VALUE), DEFAULT.retireAfter);
    }

    /** Bytes of the whole ring. */
    public int bytes() {
        return blockBytes * blocks;
    }
}
