package dev.understudy.tls;

import io.netty.buffer.ByteBuf;

/**
 * What stands before each record.
 *
 * @param version the legacy version, 0x0301..0x0303 in what is read here
 * @param length of the fragment that follows, in bytes
 * @see "RFC 5246, section 6.2; RFC 8446, section 5"
 */
record RecordHeader(int type, int version, int length) {
    static final int LENGTH = 5;

    static final int CHANGE_CIPHER_SPEC = 20;
    static final int ALERT = 21;
    static final int HANDSHAKE = 22;
    static final int APPLICATION_DATA = 23;
    static final int HEARTBEAT = 24;

    /** The longest content. */
    static final int MAX_PLAIN_BYTES = 1 << 14;

    /** The longest fragment, as TLS 1.2 allows it; 1.3 allows less. */
    static final int MAX_FRAGMENT_BYTES = MAX_PLAIN_BYTES + 2048;

    private static final int MAJOR_VERSION = 3;

    /** Reads the header at the reader index of {@code in}, of which as many bytes are there. */
    static RecordHeader peek(ByteBuf in) throws Unreadable {
        int at = in.readerIndex();
        RecordHeader header =
                new RecordHeader(
                        in.getUnsignedByte(at),
                        in.getUnsignedShort(at + 1),
                        in.getUnsignedShort(at + 3));
        if (header.type < CHANGE_CIPHER_SPEC
                || header.type > HEARTBEAT
                || header.version >> 8 != MAJOR_VERSION) {
            throw Unreadable.malformed("bytes that are no record of TLS");
        }
        if (header.length > MAX_FRAGMENT_BYTES) {
            throw Unreadable.malformed("a record of %d bytes".formatted(header.length));
        }
        return header;
    }
}
