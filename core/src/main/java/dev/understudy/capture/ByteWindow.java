package dev.understudy.capture;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The part of a recording that is in memory. A decoder asks {@link #has} for as many bytes as it
 * needs, looks at them, and takes them; where they are not there yet it returns and starts the same
 * step again later. It grows with the bytes that came, never by a length that was announced.
 */
final class ByteWindow {
    private static final int FIRST_CAPACITY_BYTES = 64 << 10;

    private static final VarHandle INT_LE =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT_LE =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** What {@link #fill} came to. */
    enum Filled {
        /** More bytes are here. */
        SOME,
        /** Nothing came in time. */
        NOTHING_YET,
        /** Nothing comes any more. */
        END,
        /** Nothing comes any more, and the stream broke off within its compression. */
        END_CUT
    }

    private byte[] bytes = new byte[FIRST_CAPACITY_BYTES];
    private int position;
    private int limit;
    private long toSkip;
    private long consumed;
    private boolean littleEndian;

    /** Sets the byte order of all that is read from now on. */
    void order(boolean littleEndian) {
        this.littleEndian = littleEndian;
    }

    /** Whether so many bytes are here, behind what is still to be skipped. */
    boolean has(int wanted) {
        return toSkip == 0 && limit - position >= wanted;
    }

    /** Whether all bytes that came were taken. */
    boolean isEmpty() {
        return toSkip == 0 && limit == position;
    }

    /** Where the next byte lies in the whole recording. */
    long offset() {
        return consumed;
    }

    /** The array in which {@link #index} counts. */
    byte[] array() {
        return bytes;
    }

    /** The index in {@link #array} of the byte {@code at} behind the next one. */
    int index(int at) {
        return position + at;
    }

    /** The unsigned byte at {@code at} behind the next one. */
    int u8(int at) {
        return bytes[position + at] & 0xff;
    }

    int u16(int at) {
        short value = (short) SHORT_LE.get(bytes, position + at);
        return (littleEndian ? value : Short.reverseBytes(value)) & 0xffff;
    }

    int i32(int at) {
        int value = (int) INT_LE.get(bytes, position + at);
        return littleEndian ? value : Integer.reverseBytes(value);
    }

    long u32(int at) {
        return Integer.toUnsignedLong(i32(at));
    }

    long i64(int at) {
        long first = u32(at);
        long second = u32(at + 4);
        return littleEndian ? second << 32 | first : first << 32 | second;
    }

    /** Takes bytes off the front, also such as have not come yet. */
    void skip(long count) {
        consumed += count;
        int here = (int) Math.min(count, limit - position);
        position += here;
        toSkip += count - here;
    }

    /** Adds the next bytes of {@code from}, waiting for them at most so long. */
    Filled fill(ReadAhead from, long waitNanos) throws IOException {
        return switch (from.take(waitNanos)) {
            case ReadAhead.Chunk.Bytes chunk -> {
                append(chunk.bytes());
                from.giveBack(chunk);
                yield Filled.SOME;
            }
            case ReadAhead.Chunk.Later() -> Filled.NOTHING_YET;
            case ReadAhead.Chunk.End(boolean cut) -> cut ? Filled.END_CUT : Filled.END;
            case ReadAhead.Chunk.Failed(IOException cause) -> throw cause;
        };
    }

    private void append(ByteBuffer source) {
        int skipped = (int) Math.min(toSkip, source.remaining());
        toSkip -= skipped;
        source.position(source.position() + skipped);
        int added = source.remaining();
        if (limit + added > bytes.length) {
            System.arraycopy(bytes, position, bytes, 0, limit - position);
            limit -= position;
            position = 0;
            if (limit + added > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, limit + added));
            }
        }
        source.get(bytes, limit, added);
        limit += added;
    }
}
