package dev.understudy.capture;

import dev.understudy.wire.LinkLayer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The packets of one hand-over, back to back in one array. Meant to be reused: {@link #clear} and
 * fill again; nothing is allocated after construction. Not thread safe: who fills it gives it away
 * whole, and gets it back whole.
 */
public final class PacketBatch {
    /** The longest packet a batch takes, in bytes: what libpcap calls MAXIMUM_SNAPLEN. */
    public static final int MAX_PACKET_BYTES = 256 << 10;

    /** Packet bytes in a batch unless said otherwise: 1 MiB, eight ring blocks. */
    public static final int DEFAULT_CAPACITY_BYTES = 1 << 20;

    /** Packets in a batch unless said otherwise: 1 MiB of packets of 256 bytes. */
    public static final int DEFAULT_CAPACITY_PACKETS = 4096;

    private final byte[] data;
    private final int[] offsets;
    private final int[] capturedLengths;
    private final int[] originalLengths;
    private final int[] linkTypes;
    private final long[] timesNanos;
    private int count;
    private int end;

    /** A batch of the default capacity. */
    public PacketBatch() {
        this(DEFAULT_CAPACITY_BYTES, DEFAULT_CAPACITY_PACKETS);
    }

    /**
     * An empty batch.
     *
     * @param capacityBytes room for packet bytes, at least {@value #MAX_PACKET_BYTES}, so that an
     *     empty batch takes any packet
     * @param capacityPackets room for packets, at least 1
     */
    public PacketBatch(int capacityBytes, int capacityPackets) {
        if (capacityBytes < MAX_PACKET_BYTES) {
            throw new IllegalArgumentException(
                    "a batch of " + capacityBytes + " bytes: at least " + MAX_PACKET_BYTES);
        }
        if (capacityPackets < 1) {
            throw new IllegalArgumentException("a batch of " + capacityPackets + " packets");
        }
        data = new byte[capacityBytes];
        offsets = new int[capacityPackets];
        capturedLengths = new int[capacityPackets];
        originalLengths = new int[capacityPackets];
        linkTypes = new int[capacityPackets];
        timesNanos = new long[capacityPackets];
    }

    /** Whether one more packet of so many captured bytes fits. */
    public boolean hasRoom(int bytes) {
        return count < offsets.length && bytes <= data.length - end;
    }

    /**
     * Copies one packet in; ask {@link #hasRoom} first.
     *
     * @param timeNanos when it was captured, nanoseconds since the epoch
     * @param linkType how it begins, a number of {@link LinkLayer}
     * @param originalLength bytes it had on the wire; one below {@code capturedLength} is a lie of
     *     the source, and taken for that
     */
    public void add(
            long timeNanos,
            int linkType,
            int originalLength,
            byte[] source,
            int offset,
            int capturedLength) {
        int at = claim(timeNanos, linkType, originalLength, capturedLength);
        System.arraycopy(source, offset, data, at, capturedLength);
    }

    /** As the other {@code add}, from memory outside the heap; {@code offset} counts in bytes. */
    public void add(
            long timeNanos,
            int linkType,
            int originalLength,
            MemorySegment source,
            long offset,
            int capturedLength) {
        int at = claim(timeNanos, linkType, originalLength, capturedLength);
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, data, at, capturedLength);
    }

    private int claim(long timeNanos, int linkType, int originalLength, int capturedLength) {
        if (!hasRoom(capturedLength)) {
            throw new IllegalStateException(
                    "no room for " + capturedLength + " bytes behind " + count + " packets");
        }
        int at = end;
        offsets[count] = at;
        capturedLengths[count] = capturedLength;
        originalLengths[count] = Math.max(originalLength, capturedLength);
        linkTypes[count] = linkType;
        timesNanos[count] = timeNanos;
        end = at + capturedLength;
        count++;
        return at;
    }

    /** Packets in it. */
    public int count() {
        return count;
    }

    /**
     * The array all packets lie in, not a copy: packet {@code i} has {@link #capturedLength} bytes
     * from {@link #offset} on. What lies elsewhere in it means nothing.
     */
    public byte[] data() {
        return data;
    }

    /** Where packet {@code i} begins in {@link #data}. */
    public int offset(int i) {
        return offsets[checked(i)];
    }

    /** Bytes of packet {@code i} that are here. */
    public int capturedLength(int i) {
        return capturedLengths[checked(i)];
    }

    /** Bytes packet {@code i} had on the wire, at least {@link #capturedLength}. */
    public int originalLength(int i) {
        return originalLengths[checked(i)];
    }

    /** When packet {@code i} was captured, nanoseconds since the epoch. */
    public long timeNanos(int i) {
        return timesNanos[checked(i)];
    }

    /** Moves the times of the packets from {@code from} on. */
    public void shiftTimes(int from, long nanos) {
        for (int i = from; i < count; i++) {
            timesNanos[i] += nanos;
        }
    }

    /** How packet {@code i} begins, a number of {@link LinkLayer}. */
    public int linkType(int i) {
        return linkTypes[checked(i)];
    }

    /** Empties it. */
    public void clear() {
        count = 0;
        end = 0;
    }

    private int checked(int i) {
        // The arrays are longer than what is filled: an index past it would give an old packet.
        return Objects.checkIndex(i, count);
    }
}
