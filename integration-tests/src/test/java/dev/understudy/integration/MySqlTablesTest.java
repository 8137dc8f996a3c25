package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.GeneralLog;
import dev.understudy.integration.lab.Project;
import dev.understudy.integration.lab.Understudy;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The tables of docs/mysql.md, cell by cell: each is what came of a session of a real client with a
 * real online server on a real target. What is found is held against the page.
 */
@Timeout(400)
class MySqlTablesTest {
    private static final String PAGE_BEGIN = "<!-- MySqlTablesTest: begin -->\n";
    private static final String PAGE_END = "<!-- MySqlTablesTest: end -->";

    private static final String ONLINE_PASSWORD = "online-pw";
    private static final String TARGET_PASSWORD = "target-pw, not the same";

    private static final Pattern MARK = Pattern.compile("mark_\\d+_");

    /** Trees, and how the page calls them. */
    private static final Map<String, String> SERVERS = new LinkedHashMap<>();

    /** The login methods of each server. */
    private static final Map<String, List<String>> METHODS =
            Map.of(
                    DatabaseServer.MYSQL_9,
                    List.of("caching_sha2_password", "sha256_password"),
                    DatabaseServer.MARIADB_11,
                    List.of("mysql_native_password", "ed25519", "parsec"),
                    DatabaseServer.MARIADB_10,
                    List.of("mysql_native_password", "ed25519", "mysql_old_password"));

    static {
        SERVERS.put(DatabaseServer.MYSQL_9, "MySQL 9.7");
        SERVERS.put(DatabaseServer.MARIADB_11, "MariaDB 11.8");
        SERVERS.put(DatabaseServer.MARIADB_10, "MariaDB 10.11");
    }

    /** Says one statement, and leaves. */
    private interface Client {
        void say(Clients as, String sql);
    }

    private static final String PHP_CONNECT =
            "$e = getenv(); $m = new mysqli('127.0.0.1', $e['DB_USER'], $e['DB_PASSWORD'],"
                    + " $e['DB_NAME'], (int) $e['DB_PORT']); ";

    private static final Map<String, Client> CLIENTS = new LinkedHashMap<>();

    static {
        CLIENTS.put("`mysql` 9.7", (as, sql) -> mysqlCli(as, sql));
        CLIENTS.put(
                "`mariadb` 11.8",
                (as, sql) ->
                        as.ofTree(
                                DatabaseServer.MARIADB_11,
                                "mariadb",
                                "--skip-ssl",
                                "-e",
                                sql,
                                "app"));
        CLIENTS.put("`mariadb` 10.11", (as, sql) -> as.mariadb(sql));
        CLIENTS.put("MySQL Connector/J 9", (as, sql) -> as.connectorJ("", c -> say(c, sql)));
        CLIENTS.put("MariaDB Connector/J 3", (as, sql) -> as.mariadbJava("", c -> say(c, sql)));
        CLIENTS.put("mysql2 (Node)", (as, sql) -> as.nodeMysql2("await c.query('" + sql + "');"));
        CLIENTS.put(
                "mysqli (PHP)",
                (as, sql) -> as.phpMysqli(PHP_CONNECT + "$m->query('" + sql + "');"));
    }

    /** What no JDBC driver says. */
    private static final String PHP_COMMANDS =
            PHP_CONNECT
                    + """
                    mysqli_report(MYSQLI_REPORT_OFF);
                    $m->select_db('app'); $m->stat(); $m->refresh(MYSQLI_REFRESH_TABLES); $m->dump_debug_info();
                    $m->multi_query('select 1; select 2');
                    do { if ($r = $m->store_result()) $r->fetch_all(); } while ($m->more_results() && $m->next_result());
                    $s = $m->prepare('select * from item where id > ?');
                    $s->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
                    $i = 0; $s->bind_param('i', $i); $s->execute(); while ($s->fetch()); $s->reset(); $s->close();
                    $s = $m->prepare('insert into note (text) values (?)'); $n = null; $s->bind_param('b', $n);
                    $s->send_long_data(0, 'in pieces'); $s->execute(); $s->close();
                    $o = new mysqli('127.0.0.1', $e['DB_USER'], $e['DB_PASSWORD'], $e['DB_NAME'], (int) $e['DB_PORT']);
                    $o->query('select 1'); $m->kill($o->thread_id);
                    $m->ping(); $m->change_user($e['DB_USER'], $e['DB_PASSWORD'], 'app'); $m->query('select 1'); $m->close();
                    """;

    /** One row, which every target has a cell of. */
    private record Row(String online, List<String> head, String mark, boolean said) {}

    private final Map<String, DatabaseServer> online = new LinkedHashMap<>();
    private final Map<String, DatabaseServer> targets = new LinkedHashMap<>();
    private int marks;

    @Test
    void theTablesOfThePageAreWhatIsFound() throws IOException {
        try {
            for (String tree : SERVERS.keySet()) {
                online.put(tree, filled(DatabaseServer.start(tree, "--local-infile=1"), true));
                targets.put(tree, filled(DatabaseServer.start(tree, "--local-infile=1"), false));
            }
            List<Row> logins = new ArrayList<>();
            List<Row> targetMethods = new ArrayList<>();
            List<Row> capabilities = new ArrayList<>();
            Understudy.Ended ended;
            try (Understudy copy = copy()) {
                for (String tree : SERVERS.keySet()) {
                    METHODS.get(tree).forEach(method -> logins(tree, method, logins));
                }
                allMethods().forEach(method -> targetMethods.add(targetMethod(method)));
                capabilities(capabilities);
                commands();
                ended = copy.stop();
            }
            String found = tables(ended, logins, targetMethods, capabilities);
            Path page = Project.root().resolve("docs/mysql.md");
            Files.writeString(Path.of("target/mysql-tables.md"), found);
            String text = Files.readString(page);
            int from = text.indexOf(PAGE_BEGIN) + PAGE_BEGIN.length();
            assertTrue(from > PAGE_BEGIN.length(), "no table in " + page);
            assertEquals(
                    text.substring(from, text.indexOf(PAGE_END)),
                    found,
                    () -> "docs/mysql.md says otherwise than target/mysql-tables.md\n" + ended);
        } finally {
            online.values().forEach(DatabaseServer::close);
            targets.values().forEach(DatabaseServer::close);
        }
    }

    private static Set<String> allMethods() {
        return METHODS.values().stream()
                .flatMap(List::stream)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** With a user of each of its methods, and one that others are mapped to. */
    private static DatabaseServer filled(DatabaseServer server, boolean isOnline) {
        String password = isOnline ? ONLINE_PASSWORD : TARGET_PASSWORD;
        String tree = server.tree();
        List<String> sql =
                new ArrayList<>(
                        List.of(
                                "create database app character set utf8mb4",
                                "create table app.item (id int primary key)",
                                "insert into app.item values (1), (2), (3)",
                                "create table app.note (id int auto_increment primary key, text"
                                        + " varchar(200))",
                                user("rehearsal", METHODS.get(tree).getFirst(), server, password),
                                user("cmd", METHODS.get(tree).getFirst(), server, password)));
        if (tree.equals(DatabaseServer.MARIADB_10)) {
            sql.add("set global secure_auth = 0");
        }
        for (String method : isOnline ? allMethods() : METHODS.get(tree)) {
            // Where the online server has not got it, its user has another method.
            String own = METHODS.get(tree).contains(method) ? method : METHODS.get(tree).getFirst();
            if (isOnline) {
                sql.add(user("c_" + method, own, server, password));
                sql.add(user("t_" + method, METHODS.get(tree).getFirst(), server, password));
            } else {
                sql.add(user("t_" + method, own, server, password));
            }
        }
        server.sql(sql.toArray(String[]::new));
        return server;
    }

    private static String user(String name, String method, DatabaseServer server, String password) {
        String stored =
                method.equals("mysql_old_password")
                        ? "'" + server.sql("select old_password('" + password + "')").strip() + "'"
                        : "password('" + password + "')";
        String how =
                server.isMySql()
                        ? "with %s by '%s'".formatted(method, password)
                        : "via %s using %s".formatted(method, stored);
        return "create user %s@'%%' identified %s; grant all on *.* to %s@'%%'"
                .formatted(name, how, name);
    }

    private Understudy copy() throws IOException {
        Path config = Files.createTempFile("understudy-it", ".yaml");
        StringBuilder users =
                new StringBuilder(
                        "mysql:\n  users:\n    \"*\": { as: rehearsal,"
                                + " password: \"${env:TARGET_PASSWORD}\" }\n");
        for (String method : allMethods()) {
            users.append(
                    "    t_%s: { password: \"${env:TARGET_PASSWORD}\", old-password: true }\n"
                            .formatted(method));
        }
        Files.writeString(config, users.toString());
        List<String> arguments =
                new ArrayList<>(List.of("copy", "-i", "lo", "--config", config.toString()));
        String to =
                targets.values().stream()
                        .map(DatabaseServer::address)
                        .collect(Collectors.joining(","));
        online.values()
                .forEach(
                        server ->
                                arguments.addAll(
                                        List.of("--copy", server.address() + "=" + to + "@mysql")));
        return Understudy.start(Map.of("TARGET_PASSWORD", TARGET_PASSWORD), arguments)
                .awaitCapturing();
    }

    private Clients as(String tree, String user) {
        return new Clients(online.get(tree).port(), user, ONLINE_PASSWORD, "app");
    }

    private void logins(String tree, String method, List<Row> rows) {
        CLIENTS.forEach(
                (name, client) ->
                        rows.add(
                                row(
                                        tree,
                                        List.of(SERVERS.get(tree), "`" + method + "`", name),
                                        sql -> client.say(as(tree, "c_" + method), sql))));
    }

    private Row targetMethod(String method) {
        return row(
                DatabaseServer.MARIADB_10,
                List.of("`" + method + "`"),
                sql -> as(DatabaseServer.MARIADB_10, "t_" + method).mariadb(sql));
    }

    /** What client and server may agree on beside the usual. */
    private void capabilities(List<Row> rows) {
        String tree = DatabaseServer.MYSQL_9;
        Clients mysql = as(tree, "cmd");
        rows.add(
                row(
                        tree,
                        List.of("compression, zlib"),
                        sql -> mysql.connectorJ("useCompression=true", c -> say(c, sql))));
        rows.add(
                row(
                        tree,
                        List.of("compression, zstd"),
                        sql ->
                                mysql.ofTree(
                                        tree,
                                        "mysql",
                                        "--ssl-mode=DISABLED",
                                        "--get-server-public-key",
                                        "--compression-algorithms=zstd",
                                        "-e",
                                        sql,
                                        "app")));
        rows.add(
                row(
                        tree,
                        List.of("several statements in one text"),
                        sql ->
                                mysql.connectorJ(
                                        "allowMultiQueries=true",
                                        c -> say(c, "select 'x'; " + sql))));
        rows.add(
                row(
                        tree,
                        List.of("query attributes"),
                        sql -> mysql.connectorJ("", c -> withAttribute(c, sql))));
        rows.add(
                row(
                        DatabaseServer.MARIADB_11,
                        List.of("metadata left out on a second execute (MariaDB)"),
                        sql ->
                                as(DatabaseServer.MARIADB_11, "cmd")
                                        .mariadbJava(
                                                "useServerPrepStmts=true", c -> twice(c, sql))));
        rows.add(
                row(
                        tree,
                        List.of("TLS without a key log"),
                        sql -> mysql.connectorJTls(c -> say(c, sql))));
    }

    /** What each command came to is read off the report by its name. */
    private void commands() {
        Clients mariadb = as(DatabaseServer.MARIADB_11, "cmd");
        mariadb.phpMysqli(PHP_COMMANDS);
        mariadb.mariadbJava("useBulkStmts=true&useServerPrepStmts=true", MySqlTablesTest::batch);
        Clients mysql = as(DatabaseServer.MYSQL_9, "cmd");
        mysql.connectorJ("allowLoadLocalInfile=true", MySqlTablesTest::resetAndFile);
    }

    private static void batch(Connection connection) throws SQLException {
        try (PreparedStatement batch = connection.prepareStatement("insert into item values (?)")) {
            for (int id : List.of(100, 101)) {
                batch.setInt(1, id);
                batch.addBatch();
            }
            batch.executeBatch();
        }
    }

    private static void resetAndFile(Connection connection) throws SQLException {
        connection.unwrap(com.mysql.cj.jdbc.JdbcConnection.class).resetServerState();
        try (Statement statement = connection.createStatement()) {
            statement
                    .unwrap(com.mysql.cj.jdbc.JdbcStatement.class)
                    .setLocalInfileInputStream(
                            new ByteArrayInputStream(
                                    "from a file\n".getBytes(StandardCharsets.UTF_8)));
            statement.execute("load data local infile 'any' into table note (text)");
        }
    }

    private static void withAttribute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement
                    .unwrap(com.mysql.cj.jdbc.JdbcStatement.class)
                    .setAttribute("trace", "an attribute");
            statement.execute(sql);
        }
    }

    private static void twice(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
            statement.execute();
        }
    }

    private static void say(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            Clients.drainAll(statement);
        }
    }

    private static void mysqlCli(Clients as, String sql) {
        as.ofTree(
                DatabaseServer.MYSQL_9,
                "mysql",
                "--ssl-mode=DISABLED",
                "--get-server-public-key",
                "-e",
                sql,
                "app");
    }

    private interface Session {
        void say(String sql);
    }

    /** Runs a session that says a statement of its own, by which it is found again. */
    private Row row(String tree, List<String> head, Session session) {
        String mark = "mark_%d_".formatted(++marks);
        boolean said = true;
        try {
            session.say("select 1 as " + mark);
        } catch (AssertionError refused) {
            // The client has not got the method.
            said = false;
        }
        return new Row(tree, head, mark, said);
    }

    // The tables.

    private String tables(
            Understudy.Ended ended,
            List<Row> logins,
            List<Row> targetMethods,
            List<Row> capabilities) {
        Map<String, Set<String>> logged = new LinkedHashMap<>();
        targets.forEach((tree, server) -> logged.put(tree, marksIn(server)));
        StringBuilder out = new StringBuilder();
        head(out, "online server | its login method | client");
        logins.forEach(row -> line(out, row, ended, logged));
        head(out, "login method of the target's user");
        targetMethods.forEach(
                row -> {
                    String method = row.head().getFirst().replace("`", "");
                    out.append("| ").append(row.head().getFirst());
                    SERVERS.keySet()
                            .forEach(
                                    tree ->
                                            out.append(" | ")
                                                    .append(
                                                            METHODS.get(tree).contains(method)
                                                                    ? cell(row, tree, ended, logged)
                                                                    : "–"));
                    out.append(" |\n");
                });
        head(out, "command");
        for (String command : commandsIn(ended)) {
            out.append("| `").append(command).append('`');
            SERVERS.keySet()
                    .forEach(tree -> out.append(" | ").append(outcome(command, tree, ended)));
            out.append(" |\n");
        }
        head(out, "agreed on by client and online server");
        capabilities.forEach(row -> line(out, row, ended, logged));
        return out.append('\n').toString();
    }

    private static void head(StringBuilder out, String columns) {
        String all = columns + " | " + String.join(" | ", SERVERS.values());
        out.append("\n| ").append(all).append(" |\n|");
        out.append("---|".repeat(all.split("\\|").length)).append('\n');
    }

    private void line(
            StringBuilder out, Row row, Understudy.Ended ended, Map<String, Set<String>> logged) {
        out.append("| ").append(String.join(" | ", row.head()));
        SERVERS.keySet().forEach(tree -> out.append(" | ").append(cell(row, tree, ended, logged)));
        out.append(" |\n");
    }

    /** The statements of our sessions that a server executed. */
    private static Set<String> marksIn(DatabaseServer server) {
        GeneralLog log = server.generalLog();
        List<String> users = new ArrayList<>(List.of("rehearsal"));
        METHODS.get(server.tree()).forEach(method -> users.add("t_" + method));
        return users.stream()
                .flatMap(user -> log.sessionsOf(user).stream())
                .flatMap(session -> session.statements().stream())
                .flatMap(statement -> MARK.matcher(statement).results())
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String cell(
            Row row, String tree, Understudy.Ended ended, Map<String, Set<String>> logged) {
        if (!row.said()) {
            return "–";
        }
        long same = 0;
        long other = 0;
        for (JsonNode group : groups(ended, row.online(), tree)) {
            if (group.path("fingerprint").asText().contains(row.mark())) {
                same += group.path("same").asLong();
                other += group.path("count").asLong() - group.path("same").asLong();
            }
        }
        boolean executed = logged.get(tree).contains(row.mark());
        // Two witnesses: the report, and the target's own log.
        assertEquals(executed, same + other > 0, row + " on " + tree + "\n" + ended);
        return !executed ? "no" : other == 0 ? "yes" : "differs";
    }

    private Iterable<JsonNode> groups(Understudy.Ended ended, String onlineTree, String tree) {
        for (JsonNode column : ended.report().path("targets")) {
            if (column.path("online").asText().contains(online.get(onlineTree).address())
                    && column.path("target").asText().contains(targets.get(tree).address())) {
                return column.path("groups");
            }
        }
        throw new AssertionError("no column for " + tree + "\n" + ended);
    }

    private Set<String> commandsIn(Understudy.Ended ended) {
        Set<String> commands = new TreeSet<>();
        for (String onlineTree : online.keySet()) {
            groups(ended, onlineTree, DatabaseServer.MYSQL_9)
                    .forEach(
                            group -> {
                                String operation = group.path("operation").asText();
                                if (operation.startsWith("COM_")) {
                                    commands.add(operation);
                                }
                            });
        }
        return commands;
    }

    /** What the best of the requests of this command came to. */
    private String outcome(String command, String tree, Understudy.Ended ended) {
        long same = 0;
        long due = 0;
        Set<String> words = new TreeSet<>();
        for (String onlineTree : online.keySet()) {
            for (JsonNode group : groups(ended, onlineTree, tree)) {
                if (group.path("operation").asText().equals(command)) {
                    same += group.path("same").asLong();
                    due += group.path("noAnswerDue").asLong();
                    for (String kind :
                            List.of(
                                    "skipped",
                                    "lost",
                                    "unanswered",
                                    "notCompared",
                                    "differentKinds")) {
                        StreamSupport.stream(
                                        ((Iterable<String>) () -> group.path(kind).fieldNames())
                                                .spliterator(),
                                        false)
                                .forEach(word -> words.add("`" + word + "`"));
                    }
                }
            }
        }
        return same > 0 ? "same" : due > 0 ? "sent" : String.join(", ", words);
    }
}
