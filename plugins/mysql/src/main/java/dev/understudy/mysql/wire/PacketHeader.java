package dev.understudy.mysql.wire;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * The four bytes before every packet: a length of three bytes, little-endian, and a sequence id
 * that counts the packets of one exchange and wraps at 256.
 *
 * @param length bytes after the header, 0..{@value #MAX_LENGTH}; a packet of exactly that length is
 *     continued by the next one
 * @param sequence 0..255
 * @see "MySQL protocol manual, MySQL Packets"
 */
public record PacketHeader(int length, int sequence) {
    /** Bytes of a header. */
    public static final int LENGTH = 4;

    /** The longest packet, in bytes without its header. */
    public static final int MAX_LENGTH = 0xFFFFFF;

    /** Reads one header at {@code in}'s reader index, and leaves the index where it is. */
    public static Decoded<PacketHeader> decode(ByteBuf in) {
        int missing = LENGTH - in.readableBytes();
        return missing > 0
                ? new Decoded.Incomplete<>(missing)
                : new Decoded.Complete<>(at(in, in.readerIndex()), LENGTH);
    }

    /** Reads the header at an index behind which at least {@link #LENGTH} bytes are known to be. */
    public static PacketHeader at(ByteBuf in, int index) {
        return new PacketHeader(in.getUnsignedMediumLE(index), in.getUnsignedByte(index + 3));
    }

    /** Whether the next packet belongs to the same payload. */
    public boolean continues() {
        return length == MAX_LENGTH;
    }

    /** The sequence id of the packet that follows in the same exchange. */
    public int nextSequence() {
        return (sequence + 1) & 0xFF;
    }

    /** Writes exactly {@link #LENGTH} bytes. */
    public void encode(ByteBuf out) {
        out.writeMediumLE(length).writeByte(sequence);
    }
}
