package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Hosts;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the target sees of a client, by its own process list: with a header, by an intercept, by a
 * return route. Whatever happens, no packet between the target and a client's address is on any
 * link but production's, those who use the target directly are served, and every setting is taken
 * back. In namespaces without a way out.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class ClientAddressTest {
    private static final int CLIENTS = 3;
    private static final String SECRET = "not a good one, but long enough to be taken";

    private final List<Process> clients = new ArrayList<>();
    private Path folder;
    private Hosts hosts;
    private DatabaseServer online;
    private DatabaseServer target;
    private Path config;
    private String settingsBefore;
    private Tcpdump wire;

    @BeforeAll
    void start(@TempDir Path emptyFolder) throws IOException {
        folder = emptyFolder;
        hosts = Hosts.up();
        for (String host : List.of("client:10", "online:20", "target:30")) {
            String[] named = host.split(":", -1);
            hosts.run(
                    named[0],
                    Map.of(),
                    ("ip addr add fd00:99::" + named[1] + "/64 dev eth0 nodad").split(" ", -1));
        }
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
                        "--bind-address=*",
                        "--proxy-protocol-networks=" + Hosts.ONLINE_ADDRESS);
        for (DatabaseServer server : List.of(online, target)) {
            server.sql(
                    "create database app",
                    "create user app@'%' identified by 'app-pw'",
                    "create user direct@'%' identified by 'app-pw'",
                    "grant all on app.* to app@'%'");
        }
        config = folder.resolve("config.yaml");
        Files.writeString(config, "mysql: { users: { app: { password: \"${env:APP_PW}\" } } }\n");
        secretFile("secret", SECRET);
        secretFile("other", SECRET.replace("good", "fine"));
        settingsBefore = settings();
    }

    private void secretFile(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    @BeforeEach
    void watchTheLinks() throws IOException {
        assertNotEquals(online.port(), target.port(), "or the two could not be told apart");
        wire =
                Tcpdump.startOfClients(
                        hosts, Files.createTempFile(folder, "links", ".pcap"), online.port());
    }

    @AfterEach
    void endClients() throws Exception {
        for (Process client : clients) {
            client.destroyForcibly().waitFor();
        }
        clients.clear();
        wire.close();
    }

    @AfterAll
    void stop() {
        online.close();
        target.close();
        hosts.close();
    }

    private String settings() {
        return hosts.run(
                "target",
                Map.of(),
                "bash",
                "-c",
                "ip rule; ip -6 rule; ip route show table 36524 2>/dev/null;"
                        + " sysctl net.ipv4.tcp_fwmark_accept net.ipv4.fwmark_reflect"
                        + " net.ipv6.fwmark_reflect");
    }

    private Understudy intercept(String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "intercept",
                                "--protect",
                                target.address(),
                                "--secret-file",
                                folder.resolve("secret").toString()));
        arguments.addAll(List.of(more));
        return Understudy.start(hosts.on("target"), Map.of(), arguments, Path.of("/dev/null"));
    }

    private Understudy run(String host, String command, String what, String... more) {
        List<String> arguments = new ArrayList<>();
        arguments.add(command);
        if (command.equals("copy")) {
            arguments.add("-i");
        }
        arguments.addAll(List.of(what, "--online", online.address(), "--target", target.address()));
        arguments.addAll(List.of("--protocol", "mysql", "--config", config.toString()));
        arguments.addAll(List.of(more));
        return Understudy.start(
                hosts.on(host), Map.of("APP_PW", "app-pw"), arguments, Path.of("/dev/null"));
    }

    private Understudy copy(String secret) {
        return run(
                "online",
                "copy",
                "eth0",
                "--client-address",
                "keep",
                "--intercept",
                Hosts.TARGET_ADDRESS + ":36524",
                "--secret-file",
                folder.resolve(secret).toString());
    }

    private List<String> mariadb(String host, String server, int port, String user, String sql) {
        List<String> command = new ArrayList<>(hosts.on(host));
        command.addAll(List.of("mariadb", "--no-defaults", "--skip-ssl", "-h" + server));
        command.addAll(List.of("-P" + port, "-u" + user, "-Nse", sql));
        return command;
    }

    /** A client in production that goes on meanwhile. */
    private void startClient(String sql) throws IOException {
        startClient(Hosts.ONLINE_ADDRESS, sql);
    }

    private void startClient(String server, String sql) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(mariadb("client", server, online.port(), "app", sql))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("MYSQL_PWD", "app-pw");
        clients.add(builder.start());
    }

    private void awaitClients() throws InterruptedException {
        for (Process client : clients) {
            assertTrue(client.waitFor(60, TimeUnit.SECONDS), "a client does not end");
        }
    }

    private void aDirectClientIsServed() {
        String answer =
                Shell.run(
                        Map.of("MYSQL_PWD", "app-pw"),
                        mariadb(
                                "copy",
                                Hosts.TARGET_ADDRESS,
                                target.port(),
                                "direct",
                                "select substring_index(user(), '@', -1)"));
        assertEquals("10.99.0.40", answer.strip());
    }

    private static Set<String> clientsOf(DatabaseServer server) {
        String rows =
                server.sql("select host from information_schema.processlist where user = 'app'");
        return new TreeSet<>(Arrays.asList(rows.strip().split("\\s+", -1)));
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "never: " + what);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    /** Of the same clients, by both servers' own account. */
    private void awaitTheSameClients() {
        awaitTheSameClients("10.99.0.10");
    }

    private void awaitTheSameClients(String address) {
        await("all clients in production", () -> clientsOf(online).size() == CLIENTS);
        await(
                clientsOf(online) + " on the target",
                () -> clientsOf(online).equals(clientsOf(target)));
        assertTrue(clientsOf(target).iterator().next().startsWith(address));
    }

    private void assertNoClientOnTheWire() {
        assertEquals("", wire.packets());
    }

    private static void assertSumsAgree(Understudy.Ended ended) {
        assertEquals(
                ended.count("sessions.captured"),
                ended.count("sessions.complete")
                        + ended.count("sessions.joinedLate")
                        + ended.count("sessions.leftOut"),
                ended::toString);
        assertNotEquals(5, ended.exitCode(), ended::toString);
    }

    private static void assertAllCopied(Understudy.Ended ended, int sessions) {
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(sessions, ended.count("sessions.complete"), ended::toString);
        assertSumsAgree(ended);
    }

    /** {@code delivery} has names with dots. */
    private static long delivered(Understudy.Ended ended, String name) {
        return ended.report().path("run").path("delivery").path(name).asLong(-1);
    }

    @Test
    void severalTargetsSeeItEachByAnInterceptOfItsOwn() throws Exception {
        String rules = hosts.run("copy", Map.of(), "ip", "rule");
        try (DatabaseServer second =
                        DatabaseServer.startIn(
                                hosts.namespace("copy"),
                                "10.99.0.40",
                                DatabaseServer.MARIADB_11,
                                "--bind-address=*");
                Understudy intercept = intercept().awaitMessage("intercepting")) {
            second.sql(
                    "create database app",
                    "create user app@'%' identified by 'app-pw'",
                    "grant all on app.* to app@'%'");
            List<String> protect =
                    List.of(
                            "intercept",
                            "--protect",
                            second.address(),
                            "--secret-file",
                            folder.resolve("secret").toString());
            Understudy.Ended ended;
            try (Understudy other =
                            Understudy.start(
                                            hosts.on("copy"),
                                            Map.of(),
                                            protect,
                                            Path.of("/dev/null"))
                                    .awaitMessage("intercepting");
                    Understudy copy =
                            run(
                                            "online",
                                            "copy",
                                            "eth0",
                                            "--target",
                                            second.address(),
                                            "--client-address",
                                            "keep",
                                            "--intercept",
                                            target.address() + "=10.99.0.30:36524",
                                            "--intercept",
                                            second.address() + "=10.99.0.40:36524",
                                            "--secret-file",
                                            folder.resolve("secret").toString())
                                    .awaitCapturing()) {
                for (int i = 0; i < CLIENTS; i++) {
                    startClient("select 1; select sleep(6)");
                }
                awaitTheSameClients();
                await(
                        clientsOf(online) + " on the second target",
                        () -> clientsOf(online).equals(clientsOf(second)));
                awaitClients();
                ended = copy.stop();
                assertEquals(0, other.stop().exitCode());
            }
            assertEquals(0, ended.exitCode(), ended::toString);
            assertTrue(
                    ended.printed().contains("10.99.0.40:36524 agent.connections"),
                    ended::toString);
            assertEquals(0, intercept.stop().exitCode());
        }
        assertEquals(settingsBefore, settings());
        assertEquals(rules, hosts.run("copy", Map.of(), "ip", "rule"));
        assertNoClientOnTheWire();
    }

    @Test
    void byAnInterceptTheTargetSeesEachClientsAddressAndPort() throws Exception {
        try (Understudy intercept = intercept().awaitMessage("intercepting")) {
            Understudy.Ended ended;
            try (Understudy copy = copy("secret").awaitCapturing()) {
                for (int i = 0; i < CLIENTS; i++) {
                    startClient("select 1; select sleep(6); select repeat('x', 3000000)");
                }
                aDirectClientIsServed();
                awaitTheSameClients();
                awaitClients();
                ended = copy.stop();
            }
            assertAllCopied(ended, CLIENTS);
            assertEquals(CLIENTS, delivered(ended, "copier.connections"), ended::toString);
            assertEquals(CLIENTS, delivered(ended, "agent.connections"), ended::toString);
            assertEquals(CLIENTS, delivered(ended, "agent.ended"), ended::toString);
            assertEquals(
                    delivered(ended, "copier.bytesReceived"),
                    delivered(ended, "agent.bytesFromServer"),
                    ended::toString);
            aDirectClientIsServed();
            Understudy.Ended agent = intercept.stop();
            assertEquals(0, agent.exitCode(), agent::toString);
        }
        assertEquals(settingsBefore, settings());
        aDirectClientIsServed();
        assertNoClientOnTheWire();
    }

    @Test
    void theSameOverIpv6() throws Exception {
        String listen = Hosts.TARGET_ADDRESS + ":36524";
        String sixthTarget = "[fd00:99::30]:" + target.port();
        try (Understudy intercept =
                Understudy.start(
                                hosts.on("target"),
                                Map.of(),
                                List.of(
                                        "intercept",
                                        "--protect",
                                        sixthTarget,
                                        "--listen",
                                        listen,
                                        "--secret-file",
                                        folder.resolve("secret").toString()),
                                Path.of("/dev/null"))
                        .awaitMessage("intercepting")) {
            Understudy.Ended ended;
            List<String> arguments = new ArrayList<>(List.of("copy", "-i", "eth0", "--online"));
            arguments.addAll(List.of("[fd00:99::20]:" + online.port(), "--target", sixthTarget));
            arguments.addAll(List.of("--protocol", "mysql", "--config", config.toString()));
            arguments.addAll(List.of("--client-address", "keep", "--intercept", listen));
            arguments.addAll(List.of("--secret-file", folder.resolve("secret").toString()));
            try (Understudy copy =
                    Understudy.start(
                                    hosts.on("online"),
                                    Map.of("APP_PW", "app-pw"),
                                    arguments,
                                    Path.of("/dev/null"))
                            .awaitCapturing()) {
                for (int i = 0; i < CLIENTS; i++) {
                    startClient("fd00:99::20", "select sleep(6); select repeat('x', 300000)");
                }
                awaitTheSameClients("fd00:99::10");
                awaitClients();
                ended = copy.stop();
            }
            assertAllCopied(ended, CLIENTS);
            intercept.stop();
        }
        assertEquals(settingsBefore, settings());
        assertNoClientOnTheWire();
    }

    @Test
    void anInterceptKilledInTheMiddleEndsItsSessionsAndTheNextOneCleansUp() throws Exception {
        Understudy.Ended ended;
        try (Understudy killed = intercept().awaitMessage("intercepting");
                Understudy copy = copy("secret").awaitCapturing()) {
            for (int i = 0; i < CLIENTS; i++) {
                startClient("select 1; select sleep(8), repeat('x', 3000000)");
            }
            awaitTheSameClients();
            killed.signal("KILL");
            killed.ended();
            // Their queries go on, and their answers have nobody to go to.
            awaitClients();
            await("the target's sessions are over", () -> clientsOf(target).contains(""));
            assertNotEquals(settingsBefore, settings());
            aDirectClientIsServed();
            try (Understudy next = intercept().awaitMessage("intercepting")) {
                copy.awaitMessage("is down");
                next.stop();
            }
            assertEquals(settingsBefore, settings());
            ended = copy.stop();
        }
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals(1, delivered(ended, "copier.linksLost"), ended::toString);
        assertSumsAgree(ended);
        assertNoClientOnTheWire();
    }

    @Test
    void whatAKilledInterceptLeftIsTakenBackByClean() {
        try (Understudy killed = intercept().awaitMessage("intercepting")) {
            killed.signal("KILL");
            killed.ended();
        }
        assertNotEquals(settingsBefore, settings());
        try (Understudy clean = intercept("--clean")) {
            assertEquals(0, clean.ended().exitCode());
        }
        assertEquals(settingsBefore, settings());
    }

    @Test
    void anotherSecretBeginsNoRun() {
        try (Understudy intercept = intercept().awaitMessage("intercepting");
                Understudy copy = copy("other")) {
            Understudy.Ended ended = copy.ended();
            assertEquals(2, ended.exitCode(), ended::toString);
            assertTrue(ended.messages().contains("--secret-file"), ended::toString);
            Understudy.Ended agent = intercept.stop();
            assertTrue(agent.printed().contains("stranger-wrong-secret 1"), agent::toString);
            assertTrue(!agent.toString().contains("good"), agent::toString);
        }
    }

    @Test
    void aMarkOrTableOfOthersIsNotTaken() {
        String rule = "ip rule add fwmark 0x7564 lookup 100";
        hosts.run("target", Map.of(), rule.split(" ", -1));
        try (Understudy intercept = intercept()) {
            Understudy.Ended ended = intercept.ended();
            assertEquals(2, ended.exitCode(), ended::toString);
            assertTrue(ended.messages().contains("--mark"), ended::toString);
        } finally {
            hosts.run("target", Map.of(), rule.replace(" add ", " del ").split(" ", -1));
        }
        assertEquals(settingsBefore, settings());
    }

    @Test
    void aTableOfOthersIsNotTaken() {
        String route = "ip route add blackhole 192.0.2.0/24 table 36524";
        hosts.run("target", Map.of(), route.split(" ", -1));
        try (Understudy intercept = intercept()) {
            Understudy.Ended ended = intercept.ended();
            assertEquals(2, ended.exitCode(), ended::toString);
            assertTrue(ended.messages().contains("--table"), ended::toString);
        } finally {
            hosts.run("target", Map.of(), route.replace(" add ", " del ").split(" ", -1));
        }
        assertEquals(settingsBefore, settings());
    }

    @Test
    void withoutItsCapabilityItChangesNothingAndNamesIt() {
        List<String> under = new ArrayList<>(hosts.on("target"));
        under.addAll(List.of("setpriv", "--inh-caps=-all", "--bounding-set=-net_admin"));
        List<String> arguments = new ArrayList<>(List.of("intercept", "--protect"));
        arguments.add(target.address());
        arguments.addAll(List.of("--secret-file", folder.resolve("secret").toString()));
        try (Understudy intercept =
                Understudy.start(under, Map.of(), arguments, Path.of("/dev/null"))) {
            Understudy.Ended ended = intercept.ended();
            assertEquals(2, ended.exitCode(), ended::toString);
            assertTrue(ended.messages().contains("CAP_NET_ADMIN"), ended::toString);
        }
        assertEquals(settingsBefore, settings());
    }

    @Test
    void itServesIpv4WhereIpv6IsOff() throws Exception {
        String off = "sysctl -qw net.ipv6.conf.all.disable_ipv6=";
        hosts.run("target", Map.of(), (off + 1).split(" ", -1));
        try {
            String before = settings();
            Understudy.Ended ended;
            try (Understudy intercept = intercept().awaitMessage("intercepting");
                    Understudy copy = copy("secret").awaitCapturing()) {
                for (int i = 0; i < CLIENTS; i++) {
                    startClient("select sleep(4)");
                }
                awaitTheSameClients();
                awaitClients();
                ended = copy.stop();
                intercept.stop();
            }
            assertAllCopied(ended, CLIENTS);
            assertEquals(before, settings());
        } finally {
            hosts.run("target", Map.of(), (off + 0).split(" ", -1));
            hosts.run(
                    "target",
                    Map.of(),
                    "ip addr replace fd00:99::30/64 dev eth0 nodad".split(" ", -1));
        }
    }

    @Test
    void twoCopiersHaveEachTheirClientsAtOneIntercept() throws Exception {
        Path file = folder.resolve("for-the-second.pcap");
        try (Tcpdump tcpdump = Tcpdump.start(hosts.on("online"), "eth0", online.port(), file)) {
            for (int i = 0; i < CLIENTS; i++) {
                startClient("select sleep(6)");
            }
            awaitClients();
            clients.clear();
            tcpdump.stop();
        }
        try (Understudy intercept = intercept().awaitMessage("intercepting");
                Understudy live = copy("secret").awaitCapturing()) {
            for (int i = 0; i < CLIENTS; i++) {
                startClient("select sleep(20)");
            }
            awaitTheSameClients();
            try (Understudy replay =
                    run(
                            "copy",
                            "replay",
                            file.toString(),
                            "--client-address",
                            "map:10.98.0.0/16",
                            "--intercept",
                            Hosts.TARGET_ADDRESS + ":36524",
                            "--secret-file",
                            folder.resolve("secret").toString())) {
                await(
                        "the clients of both on the target",
                        () -> {
                            Set<String> seen = clientsOf(target);
                            return seen.containsAll(clientsOf(online))
                                    && seen.stream().filter(c -> c.startsWith("10.98.")).count()
                                            == CLIENTS;
                        });
                assertAllCopied(replay.ended(), CLIENTS);
            }
            awaitClients();
            assertAllCopied(live.stop(), CLIENTS);
            Understudy.Ended agent = intercept.stop();
            assertEquals(0, agent.exitCode(), agent::toString);
        }
        assertEquals(settingsBefore, settings());
        assertNoClientOnTheWire();
    }

    @Test
    void aLinkThatIsCutForAMinuteLeavesNoSessionWithoutAReason() throws Exception {
        try (Understudy intercept = intercept().awaitMessage("intercepting")) {
            Understudy.Ended ended;
            try (Understudy copy = copy("secret").awaitCapturing()) {
                for (int i = 0; i < CLIENTS; i++) {
                    startClient("select 1; select sleep(64); select 2");
                }
                awaitTheSameClients();
                hosts.cut("target", true);
                // Production's clock.
                online.sql("select sleep(60)");
                hosts.cut("target", false);
                for (Process client : clients) {
                    assertTrue(client.waitFor(90, TimeUnit.SECONDS), "a client does not end");
                }
                clients.clear();
                startClient("select 3");
                awaitClients();
                ended = copy.stop();
            }
            assertSumsAgree(ended);
            assertEquals(CLIENTS + 1, ended.count("sessions.captured"), ended::toString);
            intercept.stop();
        }
        assertEquals(settingsBefore, settings());
        assertNoClientOnTheWire();
    }

    @Test
    void aLinkThatIsCutForFiveSecondsLosesNothing() throws Exception {
        try (Understudy intercept = intercept().awaitMessage("intercepting")) {
            Understudy.Ended ended;
            try (Understudy copy = copy("secret").awaitCapturing()) {
                for (int i = 0; i < CLIENTS; i++) {
                    startClient("select 1; select sleep(8); select 2; select 3");
                }
                awaitTheSameClients();
                hosts.cut("target", true);
                // Production's clock: five seconds.
                online.sql("select sleep(5)");
                hosts.cut("target", false);
                awaitClients();
                ended = copy.stop();
            }
            assertAllCopied(ended, CLIENTS);
            assertEquals(0, delivered(ended, "copier.linksLost"), ended::toString);
            intercept.stop();
        }
        assertNoClientOnTheWire();
    }

    @Test
    void byAHeaderTheTargetSeesEachClientsAddressAndPort() throws Exception {
        Understudy.Ended ended;
        try (Understudy copy =
                run("online", "copy", "eth0", "--client-address", "proxy-protocol:v2")
                        .awaitCapturing()) {
            for (int i = 0; i < CLIENTS; i++) {
                startClient("select sleep(6)");
            }
            awaitTheSameClients();
            awaitClients();
            ended = copy.stop();
        }
        assertAllCopied(ended, CLIENTS);
        assertNoClientOnTheWire();
    }

    @Test
    void byAReturnRouteTheTargetSeesAnAddressOfTheRange() throws Exception {
        Path file = folder.resolve("recorded.pcap");
        try (Tcpdump tcpdump = Tcpdump.start(hosts.on("online"), "eth0", online.port(), file)) {
            for (int i = 0; i < CLIENTS; i++) {
                startClient("select sleep(3)");
            }
            awaitClients();
            tcpdump.stop();
        }
        String before = hosts.run("copy", Map.of(), "ip", "rule");
        try (Understudy replay =
                run(
                        "copy",
                        "replay",
                        file.toString(),
                        "--client-address",
                        "map:10.98.0.0/16",
                        "--return-route")) {
            await("all on the target", () -> clientsOf(target).size() == CLIENTS);
            for (String client : clientsOf(target)) {
                assertTrue(client.startsWith("10.98."), client);
            }
            assertAllCopied(replay.ended(), CLIENTS);
        }
        assertEquals(before, hosts.run("copy", Map.of(), "ip", "rule"));
        assertTrue(wire.packets().contains("10.98."), "asked for here, and here alone");
    }
}
