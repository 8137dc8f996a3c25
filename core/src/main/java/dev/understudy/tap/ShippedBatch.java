package dev.understudy.tap;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.understudy.capture.PacketBatch;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Packets on their way from a tap. All numbers are big-endian:
 *
 * <pre>
 *   8 number of the first packet   4 packets   8 dropped by the kernel   4 bytes of the body, unpacked
 *   1 packing: 0 none, 1 zstd      and the body, packet by packet:
 *     8 time, ns since the epoch   4 length on the wire   4 length here   2 link type   and its bytes
 * </pre>
 *
 * A tap numbers all packets that the kernel gave it, from 0, those too that it could not keep.
 * Drops of the kernel are the sum since the tap began.
 */
final class ShippedBatch {
    /** What a tap polls at once; no packet is longer than {@link PacketBatch#MAX_PACKET_BYTES}. */
    static final int MAX_PACKET_BYTES = 512 << 10;

    static final int MAX_PACKETS = 4096;

    private static final int PACKET_HEADER_BYTES = 18;

    /** The longest body, unpacked. */
    static final int MAX_BODY_BYTES = MAX_PACKET_BYTES + MAX_PACKETS * PACKET_HEADER_BYTES;

    static final int HEADER_BYTES = 25;

    /**
     * The longest batch: zstd makes what cannot be packed a little longer, and then is not used.
     */
    static final int MAX_BYTES = HEADER_BYTES + MAX_BODY_BYTES;

    private static final int PACKED_NONE = 0;
    private static final int PACKED_ZSTD = 1;

    private final long first;
    private final int packets;
    private final long droppedByKernel;
    private final byte[] body;

    private int taken;
    private int at;

    private ShippedBatch(long first, int packets, long droppedByKernel, byte[] body) {
        this.first = first;
        this.packets = packets;
        this.droppedByKernel = droppedByKernel;
        this.body = body;
    }

    /** A batch for a tap's capture, as large as can be shipped. */
    static PacketBatch forCapture() {
        return new PacketBatch(MAX_PACKET_BYTES, MAX_PACKETS);
    }

    /** Number of the first packet. */
    long first() {
        return first;
    }

    /** Number of the first packet that comes after this batch. */
    long next() {
        return first + packets;
    }

    long droppedByKernel() {
        return droppedByKernel;
    }

    /** Bytes it keeps. */
    int bytes() {
        return body.length;
    }

    /** Whether packets are left to take. */
    boolean hasMore() {
        return taken < packets;
    }

    /** Time of the next packet as the tap's clock had it, nanoseconds since the epoch. */
    long nextTimeNanos() {
        return longAt(at);
    }

    /**
     * Moves the next packet into a batch; false where that has no room.
     *
     * @param clockOffsetNanos taken from the packet's time
     */
    boolean moveNext(PacketBatch into, long clockOffsetNanos) {
        int captured = intAt(at + 12);
        if (!into.hasRoom(captured)) {
            return false;
        }
        into.add(
                longAt(at) - clockOffsetNanos,
                shortAt(at + 16),
                intAt(at + 8),
                body,
                at + PACKET_HEADER_BYTES,
                captured);
        at += PACKET_HEADER_BYTES + captured;
        taken++;
        return true;
    }

    private long longAt(int index) {
        return (long) intAt(index) << 32 | Integer.toUnsignedLong(intAt(index + 4));
    }

    private int intAt(int index) {
        return shortAt(index) << 16 | shortAt(index + 2);
    }

    private int shortAt(int index) {
        return (body[index] & 0xff) << 8 | (body[index + 1] & 0xff);
    }

    /**
     * Reads one to the end of {@code in}. All lengths are checked here and not again.
     *
     * @throws CorruptedFrameException for what no batch looks like
     */
    static ShippedBatch decode(ByteBuf in) {
        if (in.readableBytes() < HEADER_BYTES) {
            throw new CorruptedFrameException("half a batch");
        }
        long first = in.readLong();
        int packets = in.readInt();
        long droppedByKernel = in.readLong();
        int length = in.readInt();
        int packing = in.readUnsignedByte();
        if (first < 0
                || packets < 1
                || packets > MAX_PACKETS
                || first > Long.MAX_VALUE - packets
                || droppedByKernel < 0
                || length < packets * PACKET_HEADER_BYTES
                || length > MAX_BODY_BYTES) {
            throw new CorruptedFrameException(
                    "no batch: %d packets from %d on in %d bytes"
                            .formatted(packets, first, length));
        }
        byte[] body =
                switch (packing) {
                    case PACKED_NONE -> plain(in, length);
                    case PACKED_ZSTD -> unpacked(in, length);
                    default -> throw new CorruptedFrameException("no packing " + packing);
                };
        ShippedBatch batch = new ShippedBatch(first, packets, droppedByKernel, body);
        batch.requireWhole();
        return batch;
    }

    private static byte[] plain(ByteBuf in, int length) {
        if (in.readableBytes() != length) {
            throw new CorruptedFrameException(
                    "%d bytes for a body of %d".formatted(in.readableBytes(), length));
        }
        byte[] body = new byte[length];
        in.readBytes(body);
        return body;
    }

    private static byte[] unpacked(ByteBuf in, int length) {
        byte[] packed = new byte[in.readableBytes()];
        in.readBytes(packed);
        byte[] body = new byte[length];
        try {
            if (Zstd.decompressByteArray(body, 0, length, packed, 0, packed.length) == length) {
                return body;
            }
        } catch (ZstdException e) {
            throw new CorruptedFrameException("a body that cannot be unpacked", e);
        }
        throw new CorruptedFrameException("a body that is shorter than it says");
    }

    private void requireWhole() {
        int end = 0;
        for (int packet = 0; packet < packets; packet++) {
            int left = body.length - end - PACKET_HEADER_BYTES;
            int captured = left < 0 ? -1 : intAt(end + 12);
            if (captured < 0 || captured > left || captured > PacketBatch.MAX_PACKET_BYTES) {
                throw new CorruptedFrameException("a packet longer than its batch");
            }
            end += PACKET_HEADER_BYTES + captured;
        }
        if (end != body.length) {
            throw new CorruptedFrameException("bytes behind the last packet");
        }
    }

    /** Makes batches, one after the other, in memory of its own. */
    static final class Packer {
        private static final int ZSTD_LEVEL = 1;

        private final ByteBuffer out = ByteBuffer.allocate(MAX_BYTES);
        private final byte[] packed;

        /**
         * A packer.
         *
         * @param compress whether bodies are packed, where that makes them shorter
         */
        Packer(boolean compress) {
            packed = new byte[compress ? Math.toIntExact(Zstd.compressBound(MAX_BODY_BYTES)) : 0];
        }

        /** A batch that is valid until the next call. */
        ByteBuffer pack(PacketBatch batch, long first, long droppedByKernel) {
            Objects.checkIndex(batch.count() - 1, MAX_PACKETS);
            out.clear().position(HEADER_BYTES);
            for (int i = 0; i < batch.count(); i++) {
                out.putLong(batch.timeNanos(i))
                        .putInt(batch.originalLength(i))
                        .putInt(batch.capturedLength(i))
                        .putShort((short) batch.linkType(i))
                        .put(batch.data(), batch.offset(i), batch.capturedLength(i));
            }
            int length = out.position() - HEADER_BYTES;
            int packing = squeeze(length) ? PACKED_ZSTD : PACKED_NONE;
            out.putLong(0, first)
                    .putInt(8, batch.count())
                    .putLong(12, droppedByKernel)
                    .putInt(20, length)
                    .put(24, (byte) packing);
            return out.flip();
        }

        private boolean squeeze(int length) {
            if (packed.length == 0) {
                return false;
            }
            long bytes =
                    Zstd.compressByteArray(
                            packed,
                            0,
                            packed.length,
                            out.array(),
                            HEADER_BYTES,
                            length,
                            ZSTD_LEVEL);
            if (bytes >= length) {
                return false;
            }
            out.position(HEADER_BYTES).put(packed, 0, (int) bytes);
            return true;
        }
    }
}
