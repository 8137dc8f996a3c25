package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Tcpdump;
import dev.understudy.integration.lab.Understudy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A capture that shows what clients send is executed on the target as it was online. */
@Timeout(180)
class RequestsOnlyTest {
    @TempDir Path folder;

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {DatabaseServer.MYSQL_9, DatabaseServer.MARIADB_10})
    void isExecutedAsItWasOnline(String online) {
        try (Rehearsed pair = Rehearsed.start(online, DatabaseServer.MYSQL_9)) {
            Path file = folder.resolve("requests.pcap");
            try (Tcpdump tcpdump = Tcpdump.startRequests("lo", pair.online().port(), file)) {
                Clients clients = pair.clients();
                clients.mariadb("select * from item", "insert into note (text) values ('one')");
                clients.connectorJ(true, Clients::usualWork);
                clients.nodeMysql2("await c.execute('select * from item where id = ?', [3]);");
                tcpdump.stop();
            }
            List<List<String>> executed = Rehearsed.executed(pair.online(), 0);
            assertEquals(3, executed.size());

            Understudy.Ended unasked = pair.replay(file, "--speed", "max");
            assertEquals(6, unasked.exitCode(), unasked::toString);
            assertTrue(unasked.printed().contains("--requests-only"), unasked::toString);
            assertEquals(List.of(), Rehearsed.executed(pair.target(), 0));

            Understudy.Ended ended = pair.replay(file, "--speed", "max", "--requests-only");
            assertEquals(executed, Rehearsed.executed(pair.target(), 0), ended::toString);
            assertEquals(0, ended.exitCode(), ended::toString);
            assertTrue(ended.printed().contains("requests-only"), ended::toString);
            assertEquals(3, ended.count("sessions.complete"), ended::toString);
            long oneSided = ended.count("requests.notCompared");
            assertTrue(oneSided > 20, ended::toString);
            assertEquals(ended.count("requests.answered"), oneSided, ended::toString);
        }
    }
}
