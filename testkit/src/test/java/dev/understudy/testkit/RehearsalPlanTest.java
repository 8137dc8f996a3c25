package dev.understudy.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RehearsalPlanTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    127.0.0.1                | 'is no server: write'
                    127.0.0.1:0              | 'the port must be from 1 to 65535'
                    jdbc:mysql:app           | 'must name one server as host:port'
                    jdbc:mysql://a:1,b:2/app | 'is no server: write'
                    """)
    void whatIsNoServerIsRefused(String server, String message) {
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class, () -> Rehearsal.of("tcp").online(server));
        assertTrue(refused.getMessage().contains(message.replace("'", "")), refused::getMessage);
    }

    @Test
    void anObjectThatIsNoServerIsRefusedByItsClass() {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Rehearsal.of("tcp").target(7));
        assertEquals(
                "a java.lang.Integer is no server: give host:port, a JDBC URL, an InetSocketAddress"
                        + " or a container of Testcontainers",
                refused.getMessage());
    }

    @Test
    void aServerThatIsNotNamedIsAskedFor() {
        RehearsalException refused =
                assertThrows(RehearsalException.class, () -> Rehearsal.of("tcp").start());
        assertTrue(refused.getMessage().startsWith("no online server"), refused::getMessage);
    }

    @Test
    void theTargetMustBeAnotherServer() {
        RehearsalPlan plan = Rehearsal.of("tcp").online("127.0.0.1:7").target("127.0.0.1:7");
        assertTrue(
                assertThrows(RehearsalException.class, plan::start)
                        .getMessage()
                        .contains("is the online server"));
    }

    @Test
    void aServerThatDoesNotListenIsNamedAndNothingIsLeftOpen() throws IOException {
        try (LineServer target = LineServer.answering(line -> line)) {
            RehearsalPlan plan = Rehearsal.of("tcp").online(freeAddress()).target(target.address());
            LeftBehind before = LeftBehind.now();
            RehearsalException refused = assertThrows(RehearsalException.class, plan::start);
            assertTrue(
                    refused.getMessage().startsWith("the online server 127.0.0.1:"),
                    refused::getMessage);
            before.awaitNothingMore();
        }
    }

    private static InetSocketAddress freeAddress() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) free.getLocalSocketAddress();
        }
    }

    @Test
    void aProtocolThatIsNotOnTheClassPathIsNamedWithThoseThatAre() throws IOException {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line)) {
            RehearsalPlan plan =
                    Rehearsal.of("no-such").online(online.address()).target(target.address());
            RehearsalException refused = assertThrows(RehearsalException.class, plan::start);
            String message = refused.getMessage();
            assertTrue(message.contains("unknown protocol 'no-such': known are "), message);
            assertTrue(message.contains("tcp; plugins are loaded from the class path"), message);
        }
    }

    @Test
    void aSettingThatTheProtocolDoesNotKnowIsRefusedWithoutItsValue() throws IOException {
        try (LineServer online = LineServer.answering(line -> line);
                LineServer target = LineServer.answering(line -> line)) {
            RehearsalPlan plan =
                    Rehearsal.of("tcp")
                            .online(online.address())
                            .target(target.address())
                            .user("app", "top secret");
            RehearsalException refused = assertThrows(RehearsalException.class, plan::start);
            assertTrue(
                    refused.getMessage().contains("unknown setting tcp.users"),
                    refused::getMessage);
            assertFalse(refused.getMessage().contains("top secret"), refused::getMessage);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    jdbc:mysql://127.0.0.1:3306/app | jdbc:mysql://127.0.0.1:9/app?sslMode=DISABLED&allowPublicKeyRetrieval=true
                    jdbc:mariadb://127.0.0.1:3306/app?user=a | jdbc:mariadb://127.0.0.1:9/app?user=a&sslMode=disable&allowPublicKeyRetrieval=true
                    jdbc:mysql://127.0.0.1:3306/app?sslMode=REQUIRED | jdbc:mysql://127.0.0.1:9/app?sslMode=REQUIRED&allowPublicKeyRetrieval=true
                    jdbc:other://127.0.0.1:3306/app | jdbc:other://127.0.0.1:9/app
                    """)
    void theJdbcUrlLeadsToTheRelay(String online, String relayed) {
        InetSocketAddress relay = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);
        assertEquals(relayed, Server.of(online).jdbcUrlAt(relay).orElseThrow());
    }
}
