package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1:3306, 192.0.2.1:3306",
        "[2001:db8::1]:3306, [2001:db8:0:0:0:0:0:1]:3306"
    })
    void showsTheAddressAndTheNameItWasGivenBy(String text, String shown) {
        assertEquals(shown, Endpoint.parse(text).toString());
    }

    @Test
    void aNameIsShownWithTheAddressThatIsUsed() {
        assertEquals(
                "192.0.2.1:3306 (db.example)", named("db.example:3306", "192.0.2.1").toString());
        assertEquals(
                "192.0.2.1:3306 (db.example, the first of its 2 addresses)",
                named("db.example:3306", "192.0.2.1", "2001:db8::1").toString());
    }

    @Test
    void aTargetIsRefusedThatIsTheOnlineServerByAnyOfTheirAddresses() {
        Endpoint online = named("db.example:3306", "192.0.2.1", "192.0.2.2");
        for (Endpoint target :
                List.of(
                        Endpoint.parse("192.0.2.2:3306"),
                        named("new.example:3306", "192.0.2.9", "192.0.2.2"),
                        named("db.example:3306", "192.0.2.2", "192.0.2.1"))) {
            RefusedException refused =
                    assertThrows(
                            RefusedException.class,
                            () -> Copying.requireTwoServers(online, target),
                            target::toString);
            assertTrue(
                    refused.getMessage().contains("the online server 192.0.2.1:3306 (db.example"),
                    refused.getMessage());
        }
        assertDoesNotThrow(
                () ->
                        Copying.requireTwoServers(
                                online, named("new.example:3306", "192.0.2.9", "192.0.2.8")));
    }

    private static Endpoint named(String text, String... addresses) {
        return Endpoint.parse(
                text,
                _ -> {
                    InetAddress[] all = new InetAddress[addresses.length];
                    for (int i = 0; i < all.length; i++) {
                        all[i] = InetAddress.ofLiteral(addresses[i]);
                    }
                    return all;
                });
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
