package dev.understudy.memcached.binary;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A whole packet. Its parts are views of what was decoded, or what they were made of; reading them
 * moves nothing else.
 */
public record BinaryPacket(BinaryHeader header, ByteBuf extras, ByteBuf key, ByteBuf value) {
    /**
     * Reads one packet at {@code in}'s reader index, and leaves the index where it is. Where values
     * may be large read a {@link PacketHead} instead.
     */
    public static Decoded<BinaryPacket> decode(ByteBuf in, Magic expected, BinaryLimits limits) {
        return switch (PacketHead.decode(in, expected, limits)) {
            case Decoded.Incomplete<PacketHead>(int missing) ->
                    new Decoded.Incomplete<>(missing + valueDue(in, expected, limits));
            case Decoded.Malformed<PacketHead>(int offset, String reason) ->
                    new Decoded.Malformed<>(offset, reason);
            case Decoded.Complete<PacketHead>(PacketHead head, int length) -> {
                int value = head.header().valueLength();
                int missing = value - (in.readableBytes() - length);
                yield missing > 0
                        ? new Decoded.Incomplete<>(missing)
                        : new Decoded.Complete<>(
                                new BinaryPacket(
                                        head.header(),
                                        head.extras(),
                                        head.key(),
                                        in.slice(in.readerIndex() + length, value)),
                                length + value);
            }
        };
    }

    /** The value's bytes, once the header that tells their number is there. */
    private static int valueDue(ByteBuf in, Magic expected, BinaryLimits limits) {
        return BinaryHeader.decode(in, expected, limits)
                        instanceof Decoded.Complete<BinaryHeader>(BinaryHeader header, int _)
                ? header.valueLength()
                : 0;
    }

    /** A request without extras, key or value. */
    public static BinaryPacket request(Opcode opcode, int opaque) {
        return request(opcode.code(), opaque, Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER);
    }

    /** A request without extras. */
    public static BinaryPacket request(int opcode, int opaque, ByteBuf key, ByteBuf value) {
        return of(Magic.REQUEST, opcode, 0, opaque, 0, Unpooled.EMPTY_BUFFER, key, value);
    }

    /** An answer. */
    public static BinaryPacket answer(
            int opcode,
            Status status,
            int opaque,
            long cas,
            ByteBuf extras,
            ByteBuf key,
            ByteBuf value) {
        return of(Magic.ANSWER, opcode, status.code(), opaque, cas, extras, key, value);
    }

    /**
     * A packet of these parts, with its lengths counted. Parts that do not fit their field are an
     * {@link IllegalArgumentException}.
     */
    public static BinaryPacket of(
            Magic magic,
            int opcode,
            int vbucketOrStatus,
            int opaque,
            long cas,
            ByteBuf extras,
            ByteBuf key,
            ByteBuf value) {
        if (extras.readableBytes() > 0xFF || key.readableBytes() > 0xFFFF) {
            throw new IllegalArgumentException(
                    "extras of %d bytes, key of %d"
                            .formatted(extras.readableBytes(), key.readableBytes()));
        }
        int body =
                Math.addExact(extras.readableBytes() + key.readableBytes(), value.readableBytes());
        return new BinaryPacket(
                new BinaryHeader(
                        magic,
                        opcode,
                        key.readableBytes(),
                        extras.readableBytes(),
                        0,
                        vbucketOrStatus,
                        body,
                        opaque,
                        cas),
                extras,
                key,
                value);
    }

    /** Writes the packet; the indices of its parts stay. */
    public void encode(ByteBuf out) {
        header.encode(out);
        out.writeBytes(extras, extras.readerIndex(), extras.readableBytes())
                .writeBytes(key, key.readerIndex(), key.readableBytes())
                .writeBytes(value, value.readerIndex(), value.readableBytes());
    }

    /** As {@link #encode}, into a new buffer of the size it takes. */
    public ByteBuf encoded() {
        ByteBuf out = Unpooled.buffer(BinaryHeader.LENGTH + header.bodyLength());
        encode(out);
        return out;
    }
}
