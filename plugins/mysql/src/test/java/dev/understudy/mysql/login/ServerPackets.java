package dev.understudy.mysql.login;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Packets as a server sends them during a login. */
public final class ServerPackets {
    public static final String SHA2 = "caching_sha2_password";
    public static final String NATIVE = "mysql_native_password";
    public static final ByteBuf NONCE = nonce("0a2f4a6f4b492230584c724a250d035052021715");
    public static final ByteBuf OTHER_NONCE = nonce("0102030405060708090a0b0c0d0e0f1011121314");

    /** All that MySQL 9.7 offers. */
    public static final Capabilities MYSQL_97 = new Capabilities(0xdfffffffL);

    /** All that MariaDB 10.11 offers without TLS. */
    public static final Capabilities MARIADB_1011 = new Capabilities(0x1d81fff7feL);

    private ServerPackets() {}

    private static ByteBuf nonce(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
    }

    public static ByteBuf greeting(String version, Capabilities capabilities, String plugin) {
        ByteBuf payload = Unpooled.buffer();
        new Greeting(ServerVersion.parse(version), 77, NONCE, capabilities, 255, 2, plugin)
                .encode(payload);
        return Packet.encoded(0, payload);
    }

    public static ByteBuf mysql97() {
        return greeting("9.7.4", MYSQL_97, SHA2);
    }

    public static ByteBuf mariaDb1011() {
        return greeting("5.5.5-10.11.18-MariaDB", MARIADB_1011, NATIVE);
    }

    public static ByteBuf ok(int sequence) {
        return packet(sequence, "00000002000000");
    }

    public static ByteBuf error(int sequence, int number, String text) {
        ByteBuf payload = Unpooled.buffer().writeByte(0xff).writeShortLE(number);
        payload.writeCharSequence("#28000" + text, StandardCharsets.UTF_8);
        return Packet.encoded(sequence, payload);
    }

    public static ByteBuf authSwitch(int sequence, String plugin, ByteBuf nonce) {
        ByteBuf payload = Unpooled.buffer().writeByte(0xfe);
        payload.writeCharSequence(plugin, StandardCharsets.US_ASCII);
        payload.writeByte(0).writeBytes(nonce.duplicate()).writeByte(0);
        return Packet.encoded(sequence, payload);
    }

    public static ByteBuf moreData(int sequence, byte[] data) {
        return Packet.encoded(
                sequence, Unpooled.wrappedBuffer(new byte[] {AuthExchange.MORE_DATA}, data));
    }

    public static ByteBuf fastAuthSuccess(int sequence) {
        return packet(sequence, "0103");
    }

    public static ByteBuf fullAuthNeeded(int sequence) {
        return packet(sequence, "0104");
    }

    public static ByteBuf packet(int sequence, String payloadHex) {
        return Packet.encoded(
                sequence, Unpooled.wrappedBuffer(HexFormat.of().parseHex(payloadHex)));
    }
}
