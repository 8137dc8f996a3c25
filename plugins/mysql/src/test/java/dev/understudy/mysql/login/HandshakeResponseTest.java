package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.wire.AnyBytes;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandshakeResponseTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "mariadb-cli-to-mariadb-10.11, app, shop, mysql_native_password, 20, 33, 29",
        "mysql-cli-to-mariadb-10.11, app, shop, mysql_native_password, 20, 255, 0",
        "full-authentication, app, shop, caching_sha2_password, 32, 255, 0",
        "empty-password, nopw, '', mysql_native_password, 0, 33, 29",
        "ed25519, ed, '', mysql_native_password, 20, 45, 29"
    })
    void ofRealClientsIsRead(
            String recorded,
            String user,
            String database,
            String plugin,
            int tokenLength,
            int collation,
            int extended) {
        HandshakeResponse response = decoded(Transcript.of(recorded).payload(1));
        assertEquals(user, response.user());
        assertEquals(database, response.databaseText());
        assertEquals(plugin, response.plugin());
        assertEquals(tokenLength, response.token().readableBytes());
        assertEquals(collation, response.collation());
        assertEquals(extended, response.capabilities().extended());
        assertTrue(
                response.attributes().toString(StandardCharsets.UTF_8).contains("_client_version"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                     | flags | behind the filler           | user | token    | database | plugin | attributes
                    length in one byte         | S | 617070 00 03 010203         | app  | 010203   |          |        |
                    no length, ends in NUL     | - | 617070 00 0102 00           | app  | 0102     |          |        |
                    no length, ends with bytes | - | 617070 00 0102              | app  | 0102     |          |        |
                    database, no method        | SD | 617070 00 00 7800           | app  |          | 78       |        |
                    flag without database      | SD | 617070 00 00                | app  |          |          |        |
                    method without its NUL     | SP | 617070 00 00 6d             | app  |          |          | 6d     |
                    database without its flag  | SP | 617070 00 00 7800 6d00      | app  |          |          | 78     |
                    attributes                 | SPA | 617070 00 00 6d00 04 01610162 | app |          |          | 6d     | 01610162
                    attributes announced long  | SPA | 617070 00 00 6d00 09 01610162 | app |          |          | 6d     | 01610162
                    attributes announced short | SPA | 617070 00 00 6d00 03 01610162 | app |          |          | 6d     |
                    attributes cut in a pair   | SPA | 617070 00 00 6d00 06 016101620163 | app |      |          | 6d     | 01610162
                    attributes left out        | SPA | 617070 00 00 6d00           | app  |          |          | 6d     |
                    attributes of a lying size | SPA | 617070 00 00 6d00 feffffffffffffffff 0161 | app | |      | 6d     |
                    compression level behind   | SPZ | 617070 00 00 6d00 03        | app  |          |          | 6d     |
                    no user                    | S | 00 00                       |      |          |          |        |
                    """)
    void isReadAsLooselyAsServersDo(
            String name,
            String flags,
            String behind,
            String user,
            String token,
            String database,
            String plugin,
            String attributes) {
        ByteBuf payload = payload(flags, behind);
        HandshakeResponse response = decoded(payload);
        assertEquals(text(user), response.user());
        assertEquals(bytes(token), response.token());
        assertEquals(bytes(database), response.database());
        assertEquals(bytes(plugin).toString(StandardCharsets.US_ASCII), response.plugin(), name);
        assertEquals(bytes(attributes), response.attributes());
    }

    /** A login of these flags (see {@link #flag}), PROTOCOL_41 and LONG_PASSWORD. */
    private static ByteBuf payload(String flags, String behind) {
        long bits = Capabilities.PROTOCOL_41 | Capabilities.LONG_PASSWORD;
        bits |= flags.chars().mapToLong(HandshakeResponseTest::flag).sum();
        ByteBuf payload = Unpooled.buffer();
        payload.writeIntLE((int) bits).writeIntLE(1 << 24).writeByte(45);
        payload.writeBytes(new byte[23]).writeBytes(bytes(behind.replace(" ", "")));
        return payload;
    }

    private static long flag(int letter) {
        return switch (letter) {
            case 'S' -> Capabilities.SECURE_CONNECTION;
            case 'L' -> Capabilities.PLUGIN_AUTH_LENENC_CLIENT_DATA;
            case 'D' -> Capabilities.CONNECT_WITH_DB;
            case 'P' -> Capabilities.PLUGIN_AUTH;
            case 'A' -> Capabilities.CONNECT_ATTRS;
            case 'Z' -> Capabilities.ZSTD_COMPRESSION;
            default -> 0;
        };
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "token longer than the packet, S, 617070 00 ff 01",
        "length-encoded token that lies, L, 617070 00 feffffffffffffff7f 01",
        "user without an end, S, 617070",
    })
    void aLyingLengthIsMalformed(String name, String flags, String behind) {
        assertInstanceOf(
                Decoded.Malformed.class, HandshakeResponse.decode(payload(flags, behind)), name);
    }

    @Test
    void fromBeforeMySql41IsMalformed() {
        assertEquals(
                new Decoded.Malformed<HandshakeResponse>(4, "a login from before MySQL 4.1"),
                HandshakeResponse.decode(bytes("8500ffffff" + "61707000".repeat(12))));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"full-authentication", "mysql-cli-to-mariadb-10.11", "ed25519"})
    void encodesToTheBytesItCameFrom(String recorded) {
        ByteBuf payload = Transcript.of(recorded).payload(1);
        ByteBuf out = Unpooled.buffer();
        decoded(payload).encode(out);
        assertEquals(payload, out);
    }

    @Test
    void cutAnywhereItNeverThrows() {
        ByteBuf payload = Transcript.of("full-authentication").payload(1);
        for (int cut = 0; cut <= payload.readableBytes(); cut++) {
            HandshakeResponse.decode(payload.slice(0, cut));
        }
    }

    @Test
    void anSslRequestIsToldFromALogin() {
        assertTrue(HandshakeResponse.isSslRequest(Transcript.of("tls").payload(1)));
        assertFalse(
                HandshakeResponse.isSslRequest(Transcript.of("full-authentication").payload(1)));
        assertFalse(HandshakeResponse.isSslRequest(Unpooled.wrappedBuffer(new byte[32])));
    }

    @Test
    void showsNoToken() {
        ByteBuf payload = Transcript.of("full-authentication").payload(1);
        String shown = decoded(payload).toString();
        assertFalse(shown.contains("3bba8410"), shown);
        assertFalse(shown.contains("target-pw"), shown);
    }

    @Test
    void noBytesMakeADecoderThrow() {
        AnyBytes.each(500, HandshakeResponseTest::decodesWithoutThrowing);
    }

    private static void decodesWithoutThrowing(byte[] bytes) {
        ByteBuf any = Unpooled.wrappedBuffer(bytes);
        Greeting.decode(any);
        HandshakeResponse.decode(any);
        AuthSwitch.decode(any);
        PasswordSeal.decode(any);
        // And behind a good beginning, where lengths lie.
        Greeting.decode(Unpooled.wrappedBuffer(bytes("0a392e3700"), any.duplicate()));
        AuthSwitch.decode(Unpooled.wrappedBuffer(bytes("fe"), any.duplicate()));
        HandshakeResponse.decode(
                Unpooled.wrappedBuffer(payload("LPA", "617070 00").copy(), any.duplicate()));
    }

    private static HandshakeResponse decoded(ByteBuf payload) {
        return switch (HandshakeResponse.decode(payload)) {
            case Decoded.Complete<HandshakeResponse>(HandshakeResponse message, int _) -> message;
            case Decoded.Incomplete<HandshakeResponse> it -> throw new AssertionError(it);
            case Decoded.Malformed<HandshakeResponse> it -> throw new AssertionError(it);
        };
    }

    private static String text(String cell) {
        return cell == null ? "" : cell;
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(text(hex)));
    }
}
