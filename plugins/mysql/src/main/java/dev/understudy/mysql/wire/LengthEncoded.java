package dev.understudy.mysql.wire;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * Numbers whose first byte says how long they are: 0..0xFA is the number itself, 0xFC, 0xFD and
 * 0xFE announce two, three and eight bytes, little-endian. 0xFB is NULL in a text row, 0xFF opens
 * an ERR packet; neither is a number.
 *
 * @see "MySQL protocol manual, Protocol::LengthEncodedInteger"
 */
public final class LengthEncoded {
    /** First byte of a NULL where a text row's value would be. */
    public static final int NULL = 0xFB;

    private static final int TWO_BYTES = 0xFC;
    private static final int THREE_BYTES = 0xFD;
    private static final int EIGHT_BYTES = 0xFE;

    private LengthEncoded() {}

    /**
     * Bytes that the number with this first byte takes in all, 1..9; 0 where the byte opens none.
     *
     * @param firstByte 0..255
     */
    public static int size(int firstByte) {
        return switch (firstByte) {
            case TWO_BYTES -> 3;
            case THREE_BYTES -> 4;
            case EIGHT_BYTES -> 9;
            case NULL, 0xFF -> 0;
            default -> 1;
        };
    }

    /** The number at an index, where {@link #size} bytes are known to be; unsigned 64 bits. */
    public static long at(ByteBuf in, int index) {
        int firstByte = in.getUnsignedByte(index);
        return switch (firstByte) {
            case TWO_BYTES -> in.getUnsignedShortLE(index + 1);
            case THREE_BYTES -> in.getUnsignedMediumLE(index + 1);
            case EIGHT_BYTES -> in.getLongLE(index + 1);
            default -> firstByte;
        };
    }

    /** Reads one number at {@code in}'s reader index, and leaves the index where it is. */
    public static Decoded<Long> decode(ByteBuf in) {
        if (!in.isReadable()) {
            return new Decoded.Incomplete<>(1);
        }
        int size = size(in.getUnsignedByte(in.readerIndex()));
        if (size == 0) {
            return new Decoded.Malformed<>(0, "not a length-encoded number");
        }
        return in.readableBytes() < size
                ? new Decoded.Incomplete<>(size - in.readableBytes())
                : new Decoded.Complete<>(at(in, in.readerIndex()), size);
    }

    /** Writes a number, taken as unsigned, in the fewest bytes. */
    public static void encode(ByteBuf out, long value) {
        if (value >= 0 && value < NULL) {
            out.writeByte((int) value);
        } else if (value >= 0 && value <= 0xFFFF) {
            out.writeByte(TWO_BYTES).writeShortLE((int) value);
        } else if (value >= 0 && value <= 0xFFFFFF) {
            out.writeByte(THREE_BYTES).writeMediumLE((int) value);
        } else {
            out.writeByte(EIGHT_BYTES).writeLongLE(value);
        }
    }

    /** Writes a string: its length, then its bytes. */
    public static void encode(ByteBuf out, byte[] bytes) {
        encode(out, bytes.length);
        out.writeBytes(bytes);
    }
}
