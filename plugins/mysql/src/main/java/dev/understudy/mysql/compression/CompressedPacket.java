package dev.understudy.mysql.compression;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * The seven bytes before a compressed packet, with what follows them: two lengths of three bytes,
 * little-endian, with a sequence id of the compressed packets between them. Packets of the protocol
 * and compressed ones begin and end independently of one another.
 *
 * @param sequence 0..255
 * @param plainLength bytes after decompression; 0 where the body is not compressed
 * @param body a view of the bytes it was decoded from
 * @see "MySQL protocol manual, Compressed Packet"
 */
record CompressedPacket(int sequence, int plainLength, ByteBuf body) {
    /** Bytes of the header. */
    static final int HEADER_LENGTH = 7;

    /** The most that one can hold, in bytes before and after decompression. */
    static final int MAX_LENGTH = 0xFFFFFF;

    /** Reads one at {@code in}'s reader index, and leaves the index where it is. */
    static Decoded<CompressedPacket> decode(ByteBuf in) {
        int start = in.readerIndex();
        if (in.readableBytes() < HEADER_LENGTH) {
            return new Decoded.Incomplete<>(HEADER_LENGTH - in.readableBytes());
        }
        int length = in.getUnsignedMediumLE(start);
        int missing = HEADER_LENGTH + length - in.readableBytes();
        if (missing > 0) {
            return new Decoded.Incomplete<>(missing);
        }
        return new Decoded.Complete<>(
                new CompressedPacket(
                        in.getUnsignedByte(start + 3),
                        in.getUnsignedMediumLE(start + 4),
                        in.slice(start + HEADER_LENGTH, length)),
                HEADER_LENGTH + length);
    }
}
