package dev.understudy.mysql.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.join.JoinSettings;
import dev.understudy.mysql.login.LoginSettings;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreflightTest {
    private static final Map<String, Map<String, String>> ITEMS =
            Map.of("app.item", Map.of("id", "int"));

    @ParameterizedTest(name = "{0}: {1} online, {2} on the target")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # setting              | online | target | told
                    sql_mode               | A,B    | a,b    | false
                    sql_mode               | A,B    | A      | true
                    max_connections        | 100    | 99     | true
                    max_connections        | 100    | 100    | false
                    max_connections        | 100    | 101    | false
                    max_connections        | 100    | many   | false
                    max_connections        | 100    |        | false
                    sql_require_primary_key| OFF    |        | false
                    sql_require_primary_key|        | OFF    | false
                    sql_require_primary_key| ON     |        | true
                    sql_require_primary_key|        | ON     | true
                    local_infile           | ON     |        | false
                    of_no_concern          | 1      | 2      | false
                    event_scheduler        | OFF    | DISABLED | false
                    event_scheduler        | DISABLED | ON   | true
                    """)
    void aSettingIsToldWhereItHasAnEffect(String name, String online, String target, boolean told) {
        Comparison comparison = Preflight.between(variables(name, online), variables(name, target));
        assertEquals(
                told ? List.of(name) : List.of(),
                comparison.differences().stream().map(Difference::what).toList());
        assertEquals(List.of(), comparison.remarks());
    }

    @Test
    void aSettingThatWasRenamedIsTheSameSetting() {
        assertEquals(
                List.of(),
                Preflight.between(
                                variables("tx_isolation", "READ-COMMITTED"),
                                variables("transaction_isolation", "READ-COMMITTED"))
                        .differences());
        assertEquals(
                List.of(
                        "transaction_isolation is 'SERIALIZABLE' online and 'READ-COMMITTED' on the target: transactions see, and lock, other rows"),
                Preflight.between(
                                variables("tx_isolation", "SERIALIZABLE"),
                                variables("transaction_isolation", "READ-COMMITTED"))
                        .lines());
    }

    @Test
    void tablesAndColumnsAreToldByWhatTheyDo() {
        Map<String, Map<String, String>> online =
                new TreeMap<>(
                        Map.of(
                                "app.gone",
                                Map.of("id", "int"),
                                "app.item",
                                new TreeMap<>(
                                        Map.of(
                                                "id", "int",
                                                "kept", "date",
                                                "name", "varchar(50) utf8mb4_bin",
                                                "old", "int"))));
        Map<String, Map<String, String>> target =
                Map.of(
                        "app.item",
                        new TreeMap<>(
                                Map.of(
                                        "id", "bigint",
                                        "kept", "date",
                                        "name", "varchar(50) utf8mb4_general_ci",
                                        "new", "int")),
                        "app.extra",
                        Map.of("id", "int"));
        assertEquals(
                List.of(
                        "table app.gone is 'there' online and 'not seen' on the target: statements about it fail there with error 1146 or 1142",
                        "column app.item.id is 'int' online and 'bigint' on the target: values may be stored, sorted and shown otherwise",
                        "column app.item.name is 'varchar(50) utf8mb4_bin' online and 'varchar(50) utf8mb4_general_ci' on the target: values may be stored, sorted and shown otherwise",
                        "column app.item.old is 'int' online and 'not there' on the target: values may be stored, sorted and shown otherwise",
                        "column app.item.new is 'not there' online and 'int' on the target: SELECT * and INSERT without names differ"),
                Preflight.between(columns(online), columns(target)).lines());
    }

    @Test
    void whatIsTooMuchToNameIsCounted() {
        Map<String, Map<String, String>> online = new TreeMap<>();
        for (int i = 0; i < Preflight.MAX_NAMED + 7; i++) {
            online.put("app.t%03d".formatted(i), Map.of("id", "int"));
        }
        Comparison comparison = Preflight.between(columns(online), columns(ITEMS));
        assertEquals(Preflight.MAX_NAMED, comparison.differences().size());
        assertEquals(List.of("7 more tables and columns differ"), comparison.remarks());
        assertEquals(
                List.of(
                        "7 more tables and columns differ",
                        "what differs between the servers: 50, named by 'understudy doctor' and in a table of the report"),
                comparison.summary());
        assertEquals(51, comparison.tables().getFirst().rows().size());
    }

    @Test
    void serversThatAreAlikeHaveNoTable() {
        Comparison comparison = Preflight.between(columns(ITEMS), columns(ITEMS));
        assertEquals(List.of(), comparison.tables());
        assertEquals(List.of(), comparison.summary());
    }

    @Test
    void anAccountThatSeesNoTableIsToldWhichGrantItLacks() {
        Comparison comparison = Preflight.between(columns(Map.of()), columns(ITEMS));
        assertEquals(
                List.of(
                        "tables and columns were not compared: none is seen online, GRANT SELECT on the schemas there to the account of mysql.snapshot"),
                comparison.lines());
    }

    @Test
    void settingsAreComparedWhereColumnsCannotBe() {
        ServerFacts online = new ServerFacts(Map.of("read_only", "OFF"), ITEMS, "");
        ServerFacts target =
                new ServerFacts(Map.of("read_only", "ON"), Map.of(), "more than 100000 rows");
        assertEquals(
                List.of(
                        "read_only is 'OFF' online and 'ON' on the target: writes are refused on one server",
                        "tables and columns were not compared: on the target, more than 100000 rows"),
                Preflight.between(online, target).lines());
    }

    @Test
    void whatAServerSaysIsFitForATerminal() {
        String type = "enum('" + "x".repeat(70_000) + "')";
        Map<String, Map<String, String>> online = Map.of("app.\u001b[2J", Map.of("id", type));
        Map<String, Map<String, String>> target = Map.of("app.\u001b[2J", Map.of("id", type + "y"));
        Comparison comparison = Preflight.between(columns(online), columns(target));
        String line = comparison.lines().getFirst();
        assertTrue(line.startsWith("column app.?[2J.id is 'enum('xxx"), line);
        assertTrue(
                line.endsWith("…' on the target: values may be stored, sorted and shown otherwise"),
                line);
        assertTrue(line.length() < 3 * Difference.MAX_VALUE, line);
        assertEquals(
                Difference.MAX_VALUE,
                comparison.tables().getFirst().rows().getFirst().get(1).length());
    }

    @Test
    @Timeout(30)
    void aServerThatNeverAnswersIsLetGo() throws InterruptedException {
        CountDownLatch interrupted = new CountDownLatch(1);
        Comparison comparison =
                Preflight.within(
                        // Long enough to begin: what has not begun is not interrupted.
                        Duration.ofMillis(500),
                        new FutureTask<>(
                                () -> {
                                    try {
                                        new CountDownLatch(1).await();
                                    } catch (InterruptedException e) {
                                        interrupted.countDown();
                                        throw e;
                                    }
                                    return Comparison.NONE;
                                }));
        assertEquals(
                List.of(
                        "the two servers were not compared (the servers took more than 500 ms to answer)"),
                comparison.lines());
        assertTrue(interrupted.await(20, TimeUnit.SECONDS));
    }

    @Test
    void aServerThatIsAwayIsNamed() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        JoinSettings.Account account =
                new JoinSettings.Account(
                        "127.0.0.1",
                        port,
                        "look",
                        new Secret("look-pw"),
                        Duration.ofSeconds(1),
                        false);
        String line = compared(account, Map.of("app", Map.of("password", "app-pw")));
        assertTrue(
                line.startsWith(
                        "the two servers were not compared (the online server, as 'look': "),
                line);
        assertEquals(
                "the two servers were not compared (mysql.users names nobody with a password to look at the target with)",
                compared(account, Map.of("*", Map.of("password", "app-pw"))));
    }

    private static String compared(JoinSettings.Account account, Map<String, Object> users) {
        LoginSettings logins =
                LoginSettings.of(Settings.of("mysql", Map.<String, Object>of("users", users)));
        InetSocketAddress target =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), account.port());
        List<String> lines = Preflight.of(account, logins, target).lines();
        assertEquals(1, lines.size());
        assertFalse(lines.getFirst().contains("-pw"), "a secret is shown");
        return lines.getFirst();
    }

    /** A server with tables and one setting; without it where the value is null. */
    private static ServerFacts variables(String name, String value) {
        return new ServerFacts(value == null ? Map.of() : Map.of(name, value), ITEMS, "");
    }

    private static ServerFacts columns(Map<String, Map<String, String>> columns) {
        return new ServerFacts(Map.of(), columns, "");
    }
}
