package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** A login that the plugin has sent, read back as a server would. */
public record SentLogin(
        int sequence,
        String user,
        String database,
        String plugin,
        int collation,
        Capabilities capabilities,
        ByteBuf token,
        String attributes) {
    public static SentLogin of(SessionAction.Send send) {
        Packet packet = ((Decoded.Complete<Packet>) Packet.decode(send.bytes(), 1 << 20)).message();
        HandshakeResponse response =
                ((Decoded.Complete<HandshakeResponse>) HandshakeResponse.decode(packet.payload()))
                        .message();
        return new SentLogin(
                packet.firstSequence(),
                response.user(),
                response.databaseText(),
                response.plugin(),
                response.collation(),
                response.capabilities(),
                response.token(),
                response.attributes().toString(StandardCharsets.UTF_8));
    }

    /** The token that this method makes. */
    public static byte[] token(String plugin, String password, ByteBuf nonce) {
        ByteBuf token = AuthMethod.named(plugin).orElseThrow().token(new Secret(password), nonce);
        byte[] bytes = new byte[token.readableBytes()];
        token.getBytes(token.readerIndex(), bytes);
        return bytes;
    }
}
