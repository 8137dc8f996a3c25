package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * What a server says first, in protocol 10.
 *
 * @param threadId the connection's id, unsigned 32 bits
 * @param nonce what the first token is made over: 20 bytes, without the NUL behind them
 * @param capabilities the server's; the extended ones only where it is MariaDB
 * @param collation of the server by default, 0..255
 * @param plugin the login method it prefers; empty where it knows of none
 * @see "MySQL protocol manual, Protocol::HandshakeV10; MariaDB knowledge base, Connection"
 */
public record Greeting(
        ServerVersion version,
        long threadId,
        ByteBuf nonce,
        Capabilities capabilities,
        int collation,
        int status,
        String plugin) {
    /** First byte of the payload. */
    public static final int PROTOCOL_VERSION = 0x0a;

    private static final int FIRST_NONCE_LENGTH = 8;
    private static final int SECOND_NONCE_LENGTH = 13;
    private static final int RESERVED_LENGTH = 6;
    private static final int NONCE_LENGTH = 20;

    /** Reads a whole payload; its indices stay as they are. */
    public static Decoded<Greeting> decode(ByteBuf payload) {
        Fields in = new Fields(payload);
        if (in.u8() != PROTOCOL_VERSION) {
            in.fail("not a greeting of protocol version 10");
        }
        ServerVersion version =
                ServerVersion.parse(new String(in.nulTerminated(), StandardCharsets.UTF_8));
        long threadId = in.u32();
        byte[] firstNonce = in.bytes(FIRST_NONCE_LENGTH);
        in.skip(1);
        long bits = in.u16();
        int collation = in.u8();
        int status = in.u16();
        bits |= (long) in.u16() << 16;
        int nonceLength = in.u8();
        in.skip(RESERVED_LENGTH);
        long extended = in.u32();
        // MySQL's own servers say LONG_PASSWORD; where it is missing, MariaDB fills the reserve.
        if ((bits & Capabilities.LONG_PASSWORD) == 0) {
            bits |= extended << 32;
        }
        byte[] secondNonce =
                in.bytes(Math.max(SECOND_NONCE_LENGTH, nonceLength - FIRST_NONCE_LENGTH));
        Capabilities capabilities = new Capabilities(bits);
        String plugin =
                capabilities.has(Capabilities.PLUGIN_AUTH)
                        ? new String(in.nulTerminatedOrRest(), StandardCharsets.US_ASCII)
                        : "";
        ByteBuf nonce = withoutFinalNul(Unpooled.wrappedBuffer(firstNonce, secondNonce));
        return in.message(
                () ->
                        new Greeting(
                                version, threadId, nonce, capabilities, collation, status, plugin));
    }

    /** A nonce of 20 bytes travels with a NUL behind it; others, as ed25519's 32, do not. */
    static ByteBuf withoutFinalNul(ByteBuf nonce) {
        int last = nonce.readerIndex() + NONCE_LENGTH;
        return nonce.readableBytes() == NONCE_LENGTH + 1 && nonce.getByte(last) == 0
                ? nonce.slice(nonce.readerIndex(), NONCE_LENGTH)
                : nonce;
    }

    /** Writes the payload, as a server does. */
    public void encode(ByteBuf out) {
        out.writeByte(PROTOCOL_VERSION);
        out.writeCharSequence(version.text(), StandardCharsets.UTF_8);
        out.writeByte(0).writeIntLE((int) threadId);
        out.writeBytes(nonce, nonce.readerIndex(), FIRST_NONCE_LENGTH).writeByte(0);
        out.writeShortLE(capabilities.basic()).writeByte(collation).writeShortLE(status);
        out.writeShortLE(capabilities.basic() >>> 16).writeByte(nonce.readableBytes() + 1);
        out.writeZero(RESERVED_LENGTH).writeIntLE(capabilities.extended());
        out.writeBytes(
                nonce,
                nonce.readerIndex() + FIRST_NONCE_LENGTH,
                nonce.readableBytes() - FIRST_NONCE_LENGTH);
        out.writeByte(0);
        if (capabilities.has(Capabilities.PLUGIN_AUTH)) {
            out.writeCharSequence(plugin, StandardCharsets.US_ASCII);
            out.writeByte(0);
        }
    }
}
