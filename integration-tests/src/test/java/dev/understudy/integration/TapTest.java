package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Hosts;
import dev.understudy.integration.lab.MockCluster;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Captured on the online host, copied on another: MariaDB in namespaces, by the shipped program.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class TapTest {
    private static final String COPY_ADDRESS = "10.99.0.40";

    private Path folder;
    private Hosts hosts;
    private DatabaseServer online;
    private DatabaseServer target;
    private Path secret;
    private Path config;
    private Tcpdump wire;

    @BeforeAll
    void start(@TempDir Path emptyFolder) throws IOException {
        folder = emptyFolder;
        hosts = Hosts.up();
        online =
                DatabaseServer.startIn(
                        hosts.namespace("online"),
                        Hosts.ONLINE_ADDRESS,
                        DatabaseServer.MARIADB_10,
                        "--bind-address=*");
        target =
                DatabaseServer.startIn(
                        hosts.namespace("target"),
                        Hosts.TARGET_ADDRESS,
                        DatabaseServer.MARIADB_11,
                        "--bind-address=*");
        for (DatabaseServer server : List.of(online, target)) {
            server.sql(
                    "create database app",
                    "create user app@'%' identified by 'app-pw'",
                    "grant all on app.* to app@'%'",
                    "create table app.t (n int primary key)");
        }
        config = folder.resolve("config.yaml");
        Files.writeString(config, "mysql: { users: { app: { password: \"${env:APP_PW}\" } } }\n");
        secret = folder.resolve("secret");
        Files.writeString(secret, "not a good one, but long enough to be taken\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    @AfterAll
    void stop() {
        online.close();
        target.close();
        hosts.close();
    }

    /**
     * Whatever is tapped, mirrored and copied: a client's packets are on production's link alone.
     */
    @BeforeEach
    void watchTheLinks() throws IOException {
        wire =
                Tcpdump.startOfClients(
                        hosts,
                        Files.createTempFile(folder, "links", ".pcap"),
                        online.port(),
                        // A tap runs on the clients' host, too.
                        36_525);
    }

    @AfterEach
    void noClientWasOnAnotherLink() {
        try (Tcpdump links = wire) {
            assertEquals("", links.packets());
        }
    }

    private Understudy copy() {
        return copy("--from", "tap://:36525", "--secret-file", secret.toString());
    }

    private Understudy copy(String... from) {
        List<String> arguments = new ArrayList<>(List.of("copy"));
        arguments.addAll(List.of(from));
        arguments.addAll(
                List.of(
                        "--online",
                        online.address(),
                        "--target",
                        target.address(),
                        "--protocol",
                        "mysql",
                        "--config",
                        config.toString()));
        return Understudy.start(
                        hosts.on("copy"),
                        Map.of("APP_PW", "app-pw"),
                        arguments,
                        Path.of("/dev/null"))
                .awaitCapturing();
    }

    /** What passes a host of the online server's port is sent to the copy host, as clouds do. */
    private void mirror(String host, String device) {
        hosts.run(
                host,
                Map.of(),
                ("ip link add "
                                + device
                                + " type vxlan id 77 remote "
                                + COPY_ADDRESS
                                + " dstport 4789")
                        .split(" ", -1));
        hosts.run(host, Map.of(), "ip", "link", "set", device, "up");
        hosts.run(host, Map.of(), "tc", "qdisc", "add", "dev", "eth0", "clsact");
        for (String way : List.of("ingress", "egress")) {
            for (String end : List.of("sport", "dport")) {
                hosts.run(
                        host,
                        Map.of(),
                        ("tc filter add dev eth0 "
                                        + way
                                        + " protocol ip u32"
                                        + " match ip protocol 6 0xff match ip "
                                        + end
                                        + " "
                                        + online.port()
                                        + " 0xffff action mirred egress mirror dev "
                                        + device)
                                .split(" ", -1));
            }
        }
    }

    private void mirrorNoMore(String host, String device) {
        hosts.run(host, Map.of(), "tc", "qdisc", "del", "dev", "eth0", "clsact");
        hosts.run(host, Map.of(), "ip", "link", "del", device);
    }

    private Understudy tap(String host, String name) {
        return Understudy.start(
                        hosts.on(host),
                        Map.of(),
                        List.of(
                                "tap",
                                "-i",
                                "eth0",
                                "--online",
                                online.address(),
                                "--to",
                                COPY_ADDRESS + ":36525",
                                "--secret-file",
                                secret.toString(),
                                "--name",
                                name),
                        Path.of("/dev/null"))
                .awaitCapturing();
    }

    /** A client on a host of its own inserts these numbers, a statement each. */
    private void insert(int from, int to) {
        List<String> statements = new ArrayList<>();
        for (int n = from; n < to; n++) {
            statements.add("insert into app.t values (" + n + ")");
        }
        hosts.run(
                "client",
                Map.of("MYSQL_PWD", "app-pw"),
                "mariadb",
                "--no-defaults",
                "--skip-ssl",
                "-h" + Hosts.ONLINE_ADDRESS,
                "-P" + online.port(),
                "-uapp",
                "-e",
                String.join(";", statements));
    }

    private void bothHave(int rows) {
        assertEquals(String.valueOf(rows), rows(online));
        assertEquals(String.valueOf(rows), rows(target));
    }

    private static String rows(DatabaseServer server) {
        return server.sql("select count(*) from app.t").strip();
    }

    @Test
    void whatTheTapsSeeIsCopiedOnceWhateverTheLinkDoes() {
        for (DatabaseServer server : List.of(online, target)) {
            server.sql("truncate app.t");
        }
        Understudy.Ended copied;
        try (Understudy copy = copy();
                Understudy tap = tap("online", "online");
                // The same packets once more, where they leave the client.
                Understudy second = tap("client", "client")) {
            insert(0, 50);
            hosts.cut("copy", true);
            insert(50, 150);
            // What is under way is lost with the sockets: the taps have to send it once more.
            hosts.run("copy", Map.of(), "ss", "-K", "state", "established", "sport = :36525");
            insert(150, 250);
            // Production's clock: five seconds.
            online.sql("select sleep(5)");
            hosts.cut("copy", false);
            for (Understudy each : List.of(tap, second)) {
                each.awaitMessage("the link to the copier " + COPY_ADDRESS + ":36525 is there");
            }
            insert(250, 300);
            copied = copy.stop();
            assertEquals(0, tap.stop().exitCode());
            assertEquals(0, second.stop().exitCode());
        }
        assertEquals(0, copied.exitCode(), copied::toString);
        assertEquals(4, copied.count("sessions.complete"), copied::toString);
        assertEquals(0, copied.count("packets.droppedByTaps"), copied::toString);
        assertTrue(copied.count("packets.repeated") >= 300, copied::toString);
        assertEquals(
                List.of("2", "2"),
                copied.report()
                        .at("/tables/0/rows")
                        .valueStream()
                        .map(row -> row.get(5).asText())
                        .toList(),
                copied::toString);
        bothHave(300);
    }

    /**
     * Mirrored where they leave the client and where they come to the server: each packet twice.
     */
    @Test
    void whatMirrorsSendIsCopiedOnce() {
        for (DatabaseServer server : List.of(online, target)) {
            server.sql("truncate app.t");
        }
        for (String host : List.of("online", "client")) {
            mirror(host, "mirror0");
        }
        Understudy.Ended byDatagrams;
        Understudy.Ended byInterface;
        try {
            try (Understudy copy =
                    copy(
                            "--from",
                            "vxlan://:4789",
                            "--vni",
                            "77",
                            "--mirror-source",
                            "10.99.0.0/24")) {
                insert(0, 100);
                // Longer than a datagram on the wire may be: its pieces are put together.
                sendLong();
                byDatagrams = copy.stop();
            }
            // Where nobody listens, the packets of the mirror are looked into by the capture's
            // filter.
            try (Understudy copy = copy("-i", "eth0")) {
                insert(100, 200);
                byInterface = copy.stop();
            }
        } finally {
            for (String host : List.of("online", "client")) {
                mirrorNoMore(host, "mirror0");
            }
        }
        for (Understudy.Ended copied : List.of(byDatagrams, byInterface)) {
            assertEquals(0, copied.exitCode(), copied::toString);
            assertEquals(0, copied.count("packets.droppedByKernel"), copied::toString);
            assertTrue(copied.count("packets.repeated") >= 100, copied::toString);
        }
        assertEquals(2, byDatagrams.count("sessions.complete"), byDatagrams::toString);
        assertEquals(1, byInterface.count("sessions.complete"), byInterface::toString);
        bothHave(200);
    }

    private void sendLong() {
        hosts.run(
                "client",
                Map.of("MYSQL_PWD", "app-pw"),
                "mariadb",
                "--no-defaults",
                "--skip-ssl",
                "-h" + Hosts.ONLINE_ADDRESS,
                "-P" + online.port(),
                "-uapp",
                "-e",
                "select length('" + "x".repeat(50_000) + "')");
    }

    @Test
    void aTapThatIsKilledIsMissedAndTheNextOneIsTaken() {
        for (DatabaseServer server : List.of(online, target)) {
            server.sql("truncate app.t");
        }
        Understudy.Ended copied;
        try (Understudy copy = copy()) {
            try (Understudy tap = tap("online", "first")) {
                insert(0, 20);
                // The client's end has come too: nothing of it is left for the tap to lose.
                MockCluster.await(
                        () ->
                                rows(target).equals("20")
                                        && target.sql(
                                                        "select count(*) from information_schema.processlist where user = 'app'")
                                                .strip()
                                                .equals("0"),
                        "the first client's session, whole, on the target");
                tap.signal("KILL");
                copy.awaitMessage("tap first (10.99.0.20) has gone");
            }
            try (Understudy tap = tap("online", "second")) {
                insert(20, 40);
                copied = copy.stop();
                assertEquals(0, tap.stop().exitCode());
            }
        }
        assertEquals(0, copied.exitCode(), copied::toString);
        assertEquals(2, copied.count("sessions.complete"), copied::toString);
        assertTrue(copied.printed().contains("went without a word"), copied::toString);
        bothHave(40);
    }
}
