package dev.understudy.integration.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.understudy.delivery.Transport;
import dev.understudy.testkit.Rehearsal;
import dev.understudy.testkit.RehearsalResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The program that {@link UnprivilegedTest} starts as {@code nobody}. */
final class UnprivilegedRun {
    private static final List<String> TESTS =
            List.of("RehearsalTest", "RehearsalPlanTest", "RehearsalExtensionTest", "TapTest");

    private UnprivilegedRun() {}

    /** Takes the addresses of two MariaDBs; ends with status 1 where anything fails. */
    public static void main(String[] servers) throws Exception {
        System.out.printf(
                "uid %s, capabilities %s, transport %s%n",
                status("Uid").split("\\s+", -1)[0], status("CapEff"), Transport.best());
        rehearse(servers[0], servers[1]);
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(
                                        TESTS.stream()
                                                .map(
                                                        name ->
                                                                selectClass(
                                                                        "dev.understudy.testkit."
                                                                                + name))
                                                .toList())
                                .build(),
                        listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        System.out.printf(
                "ran %d tests, %d failed%n",
                summary.getTestsStartedCount(), summary.getTotalFailureCount());
        System.exit(summary.getTotalFailureCount() == 0 ? 0 : 1);
    }

    private static String status(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    private static void rehearse(String online, String target) throws SQLException {
        try (Rehearsal rehearsal =
                Rehearsal.of("mysql")
                        .online("jdbc:mariadb://" + online + "/app")
                        .target(target)
                        .user("app", "app-password")
                        .start()) {
            try (Connection connection =
                            DriverManager.getConnection(
                                    rehearsal.jdbcUrl(), "app", "app-password");
                    Statement statement = connection.createStatement();
                    PreparedStatement insert = prepared(connection, statement)) {
                for (int i = 0; i < 5; i++) {
                    insert.setInt(1, i);
                    insert.execute();
                }
                statement.executeQuery("select * from item order by id").close();
            }
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            System.out.printf("rehearsed %d requests%n", result.requests());
        }
    }

    private static PreparedStatement prepared(Connection connection, Statement statement)
            throws SQLException {
        statement.execute("create table item (id int primary key)");
        return connection.prepareStatement("insert into item values (?)");
    }
}
