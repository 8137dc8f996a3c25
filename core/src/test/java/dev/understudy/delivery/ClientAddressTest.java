package dev.understudy.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBufUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    private static Origin origin(String client, String server) {
        return new Origin(
                new InetSocketAddress(client, 40_001), new InetSocketAddress(server, 3306), true);
    }

    @ParameterizedTest
    @CsvSource({
        "10.98.0.0/16, 10.98.",
        "10.98.7.4/30, 10.98.7.",
        "2001:db8::/64, 2001:db8:0:0:",
    })
    void aClientIsAlwaysMappedToTheSameAddressOfTheRange(String range, String prefix) {
        ClientAddress mapped = new ClientAddress.Mapped(AddressRange.parse(range));
        Set<InetAddress> used = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            InetAddress client = InetAddress.ofLiteral("192.0." + i / 256 + "." + i % 256);
            InetAddress first = mapped.foreign(client, 0).orElseThrow();
            assertEquals(first, mapped.foreign(client, 0).orElseThrow());
            assertTrue(first.getHostAddress().startsWith(prefix), first::toString);
            used.add(first);
        }
        assertTrue(used.size() == 2 || used.size() > 980, used::toString);
        assertTrue(!used.contains(AddressRange.parse(range).network()), used::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.98.0.0",
                "10.98.0.1/16",
                "10.98.0.0/0",
                "10.98.0.0/31",
                "::/127",
                "host/8",
                "300.1.1.1/8",
                "10.98.0.0/99999999"
            })
    void whatIsNoRangeIsRefused(String text) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> AddressRange.parse(text))
                        .getMessage();
        assertTrue(message.contains("'" + text.replaceFirst("^300(.*)/8$", "300$1")), message);
    }

    @Test
    void theHeadersAreThoseOfTheSpecification() {
        assertEquals(
                "PROXY TCP6 2001:db8:0:0:0:0:0:9 2001:db8:0:0:0:0:0:1 40001 3306\r\n",
                ProxyHeader.encode(ProxyHeader.Version.V1, origin("2001:db8::9", "2001:db8::1"))
                        .toString(StandardCharsets.US_ASCII));
        assertEquals(
                "0d0a0d0a000d0a515549540a" + "2111000c" + "c0000209c0000201" + "9c410cea",
                ByteBufUtil.hexDump(
                        ProxyHeader.encode(
                                ProxyHeader.Version.V2, origin("192.0.2.9", "192.0.2.1"))));
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.9,   192.0.2.1,   true",
        "192.0.2.9,   2001:db8::1, false",
        "2001:db8::9, 2001:db8::1, true",
        "fe80::9,     2001:db8::1, false",
        "127.0.0.1,   192.0.2.1,   false",
        "127.0.0.1,   127.0.0.1,   true",
        "224.0.0.1,   192.0.2.1,   false",
    })
    void aForeignAddressReachesOnlyWhatCanAnswerIt(String client, String peer, boolean reaches) {
        Source source = new Source(Optional.of(new InetSocketAddress(client, 40_001)), true, 0);
        assertEquals(reaches, source.reaches(InetAddress.ofLiteral(peer)));
    }
}
