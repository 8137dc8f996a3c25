package dev.understudy.capture;

import dev.understudy.wire.LinkLayer;

/**
 * Classic pcap, version 2: a header of 24 bytes, then records of 16 bytes and the packet. The magic
 * number tells byte order and whether the stamps' fractions are micro- or nanoseconds.
 *
 * @see "draft-ietf-opsawg-pcap"
 */
final class PcapFormat implements RecordingFormat {
    static final int MAGIC_MICROS = 0xa1b2c3d4;
    static final int MAGIC_NANOS = 0xa1b23c4d;

    private static final int HEADER_BYTES = 24;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final int MAJOR = 2;

    /** Bits of the header's last word that give the link type; the others tell of a checksum. */
    private static final int LINK_TYPE_MASK = 0xffff;

    private final String name;
    private final int nanosPerFraction;
    private boolean headerRead;
    private int linkType;

    /** The window must already be set to the byte order in which the magic number was found. */
    PcapFormat(String name, boolean nanos) {
        this.name = name;
        this.nanosPerFraction = nanos ? 1 : 1000;
    }

    @Override
    public Step step(ByteWindow in, PacketBatch into) throws CaptureFormatException {
        return headerRead ? record(in, into) : header(in);
    }

    @Override
    public long begunAt(ByteWindow in) {
        return in.offset();
    }

    private Step header(ByteWindow in) throws CaptureFormatException {
        if (!in.has(HEADER_BYTES)) {
            return Step.MORE;
        }
        if (in.u16(4) != MAJOR) {
            throw RecordingFormat.damaged(
                    name, 0, "pcap version " + in.u16(4) + "." + in.u16(6) + ", only 2.x is known");
        }
        linkType = LinkLayer.ofFile(in.i32(20) & LINK_TYPE_MASK);
        headerRead = true;
        in.skip(HEADER_BYTES);
        return Step.TAKEN;
    }

    private Step record(ByteWindow in, PacketBatch into) throws CaptureFormatException {
        if (!in.has(RECORD_HEADER_BYTES)) {
            return Step.MORE;
        }
        long captured = in.u32(8);
        if (captured > PacketBatch.MAX_PACKET_BYTES) {
            throw RecordingFormat.damaged(
                    name, in.offset(), "a packet of " + captured + " captured bytes");
        }
        int length = (int) captured;
        if (!in.has(RECORD_HEADER_BYTES + length)) {
            return Step.MORE;
        }
        if (!into.hasRoom(length)) {
            return Step.BATCH_FULL;
        }
        long timeNanos = in.u32(0) * 1_000_000_000L + in.u32(4) * nanosPerFraction;
        into.add(
                timeNanos, linkType, in.i32(12), in.array(), in.index(RECORD_HEADER_BYTES), length);
        in.skip(RECORD_HEADER_BYTES + length);
        return Step.TAKEN;
    }
}
