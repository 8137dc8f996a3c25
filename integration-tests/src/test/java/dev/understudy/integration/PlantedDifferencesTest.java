package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Differences that the test itself put into the target: each is found, of the right kind, with both
 * values in the sample.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class PlantedDifferencesTest {
    private static final String[] ASKED = {
        "select name from item where id = 1",
        "select id from item where id >= 4",
        "select n from unordered",
        "select * from only_online",
        "update item set price = 9 where id in (2, 3)",
        "drop table if exists sometimes",
        "select count(*) from item where id = 2",
        "select j from document",
        "call begins()",
        "rollback",
        "select 1",
        "select 1",
        "set character_set_results = null",
        "select born, name from item where id = 3",
        "select * from named",
    };

    private Rehearsed pair;
    private Understudy.Ended ended;
    private Understudy.Ended explained;
    private Understudy.Ended unknown;

    @BeforeAll
    void copyOnce() {
        pair = Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MYSQL_9);
        pair.online()
                .sql(
                        "use app",
                        "create table unordered (n int)",
                        "insert into unordered values (1), (2), (3)",
                        "create table only_online (n int)",
                        "create table sometimes (n int)",
                        "create procedure begins() do 1",
                        "create view named as select id, name from item where id = 2",
                        "create table document (j json)",
                        "insert into document values ('{\"b\":1.0,\"a\":[2, null]}')");
        pair.target()
                .sql(
                        "use app",
                        "update item set name = 'planted' where id = 1",
                        "delete from item where id = 5",
                        "create table unordered (n int)",
                        "insert into unordered values (3), (1), (2)",
                        "update item set price = 9 where id = 2",
                        "create procedure begins() start transaction",
                        "create view named as select id, name Name from item where id = 2",
                        "create table document (j json)",
                        "insert into document values ('{\"b\":1.0,\"a\":[2, null]}')");
        try (Understudy copy = pair.copy()) {
            pair.clients().mariadb(ASKED);
            ended = copy.stop();
            explained =
                    copy.explain(
                            sampleOf("select name from item where id = 1").path("client").asText());
            unknown = copy.explain("4711");
        }
    }

    @AfterAll
    void stop() {
        pair.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # kind        | statement                                    | online    | target
                    content       | select name from item where id = 1           | item 1    | planted
                    rows          | select id from item where id >= 4            | 2         | 1
                    order         | select n from unordered                      | 1         | 3
                    error-appeared | select * from only_online                   | 0         | 1146
                    affected-rows | update item set price = 9 where id in (2, 3) | 2         | 1
                    warnings      | drop table if exists sometimes               | 0         | 1
                    transaction   | call begins()                                | no tr     | a tr
                    names         | select * from named                          | called name | called Name
                    type          | select j from document                       | {"b":1.0  | {"a": [2
                    """)
    void isFound(String kind, String statement, String online, String target) {
        JsonNode sample = sampleOf(statement);
        assertEquals("different", sample.path("end").asText(), ended::toString);
        assertEquals(kind, sample.path("reason").asText(), ended::toString);
        assertTrue(sample.path("online").asText().contains(online), sample::toString);
        assertTrue(sample.path("target").asText().contains(target), sample::toString);
    }

    @ParameterizedTest
    @CsvSource("9")
    void andNothingElse(long planted) {
        assertEquals(planted, ended.count("requests.different"), ended::toString);
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals("differences", ended.report().path("outcome").asText());
    }

    /** What a client sees beside values and names is told once for each statement. */
    @Test
    void columnsThatAreDescribedOtherwiseAreNoted() {
        List<String> noted = new ArrayList<>();
        for (JsonNode table : ended.report().path("tables")) {
            if (table.path("title").asText().startsWith("same values in columns")) {
                table.path("rows")
                        .forEach(
                                row -> {
                                    List<String> cells = new ArrayList<>();
                                    row.forEach(cell -> cells.add(cell.asText()));
                                    noted.add(String.join(" | ", cells));
                                });
            }
        }
        assertEquals(
                List.of(
                        "SELECT ? | 1 | LONG | LONGLONG | 2",
                        "SELECT `born` , NAME FROM `item` WHERE `id` = ? | name"
                                + " | VAR_STRING, utf8mb4_general_ci"
                                + " | VAR_STRING, utf8mb4_0900_ai_ci | 1"),
                noted,
                ended::toString);
    }

    /** Each request counts under production's user, and under the database it was asked in. */
    @Test
    void requestsAreCountedByUserAndSchema() {
        assertEquals(9, label("user", "app").path("different").asLong(), ended::toString);
        assertEquals(9, label("schema", "app").path("different").asLong(), ended::toString);
        assertEquals(
                ended.count("requests.captured"),
                label("user", "app").path("count").asLong(),
                ended::toString);
        assertTrue(
                label("user", "app").path("latencyMicros").path("ratio").path("p95").asDouble() > 0,
                ended::toString);
    }

    /** The timeline of the session, by the client that the sample names. */
    @Test
    void theSessionIsExplained() {
        assertEquals(0, explained.exitCode(), explained::toString);
        String told = explained.printed();
        assertInOrder(
                told,
                "session ",
                "request 0  login",
                "captured ",
                "rewritten: login made anew as 'app' with the target's own challenge",
                "online   answered after",
                "target   answered at",
                "same",
                "connected",
                "COM_QUERY  select name from item where id = 1",
                "sent ",
                "after it was due",
                "target   answered after",
                "different (content)",
                "online  ",
                "item 1",
                "target  ",
                "planted",
                "COM_QUERY  select j from document",
                "different (type)",
                "online ended by the client",
                "the session: complete");
        assertTrue(told.contains(" login\n"), "what was waited for: " + told);
    }

    private static void assertInOrder(String told, String... parts) {
        int from = 0;
        for (String part : parts) {
            int at = told.indexOf(part, from);
            assertTrue(at >= 0, () -> "no '" + part + "' in its place: " + told);
            from = at + part.length();
        }
    }

    @Test
    void aSessionThatWasNotThereIsRefused() {
        assertEquals(2, unknown.exitCode(), unknown::toString);
        assertTrue(unknown.messages().contains("session '4711' is not in"), unknown::toString);
        assertTrue(unknown.messages().contains("name one of 1"), unknown::toString);
    }

    private JsonNode label(String label, String value) {
        for (JsonNode one : ended.report().path("labels")) {
            if (one.path("label").asText().equals(label)
                    && one.path("value").asText().equals(value)) {
                return one;
            }
        }
        throw new AssertionError("no " + label + " " + value + ": " + ended);
    }

    private JsonNode sampleOf(String statement) {
        for (JsonNode group : ended.report().path("groups")) {
            if (group.path("sample").path("text").asText().equals(statement)) {
                return group.path("sample");
            }
        }
        throw new AssertionError("no sample of " + statement + ": " + ended);
    }
}
