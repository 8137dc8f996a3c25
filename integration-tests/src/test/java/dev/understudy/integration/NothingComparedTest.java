package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Runs that cannot say "all equal": they say why, with the exit code for it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class NothingComparedTest {
    private Rehearsed pair;

    @BeforeAll
    void start() {
        pair = Rehearsed.start(DatabaseServer.MYSQL_9, DatabaseServer.MARIADB_11);
    }

    @AfterAll
    void stop() {
        pair.close();
    }

    @Test
    void allSessionsTls() {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy()) {
            pair.clients().connectorJTls(Clients::usualWork);
            ended = copy.stop();
        }
        assertEquals(6, ended.exitCode(), ended::toString);
        assertEquals("incomplete", ended.report().path("outcome").asText());
        assertEquals(1, ended.report().at("/sessions/leftOut/tls").asLong(), ended::toString);
    }

    @Test
    void mySqlNineAsTheOnlineServerIsCopiedInPlain() {
        Understudy.Ended ended;
        try (Understudy copy = pair.copy()) {
            pair.clients().connectorJ(true, Clients::usualWork);
            ended = copy.stop();
        }
        assertEquals(1, ended.count("sessions.complete"), ended::toString);
        assertEquals(0, ended.count("requests.lost"), ended::toString);
        assertTrue(ended.count("requests.same") > 15, ended::toString);
    }

    @Test
    void aSessionThatWasOpenBeforeIsLeftOutByThatName() {
        Understudy.Ended[] ended = new Understudy.Ended[1];
        pair.clients()
                .connectorJ(
                        false,
                        connection -> {
                            try (Understudy copy = pair.copy()) {
                                Clients.usualWork(connection);
                                ended[0] = copy.stop();
                            }
                        });
        assertEquals(6, ended[0].exitCode(), ended[0]::toString);
        assertEquals(
                1,
                ended[0].report().at("/sessions/leftOut/joined-midway").asLong(),
                ended[0]::toString);
    }

    @Test
    void aTargetThatIsDown() {
        try (Understudy run =
                Understudy.start(
                        Map.of(),
                        List.of(
                                "copy",
                                "-i",
                                "lo",
                                "--online",
                                pair.online().address(),
                                "--target",
                                "127.0.0.1:1",
                                "--protocol",
                                "mysql"))) {
            Understudy.Ended ended = run.ended();
            assertEquals(4, ended.exitCode(), ended::toString);
            assertTrue(ended.printed().contains("127.0.0.1:1"), ended::toString);
        }
    }
}
