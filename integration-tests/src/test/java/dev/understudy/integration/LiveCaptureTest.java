package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Hosts;
import dev.understudy.integration.lab.RecordedPackets;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Captures on every kind of interface there is, in namespaces that stand for the hosts; and what a
 * bad network does to a recording. The packets are larger than any MTU, since answers are long and
 * the offloads are on.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class LiveCaptureTest {
    private static final int SESSIONS = 3;
    private static final int ETHERNET_MTU = 1500;

    /** In each session, the client's own statements beside. */
    private static final String[] STATEMENTS = {
        "select * from item",
        "insert into sent values (7, repeat('long request ', 20000))",
        "select id, md5(name) from item where id = 1",
        "select repeat('long answer ', 60000)",
        "select count(*) from item where id < 3",
        // The client ends at the first error.
        "select * from no_such_table",
    };

    private Path folder;
    private Hosts hosts;
    private DatabaseServer online;
    private DatabaseServer target;
    private Path config;
    private RecordedPackets recorded;

    @BeforeAll
    void start(@TempDir Path emptyFolder) throws IOException {
        folder = emptyFolder;
        hosts = Hosts.up();
        // On all addresses of either family.
        online =
                DatabaseServer.startIn(
                        hosts.namespace("online"),
                        Hosts.ONLINE_ADDRESS,
                        DatabaseServer.MARIADB_10,
                        "--bind-address=*");
        target =
                DatabaseServer.startIn(
                        hosts.namespace("target"), Hosts.TARGET_ADDRESS, DatabaseServer.MARIADB_11);
        for (DatabaseServer server : List.of(online, target)) {
            server.sql(
                    "create database app",
                    "create table app.item (id int, name longtext)",
                    "create table app.sent (id int, name longtext)",
                    "insert into app.item values (1, 'one'), (2, 'two')",
                    "create user app@'%' identified by 'app-pw'",
                    "grant all on app.* to app@'%'");
        }
        config = folder.resolve("config.yaml");
        Files.writeString(config, "mysql: { users: { app: { password: \"${env:APP_PW}\" } } }\n");

        Path file = folder.resolve("recorded.pcap");
        try (Tcpdump tcpdump = Tcpdump.start(hosts.on("online"), "eth0", online.port(), file)) {
            for (int i = 0; i < SESSIONS; i++) {
                talk("client", Hosts.ONLINE_ADDRESS);
            }
            tcpdump.stop();
        }
        recorded = RecordedPackets.read(file);
    }

    @AfterAll
    void stop() {
        online.close();
        target.close();
        hosts.close();
    }

    private void talk(String host, String address) {
        hosts.run(
                host,
                Map.of("MYSQL_PWD", "app-pw"),
                "bash",
                "-c",
                "mariadb --no-defaults --skip-ssl --protocol=tcp \"$@\" || true",
                "mariadb",
                "-h" + address,
                "-P" + online.port(),
                "-uapp",
                "-Nse",
                String.join(";", STATEMENTS),
                "app");
    }

    private Understudy start(String command, String what, String onlineAddress, String... more) {
        List<String> arguments = new ArrayList<>();
        arguments.add(command);
        if (command.equals("copy")) {
            arguments.add("-i");
        }
        arguments.add(what);
        arguments.addAll(List.of("--online", onlineAddress + ":" + online.port()));
        arguments.addAll(List.of("--target", target.address(), "--protocol", "mysql"));
        arguments.addAll(List.of("--config", config.toString()));
        arguments.addAll(List.of(more));
        return Understudy.start(
                hosts.on("online"), Map.of("APP_PW", "app-pw"), arguments, Path.of("/dev/null"));
    }

    @ParameterizedTest(name = "-i {0}, a client on {1} to {2}")
    @CsvSource({
        "eth0, client, 10.99.0.20, 10.99.0.20",
        "any,  client, 10.99.0.20, 10.99.0.20",
        "any,  online, 127.0.0.1,  127.0.0.1",
        "lo,   online, 127.0.0.1,  127.0.0.1",
        "lo,   online, ::1,        [::1]",
    })
    void isCopiedFromEveryInterface(
            String interfaceName, String host, String address, String onlineAddress) {
        Understudy.Ended ended;
        try (Understudy copy = start("copy", interfaceName, onlineAddress).awaitCapturing()) {
            talk(host, address);
            ended = copy.stop();
        }
        assertAllAlike(ended, 1);
    }

    private static void assertAllAlike(Understudy.Ended ended, int sessions) {
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(sessions, ended.count("sessions.complete"), ended::toString);
        // The login beside.
        assertTrue(
                ended.count("requests.same") >= (long) sessions * (STATEMENTS.length + 1),
                ended::toString);
        assertEquals(0, ended.count("packets.droppedByKernel"), ended::toString);
        assertEquals(0, ended.count("packets.malformed"), ended::toString);
    }

    private Understudy.Ended replay(Path file) {
        try (Understudy replay =
                start("replay", file.toString(), Hosts.ONLINE_ADDRESS, "--speed", "max")) {
            return replay.ended();
        }
    }

    @Test
    void packetsOutOfOrderAndTwiceGiveTheSameStreams() {
        assertTrue(recorded.longestPayload() > ETHERNET_MTU, "the offloads are off");
        Understudy.Ended inOrder = replay(recorded.write(folder.resolve("in-order.pcap")));
        assertEquals(0, inOrder.count("packets.repeated"), inOrder::toString);
        Understudy.Ended mixed =
                replay(recorded.reordered(7).write(folder.resolve("reordered.pcap")));
        assertTrue(mixed.count("packets.repeated") > 0, mixed::toString);
        assertEquals(inOrder.count("requests.same"), mixed.count("requests.same"), mixed::toString);
        assertEquals(
                inOrder.count("requests.captured"),
                mixed.count("requests.captured"),
                mixed::toString);
        assertEquals(SESSIONS, mixed.count("sessions.complete"), mixed::toString);
        assertEquals(inOrder.exitCode(), mixed.exitCode(), mixed::toString);
    }

    @Test
    void aLostPacketCostsItsOwnSessionFromThatByteOn() {
        List<RecordedPackets.Hole> holes = new ArrayList<>();
        RecordedPackets damaged = recorded.without(online.port(), 1, 4, holes);
        Understudy.Ended ended = replay(damaged.write(folder.resolve("lost.pcap")));
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals(SESSIONS - 1, ended.count("sessions.complete"), ended::toString);
        assertEquals(1, ended.count("sessions.leftOut.gap"), ended::toString);
        assertEquals(1, ended.count("sessions.leftOut"), ended::toString);
        RecordedPackets.Hole hole = holes.getFirst();
        assertEquals(
                "the capture lacks %d bytes of the server at byte %d"
                        .formatted(hole.length(), hole.offset()),
                ended.report().at("/sessions/leftOutSamples/0/detail").asText());
    }
}
