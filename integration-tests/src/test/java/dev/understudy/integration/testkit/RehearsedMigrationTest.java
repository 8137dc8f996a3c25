package dev.understudy.integration.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.understudy.ledger.Group;
import dev.understudy.testkit.Rehearsal;
import dev.understudy.testkit.RehearsalPlan;
import dev.understudy.testkit.RehearsalResult;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.testcontainers.containers.JdbcDatabaseContainer;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.mariadb.MariaDBContainer;
import org.testcontainers.mysql.MySQLContainer;

/** Migrations between servers in containers, through JDBC, a pool and jOOQ. */
@Timeout(300)
class RehearsedMigrationTest {
    private static final String PASSWORD = "secret";

    private static final MariaDBContainer MARIADB_10 = new MariaDBContainer("mariadb:10.11");
    private static final MariaDBContainer MARIADB_11 = new MariaDBContainer("mariadb:11.8");
    private static final MySQLContainer MYSQL_9 = new MySQLContainer("mysql:9.7");
    private static final MySQLContainer OTHER_MYSQL_9 = new MySQLContainer("mysql:9.7");

    private static Stream<JdbcDatabaseContainer<?>> servers() {
        return Stream.of(MARIADB_10, MARIADB_11, MYSQL_9, OTHER_MYSQL_9);
    }

    @BeforeAll
    static void start() {
        Startables.deepStart(
                        servers().map(server -> server.withUsername("root").withPassword(PASSWORD)))
                .join();
    }

    @AfterAll
    static void stop() {
        servers().forEach(JdbcDatabaseContainer::stop);
    }

    static List<Arguments> migrations() {
        return List.of(
                arguments("MariaDB 10.11 to MySQL 9", MARIADB_10, MYSQL_9),
                arguments("MariaDB 10.11 to MariaDB 11.8", MARIADB_10, MARIADB_11),
                arguments("MySQL 9 to MySQL 9", MYSQL_9, OTHER_MYSQL_9));
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("migrations")
    void jdbcAPoolAndJooqAreAnsweredTheSame(
            String name, JdbcDatabaseContainer<?> online, JdbcDatabaseContainer<?> target)
            throws SQLException {
        fill(online, "");
        fill(target, "");
        try (Connection onOnline = admin(online);
                Connection onTarget = admin(target);
                Rehearsal rehearsal = plan(online, target).start()) {
            Counters onlineBefore = Counters.of(onOnline);
            Counters targetBefore = Counters.of(onTarget);
            jdbc(rehearsal.jdbcUrl());
            pool(rehearsal.jdbcUrl());
            jooq(rehearsal.jdbcUrl());
            RehearsalResult result = rehearsal.finish().assertNoDifferences();

            Counters asked = Counters.of(onOnline).since(onlineBefore);
            // What MySQL cannot parse, as a variable it does not know, it does not count.
            long unparsed =
                    result.counts().requests().different().getOrDefault("error-appeared", 0L);
            assertEquals(
                    asked.withFewerSelects(unparsed),
                    Counters.of(onTarget).since(targetBefore),
                    result::text);
            assertEquals(asked.connections(), result.counts().sessions().complete(), result::text);
            assertTrue(asked.selects() > 20, asked::toString);
            if (name.startsWith("MySQL")) {
                assertEquals(0, result.counts().requests().differentSum(), result::text);
            }
        }
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("migrations")
    void eachPlantedDifferenceIsFoundAndNamed(
            String name, JdbcDatabaseContainer<?> online, JdbcDatabaseContainer<?> target)
            throws SQLException {
        fill(online, "");
        fill(target, " collate utf8mb4_bin");
        try (Connection onTarget = admin(target)) {
            execute(
                    onTarget,
                    "update item set name = 'stool' where id = 1",
                    "delete from item where id = 3",
                    "set global sql_mode = concat(@@sql_mode, ',ANSI_QUOTES')");
            try (Rehearsal rehearsal = plan(online, target).start()) {
                jdbc(rehearsal.jdbcUrl());
                RehearsalResult result = rehearsal.finish();
                assertEquals(
                        Map.of(
                                "SELECT NAME FROM `item` WHERE `id` = ?", Set.of("content"),
                                "SELECT * FROM `item` ORDER BY `id`", Set.of("rows"),
                                "SELECT `id` FROM `item` WHERE NAME = ?",
                                        Set.of("rows", "error-appeared")),
                        kindsByStatement(result),
                        result::text);
                String summary = summaryOf(result);
                for (String both :
                        List.of(
                                """
                                    content, 1 of 1
                                      request select name from item where id = 1
                                      online  row 1, column name: 'chair'
                                      target  row 1, column name: 'stool'
                                """,
                                """
                                    rows, 1 of 1
                                      request select * from item order by id
                                      online  3 rows
                                      target  2 rows
                                """,
                                """
                                    rows, 1 of 2
                                      request select id from item where name = 'CHAIR'
                                      online  1 rows
                                      target  0 rows
                                """,
                                """
                                    error-appeared, 1 of 2
                                      request select id from item where name = "table"
                                      online  1 rows of 1 columns, 0 warnings
                                      target  error 1054 (42S22): Unknown column 'table'\
                                """)) {
                    assertTrue(summary.contains(both), () -> both + "is not in\n" + summary);
                }
            } finally {
                execute(onTarget, "set global sql_mode = default");
            }
        }
    }

    /** Without what MySQL's driver asks itself: it is told the mode. */
    private static Map<String, Set<String>> kindsByStatement(RehearsalResult result) {
        return result.differing().stream()
                .filter(group -> !group.fingerprint().contains("auto_increment_increment"))
                .collect(Collectors.toMap(Group::fingerprint, group -> group.different().keySet()));
    }

    /** The README's example, where nothing but a default of the target is another. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    sql_mode  | set global sql_mode = concat(@@sql_mode, ',ANSI_QUOTES') | error-appeared | error 1054 (42S22): Unknown column 'Chair' in 'where clause'
                    collation | alter database shop collate utf8mb4_bin                  | rows           | 0 rows
                    """)
    void aChangedDefaultFailsTheExample(String name, String change, String kind, String answer)
            throws SQLException {
        for (JdbcDatabaseContainer<?> server : List.of(MARIADB_10, MYSQL_9)) {
            try (Connection admin = admin(server)) {
                execute(
                        admin,
                        "drop database if exists shop",
                        "create database shop",
                        "create user if not exists app@'%' identified by 'old-password'",
                        "grant all on shop.* to app@'%'");
            }
        }
        try (Connection admin = admin(MYSQL_9)) {
            execute(admin, change);
            try (Rehearsal rehearsal =
                    plan(MARIADB_10, MYSQL_9).user("app", "old-password").start()) {
                OrdersOnMySql9Test.runMySuite(rehearsal.jdbcUrl().replace("/test", "/shop"));
                String summary = summaryOf(rehearsal.finish());
                assertTrue(
                        summary.endsWith(
                                """
                                 (mysql:9.7) does not answer as 127.0.0.1:%d (mariadb:10.11) does: 1 of 5 answers differ
                                  COM_QUERY  SELECT `id` FROM `orders` WHERE `item` = ?
                                    %s, 1 of 1
                                      request select id from orders where item = "Chair"
                                      online  1 rows%s
                                      target  %s
                                """
                                        .formatted(
                                                MARIADB_10.getFirstMappedPort(),
                                                kind,
                                                kind.equals("rows")
                                                        ? ""
                                                        : " of 1 columns, 0 warnings",
                                                answer)),
                        summary);
            } finally {
                execute(admin, "set global sql_mode = default");
            }
        }
    }

    /** What a failure says ahead of the whole report. */
    private static String summaryOf(RehearsalResult result) {
        AssertionError failure = assertThrows(AssertionError.class, result::assertNoDifferences);
        String message = failure.getMessage();
        return message.substring(0, message.indexOf("\n\n") + 1);
    }

    private static RehearsalPlan plan(
            JdbcDatabaseContainer<?> online, JdbcDatabaseContainer<?> target) {
        return Rehearsal.of("mysql")
                .online(online)
                .target(target)
                .user("root", PASSWORD)
                .reviewed(
                        "warnings",
                        "session_track_system_variables",
                        "MariaDB's driver asks for tx_isolation, which MySQL 8 renamed")
                .reviewed("error-appeared", "`tx_isolation`", "the same, of the pool")
                .reviewed("warnings", "COM_PING", "the warning that this left behind");
    }

    private static Connection admin(JdbcDatabaseContainer<?> server) throws SQLException {
        return DriverManager.getConnection(server.getJdbcUrl(), "root", PASSWORD);
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void fill(JdbcDatabaseContainer<?> server, String collation)
            throws SQLException {
        try (Connection admin = admin(server)) {
            execute(
                    admin,
                    "drop table if exists item",
                    "create table item (id int primary key, name varchar(10)) character set"
                            + " utf8mb4"
                            + collation,
                    "insert into item values (1, 'chair'), (2, 'table'), (3, 'lamp')");
        }
    }

    private static void jdbc(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, "root", PASSWORD)) {
            execute(connection, "select * from item order by id");
            execute(connection, "select name from item where id = 1");
            execute(connection, "select id from item where name = 'CHAIR'");
            execute(connection, "select id from item where name = \"table\"");
            try {
                execute(connection, "insert into item values (4, 'longer than ten')");
            } catch (SQLException _) {
                // What the servers say to it is compared.
            }
            execute(connection, "delete from item where id = 4");
        }
    }

    private static void pool(String url) throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername("root");
        config.setPassword(PASSWORD);
        config.setMaximumPoolSize(2);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            for (int i = 1; i <= 10; i++) {
                try (Connection connection = pool.getConnection();
                        PreparedStatement one =
                                connection.prepareStatement("select * from item where id = ?")) {
                    one.setInt(1, i);
                    try (ResultSet rows = one.executeQuery()) {
                        rows.next();
                    }
                }
            }
        }
    }

    private static void jooq(String url) throws SQLException {
        SQLDialect dialect = url.startsWith("jdbc:mysql") ? SQLDialect.MYSQL : SQLDialect.MARIADB;
        try (Connection connection = DriverManager.getConnection(url, "root", PASSWORD)) {
            DSLContext dsl = DSL.using(connection, dialect);
            var item = DSL.table(DSL.name("item"));
            var id = DSL.field(DSL.name("id"), Integer.class);
            var name = DSL.field(DSL.name("name"), String.class);
            for (int i = 10; i < 20; i++) {
                dsl.insertInto(item, id, name).values(i, "item " + i).execute();
                dsl.select(name).from(item).where(id.eq(i)).fetch();
            }
            dsl.transaction(
                    within -> {
                        DSL.using(within).update(item).set(name, "sold").where(id.gt(14)).execute();
                    });
            dsl.select(DSL.count()).from(item).where(name.eq("sold")).fetchOne();
            dsl.deleteFrom(item).where(id.ge(10)).execute();
        }
    }

    /** What a server counted itself. */
    private record Counters(
            long connections, long selects, long inserts, long updates, long deletes) {
        private static Counters of(Connection admin) throws SQLException {
            return new Counters(
                    one(admin, "Connections"),
                    one(admin, "Com_select"),
                    one(admin, "Com_insert"),
                    one(admin, "Com_update"),
                    one(admin, "Com_delete"));
        }

        private static long one(Connection admin, String name) throws SQLException {
            try (Statement statement = admin.createStatement();
                    ResultSet rows =
                            statement.executeQuery("show global status like '" + name + "'")) {
                rows.next();
                return rows.getLong(2);
            }
        }

        private Counters withFewerSelects(long fewer) {
            return new Counters(connections, selects - fewer, inserts, updates, deletes);
        }

        private Counters since(Counters before) {
            return new Counters(
                    connections - before.connections,
                    selects - before.selects,
                    inserts - before.inserts,
                    updates - before.updates,
                    deletes - before.deletes);
        }
    }
}
