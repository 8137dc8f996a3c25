package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GreetingTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # recorded                  | version                | thread | capabilities | collation | plugin
                    full-authentication         | 9.7.4-2                | 15     | dfffffff     | 255       | caching_sha2_password
                    mariadb-cli-to-mariadb-10.11 | 10.11.18-MariaDB-0+deb12u1-log | 10 | 1d81fff7fe | 8     | mysql_native_password
                    ed25519                     | 11.8.9-MariaDB-0+deb13u1 from Debian-log | 9 | 3d81fffffe | 45 | mysql_native_password
                    """)
    void ofRealServersIsRead(
            String recorded,
            String version,
            long threadId,
            String capabilities,
            int collation,
            String plugin) {
        Greeting greeting = decoded(Transcript.of(recorded).payload(0));
        assertEquals(version, greeting.version().text());
        assertEquals(threadId, greeting.threadId());
        assertEquals(plugin, greeting.plugin());
        assertEquals(20, greeting.nonce().readableBytes());
        assertEquals(collation, greeting.collation());
        assertEquals(capabilities, Long.toHexString(greeting.capabilities().bits()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"full-authentication", "ed25519"})
    void encodesToTheBytesItCameFrom(String recorded) {
        ByteBuf payload = Transcript.of(recorded).payload(0);
        ByteBuf out = Unpooled.buffer();
        decoded(payload).encode(out);
        assertEquals(ByteBufUtil.hexDump(payload), ByteBufUtil.hexDump(out));
    }

    @Test
    void cutAnywhereBeforeItsLastFieldItIsMalformed() {
        ByteBuf payload = Transcript.of("full-authentication").payload(0);
        int lastField = payload.readableBytes() - "caching_sha2_password".length() - 1;
        for (int cut = 0; cut < lastField; cut++) {
            assertInstanceOf(
                    Decoded.Malformed.class, Greeting.decode(payload.slice(0, cut)), "cut " + cut);
        }
    }

    @Test
    void ofMySql55HasNoPluginAndNoLengthOfItsNonce() {
        Capabilities old = ServerPackets.MYSQL_97.without(Capabilities.PLUGIN_AUTH);
        ByteBuf packet = ServerPackets.greeting("5.5.62", old, "");
        Greeting greeting = decoded(packet.slice(4, packet.readableBytes() - 4));
        assertEquals("", greeting.plugin());
        assertEquals(ServerPackets.NONCE, greeting.nonce());
    }

    @Test
    void aNonceOf32BytesKeepsItsFinalNul() {
        byte[] nonce = new byte[32];
        ByteBuf payload =
                Unpooled.wrappedBuffer(
                        HexFormat.of().parseHex("fe636c69656e745f6564323535313900"), nonce);
        assertEquals(
                new Decoded.Complete<>(
                        new AuthSwitch("client_ed25519", Unpooled.wrappedBuffer(nonce)), 48),
                AuthSwitch.decode(payload));
    }

    @Test
    void aLoneByteIsTheSwitchToTheOldestMethod() {
        assertEquals(
                new Decoded.Complete<>(
                        new AuthSwitch("mysql_old_password", Unpooled.EMPTY_BUFFER), 1),
                AuthSwitch.decode(Unpooled.wrappedBuffer(new byte[] {(byte) 0xfe})));
    }

    private static Greeting decoded(ByteBuf payload) {
        return ((Decoded.Complete<Greeting>) Greeting.decode(payload)).message();
    }
}
