package dev.understudy.mysql.join;

import com.mysql.cj.jdbc.Driver;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * Connections to the online server, by a driver of our own: the DriverManager has no part in it.
 */
final class OnlineConnection {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private OnlineConnection() {}

    static Connection open(JoinSettings.Account account) throws SQLException {
        // A thread of the driver's that nobody could end.
        System.setProperty("com.mysql.cj.disableAbandonedConnectionCleanup", "true");
        Properties properties = new Properties();
        properties.setProperty("user", account.user());
        properties.setProperty("password", account.password().reveal());
        properties.setProperty("sslMode", account.tls() ? "REQUIRED" : "DISABLED");
        properties.setProperty("allowPublicKeyRetrieval", "true");
        properties.setProperty("connectTimeout", String.valueOf(CONNECT.toMillis()));
        properties.setProperty("socketTimeout", String.valueOf(ANSWER.toMillis()));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("socketFactory", OwnSocketFactory.class.getName());
        properties.setProperty("connectionAttributes", "_copier:understudy");
        String host = account.host().contains(":") ? "[" + account.host() + "]" : account.host();
        Connection connection =
                new Driver()
                        .connect("jdbc:mysql://%s:%d/".formatted(host, account.port()), properties);
        connection.setReadOnly(true);
        return connection;
    }
}
