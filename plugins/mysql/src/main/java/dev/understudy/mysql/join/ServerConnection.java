package dev.understudy.mysql.join;

import com.mysql.cj.jdbc.Driver;
import dev.understudy.protocol.Secret;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;

/**
 * A connection of our own to one of the servers, to read from: by a driver of our own, in which the
 * DriverManager has no part. Blocks.
 */
public final class ServerConnection implements AutoCloseable {
    /** Rows of any one answer; one with more is an error. */
    static final int MAX_ROWS = 100_000;

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final int VALID_SECONDS = 2;

    private final Connection connection;

    /** What an answer is given to, row by row. */
    public interface Rows {
        /** Takes the row that the result stands on. */
        void row(ResultSet row) throws SQLException;
    }

    private ServerConnection(Connection connection) {
        this.connection = connection;
    }

    /** Connects to the online server, of whose capture this connection is then no part. */
    public static ServerConnection toOnline(JoinSettings.Account account) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("socketFactory", OwnSocketFactory.class.getName());
        return open(
                account.host(),
                account.port(),
                account.user(),
                account.password(),
                account.tls(),
                properties);
    }

    /**
     * Connects to the target.
     *
     * @param tls whether inside TLS, or without
     */
    public static ServerConnection toTarget(
            InetSocketAddress target, String user, Secret password, boolean tls)
            throws SQLException {
        return open(
                target.getHostString(), target.getPort(), user, password, tls, new Properties());
    }

    private static ServerConnection open(
            String host, int port, String user, Secret password, boolean tls, Properties properties)
            throws SQLException {
        // A thread of the driver's that nobody could end.
        System.setProperty("com.mysql.cj.disableAbandonedConnectionCleanup", "true");
        properties.setProperty("user", user);
        properties.setProperty("password", password.reveal());
        properties.setProperty("sslMode", tls ? "REQUIRED" : "DISABLED");
        properties.setProperty("allowPublicKeyRetrieval", "true");
        properties.setProperty("connectTimeout", String.valueOf(CONNECT.toMillis()));
        properties.setProperty("socketTimeout", String.valueOf(ANSWER.toMillis()));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectionAttributes", "_copier:understudy");
        String address = host.contains(":") ? "[" + host + "]" : host;
        Connection connection =
                new Driver().connect("jdbc:mysql://%s:%d/".formatted(address, port), properties);
        try {
            connection.setReadOnly(true);
            limitOnServer(connection);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return new ServerConnection(connection);
    }

    /** A question that we no longer wait for is not to go on there. */
    private static void limitOnServer(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try {
                statement.execute("SET SESSION max_execution_time = " + ANSWER.toMillis());
            } catch (SQLException _) {
                // MariaDB's word for it; it counts in seconds.
                statement.execute("SET SESSION max_statement_time = " + ANSWER.toSeconds());
            }
        }
    }

    /** Whether it still answers. */
    boolean isValid() {
        try {
            return connection.isValid(VALID_SECONDS);
        } catch (SQLException _) {
            return false;
        }
    }

    /** Asks, and gives each row of the answer to {@code rows}. */
    public void query(String sql, Rows rows) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(MAX_ROWS + 1);
            try (ResultSet answer = statement.executeQuery(sql)) {
                int count = 0;
                while (answer.next()) {
                    if (++count > MAX_ROWS) {
                        throw new SQLException(
                                "more than %d rows answer: %s".formatted(MAX_ROWS, sql));
                    }
                    rows.row(answer);
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException _) {
            // It was of no use any more.
        }
    }
}
