package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is not copied: sessions left out, each for its reason and at no cost to the others, and
 * statements that must not reach a target where the copier is as mighty as root.
 */
@Timeout(300)
class MySqlCommandsTest {
    @Test
    void whatIsNotBuiltYetLeavesItsOwnSessionOutAndNoOther() throws Exception {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MYSQL_9, DatabaseServer.MYSQL_9)) {
            pair.target().sql("set global local_infile=1");
            pair.online()
                    .sql("set global local_infile=1", "grant replication slave on *.* to app@'%'");
            Clients clients = pair.clients();
            // A first login fills the server's cache of passwords, so that all find the same.
            clients.connectorJ("", c -> Clients.each(c, "select 1"));
            Understudy.Ended ended;
            try (Connection early = DriverManager.getConnection(url(pair), USER, PASSWORD);
                    Understudy copy = pair.copy()) {
                Clients.each(early, "select 'joined midway'");
                clients.connectorJTls(c -> Clients.each(c, "select 1"));
                clients.connectorJ("", MySqlCommandsTest::changeUser);
                clients.connectorJ("allowLoadLocalInfile=true", MySqlCommandsTest::sendFile);
                clients.connectorJ(
                        "useCursorFetch=true&defaultFetchSize=2", MySqlCommandsTest::fetch);
                // The lab's server keeps no binary log, and says so once the client has asked.
                assertThrows(
                        AssertionError.class,
                        () ->
                                clients.ofTree(
                                        DatabaseServer.MYSQL_9,
                                        "mysqlbinlog",
                                        "--ssl-mode=DISABLED",
                                        "--read-from-remote-server",
                                        "binlog.000001"));
                clients.connectorJ("", c -> Clients.each(c, "select 'untouched'"));
                ended = copy.stop();
            }
            assertEquals(
                    Map.of(
                            "joined-midway", 1L,
                            "tls", 1L,
                            "replication", 1L),
                    numbers(ended, "/sessions/leftOut"),
                    ended::toString);
            assertEquals(4, ended.count("sessions.complete"), ended::toString);
            assertEquals(6, ended.exitCode(), ended::toString);
            assertEquals(
                    "1", pair.target().sql("select count(*) from app.note where id = 100").strip());
        }
    }

    private static final String USER = Rehearsed.USER;
    private static final String PASSWORD = "online-pw";

    private static String url(Rehearsed pair) {
        return "jdbc:mysql://127.0.0.1:%d/app?sslMode=DISABLED&allowPublicKeyRetrieval=true"
                .formatted(pair.online().port());
    }

    private static void changeUser(Connection connection) throws SQLException {
        connection.unwrap(JdbcConnection.class).changeUser(USER, PASSWORD);
        Clients.each(connection, "select 'changed'");
    }

    private static void sendFile(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement
                    .unwrap(com.mysql.cj.jdbc.JdbcStatement.class)
                    .setLocalInfileInputStream(
                            new ByteArrayInputStream(
                                    "100\tfrom a file\n".getBytes(StandardCharsets.UTF_8)));
            statement.execute("load data local infile 'any' into table note (id, text)");
        }
    }

    private static void fetch(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement("select * from item where id > ?");
                Statement after = connection.createStatement()) {
            statement.setInt(1, 0);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    rows.getString(2);
                }
            }
            after.execute("select 'fetched'");
        }
    }

    /** As one where the target knows it, as one execute for each row where it does not. */
    @Test
    void bulkExecutesReachEveryTarget() {
        bulk(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11);
        bulk(DatabaseServer.MARIADB_11, DatabaseServer.MYSQL_9);
    }

    private static void bulk(String onlineTree, String targetTree) {
        try (Rehearsed pair = Rehearsed.start(onlineTree, targetTree)) {
            Understudy.Ended ended;
            try (Understudy copy = pair.copy()) {
                pair.clients()
                        .mariadbJava("useServerPrepStmts=true", MySqlCommandsTest::insertInBulk);
                pair.clients()
                        .mariadbJava(
                                "useServerPrepStmts=true&useBulkStmts=false",
                                MySqlCommandsTest::insertInBulk);
                ended = copy.stop();
            }
            assertEquals(Map.of(), numbers(ended, "/sessions/leftOut"), ended::toString);
            assertEquals(2, ended.count("sessions.complete"), ended::toString);
            assertEquals(0, ended.count("requests.lost"), ended::toString);
            String rows = "select text, amount from app.note order by id";
            assertEquals(pair.online().sql(rows), pair.target().sql(rows), ended::toString);
            boolean unrolled = targetTree.equals(DatabaseServer.MYSQL_9);
            assertEquals(
                    unrolled ? 4 : 0,
                    numbers(ended, "/requests/injectedBy").getOrDefault("bulk-row", 0L),
                    ended::toString);
        }
    }

    private static void insertInBulk(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("insert into note (text, amount) values (?, ?)")) {
            for (int i = 0; i < 5; i++) {
                statement.setString(1, "in bulk " + i);
                statement.setInt(2, i);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    /** Statement and the rule it falls under. The online server executes them for real. */
    private static final List<List<String>> FORBIDDEN =
            List.of(
                    List.of("accounts", "create user mallory@'%' identified by 'x'"),
                    List.of("accounts", "/* hello */ create/**/user mallory2"),
                    List.of("accounts", "/*!50000 create user mallory3 */"),
                    List.of("accounts", "/*!99999 select 1 */ ; create user mallory4"),
                    List.of("accounts", "/*M!100100 create user mallory5 */"),
                    List.of("accounts", "select 1; create user mallory6"),
                    List.of("accounts", "CREATE OR REPLACE USER mallory identified by 'y'"),
                    List.of("accounts", "create user if not exists mallory7"),
                    List.of("accounts", "alter user mallory identified by 'z'"),
                    List.of("accounts", "grant all on *.* to mallory@'%'"),
                    List.of("accounts", "revoke all on *.* from mallory@'%'"),
                    List.of("accounts", "set password for mallory@'%' = password('q')"),
                    List.of("accounts", "rename user mallory@'%' to eve@'%'"),
                    List.of("accounts", "create role thieves"),
                    List.of("accounts", "grant thieves to eve@'%'"),
                    List.of("accounts", "set default role thieves for eve@'%'"),
                    List.of("accounts", "drop role thieves"),
                    List.of("accounts", "drop user eve@'%'"),
                    List.of("accounts", "execute immediate 'create user mallory8'"),
                    List.of("accounts", "prepare p from 'create user mallory9'"),
                    List.of("accounts", "execute p"),
                    List.of("accounts", "begin not atomic create user mallory10; end"),
                    List.of("accounts", "create procedure evil() create user mallory11"),
                    List.of(
                            "unclassified",
                            "execute immediate concat('create user ', 'mallory12')"),
                    List.of(
                            "unclassified",
                            "set @sql = 'create user mallory13'; prepare q from @sql"),
                    List.of("global-settings", "set global max_connections = 1234"),
                    List.of("global-settings", "set @@global.max_connections = 1235"),
                    List.of("global-settings", "SET/**/@x = 1, GLOBAL max_connections = 1236"),
                    List.of("global-settings", "set @@GLOBAL . max_connections = 1237"),
                    List.of(
                            "global-settings",
                            "set session sort_buffer_size = 65536, global wait_timeout = 999"),
                    List.of(
                            "unclassified",
                            "set statement max_statement_time=1 for set global wait_timeout=998"),
                    List.of("kill", "kill query 999999"),
                    List.of("kill", "kill 999999"),
                    List.of("kill", "/*!kill*/ user nobody_at_all"),
                    List.of("server-files", "select 'x' into outfile '/var/lib/mysql/stolen1'"),
                    List.of("server-files", "select 'x' into dumpfile '/var/lib/mysql/stolen2'"),
                    List.of(
                            "server-files",
                            "(select 'x' into /*c*/ outfile '/var/lib/mysql/stolen3')"),
                    List.of(
                            "server-files",
                            "load data infile '/etc/passwd' into table note (text)"),
                    List.of("server-code", "install soname 'no_such_plugin'"),
                    List.of(
                            "server-code",
                            "create function evil_udf returns string soname 'evil.so'"),
                    List.of("server-wide", "flush tables"),
                    List.of("server-wide", "flush privileges"),
                    List.of(
                            "server-wide",
                            "insert into mysql.global_priv values ('%','mallory14','{}')"),
                    List.of("server-wide", "delete from `mysql`.`global_priv` where user='nobody'"),
                    List.of("server-wide", "create table mysql.planted (a int)"),
                    List.of(
                            "server-wide",
                            "create server evil foreign data wrapper mysql options (host 'x')"),
                    List.of("replication", "reset master"),
                    List.of("replication", "purge binary logs before '2001-01-01'"),
                    List.of("replication", "change master to master_host='192.0.2.1'"),
                    List.of("replication", "stop slave"),
                    List.of("replication", "set sql_log_bin = 0"));

    @Test
    void nothingForbiddenReachesATargetWhereTheCopierIsAsMightyAsRoot() {
        try (Rehearsed pair =
                Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11)) {
            for (DatabaseServer server : List.of(pair.online(), pair.target())) {
                server.sql("grant all on *.* to app@'%' with grant option");
            }
            List<String> before = state(pair.target());
            List<String> onlineBefore = state(pair.online());
            Understudy.Ended ended;
            try (Understudy copy = pair.copy()) {
                String[] statements = FORBIDDEN.stream().map(List::getLast).toArray(String[]::new);
                pair.clients()
                        .mariadbJava("allowMultiQueries=true", c -> Clients.each(c, statements));
                pair.clients().mariadbJava("useServerPrepStmts=true", MySqlCommandsTest::prepared);
                ended = copy.stop();
            }
            assertEquals(before, state(pair.target()), ended::toString);
            assertNotEquals(onlineBefore, state(pair.online()), "online executed them");
            Map<String, Long> expected = new TreeMap<>();
            for (List<String> forbidden : FORBIDDEN) {
                expected.merge(forbidden.getFirst(), 1L, Long::sum);
            }
            PREPARED.forEach((rule, _) -> expected.merge(rule, 2L, Long::sum));
            assertEquals(expected, numbers(ended, "/requests/skipped"), ended::toString);
            assertEquals(0, ended.count("requests.lost"), ended::toString);
        }
    }

    /** Prepared and executed: two requests each. */
    private static final Map<String, String> PREPARED =
            Map.of(
                    "accounts", "create user mallory20",
                    "global-settings", "set global max_connections = ?",
                    "server-wide", "flush status");

    private static void prepared(Connection connection) throws SQLException {
        for (String sql : PREPARED.values()) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                if (sql.endsWith("?")) {
                    statement.setInt(1, 1299);
                }
                statement.execute();
            }
        }
    }

    /** Accounts, settings, routines, tables of the system, and files of a server. */
    private static List<String> state(DatabaseServer server) {
        List<String> state = new ArrayList<>();
        for (String sql :
                List.of(
                        "select user, host, priv from mysql.global_priv order by 1, 2",
                        "select * from mysql.roles_mapping",
                        "select variable_name, variable_value from information_schema.global_variables"
                                + " where variable_name not like 'gtid%' order by 1",
                        "select db, name, body from mysql.proc order by 1, 2",
                        "select table_schema, table_name from information_schema.tables order by 1, 2",
                        "select * from mysql.servers",
                        "select load_file('/var/lib/mysql/stolen1'),"
                                + " load_file('/var/lib/mysql/stolen2'),"
                                + " load_file('/var/lib/mysql/stolen3')")) {
            state.add(server.sql(sql));
        }
        return state;
    }

    private static Map<String, Long> numbers(Understudy.Ended ended, String path) {
        Map<String, Long> numbers = new TreeMap<>();
        ended.report()
                .at(path)
                .properties()
                .forEach(entry -> numbers.put(entry.getKey(), entry.getValue().asLong()));
        return numbers;
    }
}
