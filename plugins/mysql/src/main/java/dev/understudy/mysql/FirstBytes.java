package dev.understudy.mysql;

import dev.understudy.mysql.login.Greeting;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.protocol.Detection;
import io.netty.buffer.ByteBuf;

/** What the first bytes of a connection say: the server's first packet, the client's answer. */
final class FirstBytes {
    /** A server's first packet is about 80 bytes; an error in its place has at most 512 of text. */
    private static final int MAX_SERVER_LENGTH = 1024;

    private static final int MIN_SERVER_LENGTH = 3;
    private static final int MIN_CLIENT_LENGTH = 32;

    /** With the attributes at their most: 64 KiB of them. */
    private static final int MAX_CLIENT_LENGTH = 128 * 1024;

    private static final int FILLER_INDEX = 13;
    private static final int FILLER_LENGTH = 19;

    private FirstBytes() {}

    static Detection ofServer(ByteBuf bytes) {
        int available = bytes.readableBytes();
        if (available < PacketHeader.LENGTH) {
            return Detection.NEED_MORE;
        }
        PacketHeader header = PacketHeader.at(bytes, bytes.readerIndex());
        if (header.sequence() != 0
                || header.length() < MIN_SERVER_LENGTH
                || header.length() > MAX_SERVER_LENGTH) {
            return Detection.NO_MATCH;
        }
        if (available == PacketHeader.LENGTH) {
            return Detection.NEED_MORE;
        }
        int first = bytes.getUnsignedByte(bytes.readerIndex() + PacketHeader.LENGTH);
        if (first == ErrorPacket.HEADER) {
            return Detection.MATCH;
        }
        return first == Greeting.PROTOCOL_VERSION ? version(bytes) : Detection.NO_MATCH;
    }

    /** The version begins with a digit; that many other protocols do not have by chance. */
    private static Detection version(ByteBuf bytes) {
        int index = bytes.readerIndex() + PacketHeader.LENGTH + 1;
        if (index >= bytes.writerIndex()) {
            return Detection.NEED_MORE;
        }
        int digit = bytes.getByte(index);
        return digit >= '0' && digit <= '9' ? Detection.MATCH : Detection.NO_MATCH;
    }

    static Detection ofClient(ByteBuf bytes) {
        int available = bytes.readableBytes();
        if (available < PacketHeader.LENGTH) {
            return Detection.NEED_MORE;
        }
        int start = bytes.readerIndex();
        PacketHeader header = PacketHeader.at(bytes, start);
        if (header.sequence() != 1
                || header.length() < MIN_CLIENT_LENGTH
                || header.length() > MAX_CLIENT_LENGTH) {
            return Detection.NO_MATCH;
        }
        if (available < PacketHeader.LENGTH + MIN_CLIENT_LENGTH) {
            return Detection.NEED_MORE;
        }
        boolean protocol41 =
                (bytes.getUnsignedShortLE(start + PacketHeader.LENGTH) & Capabilities.PROTOCOL_41)
                        != 0;
        int filler = start + FILLER_INDEX;
        for (int i = 0; i < FILLER_LENGTH; i++) {
            protocol41 &= bytes.getByte(filler + i) == 0;
        }
        return protocol41 ? Detection.MATCH : Detection.NO_MATCH;
    }
}
