package dev.understudy.mysql.wire;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * Reads the fields of one whole payload in order, never past its end. The first field that is not
 * there as announced marks the whole as malformed; from then on fields read as zero or empty, so a
 * decoder reads straight through and asks once, by {@link #message}. Nothing is allocated before
 * the bytes it is for are known to be there.
 */
public final class Fields {
    private final ByteBuf payload;
    private final int start;
    private int index;
    private int failedAt = -1;
    private String failure = "";

    /** Begins at the payload's reader index; the payload's own indices stay as they are. */
    public Fields(ByteBuf payload) {
        this.payload = payload;
        this.start = payload.readerIndex();
        this.index = start;
    }

    /** Bytes left; 0 after a failure. */
    public int remaining() {
        return failedAt < 0 ? payload.writerIndex() - index : 0;
    }

    /** Whether every field so far was there. */
    public boolean intact() {
        return failedAt < 0;
    }

    /** The next byte, 0..255, which stays unread; -1 where none is left. */
    public int peek() {
        return remaining() > 0 ? payload.getUnsignedByte(index) : -1;
    }

    /** One byte, 0..255. */
    public int u8() {
        return has(1) ? payload.getUnsignedByte(advance(1)) : 0;
    }

    /** Two bytes, little-endian, unsigned. */
    public int u16() {
        return has(2) ? payload.getUnsignedShortLE(advance(2)) : 0;
    }

    /** Three bytes, little-endian, unsigned. */
    public int u24() {
        return has(3) ? payload.getUnsignedMediumLE(advance(3)) : 0;
    }

    /** Four bytes, little-endian, unsigned. */
    public long u32() {
        return has(4) ? payload.getUnsignedIntLE(advance(4)) : 0;
    }

    /** Eight bytes, little-endian, to be taken as unsigned. */
    public long u64() {
        return has(8) ? payload.getLongLE(advance(8)) : 0;
    }

    /** A length-encoded number, to be taken as unsigned. */
    public long lengthEncoded() {
        int size = LengthEncoded.size(Math.max(0, peek()));
        if (size == 0) {
            fail("not a length-encoded number");
            return 0;
        }
        return has(size) ? LengthEncoded.at(payload, advance(size)) : 0;
    }

    /** A view of the next bytes, as many as said. */
    public ByteBuf view(long length) {
        return has(length)
                ? payload.slice(advance((int) length), (int) length)
                : payload.slice(start, 0);
    }

    /** A copy of the next bytes, as many as said. */
    public byte[] bytes(long length) {
        return copy(view(length));
    }

    /** A copy of a string whose length stands before it. */
    public byte[] lengthEncodedBytes() {
        return bytes(lengthEncoded());
    }

    /** A view of a string whose length stands before it. */
    public ByteBuf lengthEncodedView() {
        return view(lengthEncoded());
    }

    /** A copy of the bytes before the next NUL, which is read too; without one it fails. */
    public byte[] nulTerminated() {
        int end = payload.indexOf(index, index + remaining(), (byte) 0);
        if (end < 0) {
            fail("a string without its final NUL");
            return new byte[0];
        }
        byte[] bytes = bytes(end - index);
        advance(1);
        return bytes;
    }

    /** As {@link #nulTerminated}, but the end of the payload ends the string as well. */
    public byte[] nulTerminatedOrRest() {
        return payload.indexOf(index, index + remaining(), (byte) 0) < 0 ? rest() : nulTerminated();
    }

    /** A copy of everything left. */
    public byte[] rest() {
        return bytes(remaining());
    }

    /** A view of everything left. */
    public ByteBuf restView() {
        return view(remaining());
    }

    /** Passes over bytes. */
    public void skip(long length) {
        if (has(length)) {
            advance((int) length);
        }
    }

    /** Marks the whole as malformed, for a reason that shows no secret; the first reason stays. */
    public void fail(String reason) {
        if (failedAt < 0) {
            failedAt = index - start;
            failure = reason;
        }
    }

    /** The message, if every field was there; its length is that of the fields read. */
    public <M> Decoded<M> message(Supplier<M> message) {
        return failedAt < 0 ? new Decoded.Complete<>(message.get(), index - start) : malformed();
    }

    /** The failure, where {@link #intact} is false. */
    public <M> Decoded<M> malformed() {
        return new Decoded.Malformed<>(Math.max(0, failedAt), failure);
    }

    /** Bytes as text for a reader: UTF-8, with what is none replaced. */
    public static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] copy(ByteBuf view) {
        byte[] bytes = new byte[view.readableBytes()];
        view.getBytes(view.readerIndex(), bytes);
        return bytes;
    }

    /** A length above Long.MAX_VALUE shows as negative here, and is as much of a lie. */
    private boolean has(long length) {
        if (failedAt >= 0) {
            return false;
        }
        if (length < 0 || length > remaining()) {
            fail(
                    "a field of %s bytes where %d are left"
                            .formatted(Long.toUnsignedString(length), remaining()));
            return false;
        }
        return true;
    }

    private int advance(int length) {
        int at = index;
        index += length;
        return at;
    }
}
