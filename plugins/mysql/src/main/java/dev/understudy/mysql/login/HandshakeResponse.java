package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * A client's login. Buffers are copies of its own, or views of one.
 *
 * @param maxPacket what the client says it can take, bytes, unsigned 32 bits
 * @param collation the connection's, 0..255, by the server's numbers
 * @param user as UTF-8
 * @param token the answer to the nonce, by the method of {@code plugin}; in clear for some
 * @param database as it travelled; empty for none
 * @param plugin the login method that the token is for; empty where the client named none
 * @param attributes name and value pairs, length-encoded, as they travelled
 * @see "MySQL protocol manual, Protocol::HandshakeResponse41"
 */
record HandshakeResponse(
        Capabilities capabilities,
        long maxPacket,
        int collation,
        String user,
        ByteBuf token,
        ByteBuf database,
        String plugin,
        ByteBuf attributes) {
    /** Bytes of the part that an SSLRequest has as well. */
    static final int SSL_REQUEST_LENGTH = 32;

    private static final int ZERO_FILLER_LENGTH = 19;

    /** As the client of a connection will have logged in that was open before anybody looked. */
    static HandshakeResponse ofOpen(ServerSide server, String user, String database) {
        return new HandshakeResponse(
                server.capabilities(),
                Packet.DEFAULT_MAX_PAYLOAD_BYTES,
                server.collation().id(),
                user,
                Unpooled.EMPTY_BUFFER,
                Unpooled.copiedBuffer(database, StandardCharsets.UTF_8),
                "",
                Unpooled.EMPTY_BUFFER);
    }

    /** Whether this payload is the request for TLS that comes before a login inside TLS. */
    static boolean isSslRequest(ByteBuf payload) {
        return payload.readableBytes() == SSL_REQUEST_LENGTH
                && (payload.getUnsignedShortLE(payload.readerIndex()) & Capabilities.SSL) != 0;
    }

    /**
     * Reads a whole payload; its indices stay as they are. Lenient where clients in the field are
     * loose: filler that is not zero, a plugin name without its NUL, an attribute block whose
     * length is wrong (MySQL bug 79612), bytes at the end that nobody announced.
     */
    static Decoded<HandshakeResponse> decode(ByteBuf payload) {
        Fields in = new Fields(payload);
        long bits = in.u32();
        if ((bits & Capabilities.PROTOCOL_41) == 0) {
            in.fail("a login from before MySQL 4.1");
        }
        long maxPacket = in.u32();
        int collation = in.u8();
        in.skip(ZERO_FILLER_LENGTH);
        long extended = in.u32();
        // MariaDB's clients leave LONG_PASSWORD out to say that the filler ends in capabilities.
        if ((bits & Capabilities.LONG_PASSWORD) == 0) {
            bits |= extended << 32;
        }
        Capabilities capabilities = new Capabilities(bits);
        String user = new String(in.nulTerminated(), StandardCharsets.UTF_8);
        byte[] token = token(in, capabilities);
        byte[] database =
                capabilities.has(Capabilities.CONNECT_WITH_DB)
                        ? in.nulTerminatedOrRest()
                        : new byte[0];
        String plugin =
                capabilities.has(Capabilities.PLUGIN_AUTH)
                        ? new String(in.nulTerminatedOrRest(), StandardCharsets.US_ASCII)
                        : "";
        byte[] attributes =
                capabilities.has(Capabilities.CONNECT_ATTRS) ? attributes(in) : new byte[0];
        return in.message(
                () ->
                        new HandshakeResponse(
                                capabilities,
                                maxPacket,
                                collation,
                                user,
                                Unpooled.wrappedBuffer(token),
                                Unpooled.wrappedBuffer(database),
                                plugin,
                                Unpooled.wrappedBuffer(attributes)));
    }

    private static byte[] token(Fields in, Capabilities capabilities) {
        if (capabilities.has(Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA)) {
            return in.lengthEncodedBytes();
        }
        return capabilities.has(Capabilities.SECURE_CONNECTION)
                ? in.bytes(in.u8())
                : in.nulTerminatedOrRest();
    }

    /** The pairs that are whole; servers, too, ignore the block rather than the login. */
    static byte[] attributes(Fields in) {
        if (in.remaining() == 0) {
            return new byte[0];
        }
        Fields block = new Fields(in.restView());
        long announced = block.lengthEncoded();
        ByteBuf all = block.restView();
        int length = (int) Math.min(all.readableBytes(), Math.max(0, announced));
        ByteBuf pairs = all.slice(0, length);
        Fields pair = new Fields(pairs);
        int whole = 0;
        while (pair.remaining() > 0) {
            pair.lengthEncodedView();
            pair.lengthEncodedView();
            if (pair.intact()) {
                whole = length - pair.remaining();
            }
        }
        return new Fields(pairs).bytes(whole);
    }

    /** The same without what may be a password in clear. */
    HandshakeResponse withoutToken() {
        return new HandshakeResponse(
                capabilities,
                maxPacket,
                collation,
                user,
                Unpooled.EMPTY_BUFFER,
                database,
                plugin,
                attributes);
    }

    /** Writes the payload; fields for which a capability is missing are left out. */
    void encode(ByteBuf out) {
        encodeSslRequest(out);
        out.writeCharSequence(user, StandardCharsets.UTF_8);
        out.writeByte(0);
        if (capabilities.has(Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA)) {
            LengthEncoded.encode(out, token.readableBytes());
        } else {
            out.writeByte(token.readableBytes());
        }
        out.writeBytes(token.duplicate());
        if (capabilities.has(Capabilities.CONNECT_WITH_DB)) {
            out.writeBytes(database.duplicate()).writeByte(0);
        }
        if (capabilities.has(Capabilities.PLUGIN_AUTH)) {
            out.writeCharSequence(plugin, StandardCharsets.US_ASCII);
            out.writeByte(0);
        }
        if (capabilities.has(Capabilities.CONNECT_ATTRS)) {
            LengthEncoded.encode(out, attributes.readableBytes());
            out.writeBytes(attributes.duplicate());
        }
    }

    /** Writes the first {@link #SSL_REQUEST_LENGTH} bytes of the payload. */
    void encodeSslRequest(ByteBuf out) {
        out.writeIntLE(capabilities.basic()).writeIntLE((int) maxPacket).writeByte(collation);
        out.writeZero(ZERO_FILLER_LENGTH).writeIntLE(capabilities.extended());
    }

    /** The database for a reader; empty for none. */
    String databaseText() {
        return database.toString(StandardCharsets.UTF_8);
    }
}
