package dev.understudy.tls;

import io.netty.buffer.ByteBuf;
import java.util.HexFormat;

/** What the two hellos say of how the records are protected. */
final class Hello {
    private static final int TRUNCATED_HMAC = 4;
    private static final int ENCRYPT_THEN_MAC = 22;
    private static final int EARLY_DATA = 42;
    private static final int SUPPORTED_VERSIONS = 43;

    /** The random of a server that asks for another hello (RFC 8446, section 4.1.3). */
    private static final HelloRandom RETRY_RANDOM =
            HelloRandom.of(
                    HexFormat.of()
                            .parseHex(
                                    "cf21ad74e59a6111be1d8c021e65b891"
                                            + "c2a211167abb8c5e079e09e2c8a8339c"));

    private Hello() {}

    /**
     * The client's.
     *
     * @param earlyData whether data come before the server has spoken
     */
    record Client(HelloRandom random, boolean earlyData) {
        static Client decode(ByteBuf body) throws Unreadable {
            try {
                body.skipBytes(2);
                HelloRandom random = HelloRandom.read(body);
                body.skipBytes(body.readUnsignedByte());
                body.skipBytes(body.readUnsignedShort());
                body.skipBytes(body.readUnsignedByte());
                boolean early = false;
                ByteBuf extensions = extensions(body);
                while (extensions.isReadable()) {
                    early |= extensions.readUnsignedShort() == EARLY_DATA;
                    extensions.skipBytes(extensions.readUnsignedShort());
                }
                return new Client(random, early);
            } catch (IndexOutOfBoundsException _) {
                throw Unreadable.malformed("a client's hello whose lengths do not fit");
            }
        }
    }

    /**
     * The server's.
     *
     * @param version as agreed on, 0x0303 for TLS 1.2
     * @param retry whether it only asks the client to begin again
     */
    record Server(
            int version,
            HelloRandom random,
            int suite,
            int compression,
            boolean encryptThenMac,
            boolean truncatedHmac,
            boolean retry) {
        static Server decode(ByteBuf body) throws Unreadable {
            try {
                int version = body.readUnsignedShort();
                HelloRandom random = HelloRandom.read(body);
                body.skipBytes(body.readUnsignedByte());
                int suite = body.readUnsignedShort();
                int compression = body.readUnsignedByte();
                boolean encryptThenMac = false;
                boolean truncatedHmac = false;
                ByteBuf extensions = extensions(body);
                while (extensions.isReadable()) {
                    int type = extensions.readUnsignedShort();
                    ByteBuf data = extensions.readSlice(extensions.readUnsignedShort());
                    encryptThenMac |= type == ENCRYPT_THEN_MAC;
                    truncatedHmac |= type == TRUNCATED_HMAC;
                    if (type == SUPPORTED_VERSIONS) {
                        version = data.readUnsignedShort();
                    }
                }
                boolean retry = random.equals(RETRY_RANDOM);
                return new Server(
                        version, random, suite, compression, encryptThenMac, truncatedHmac, retry);
            } catch (IndexOutOfBoundsException _) {
                throw Unreadable.malformed("a server's hello whose lengths do not fit");
            }
        }
    }

    /** Extensions were not there in the first days of TLS. */
    private static ByteBuf extensions(ByteBuf body) {
        return body.isReadable() ? body.readSlice(body.readUnsignedShort()) : body;
    }
}
