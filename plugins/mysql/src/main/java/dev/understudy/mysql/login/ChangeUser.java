package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * COM_CHANGE_USER: a login on a connection that has one already. It is read as the login that it
 * is, with the capabilities that the connection has.
 *
 * @see "MySQL protocol manual, COM_CHANGE_USER"
 */
final class ChangeUser {
    /** First byte of the payload. */
    static final int COMMAND = 0x11;

    private ChangeUser() {}

    /**
     * Reads a whole payload; its indices stay as they are.
     *
     * @param before the connection's login so far
     */
    static Decoded<HandshakeResponse> decode(ByteBuf payload, HandshakeResponse before) {
        Capabilities capabilities = before.capabilities();
        Fields in = new Fields(payload);
        if (in.u8() != COMMAND) {
            in.fail("not a change of user");
        }
        String user = new String(in.nulTerminated(), StandardCharsets.UTF_8);
        byte[] token =
                capabilities.has(Capabilities.SECURE_CONNECTION)
                        ? in.bytes(in.u8())
                        : in.nulTerminatedOrRest();
        byte[] database = in.nulTerminatedOrRest();
        // What follows may be missing, from its end on.
        int collation = in.remaining() >= 2 ? in.u16() : 0;
        String plugin =
                capabilities.has(Capabilities.PLUGIN_AUTH)
                        ? new String(in.nulTerminatedOrRest(), StandardCharsets.US_ASCII)
                        : "";
        byte[] attributes =
                capabilities.has(Capabilities.CONNECT_ATTRS)
                        ? HandshakeResponse.attributes(in)
                        : new byte[0];
        return in.message(
                () ->
                        new HandshakeResponse(
                                capabilities,
                                before.maxPacket(),
                                collation,
                                user,
                                Unpooled.wrappedBuffer(token),
                                Unpooled.wrappedBuffer(database),
                                plugin,
                                Unpooled.wrappedBuffer(attributes)));
    }

    /** Writes the payload; the capabilities are those that the login agreed on. */
    static void encode(HandshakeResponse login, ByteBuf out) {
        out.writeByte(COMMAND);
        out.writeCharSequence(login.user(), StandardCharsets.UTF_8);
        out.writeByte(0).writeByte(login.token().readableBytes());
        out.writeBytes(login.token().duplicate());
        out.writeBytes(login.database().duplicate()).writeByte(0);
        out.writeShortLE(login.collation());
        if (login.capabilities().has(Capabilities.PLUGIN_AUTH)) {
            out.writeCharSequence(login.plugin(), StandardCharsets.US_ASCII);
            out.writeByte(0);
        }
        if (login.capabilities().has(Capabilities.CONNECT_ATTRS)) {
            LengthEncoded.encode(out, login.attributes().readableBytes());
            out.writeBytes(login.attributes().duplicate());
        }
    }
}
