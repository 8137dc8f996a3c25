package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Fields;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * A server's wish to go on with another login method.
 *
 * @param plugin the method's name; {@code mysql_old_password} where the packet is a lone 0xFE
 * @param nonce what the token is to be made over, without a NUL behind 20 bytes; a view
 * @see "MySQL protocol manual, Protocol::AuthSwitchRequest"
 */
record AuthSwitch(String plugin, ByteBuf nonce) {
    /** First byte of the payload. */
    static final int HEADER = 0xFE;

    private static final String BEFORE_PLUGINS = "mysql_old_password";

    /** Reads a whole payload; its indices stay as they are. */
    static Decoded<AuthSwitch> decode(ByteBuf payload) {
        Fields in = new Fields(payload);
        in.skip(1);
        if (in.remaining() == 0) {
            return in.message(() -> new AuthSwitch(BEFORE_PLUGINS, in.restView()));
        }
        String plugin = new String(in.nulTerminated(), StandardCharsets.US_ASCII);
        ByteBuf nonce = Greeting.withoutFinalNul(in.restView());
        return in.message(() -> new AuthSwitch(plugin, nonce));
    }
}
