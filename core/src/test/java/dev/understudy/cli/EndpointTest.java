package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1:3306, 192.0.2.1:3306",
        "[2001:db8::1]:3306, [2001:db8:0:0:0:0:0:1]:3306",
        "localhost:1, 127.0.0.1:1 (localhost)"
    })
    void showsTheAddressAndTheNameItWasGivenBy(String text, String shown) {
        assertEquals(shown, Endpoint.parse(text).toString());
    }

    @Test
    void oneServerOnAllAddressesIsOneServer() throws Exception {
        try (ServerSocket everywhere = new ServerSocket(0)) {
            int port = everywhere.getLocalPort();
            assertTrue(LocalServers.areOne(at("127.0.0.1", port), at("127.0.0.2", port)));
        }
    }

    @Test
    void serversWithListenersOfTheirOwnAreTwo() throws Exception {
        try (ServerSocket one = new ServerSocket(0, 1, at("127.0.0.1", 1).getAddress());
                ServerSocket two =
                        new ServerSocket(one.getLocalPort(), 1, at("127.0.0.2", 1).getAddress())) {
            assertFalse(
                    LocalServers.areOne(
                            at("127.0.0.1", one.getLocalPort()),
                            at("127.0.0.2", two.getLocalPort())));
        }
    }

    @Test
    void theSameAddressWithOtherPortsIsTwoServers() {
        assertFalse(LocalServers.areOne(at("127.0.0.1", 3306), at("127.0.0.1", 3307)));
    }

    private static InetSocketAddress at(String literal, int port) {
        return Endpoint.parse(literal + ":" + port).address();
    }
}
