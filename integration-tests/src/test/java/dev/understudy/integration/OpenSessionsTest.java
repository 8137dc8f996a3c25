package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.GeneralLog;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pool that was open before the copy began. */
@Timeout(240)
class OpenSessionsTest {
    private static final int CONNECTIONS = 3;
    private static final String MARKER = "select 'joined'";
    private static final long MAX_WAIT_SECONDS = 20;

    @TempDir private Path folder;

    @Test
    void aPoolWithPreparedStatementsAndVariablesIsJoinedBySnapshot() throws Exception {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MYSQL_9, DatabaseServer.MYSQL_9)) {
            pair.online()
                    .sql(
                            "create user look@'%' identified by 'look-pw'",
                            "grant process on *.* to look@'%'",
                            "grant select on performance_schema.* to look@'%'");
            String url =
                    "jdbc:mysql://127.0.0.1:%d/app?sslMode=DISABLED&allowPublicKeyRetrieval=true&useServerPrepStmts=true&cachePrepStmts=true"
                            .formatted(pair.online().port());
            try (HikariDataSource pool =
                    pool(url, "set session sql_mode = 'ANSI_QUOTES', @tenant = 'it''s 7'")) {
                List<Connection> open = connections(pool);
                for (Connection connection : open) {
                    // Prepared, and bound, before anybody looks.
                    nameOf(connection, 1);
                    rows(connection, "select count(*) from item");
                }
                Understudy.Ended ended =
                        copied(pair, "snapshot", open, OpenSessionsTest::workAfterSnapshot);
                assertEquals(0, ended.count("requests.lost"), ended::toString);
            }
        }
    }

    @Test
    void ofMariaDbUserAndDatabaseAreRead() throws Exception {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MARIADB_11, DatabaseServer.MYSQL_9)) {
            pair.online()
                    .sql(
                            "create user look@'%' identified by 'look-pw'",
                            "grant process on *.* to look@'%'");
            String url =
                    "jdbc:mariadb://127.0.0.1:%d/app?sslMode=disable&useServerPrepStmts=true"
                            .formatted(pair.online().port());
            try (HikariDataSource pool = pool(url, "select 1")) {
                Understudy.Ended ended =
                        copied(
                                pair,
                                "observed",
                                connections(pool),
                                connection -> {
                                    nameOf(connection, 2);
                                    nameOf(connection, 3);
                                    write(connection);
                                });
                assertEquals(0, ended.count("requests.lost"), ended::toString);
            }
        }
    }

    @Test
    void whatDiffersBetweenTheServersIsNamedBeforeTheRun() throws Exception {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MARIADB_11, DatabaseServer.MYSQL_9)) {
            pair.online()
                    .sql(
                            "create user look@'%' identified by 'look-pw'",
                            "grant process on *.* to look@'%'",
                            "grant select on app.* to look@'%'",
                            "create table app.only_online (a int)",
                            "set global max_connections = 12");
            pair.target()
                    .sql(
                            "alter table app.item modify name varchar(7)",
                            "set global max_connections = 11");
            Path config = configured("observed");
            Understudy.Ended ended;
            try (Understudy doctor =
                    Understudy.start(
                            Map.of("TARGET_PASSWORD", Rehearsed.passwords().get(1)),
                            List.of(
                                    "doctor",
                                    "--online",
                                    pair.online().address(),
                                    "--target",
                                    pair.target().address(),
                                    "--protocol",
                                    "mysql",
                                    "--config",
                                    config.toString()))) {
                ended = doctor.ended();
            }
            String said = ended.printed() + ended.messages();
            for (String expected :
                    List.of(
                            "table app.only_online is 'there' online and 'not seen' on the target",
                            "column app.item.name is 'varchar(50)",
                            "max_connections is '12' online and '11' on the target",
                            "sql_mode is",
                            "version is '11.8")) {
                assertTrue(said.contains(expected), expected + " is missing in " + ended);
            }
            for (String alike :
                    List.of("column app.item.price", "sql_require_primary_key", "max_allowed")) {
                assertFalse(said.contains(alike), ended::toString);
            }
            assertEquals(0, ended.exitCode(), ended::toString);
            for (String secret : List.of("look-pw", Rehearsed.passwords().get(1))) {
                assertFalse(said.contains(secret), "a secret is shown");
            }
        }
    }

    private Path configured(String level) throws IOException {
        Path config = folder.resolve("config.yaml");
        Files.writeString(
                config,
                """
                mysql:
                  users: { app: { password: "${env:TARGET_PASSWORD}" } }
                  snapshot: { user: look, password: look-pw, interval: 1 }
                  join: %s
                """
                        .formatted(level));
        return config;
    }

    private interface Work {
        void on(Connection connection) throws SQLException;
    }

    private Understudy.Ended copied(Rehearsed pair, String level, List<Connection> open, Work work)
            throws Exception {
        Path config = configured(level);
        int onTarget;
        Understudy.Ended ended;
        try (Understudy copy = pair.copyTo(pair.target().address(), config)) {
            // One of them is the run's own look at the target.
            onTarget = Rehearsed.sessions(pair.target());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_WAIT_SECONDS);
            while (Rehearsed.sessions(pair.target()) < onTarget + CONNECTIONS) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("not joined in time: " + copy.stop());
                }
                for (Connection connection : open) {
                    rows(connection, "select count(*) from item where id < 4");
                }
            }
            for (Connection connection : open) {
                rows(connection, MARKER);
                work.on(connection);
            }
            ended = copy.stop();
        }
        assertEquals(CONNECTIONS, ended.count("sessions.joinedLate"), ended::toString);
        assertEquals(0, ended.count("sessions.leftOut"), ended::toString);
        assertEquals(0, ended.count("requests.different"), ended::toString);
        assertTrue(ended.count("requests.same") > 0, ended::toString);
        assertTrue(ended.printed().contains("joined at level " + level), ended::toString);
        assertTrue(ended.printed().contains("what differs between the servers"), ended::toString);
        assertEquals(
                behindTheMarker(pair.online(), 0),
                behindTheMarker(pair.target(), onTarget),
                ended::toString);
        return ended;
    }

    private static HikariDataSource pool(String url, String init) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername(Rehearsed.USER);
        config.setPassword(Rehearsed.passwords().getFirst());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(CONNECTIONS);
        config.setConnectionInitSql(init);
        return new HikariDataSource(config);
    }

    private static List<Connection> connections(HikariDataSource pool) throws SQLException {
        List<Connection> open = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            open.add(pool.getConnection());
        }
        return open;
    }

    private static void workAfterSnapshot(Connection connection) throws SQLException {
        assertEquals("it's 7", rows(connection, "select @tenant, @@sql_mode"));
        rows(connection, "select \"name\" from item order by id");
        write(connection);
        nameOf(connection, 4);
        try (PreparedStatement statement =
                connection.prepareStatement("select name from item where id = ?")) {
            statement.setString(1, "2");
            statement.executeQuery().close();
            statement.setString(1, "3");
            statement.executeQuery().close();
        }
    }

    private static void write(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement insert =
                connection.prepareStatement("insert into note (text, amount) values (?, ?)")) {
            insert.setString(1, "written by a session that was open");
            insert.setInt(2, 7);
            insert.executeUpdate();
        }
        rows(connection, "select count(*) from note where amount = 7");
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static void nameOf(Connection connection, int id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select name from item where id = ?")) {
            statement.setInt(1, id);
            statement.executeQuery().close();
        }
    }

    /** The first value. */
    private static String rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
        }
    }

    /** What the sessions did from the marker on, by the server's own account. */
    private static List<List<String>> behindTheMarker(DatabaseServer server, int fromSession)
            throws IOException {
        List<List<String>> all = new ArrayList<>();
        for (GeneralLog.Session session :
                server.generalLog().sessionsOf(Rehearsed.USER).stream()
                        .skip(fromSession)
                        .toList()) {
            List<String> statements = session.statements();
            int marker = statements.indexOf("Query\t" + MARKER);
            assertTrue(marker >= 0, statements::toString);
            all.add(List.copyOf(statements.subList(marker, statements.size())));
        }
        all.sort((a, b) -> a.toString().compareTo(b.toString()));
        return all;
    }
}
