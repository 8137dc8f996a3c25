package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions of the kinds that need more than a plain login and plain packets, whole and equal. */
@Timeout(120)
class MySqlDepthTest {
    private static final String LONG_ANSWER =
            "select repeat('a long answer compresses well. ', 30000), 'and more'";

    /**
     * @param different sessions of Connector/J, which asks for {@code init_connect}: the lab's
     *     target has one
     */
    private static void assertCopied(Understudy.Ended ended, long sessions, long different) {
        assertEquals(sessions, ended.count("sessions.complete"), ended::toString);
        assertEquals(0, ended.count("sessions.leftOut"), ended::toString);
        assertEquals(different, ended.count("requests.different"), ended::toString);
        assertEquals(0, ended.count("requests.lost"), ended::toString);
        assertEquals(0, ended.count("requests.unanswered"), ended::toString);
        assertEquals(different == 0 ? 0 : 1, ended.exitCode(), ended::toString);
    }

    @Test
    void compressedSessionsAreCopiedWhole() {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MYSQL_9, DatabaseServer.MYSQL_9)) {
            Clients clients = pair.clients();
            Understudy.Ended ended;
            try (Understudy copy = pair.copy()) {
                clients.connectorJ("useCompression=true", Clients::usualWork);
                clients.connectorJ(
                        "useCompression=true&useServerPrepStmts=true",
                        c -> Clients.each(c, LONG_ANSWER, "select 1"));
                clients.ofTree(
                        DatabaseServer.MYSQL_9,
                        "mysql",
                        "--ssl-mode=DISABLED",
                        "--get-server-public-key",
                        "--compression-algorithms=zstd",
                        "-e",
                        LONG_ANSWER + "; select count(*) from app.item",
                        "app");
                clients.nodeMysql2("compress", "await c.query(`" + LONG_ANSWER + "`);");
                ended = copy.stop();
            }
            assertCopied(ended, 4, 2);
        }
    }

    @Test
    void aChangeOfUserIsALoginOnEitherSide() {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MYSQL_9)) {
            Clients clients = pair.clients();
            Understudy.Ended ended;
            String explained;
            try (Understudy copy = pair.copy()) {
                clients.phpMysqli(
                        """
                        $e = getenv();
                        $c = new mysqli('127.0.0.1', $e['DB_USER'], $e['DB_PASSWORD'],
                            $e['DB_NAME'], (int) $e['DB_PORT']);
                        $c->query("set @kept = 1");
                        $c->change_user($e['DB_USER'], $e['DB_PASSWORD'], $e['DB_NAME']);
                        $c->query("select @kept");
                        $s = $c->prepare("select name from item where id = ?");
                        $i = 2; $s->bind_param('i', $i); $s->execute(); $s->get_result();
                        $c->close();
                        """);
                ended = copy.stop();
                explained = copy.explain("1").printed();
            }
            assertCopied(ended, 1, 0);
            String login = "rewritten: login made anew as 'app' with the target's own challenge";
            assertEquals(3, explained.split(login, -1).length, explained);
            assertTrue(
                    explained.matches("(?s).*rewritten: statement id \\d+ is \\d+ there.*"),
                    explained);
            assertFalse(explained.contains(Rehearsed.passwords().getFirst()), explained);
        }
    }

    /** Each account of the target has another method; production's is always the same. */
    @Test
    void theTargetsOwnMethodIsAnswered() {
        loginsAt(
                DatabaseServer.MARIADB_11,
                "install soname 'auth_ed25519'",
                "install soname 'auth_parsec'",
                "alter user app@'%%' identified via %s using password('%s')",
                List.of("ed25519", "parsec"));
        loginsAt(
                DatabaseServer.MYSQL_9,
                "select 1",
                "select 1",
                "alter user app@'%%' identified with %s by '%s'",
                List.of("sha256_password"));
    }

    private static void loginsAt(
            String tree, String first, String second, String alter, List<String> methods) {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MARIADB_10, tree)) {
            pair.target().sql(first, second);
            for (String method : methods) {
                pair.target().sql(alter.formatted(method, Rehearsed.passwords().get(1)));
                Understudy.Ended ended;
                try (Understudy copy = pair.copy()) {
                    pair.clients().mariadb("select 1");
                    ended = copy.stop();
                }
                assertEquals(1, ended.count("sessions.complete"), method + ended);
                assertEquals(0, ended.count("sessions.leftOut"), method + ended);
            }
        }
    }
}
