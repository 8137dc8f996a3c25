package dev.understudy.memcached.binary;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * A packet up to its value, which may be larger than anybody should hold: {@code
 * header.valueLength()} bytes of it follow, to be read in pieces of any size.
 *
 * @param extras a view of the decoded buffer; copy what you keep
 * @param key as {@code extras}
 */
public record PacketHead(BinaryHeader header, ByteBuf extras, ByteBuf key) {
    /**
     * Reads header, extras and key at {@code in}'s reader index, and leaves the index where it is.
     * Complete's length is that of the three, not of the packet.
     */
    public static Decoded<PacketHead> decode(ByteBuf in, Magic expected, BinaryLimits limits) {
        return switch (BinaryHeader.decode(in, expected, limits)) {
            case Decoded.Incomplete<BinaryHeader>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<BinaryHeader>(int offset, String reason) ->
                    new Decoded.Malformed<>(offset, reason);
            case Decoded.Complete<BinaryHeader>(BinaryHeader header, int _) -> behind(header, in);
        };
    }

    private static Decoded<PacketHead> behind(BinaryHeader header, ByteBuf in) {
        int length = BinaryHeader.LENGTH + header.extrasLength() + header.keyLength();
        if (in.readableBytes() < length) {
            return new Decoded.Incomplete<>(length - in.readableBytes());
        }
        int extras = in.readerIndex() + BinaryHeader.LENGTH;
        return new Decoded.Complete<>(
                new PacketHead(
                        header,
                        in.slice(extras, header.extrasLength()),
                        in.slice(extras + header.extrasLength(), header.keyLength())),
                length);
    }
}
