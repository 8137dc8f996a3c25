package dev.understudy.integration.lab;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** A Java application of its own: its secrets of TLS are written down by an agent. */
final class JdbcInsideTls {
    private JdbcInsideTls() {}

    /** The arguments are the server's URL and the user; the password is in the environment. */
    public static void main(String[] arguments) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                arguments[0], arguments[1], System.getenv("DB_PASSWORD"));
                Statement text = connection.createStatement();
                PreparedStatement prepared =
                        connection.prepareStatement("select name from item where id = ?")) {
            for (int id = 1; id <= 5; id++) {
                prepared.setInt(1, id);
                prepared.executeQuery().close();
            }
            text.executeUpdate("insert into note (text) values ('Java inside TLS')");
        }
    }
}
