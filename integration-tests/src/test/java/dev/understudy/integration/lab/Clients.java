package dev.understudy.integration.lab;

import com.google.common.base.Splitter;
import java.io.File;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Client programs and libraries that nobody here wrote, put to work against one server. */
public final class Clients {
    private final int port;
    private final String user;
    private final String password;
    private final String database;

    /** Clients of a server on loopback. */
    public Clients(int port, String user, String password, String database) {
        this.port = port;
        this.user = user;
        this.password = password;
        this.database = database;
    }

    /** The command line client of MariaDB. */
    public String mariadb(String... statements) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "mariadb",
                                "--no-defaults",
                                "--skip-ssl",
                                "--protocol=tcp",
                                "-h127.0.0.1",
                                "-P" + port,
                                "-u" + user,
                                "-Nse",
                                String.join(";", statements)));
        command.add(database);
        return Shell.run(Map.of("MYSQL_PWD", password), command);
    }

    /** A client of MySQL's or MariaDB's own, from the lab's tree; what is no option comes last. */
    public String ofTree(String tree, String program, String... arguments) {
        String root = Shell.run(Project.lab("build-rootfs.sh"), "--path", tree).strip();
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "chroot",
                                root,
                                program,
                                "--no-defaults",
                                "--protocol=tcp",
                                "-h127.0.0.1",
                                "-P" + port,
                                "-u" + user));
        command.addAll(List.of(arguments));
        return Shell.run(Map.of("MYSQL_PWD", password), command);
    }

    /** sysbench's own workloads. */
    public String sysbench(String workload, String action, String... options) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "sysbench",
                                workload,
                                "--db-driver=mysql",
                                "--mysql-host=127.0.0.1",
                                "--mysql-port=" + port,
                                "--mysql-user=" + user,
                                "--mysql-password=" + password,
                                "--mysql-db=" + database,
                                "--mysql-ssl=off",
                                "--tables=2",
                                "--table-size=200"));
        command.addAll(List.of(options));
        command.add(action);
        return Shell.run(Map.of(), command);
    }

    /** PHP's mysqli: text, and prepared with bound values. */
    public String phpMysqli(String script) {
        return Shell.run(environment(), List.of("php", "-d", "extension=mysqli", "-r", script));
    }

    /** Node's mysql2; the script finds the connection in {@code c}. */
    public String nodeMysql2(String script) {
        return nodeMysql2("", script);
    }

    /** The same with a setting of its connection switched on, as {@code compress}. */
    public String nodeMysql2(String setting, String script) {
        return nodeMysql2(List.of("node"), "'%s': true".formatted(setting), script);
    }

    /** The same inside TLS, whose secrets are written to a key log. */
    public String nodeMysql2OverTls(Path keyLog, String script) {
        return nodeMysql2(
                List.of("node", "--tls-keylog=" + keyLog),
                "ssl: {rejectUnauthorized: false}",
                script);
    }

    /** MySQL's Connector/J inside TLS, in a process whose secrets are written to a key log. */
    public void connectorJOverTls(Path keyLog) {
        String classPath = System.getProperty("java.class.path");
        String agent =
                Splitter.on(File.pathSeparatorChar)
                        .splitToStream(classPath)
                        .filter(jar -> jar.contains("extract-tls-secrets"))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no agent in " + classPath));
        Shell.run(
                environment(),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-javaagent:%s=%s".formatted(agent, keyLog),
                        "-cp",
                        classPath,
                        JdbcInsideTls.class.getName(),
                        "jdbc:mysql://127.0.0.1:%d/%s?sslMode=REQUIRED&useServerPrepStmts=true"
                                .formatted(port, database),
                        user));
    }

    private String nodeMysql2(List<String> node, String setting, String script) {
        Map<String, String> environment = new java.util.HashMap<>(environment());
        environment.put("NODE_PATH", labHome().resolve("node/node_modules").toString());
        String whole =
                """
                const mysql = require('mysql2/promise');
                const e = process.env;
                (async () => {
                  const c = await mysql.createConnection({host: '127.0.0.1', port: +e.DB_PORT,
                    user: e.DB_USER, password: e.DB_PASSWORD, database: e.DB_NAME,
                    %s});
                %s
                  await c.end();
                })().catch(error => { console.error(error); process.exit(1); });
                """
                        .formatted(setting, script);
        List<String> command = new ArrayList<>(node);
        command.addAll(List.of("-e", whole));
        return Shell.run(environment, command);
    }

    private static Path labHome() {
        return Path.of(System.getenv().getOrDefault("LAB_HOME", "/var/tmp/understudy-lab"));
    }

    private Map<String, String> environment() {
        return Map.of(
                "DB_PORT",
                String.valueOf(port),
                "DB_USER",
                user,
                "DB_PASSWORD",
                password,
                "DB_NAME",
                database);
    }

    /** A conversation over JDBC. */
    @FunctionalInterface
    public interface Conversation {
        /** Talks over an open connection. */
        void with(Connection connection) throws SQLException;
    }

    /** MySQL's Connector/J. */
    public void connectorJ(boolean serverSidePrepares, Conversation conversation) {
        talk(
                "jdbc:mysql://127.0.0.1:%d/%s?sslMode=DISABLED&allowPublicKeyRetrieval=true&useServerPrepStmts=%s&cachePrepStmts=%s"
                        .formatted(port, database, serverSidePrepares, serverSidePrepares),
                conversation);
    }

    /** MySQL's Connector/J with options of its URL, as {@code useCursorFetch=true}. */
    public void connectorJ(String options, Conversation conversation) {
        talk(
                "jdbc:mysql://127.0.0.1:%d/%s?sslMode=DISABLED&allowPublicKeyRetrieval=true&%s"
                        .formatted(port, database, options),
                conversation);
    }

    /** MariaDB's connector with options of its URL. */
    public void mariadbJava(String options, Conversation conversation) {
        talk(
                "jdbc:mariadb://127.0.0.1:%d/%s?sslMode=disable&allowPublicKeyRetrieval=true&%s"
                        .formatted(port, database, options),
                conversation);
    }

    /** MySQL's Connector/J over TLS. */
    public void connectorJTls(Conversation conversation) {
        talk(
                "jdbc:mysql://127.0.0.1:%d/%s?sslMode=REQUIRED".formatted(port, database),
                conversation);
    }

    /** MariaDB's connector. */
    public void mariadbJava(boolean serverSidePrepares, Conversation conversation) {
        talk(
                "jdbc:mariadb://127.0.0.1:%d/%s?sslMode=disable&useServerPrepStmts=%s"
                        .formatted(port, database, serverSidePrepares),
                conversation);
    }

    /** An open connection of MariaDB's connector, statements as text; the caller closes it. */
    public Connection open() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:mariadb://127.0.0.1:%d/%s?sslMode=disable&allowPublicKeyRetrieval=true"
                        .formatted(port, database),
                user,
                password);
    }

    private void talk(String url, Conversation conversation) {
        try (Connection connection = DriverManager.getConnection(url, user, password)) {
            conversation.with(connection);
        } catch (SQLException e) {
            throw new AssertionError(url, e);
        }
    }

    /** The same work for every JDBC driver: text, prepared, writes, a transaction, an error. */
    public static void usualWork(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            drain(statement.executeQuery("select id, name, price, born from item order by id"));
            statement.executeUpdate("insert into note (text) values ('from a driver')");
            statement.executeUpdate("update note set text = concat(text, '!') where id = 1");
            try {
                drain(statement.executeQuery("select no_such_column from item"));
                throw new AssertionError("a wrong statement was answered");
            } catch (SQLException expected) {
                // what both servers say to it is a part of the comparison
            }
        }
        try (PreparedStatement prepared =
                connection.prepareStatement("select * from item where id = ? or name = ?")) {
            for (int i = 1; i <= 5; i++) {
                prepared.setInt(1, i);
                prepared.setString(2, "item " + (i + 1));
                drain(prepared.executeQuery());
            }
        }
        connection.setAutoCommit(false);
        try (PreparedStatement prepared =
                connection.prepareStatement("insert into note (text, amount) values (?, ?)")) {
            prepared.setString(1, "größe – 漢字");
            prepared.setBigDecimal(2, new java.math.BigDecimal("12.50"));
            prepared.executeUpdate();
            prepared.setNull(1, java.sql.Types.VARCHAR);
            prepared.setBigDecimal(2, null);
            prepared.executeUpdate();
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** Runs statements one by one; the errors of servers are a part of what is compared. */
    public static void each(Connection connection, String... statements) throws SQLException {
        for (String sql : statements) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                drainAll(statement);
            } catch (SQLException answered) {
                if (!connection.isValid(5)) {
                    throw answered;
                }
            }
        }
    }

    /** Reads all results of an execution, whatever their number. */
    public static void drainAll(Statement statement) throws SQLException {
        while (true) {
            ResultSet rows = statement.getResultSet();
            if (rows != null) {
                drain(rows);
            } else if (statement.getUpdateCount() < 0) {
                return;
            }
            statement.getMoreResults();
        }
    }

    private static void drain(ResultSet rows) throws SQLException {
        try (rows) {
            while (rows.next()) {
                rows.getObject(1);
            }
        }
    }
}
