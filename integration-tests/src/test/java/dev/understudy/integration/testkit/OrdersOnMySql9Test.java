package dev.understudy.integration.testkit;

import dev.understudy.testkit.Rehearsal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.mariadb.MariaDBContainer;
import org.testcontainers.mysql.MySQLContainer;

@Testcontainers
class OrdersOnMySql9Test {
    @Container
    static final MariaDBContainer online =
            new MariaDBContainer("mariadb:10.11")
                    .withUsername("app")
                    .withPassword("old-password")
                    .withDatabaseName("shop");

    @Container
    static final MySQLContainer target =
            new MySQLContainer("mysql:9.7")
                    .withUsername("app")
                    .withPassword("new-password")
                    .withDatabaseName("shop");

    @Test
    void sameAnswers() throws SQLException {
        try (Rehearsal rehearsal =
                Rehearsal.of("mysql")
                        .online(online)
                        .target(target)
                        .user("app", "new-password")
                        .reviewed(
                                "warnings",
                                "session_track_system_variables",
                                "the driver's own question; MySQL 8 renamed tx_isolation")
                        .start()) {
            runMySuite(rehearsal.jdbcUrl()); // any client, any framework
            rehearsal.finish().assertNoDifferences();
        }
    }

    static void runMySuite(String jdbcUrl) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, "app", "old-password");
                Statement statement = connection.createStatement()) {
            statement.execute("create table orders (id int primary key, item varchar(50))");
            statement.execute("insert into orders values (1, 'chair'), (2, 'table')");
            statement.executeQuery("select id from orders where item = \"Chair\"").close();
        }
    }
}
