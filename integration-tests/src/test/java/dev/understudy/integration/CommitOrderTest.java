package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * sysbench's oltp_read_write with 16 threads on few rows, so that transactions wait for each
 * other's locks all the time, and beside it rows with ids and times that the servers make up: in
 * the end both servers hold the same, row by row. The same load in causal order, and with ids of
 * the target's own, shows that it does not come to that by itself.
 */
@Timeout(300)
class CommitOrderTest {
    private static final String[] LOAD = {
        "--tables=2",
        "--table-size=30",
        "--threads=16",
        "--events=300",
        "--time=0",
        "--rand-type=uniform",
        "--mysql-ignore-errors=1213,1205,1020,1062"
    };
    private static final int MAKERS = 4;
    private static final int ROWS_EACH = 40;

    @TempDir private Path folder;

    @ParameterizedTest(name = "from {0}")
    @ValueSource(strings = {DatabaseServer.MYSQL_9, DatabaseServer.MARIADB_10})
    void bothServersHoldTheSameInTheEnd(String onlineTree) throws Exception {
        Path recording = folder.resolve("recorded.pcap");
        try (Rehearsed pair = Rehearsed.start(onlineTree, DatabaseServer.MYSQL_9)) {
            fill(pair.online());
            fill(pair.target());
            Understudy.Ended live;
            try (Tcpdump tcpdump = Tcpdump.start("lo", pair.online().port(), recording);
                    Understudy copy =
                            pair.copyTo(pair.target().address(), aligned(), "--order", "commit")) {
                work(pair);
                live = copy.stop();
                tcpdump.stop();
            }
            assertEquals(0, live.count("sessions.leftOut"), live::toString);
            assertEquals(0, live.count("order.suspect"), live::toString);
            assertEquals(0, live.count("order.commitSuspect"), live::toString);
            assertTrue(live.count("order.commitWaits") > 0, live::toString);
            assertEquals(rows(pair.online()), rows(pair.target()), live::toString);
            assertEquals(made(pair.online()), made(pair.target()), live::toString);
            if (onlineTree.equals(DatabaseServer.MYSQL_9)) {
                assertEquals(checksums(pair.online()), checksums(pair.target()));
            }

            pair.target().sql("drop table app.sbtest1, app.sbtest2, app.made");
            fill(pair.target());
            Understudy.Ended causal;
            try (Understudy replay = pair.replayTo(recording, plain())) {
                causal = replay.ended();
            }
            // By chance the same rows may be left; what was read on the way differs all the same.
            boolean same =
                    rows(pair.online()).equals(rows(pair.target()))
                            && made(pair.online()).equals(made(pair.target()));
            assertTrue(!same || causal.count("requests.different") > 0, causal::toString);
        }
    }

    private Path aligned() throws IOException {
        return config("aligned.yaml", "60s", "30s", "  align: insert-id, timestamp\n");
    }

    /** Where transactions wait for each other in a circle this one soon gives up. */
    private Path plain() throws IOException {
        return config("plain.yaml", "60s", "200ms", "");
    }

    private Path config(String name, String drain, String orderWait, String more)
            throws IOException {
        return Files.writeString(
                folder.resolve(name),
                """
                run: { drain: %s, order-wait-max: %s }
                mysql:
                  users:
                    app: { password: "${env:TARGET_PASSWORD}" }
                """
                                .formatted(drain, orderWait)
                        + more);
    }

    /** Tables as sysbench makes them, with the same rows each time. */
    private static void fill(DatabaseServer server) {
        for (int table = 1; table <= 2; table++) {
            server.sql(
                    "create table app.sbtest%d (id int auto_increment primary key, k int not null,"
                                    .formatted(table)
                            + " c char(120) not null, pad char(60) not null, key (k))",
                    "insert into app.sbtest%d with recursive n as (select 1 i union all"
                                    .formatted(table)
                            + " select i + 1 from n where i < 30)"
                            + " select i, i * 7 %% 30, sha2(i, 256), left(sha2(i, 256), 50) from n"
                                    .replace("%%", "%"));
        }
        server.sql(
                "create table app.made (id int auto_increment primary key, who int, n int,"
                        + " at timestamp(6) not null default current_timestamp(6))");
    }

    private static void work(Rehearsed pair) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> all =
                    threads.invokeAll(
                            List.of(
                                    maker(pair, 1),
                                    maker(pair, 2),
                                    maker(pair, 3),
                                    maker(pair, MAKERS),
                                    () -> {
                                        pair.clients().sysbench("oltp_read_write", "run", LOAD);
                                        return null;
                                    }));
            for (Future<Void> one : all) {
                one.get();
            }
        }
    }

    /** Makes rows whose ids and times are the server's. */
    private static Callable<Void> maker(Rehearsed pair, int who) {
        return () -> {
            insert(pair, who);
            return null;
        };
    }

    private static void insert(Rehearsed pair, int who) throws SQLException {
        try (Connection connection = pair.clients().open();
                Statement statement = connection.createStatement()) {
            for (int i = 0; i < ROWS_EACH; i++) {
                statement.executeUpdate(
                        "insert into made (who, n) values (%d, %d), (%d, -%d)"
                                .formatted(who, i, who, i));
            }
        }
    }

    private static String rows(DatabaseServer server) {
        return server.sql(
                "select * from app.sbtest1 order by id", "select * from app.sbtest2 order by id");
    }

    private static String made(DatabaseServer server) {
        return server.sql("select id, who, n from app.made order by id");
    }

    private static String checksums(DatabaseServer server) {
        return server.sql("checksum table app.sbtest1, app.sbtest2");
    }
}
