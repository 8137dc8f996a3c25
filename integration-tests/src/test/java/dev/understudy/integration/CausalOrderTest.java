package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One connection writes, and another reads what was written: in turn, on a target that is slower at
 * writing than the online server. Only the order across sessions keeps the answers alike.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class CausalOrderTest {
    private static final int ROUNDS = 200;

    private Path folder;
    private Rehearsed pair;
    private Path recording;
    private Understudy.Ended live;

    @BeforeAll
    void writeAndRead(@TempDir Path emptyFolder) throws SQLException {
        folder = emptyFolder;
        pair = Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11);
        recording = folder.resolve("recorded.pcap");
        pair.online().sql("create table app.mark (id int, value int)");
        pair.target()
                .sql(
                        "create table app.mark (id int, value int)",
                        "create trigger app.slow before insert on app.mark for each row"
                                + " set new.value = new.value + sleep(0.01)");
        try (Tcpdump tcpdump = Tcpdump.start("lo", pair.online().port(), recording);
                Understudy copy = pair.copy("--order", "causal")) {
            try (Connection writer = pair.clients().open();
                    Connection reader = pair.clients().open();
                    Statement write = writer.createStatement();
                    Statement read = reader.createStatement()) {
                for (int i = 0; i < ROUNDS; i++) {
                    write.executeUpdate("insert into mark values (%d, %d)".formatted(i, i));
                    try (ResultSet rows =
                            read.executeQuery("select value from mark where id = " + i)) {
                        assertTrue(rows.next(), "not even the online server keeps an order");
                    }
                }
            }
            live = copy.stop();
            tcpdump.stop();
        }
    }

    @AfterAll
    void stop() {
        pair.close();
    }

    private Understudy.Ended replay(String order) {
        pair.target().sql("truncate app.mark");
        return pair.replay(recording, "--speed", "max", "--order", order);
    }

    @Test
    void aLiveCopyReadsWhatWasWrittenBefore() {
        assertAllAlike(live);
    }

    @Test
    void aReplayAtFullSpeedDoesSoToo() {
        assertAllAlike(replay("causal"));
    }

    private static void assertAllAlike(Understudy.Ended ended) {
        assertEquals(0, ended.exitCode(), ended::toString);
        assertTrue(ended.count("requests.same") >= 2 * ROUNDS, ended::toString);
        assertEquals(0, ended.count("order.suspect"), ended::toString);
        assertTrue(ended.count("order.waits") > 0, ended::toString);
    }

    /** Else the two above would prove nothing. */
    @Test
    void withoutThatOrderTheReaderOvertakesTheWriter() {
        Understudy.Ended ended = replay("session");
        assertEquals(1, ended.exitCode(), ended::toString);
        assertTrue(ended.count("requests.different.rows") > ROUNDS / 4, ended::toString);
    }
}
