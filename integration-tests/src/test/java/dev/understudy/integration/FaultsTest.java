package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.HostileServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Traffic;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What goes wrong around a live copy: the target dies, comes back, stands still or was never a
 * MySQL; the copier stands still or is told to end; logins are refused. Each run ends in its time,
 * says what is missing and why, and its sums agree.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class FaultsTest {
    private static final int CONNECTIONS = 4;
    private static final Duration PERIOD = Duration.ofMillis(10);

    /** Questions of all connections together in two seconds. */
    private static final int TWO_SECONDS = 2 * 1000 / 10 * CONNECTIONS;

    private static final int SOME = 20 * CONNECTIONS;

    /** A run that was told to end has as long as its drain, and a little. */
    private static final long MAX_END_SECONDS = 20;

    @TempDir private Path folder;
    private Rehearsed pair;

    @BeforeAll
    void start() {
        pair = Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11);
        addUsers(pair.online());
        addUsers(pair.target());
    }

    private static void addUsers(DatabaseServer server) {
        server.sql(
                "create user second@'%' identified by 'second-pw'",
                "grant all on app.* to second@'%'",
                "create user stranger@'%' identified by 'stranger-pw'",
                "grant all on app.* to stranger@'%'");
    }

    @AfterAll
    void stop() {
        pair.close();
    }

    private Traffic traffic() {
        return Traffic.start(pair.clients(), CONNECTIONS, PERIOD);
    }

    /** Waits until so many of the captured sessions are logged in on the target. */
    private void awaitCopied(int sessions) {
        long since = System.nanoTime();
        String copied = "select count(*) from information_schema.processlist where user = 'app'";
        while (Integer.parseInt(pair.target().sql(copied).strip()) < sessions) {
            assertTrue(secondsSince(since) < MAX_END_SECONDS, "no session on the target");
        }
    }

    private void startTargetAgain() {
        pair.startTargetAgain();
        addUsers(pair.target());
    }

    private Clients clients(String user) {
        return new Clients(pair.online().port(), user, user + "-pw", "app");
    }

    @Test
    void allThatATargetStandingStillForTwoSecondsOwesIsAnsweredAfterwards() {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy();
                Traffic traffic = traffic()) {
            traffic.awaitMore(SOME);
            pair.target().signal("STOP");
            traffic.awaitMore(TWO_SECONDS);
            pair.target().signal("CONT");
            traffic.awaitMore(SOME).close();
            ended = copy.stop();
        }
        assertAllAlike(ended, CONNECTIONS);
    }

    @Test
    void aCopierStandingStillForTwoSecondsLosesNothing() {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy();
                Traffic traffic = traffic()) {
            traffic.awaitMore(SOME);
            copy.signal("STOP");
            traffic.awaitMore(TWO_SECONDS);
            copy.signal("CONT");
            traffic.awaitMore(SOME).close();
            ended = copy.stop();
        }
        assertAllAlike(ended, CONNECTIONS);
        assertEquals(0, ended.count("packets.droppedByKernel"), ended::toString);
    }

    private static void assertAllAlike(Understudy.Ended ended, int sessions) {
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(sessions, ended.count("sessions.complete"), ended::toString);
        assertEquals(
                ended.count("requests.captured") - ended.count("requests.noAnswerDue"),
                ended.count("requests.same"),
                ended::toString);
        assertTrue(ended.count("requests.same") > TWO_SECONDS, ended::toString);
        assertSumsAgree(ended);
    }

    private static void assertSumsAgree(Understudy.Ended ended) {
        assertEquals(
                ended.count("sessions.captured"),
                ended.count("sessions.complete")
                        + ended.count("sessions.joinedLate")
                        + ended.count("sessions.leftOut"),
                ended::toString);
        assertEquals(
                ended.count("requests.captured"),
                ended.count("requests.answered")
                        + ended.count("requests.noAnswerDue")
                        + ended.count("requests.unanswered")
                        + ended.count("requests.skipped")
                        + ended.count("requests.lost"),
                ended::toString);
    }

    @Test
    void aTargetThatDiesInTheMiddleEndsTheRun() throws Exception {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy()) {
            try (Traffic traffic = traffic()) {
                awaitCopied(CONNECTIONS);
                traffic.awaitMore(SOME);
                pair.target().kill();
                traffic.awaitMore(SOME);
            }
            long connectingSince = System.nanoTime();
            while (copy.process().isAlive()) {
                pair.clients().open().close();
                assertTrue(secondsSince(connectingSince) < MAX_END_SECONDS, "goes on for ever");
            }
            ended = copy.ended();
        } finally {
            startTargetAgain();
        }
        assertEquals(4, ended.exitCode(), ended::toString);
        assertEquals("target-lost", ended.report().path("outcome").asText());
        assertTrue(ended.printed().contains(pair.target().address()), ended::toString);
        assertTrue(ended.count("requests.same") >= SOME / 2, ended::toString);
        assertEquals(0, ended.count("requests.different"), ended::toString);
        assertSumsAgree(ended);
    }

    @Test
    void aTargetThatIsStartedAgainIsCopiedToAgain() throws Exception {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy()) {
            try (Traffic traffic = traffic()) {
                awaitCopied(CONNECTIONS);
                traffic.awaitMore(SOME);
                pair.target().kill();
                traffic.awaitMore(SOME);
            }
            startTargetAgain();
            try (Traffic traffic = traffic()) {
                traffic.awaitMore(SOME);
            }
            ended = copy.stop();
        }
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals(CONNECTIONS, ended.count("sessions.complete"), ended::toString);
        assertEquals(CONNECTIONS, ended.count("sessions.leftOut.target-ended"), ended::toString);
        assertTrue(ended.count("requests.same") > SOME, ended::toString);
        assertEquals(0, ended.count("requests.different"), ended::toString);
        assertSumsAgree(ended);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalInTheMiddleOfTrafficEndsTheRunInOrder(String signal) {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy();
                Traffic traffic = traffic()) {
            awaitCopied(CONNECTIONS);
            traffic.awaitMore(SOME);
            long toldAt = System.nanoTime();
            copy.signal(signal);
            ended = copy.ended();
            assertTrue(secondsSince(toldAt) < MAX_END_SECONDS, "took too long");
            traffic.awaitMore(SOME);
        }
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals("interrupted", ended.report().at("/run/ended").asText());
        assertEquals(CONNECTIONS, ended.count("sessions.complete"), ended::toString);
        assertEquals(0, ended.count("requests.lost"), ended::toString);
        long underWay = ended.count("requests.unanswered.capture-ended");
        assertEquals(underWay, ended.count("requests.unanswered"), ended::toString);
        assertTrue(underWay <= CONNECTIONS, ended::toString);
        assertTrue(ended.count("requests.same") > SOME / 2, ended::toString);
        assertSumsAgree(ended);
    }

    @Test
    void aSecondSignalEndsItAtOnce() {
        try (Understudy copy = pair.copy();
                Traffic traffic = traffic()) {
            awaitCopied(CONNECTIONS);
            // So that the first one alone would wait for answers.
            pair.target().signal("STOP");
            traffic.awaitMore(SOME);
            copy.signal("INT");
            copy.awaitMessage("a second signal ends it at once");
            long toldAt = System.nanoTime();
            copy.signal("INT");
            Understudy.Ended ended = copy.ended();
            assertTrue(secondsSince(toldAt) < 5, "took too long");
            assertEquals(130, ended.exitCode(), ended::toString);
            assertTrue(ended.messages().contains("there is no report"), ended::toString);
        } finally {
            pair.target().signal("CONT");
        }
    }

    private static long secondsSince(long nanoTime) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanoTime);
    }

    @Test
    void aWrongPasswordCostsAFewLoginsAndNoOtherUser() throws Exception {
        Path config =
                config(
                        "login-failures: 2",
                        "users:",
                        "  app: { password: 'wrong-pw' }",
                        "  second: { password: 'second-pw' }");
        Understudy.Ended ended;
        long refusedBefore = accessDenied();
        try (Understudy copy = pair.copyTo(pair.target().address(), config)) {
            for (int i = 0; i < 6; i++) {
                pair.clients().mariadb("select 1");
                clients("second").mariadb("select 1");
            }
            clients("stranger").mariadb("select 1");
            ended = copy.stop();
            assertNowhere(copy, ended, "wrong-pw", "second-pw", "stranger-pw");
        }
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals(2, accessDenied() - refusedBefore, ended::toString);
        assertEquals(6, ended.count("sessions.complete"), ended::toString);
        assertEquals(6, ended.count("sessions.leftOut.login-refused"), ended::toString);
        assertEquals(1, ended.count("sessions.leftOut.unknown-user"), ended::toString);
        assertTrue(
                ended.printed().contains("refused the login of 'app'")
                        && ended.printed().contains("mysql.users.app.password"),
                ended::toString);
        assertTrue(ended.printed().contains("mysql.users.stranger.password"), ended::toString);
        assertSumsAgree(ended);
    }

    private long accessDenied() {
        String row = pair.target().sql("show global status like 'Access_denied_errors'");
        return Long.parseLong(row.strip().split("\t", -1)[1]);
    }

    /** In no output, no file of the report, and not where every user of the host could see it. */
    private static void assertNowhere(Understudy copy, Understudy.Ended ended, String... secrets)
            throws IOException {
        try (Stream<Path> files = Files.walk(copy.folder())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                for (String secret : secrets) {
                    assertFalse(text.contains(secret), file + " shows a password: " + ended);
                }
            }
        }
    }

    @Test
    void passwordsAreNowhereToBeSeen() throws Exception {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy()) {
            pair.clients().mariadb("select * from item");
            String commandLine =
                    Files.readString(
                            Path.of("/proc/%d/cmdline".formatted(copy.process().pid())),
                            StandardCharsets.ISO_8859_1);
            assertTrue(commandLine.contains("--target"), commandLine);
            Rehearsed.passwords()
                    .forEach(secret -> assertFalse(commandLine.contains(secret), commandLine));
            ended = copy.stop();
            assertNowhere(copy, ended, Rehearsed.passwords().toArray(String[]::new));
        }
        assertEquals(0, ended.exitCode(), ended::toString);
    }

    static Stream<Arguments> hostile() {
        byte[] garbage = new byte[64];
        Arrays.fill(garbage, (byte) 0xee);
        return Stream.of(
                Arguments.of("says nothing", new byte[0], false, "hold-expired"),
                Arguments.of("hangs up", new byte[0], true, "target-ended"),
                Arguments.of("garbage", garbage, false, "target-malformed"),
                Arguments.of(
                        "16 MiB announced, nothing behind",
                        HexFormat.of().parseHex("ffffff000a"),
                        false,
                        "target-malformed"),
                Arguments.of(
                        "another protocol",
                        "SSH-2.0-OpenSSH_9.9\r\n".getBytes(StandardCharsets.US_ASCII),
                        false,
                        "target-malformed"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void aTargetThatIsNoMySqlLeavesSessionsOut(
            String name, byte[] greeting, boolean hangsUp, String reason) throws Exception {
        Path config = config("users:", "  app: { password: x }");
        Files.writeString(config, Files.readString(config) + "run: { hold-max: 1s, drain: 3s }\n");
        Understudy.Ended ended;
        try (HostileServer target = HostileServer.start(greeting, hangsUp);
                Understudy copy = pair.copyTo(target.address(), config)) {
            pair.clients().mariadb("select 1");
            pair.clients().mariadb("select 2");
            long toldAt = System.nanoTime();
            ended = copy.stop();
            assertTrue(secondsSince(toldAt) < MAX_END_SECONDS, "took too long");
        }
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals(2, ended.count("sessions.leftOut." + reason), ended::toString);
        assertSumsAgree(ended);
        for (JsonNode sample : ended.report().at("/sessions/leftOutSamples")) {
            assertFalse(sample.path("detail").asText().isEmpty(), sample::toString);
        }
    }

    private Path config(String... mysql) throws IOException {
        Path file = Files.createTempFile(folder, "config", ".yaml");
        Files.writeString(file, "mysql:\n  " + String.join("\n  ", mysql) + "\n");
        return file;
    }
}
