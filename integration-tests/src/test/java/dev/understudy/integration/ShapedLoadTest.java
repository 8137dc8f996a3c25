package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A part of the load of real servers, by what the target's own log says that it got. */
@Timeout(200)
class ShapedLoadTest {
    private static final int USERS = 12;
    private static final int PERCENT = 40;
    private static final int COPIES = 2;
    private static final String PASSWORD = "online-pw";

    /** The rule as docs/operations.md tells it. */
    private static boolean inSample(String user) {
        long hash = Hashing.murmur3_128().hashString(user, StandardCharsets.UTF_8).asLong();
        return Long.remainderUnsigned(hash, 1_000_000) < PERCENT * 10_000L;
    }

    @Test
    void usersAreSampledMultipliedAndFilteredByUserAndClass(@TempDir Path folder) throws Exception {
        Path config = folder.resolve("shape.yaml");
        Files.writeString(
                config,
                """
                mysql:
                  users:
                    "*": { as: app, password: "${env:TARGET_PASSWORD}" }
                  deny:
                    reports: { user: "report*", client: 127.0.0.0/8 }
                    changes: { class: [ddl, write] }
                """);
        try (Rehearsed pair =
                Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_10)) {
            List<String> users = new ArrayList<>();
            for (int i = 0; i < USERS; i++) {
                users.add((i % 3 == 0 ? "report" : "shop") + i);
            }
            for (String user : users) {
                pair.online()
                        .sql(
                                "create user " + user + " identified by '" + PASSWORD + "'",
                                "grant all on app.* to " + user);
            }
            int before = Rehearsed.sessions(pair.target());
            Understudy.Ended ended;
            try (Understudy copy =
                    pair.copyTo(
                            pair.target().address(),
                            config,
                            "--sample",
                            "users:" + PERCENT + "%",
                            "--multiply",
                            String.valueOf(COPIES))) {
                for (String user : users) {
                    new Clients(pair.online().port(), user, PASSWORD, "app")
                            .connectorJ(
                                    "",
                                    connection ->
                                            Clients.each(
                                                    connection,
                                                    "select 'of " + user + "'",
                                                    "create table t_" + user + " (a int)",
                                                    "insert into t_" + user + " values (1)"));
                }
                ended = copy.stop();
            }
            List<String> sampled = users.stream().filter(ShapedLoadTest::inSample).toList();
            List<String> copied =
                    sampled.stream().filter(user -> !user.startsWith("report")).toList();
            assertTrue(copied.size() > 1 && sampled.size() > copied.size(), sampled::toString);
            assertTrue(sampled.size() < USERS, sampled::toString);
            long denied = sampled.size() - (long) copied.size();

            var sessions = Rehearsed.executed(pair.target(), before);
            assertEquals((long) COPIES * copied.size(), sessions.size(), ended::toString);
            for (String user : users) {
                long selects =
                        sessions.stream()
                                .flatMap(List::stream)
                                .filter(line -> line.contains("'of " + user + "'"))
                                .count();
                assertEquals(copied.contains(user) ? COPIES : 0, selects, user);
            }
            assertTrue(sessions.toString().indexOf("t_shop") < 0, sessions::toString);

            var counts = ended.report().path("sessions");
            assertEquals((long) COPIES * USERS, counts.path("captured").asLong());
            assertEquals((long) COPIES * copied.size(), counts.path("complete").asLong());
            assertEquals(
                    (long) COPIES * (USERS - sampled.size()),
                    counts.path("notSampled").path("sample").asLong(),
                    ended::toString);
            assertEquals(
                    COPIES * denied,
                    counts.path("notSampled").path("deny-reports").asLong(),
                    ended::toString);
            assertEquals(
                    2L * COPIES * copied.size(),
                    ended.report().path("requests").path("skipped").path("deny-changes").asLong(),
                    ended::toString);
            for (String none :
                    List.of("sessions.leftOut", "requests.lost", "requests.unanswered")) {
                assertEquals(0, ended.count(none), ended::toString);
            }
            assertTrue(ended.printed().contains("deny-reports"), ended::toString);
        }
    }
}
