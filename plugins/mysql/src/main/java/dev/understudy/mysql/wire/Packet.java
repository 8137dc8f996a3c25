package dev.understudy.mysql.wire;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * One payload with the sequence ids it travelled under. Payloads of 16 MiB and more travel as
 * several packets and are joined here; nothing is copied, neither to join nor to decode.
 *
 * @param firstSequence sequence id of its first packet, 0..255
 * @param lastSequence sequence id of its last packet, 0..255
 * @param payload a view of the bytes it was decoded from: good for as long as those are
 * @see "MySQL protocol manual, Sending More Than 16Mb"
 */
public record Packet(int firstSequence, int lastSequence, ByteBuf payload) {
    /** The default of {@code mysql.max-packet}: what MySQL allows a client by default, in bytes. */
    public static final int DEFAULT_MAX_PAYLOAD_BYTES = 64 << 20;

    /** The reason in {@link Decoded.Malformed} for a payload over the limit. */
    public static final String TOO_LARGE = "too-large";

    /** The reason in {@link Decoded.Malformed} for a continuation with a wrong sequence id. */
    public static final String OUT_OF_ORDER = "packets out of order";

    /**
     * Reads one payload at {@code in}'s reader index, and leaves the index where it is.
     *
     * @param maxPayloadBytes a payload over this is Malformed as {@link #TOO_LARGE}, as soon as its
     *     headers say so and before its bytes are there
     */
    public static Decoded<Packet> decode(ByteBuf in, int maxPayloadBytes) {
        int start = in.readerIndex();
        int index = start;
        int first = -1;
        int expected = -1;
        long total = 0;
        List<ByteBuf> parts = List.of();
        while (true) {
            int missing = PacketHeader.LENGTH - (in.writerIndex() - index);
            if (missing > 0) {
                return new Decoded.Incomplete<>(missing);
            }
            PacketHeader header = PacketHeader.at(in, index);
            total += header.length();
            if (total > maxPayloadBytes) {
                return new Decoded.Malformed<>(index - start, TOO_LARGE);
            }
            if (expected >= 0 && header.sequence() != expected) {
                return new Decoded.Malformed<>(index - start, OUT_OF_ORDER);
            }
            int body = index + PacketHeader.LENGTH;
            if (in.writerIndex() - body < header.length()) {
                return new Decoded.Incomplete<>(header.length() - (in.writerIndex() - body));
            }
            if (first < 0) {
                first = header.sequence();
            }
            ByteBuf part = in.slice(body, header.length());
            index = body + header.length();
            if (!header.continues() && parts.isEmpty()) {
                return new Decoded.Complete<>(
                        new Packet(first, header.sequence(), part), index - start);
            }
            if (parts.isEmpty()) {
                parts = new ArrayList<>();
            }
            parts.add(part);
            if (!header.continues()) {
                return new Decoded.Complete<>(
                        new Packet(first, header.sequence(), joined(parts)), index - start);
            }
            expected = header.nextSequence();
        }
    }

    private static ByteBuf joined(List<ByteBuf> parts) {
        return Unpooled.wrappedBuffer(parts.size(), parts.toArray(ByteBuf[]::new));
    }

    /**
     * Writes a payload behind as many headers as it needs; one that is a whole number of {@link
     * PacketHeader#MAX_LENGTH} long ends in an empty packet. The payload's indices are left alone.
     *
     * @return the sequence id of the last packet written
     */
    public static int encode(ByteBuf out, int firstSequence, ByteBuf payload) {
        int index = payload.readerIndex();
        int sequence = firstSequence;
        while (true) {
            int length = Math.min(payload.writerIndex() - index, PacketHeader.MAX_LENGTH);
            PacketHeader header = new PacketHeader(length, sequence);
            header.encode(out);
            out.writeBytes(payload, index, length);
            index += length;
            if (!header.continues()) {
                return sequence;
            }
            sequence = header.nextSequence();
        }
    }

    /** As {@link #encode}, into a new buffer of the size it takes. */
    public static ByteBuf encoded(int firstSequence, ByteBuf payload) {
        int length = payload.readableBytes();
        int headers = length / PacketHeader.MAX_LENGTH + 1;
        ByteBuf out = Unpooled.buffer(length + headers * PacketHeader.LENGTH);
        encode(out, firstSequence, payload);
        return out;
    }
}
