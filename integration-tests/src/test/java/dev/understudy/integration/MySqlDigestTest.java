package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our digests, held against the server's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class MySqlDigestTest {
    /** With the reason told, and without. */
    private static final Set<Integer> CANNOT_PARSE = Set.of(3676, 3677);

    /** What of a digest a report shows. */
    private static final int MAX_LENGTH = 1024;

    private DatabaseServer server;
    private Connection connection;

    @BeforeAll
    void start() throws SQLException {
        server = DatabaseServer.start(DatabaseServer.MYSQL_9);
        server.sql("create database app");
        connection =
                DriverManager.getConnection(
                        "jdbc:mysql://%s/app?sslMode=DISABLED&allowPublicKeyRetrieval=true"
                                .formatted(server.address()),
                        "root",
                        "root");
    }

    @AfterAll
    void stop() throws SQLException {
        connection.close();
        server.close();
    }

    /** What the server makes of a statement; empty where it cannot parse it. */
    private Optional<String> ofServer(String statement) throws SQLException {
        try (PreparedStatement ask =
                connection.prepareStatement("select statement_digest_text(?)")) {
            ask.setString(1, statement);
            try (ResultSet answer = ask.executeQuery()) {
                answer.next();
                return Optional.of(answer.getString(1));
            }
        } catch (SQLException e) {
            if (CANNOT_PARSE.contains(e.getErrorCode())) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static String ours(String statement) {
        byte[] text = statement.getBytes(StandardCharsets.UTF_8);
        return SqlText.read(text, 0, text.length, SqlDialect.usual()).fingerprint();
    }

    private static String cut(String digest) {
        return digest.length() <= MAX_LENGTH ? digest : digest.substring(0, MAX_LENGTH - 1) + "…";
    }

    @Test
    void theyAreTheServersForStatementsOfAllKinds() throws Exception {
        List<String> unlike = new ArrayList<>();
        List<String> statements = statements();
        for (String statement : statements) {
            String theirs = cut(ofServer(statement).orElse("cannot be parsed"));
            if (!theirs.equals(ours(statement))) {
                unlike.add(
                        "%s\n  server %s\n  ours   %s"
                                .formatted(statement, theirs, ours(statement)));
            }
        }
        assertEquals(List.of(), unlike);
        assertTrue(statements.size() > 500, "statements tried: " + statements.size());
    }

    private static List<String> statements() throws IOException {
        try (InputStream file =
                MySqlDigestTest.class.getResourceAsStream("/digests/statements.txt")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.replace('¶', '\n'))
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void theyAreTheServersForStatementsMadeAtRandom(long seed) throws Exception {
        Statements random = new Statements(new Random(seed));
        List<String> unlike = new ArrayList<>();
        int parsed = 0;
        for (int i = 0; i < 600; i++) {
            String statement = random.next();
            Optional<String> theirs = ofServer(statement);
            if (theirs.isPresent()) {
                parsed++;
                if (!cut(theirs.get()).equals(ours(statement))) {
                    unlike.add(
                            "%s\n  server %s\n  ours   %s"
                                    .formatted(statement, theirs.get(), ours(statement)));
                }
            }
        }
        assertEquals(List.of(), unlike);
        assertTrue(parsed > 500, "statements that the server could parse: " + parsed);
    }

    /** As docs/mysql.md lists them. */
    @ParameterizedTest
    @ValueSource(strings = {"select $a from t"})
    void theseAreKnownToDiffer(String statement) throws Exception {
        assertNotEquals(ofServer(statement).orElseThrow(), ours(statement));
    }

    /** Statements that a server can parse, most of them, and that mean nothing. */
    private static final class Statements {
        private static final String[] NAMES = {
            "a",
            "b",
            "t.a",
            "`a b`",
            "`select`",
            "status",
            "t.`user`",
            "count",
            "_x",
            "a1",
            "d.t.c",
            "name",
            "position",
            "year"
        };
        private static final String[] VALUES = {
            "1",
            "'x'",
            "\"y\"",
            "2.5",
            "1e3",
            ".5",
            "0x4f",
            "x'41'",
            "b'1'",
            "-1",
            "- 2",
            "+3",
            "NULL",
            "null",
            "n'z'",
            "'it''s'",
            "'a\\'b'",
            "true",
            "FALSE",
            "_utf8mb4'q'",
            "date '2020-01-01'",
            "@v",
            "@@sql_mode",
            "/* c */ 7",
            "8 -- d\n",
            "/*!50000 9 */"
        };
        private static final String[] BINARY = {
            "+",
            "-",
            "*",
            "/",
            "%",
            " div ",
            " mod ",
            "|",
            "&",
            "^",
            "<<",
            ">>",
            "=",
            "<>",
            "!=",
            "<=",
            ">=",
            "<",
            ">",
            "<=>",
            " and ",
            " or ",
            " xor ",
            "||",
            "&&",
            " like ",
            " regexp ",
            " - "
        };
        private static final String[] AGGREGATES = {
            "count(", "max(", "MIN(", "std(", "sum(distinct "
        };
        private static final String[] CALLS = {
            "concat(", "coalesce(", "f(", "d.f(", "least(", "greatest ("
        };

        private final Random random;

        Statements(Random random) {
            this.random = random;
        }

        private String of(String... choices) {
            return choices[random.nextInt(choices.length)];
        }

        private String list(int depth) {
            StringBuilder out = new StringBuilder(expression(depth));
            for (int n = random.nextInt(3); n > 0; n--) {
                out.append(of(", ", ",", " , ")).append(expression(depth));
            }
            return out.toString();
        }

        private String values() {
            StringBuilder out = new StringBuilder(of(VALUES));
            for (int n = random.nextInt(4); n > 0; n--) {
                out.append(of(", ", ",")).append(of(VALUES));
            }
            return out.toString();
        }

        private String expression(int depth) {
            if (depth == 0) {
                return random.nextBoolean() ? of(NAMES) : of(VALUES);
            }
            int deeper = depth - 1;
            return switch (random.nextInt(12)) {
                case 0 -> "(" + expression(deeper) + ")";
                case 1, 2, 3 -> expression(deeper) + of(BINARY) + expression(deeper);
                case 4 ->
                        random.nextInt(3) == 0
                                ? of(AGGREGATES) + expression(deeper) + ")"
                                : of(CALLS) + list(deeper) + ")";
                case 5 -> expression(0) + of(" in (", " not in (", " IN(") + values() + ")";
                case 6 -> of("not ", "-", "~", "!", "- ") + "(" + expression(deeper) + ")";
                case 7 -> of(NAMES) + of(" is null", " is not null", " IS NOT TRUE");
                case 8 ->
                        "case "
                                + expression(0)
                                + " when "
                                + of(VALUES)
                                + " then "
                                + expression(deeper)
                                + of("", " else " + of(VALUES))
                                + " end";
                case 9 -> of(NAMES) + " between " + of(VALUES) + " and " + of(VALUES);
                case 10 ->
                        "(select "
                                + list(0)
                                + " from t where "
                                + expression(0)
                                + " = "
                                + of(VALUES)
                                + ")";
                default -> of(NAMES);
            };
        }

        private String tail() {
            return of("", " where " + expression(2), " where " + expression(1))
                    + of("", "", " group by " + list(0) + of("", " having " + expression(1)))
                    + of("", "", " order by " + of("1", "2, a", "a desc, 1", expression(1)))
                    + of("", " limit 5", " limit 1, 2", " limit 3 offset 4");
        }

        String next() {
            return switch (random.nextInt(6)) {
                case 0, 1, 2 ->
                        of(
                                        "select ",
                                        "SELECT distinct ",
                                        "/* x */ select ",
                                        "select /*+ mrr(t) */ ")
                                + list(2)
                                + of("", " as z")
                                + of(" from t", " from d.t u, v", " from t join u on t.a = u.b")
                                + tail();
                case 3 -> {
                    StringBuilder rows = new StringBuilder();
                    String row = values();
                    for (int n = 1 + random.nextInt(3); n > 0; n--) {
                        rows.append(rows.isEmpty() ? "" : ", ").append("(").append(row).append(")");
                        row = of(row, values());
                    }
                    yield of("insert into t", "insert ignore into d.t", "replace into t")
                            + of("", " (a, b)")
                            + of(" values ", " VALUES")
                            + rows;
                }
                case 4 ->
                        "update t set a = "
                                + expression(2)
                                + ", b = "
                                + of(VALUES)
                                + " where "
                                + expression(2)
                                + of("", " limit 3");
                default -> "delete from t where " + expression(2) + of("", " order by a limit 1");
            };
        }
    }
}
