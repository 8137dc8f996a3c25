package dev.understudy.memcached.binary;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/**
 * The 24 bytes that open every packet, all fields big-endian. One that was decoded is consistent:
 * its extras and its key fit into its body.
 *
 * @param opcode 0..255; {@link #knownOpcode} names it
 * @param keyLength bytes of the key, 0..65535
 * @param extrasLength bytes of the extras, 0..255
 * @param dataType 0 in memcached; in Couchbase bits that a client asks for by HELLO
 * @param vbucketOrStatus 0..65535: of a request the vbucket, of an answer the status
 * @param bodyLength bytes after the header (extras, key, value)
 * @param opaque chosen by the client and echoed by the server: pairs answers with quiet requests
 * @param cas of a request the version it depends on, 0 for none; of an answer the item's version
 * @see "memcached 1.6, doc/protocol-binary.xml"
 */
public record BinaryHeader(
        Magic magic,
        int opcode,
        int keyLength,
        int extrasLength,
        int dataType,
        int vbucketOrStatus,
        int bodyLength,
        int opaque,
        long cas) {
    /** Bytes of a header. */
    public static final int LENGTH = 24;

    static final String NOT_A_PACKET = "first byte is neither 0x80 nor 0x81";
    static final String WRONG_SIDE = "packet of the other side";
    static final String KEY_TOO_LONG = "key is longer than the limit";
    static final String BODY_TOO_LONG = "body is longer than the limit";
    static final String BODY_TOO_SHORT = "body is shorter than its extras and key";

    /**
     * Reads one header at {@code in}'s reader index, and leaves the index where it is. A packet of
     * the wrong side, or whose lengths cannot be, is malformed, and by its first byte where that
     * tells.
     */
    public static Decoded<BinaryHeader> decode(ByteBuf in, Magic expected, BinaryLimits limits) {
        int start = in.readerIndex();
        if (!in.isReadable()) {
            return new Decoded.Incomplete<>(LENGTH);
        }
        Optional<Magic> magic = Magic.of(in.getUnsignedByte(start));
        if (magic.isEmpty()) {
            return new Decoded.Malformed<>(0, NOT_A_PACKET);
        }
        if (magic.get() != expected) {
            return new Decoded.Malformed<>(0, WRONG_SIDE);
        }
        if (in.readableBytes() < LENGTH) {
            return new Decoded.Incomplete<>(LENGTH - in.readableBytes());
        }
        int keyLength = in.getUnsignedShort(start + 2);
        int extrasLength = in.getUnsignedByte(start + 4);
        long bodyLength = in.getUnsignedInt(start + 8);
        if (keyLength > limits.keyBytes()) {
            return new Decoded.Malformed<>(2, KEY_TOO_LONG);
        }
        if (bodyLength > limits.bodyBytes()) {
            return new Decoded.Malformed<>(8, BODY_TOO_LONG);
        }
        if (bodyLength < keyLength + extrasLength) {
            return new Decoded.Malformed<>(8, BODY_TOO_SHORT);
        }
        return new Decoded.Complete<>(
                new BinaryHeader(
                        expected,
                        in.getUnsignedByte(start + 1),
                        keyLength,
                        extrasLength,
                        in.getUnsignedByte(start + 5),
                        in.getUnsignedShort(start + 6),
                        (int) bodyLength,
                        in.getInt(start + 12),
                        in.getLong(start + 16)),
                LENGTH);
    }

    /** Bytes of the value: what extras and key leave of the body. */
    public int valueLength() {
        return bodyLength - extrasLength - keyLength;
    }

    /** The operation, where memcached knows it. */
    public Optional<Opcode> knownOpcode() {
        return Opcode.of(opcode);
    }

    /** The status of an answer, where it is known. */
    public Optional<Status> knownStatus() {
        return Status.of(vbucketOrStatus);
    }

    /** Whether this answers with that status. */
    public boolean is(Status status) {
        return vbucketOrStatus == status.code();
    }

    /** This header with another opaque. */
    public BinaryHeader withOpaque(int other) {
        return new BinaryHeader(
                magic,
                opcode,
                keyLength,
                extrasLength,
                dataType,
                vbucketOrStatus,
                bodyLength,
                other,
                cas);
    }

    /** This header with another cas. */
    public BinaryHeader withCas(long other) {
        return new BinaryHeader(
                magic,
                opcode,
                keyLength,
                extrasLength,
                dataType,
                vbucketOrStatus,
                bodyLength,
                opaque,
                other);
    }

    /** Writes exactly {@link #LENGTH} bytes. */
    public void encode(ByteBuf out) {
        out.writeByte(magic.code())
                .writeByte(opcode)
                .writeShort(keyLength)
                .writeByte(extrasLength)
                .writeByte(dataType)
                .writeShort(vbucketOrStatus)
                .writeInt(bodyLength)
                .writeInt(opaque)
                .writeLong(cas);
    }
}
