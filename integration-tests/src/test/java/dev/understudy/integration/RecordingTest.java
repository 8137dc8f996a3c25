package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One piece of traffic, recorded by Understudy and by tcpdump, and replayed from each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class RecordingTest {
    private Path folder;
    private Rehearsed pair;
    private List<List<String>> online;

    @BeforeAll
    void recordOnce(@TempDir Path recordings) {
        folder = recordings;
        pair = Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11);
        Path ours = folder.resolve("record.pcapng");
        try (Tcpdump tcpdump =
                        Tcpdump.start("lo", pair.online().port(), folder.resolve("tcpdump"));
                Understudy record =
                        Understudy.start(
                                Map.of(),
                                List.of(
                                        "record",
                                        "-i",
                                        "lo",
                                        "--online",
                                        pair.online().address(),
                                        "-o",
                                        ours.toString()))) {
            record.awaitCapturing();
            Clients clients = pair.clients();
            clients.mariadb("select * from item", "insert into note (text) values ('recorded')");
            clients.connectorJ(true, Clients::usualWork);
            clients.nodeMysql2("await c.execute('select * from item where id = ?', [3]);");
            Understudy.Ended recorded = record.stop();
            assertEquals(0, recorded.exitCode(), recorded::toString);
            tcpdump.stop();
        }
        online = Rehearsed.executed(pair.online(), 0);
        assertEquals(3, online.size());
    }

    @AfterAll
    void stop() {
        pair.close();
    }

    @ParameterizedTest(name = "{0} at {1}, piped: {2}")
    @CsvSource({
        "record.pcapng, max, false",
        "record.pcapng, 1,   false",
        "tcpdump,       max, false",
        "tcpdump,       1,   false",
        "record.pcapng, max, true",
        "tcpdump,       1,   true",
    })
    void isExecutedAsItWasOnline(String recording, String speed, boolean piped) {
        // As it was when the recording began.
        pair.target()
                .sql(
                        "use app",
                        "truncate note",
                        "insert into note (text, amount) values ('first', 1)");
        int before = Rehearsed.sessions(pair.target());
        Path file = folder.resolve(recording);

        Understudy.Ended ended =
                piped
                        ? pair.replayPiped(file, "--speed", speed)
                        : pair.replay(file, "--speed", speed);

        assertEquals(online, Rehearsed.executed(pair.target(), before), ended::toString);
        assertEquals(3, ended.count("sessions.complete"), ended::toString);
        assertEquals(0, ended.count("requests.lost"), ended::toString);
        assertEquals(0, ended.count("requests.unanswered"), ended::toString);
        assertTrue(ended.count("requests.same") > 20, ended::toString);
    }

    @Test
    void aRecordingThatWasCutGivesWhatIsThereAndSaysSo() throws IOException {
        byte[] whole = Files.readAllBytes(folder.resolve("tcpdump"));
        Path cut = folder.resolve("cut.pcap");
        Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 7));
        Understudy.Ended ended = pair.replay(cut, "--speed", "max");
        assertEquals(6, ended.exitCode(), ended::toString);
        assertTrue(ended.printed().contains("cut"), ended::toString);
        assertTrue(ended.count("requests.same") > 20, ended::toString);
    }
}
