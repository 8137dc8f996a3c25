package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.ReviewedEntries;
import dev.understudy.integration.lab.Understudy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * MariaDB 10.11 copied live to its successors, driven by clients of five families. Each server's
 * general log is the witness: what was executed online was executed on the target, session by
 * session.
 */
@Timeout(300)
class MySqlMigrationTest {
    @ParameterizedTest(name = "MariaDB 10.11 to {0}")
    @ValueSource(strings = {DatabaseServer.MYSQL_9, DatabaseServer.MARIADB_11})
    void everyClientsSessionsAreExecutedOnTheTargetToo(String targetTree) {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MARIADB_10, targetTree)) {
            Clients clients = pair.clients();
            for (Clients both : new Clients[] {clients, pair.clientsOfTarget()}) {
                both.sysbench("oltp_read_write", "prepare", "--rand-seed=1");
            }
            pair.target().sql("delete from app.sbtest1", "delete from app.sbtest2");
            copySysbenchRows(pair);
            int onlineBefore = Rehearsed.sessions(pair.online());
            int targetBefore = Rehearsed.sessions(pair.target());

            Understudy.Ended ended;
            try (Understudy copy = pair.copy()) {
                drive(clients);
                ended = copy.stop();
            }

            assertEquals(
                    Rehearsed.executed(pair.online(), onlineBefore),
                    Rehearsed.executed(pair.target(), targetBefore),
                    ended::toString);
            assertEquals(
                    Rehearsed.sessions(pair.online()) - onlineBefore,
                    ended.count("sessions.complete"),
                    ended::toString);
            ReviewedEntries.of(targetTree).assertCovers(ended);
            assertTrue(ended.count("requests.same") > 500, ended::toString);
        }
    }

    private static void copySysbenchRows(Rehearsed pair) {
        for (int table = 1; table <= 2; table++) {
            String rows =
                    pair.online()
                            .sql(
                                    "select concat('(',id,',',k,',',quote(c),',',quote(pad),')')"
                                            + " from app.sbtest"
                                            + table)
                            .strip()
                            .replace("\n", ",");
            pair.target().sql("insert into app.sbtest" + table + " values " + rows);
        }
    }

    /** Work for every family. Writers are alone while they write: row locks have no order yet. */
    private static void drive(Clients clients) {
        clients.mariadb(
                "select * from item",
                "insert into note (text) values ('from the command line')",
                "select count(*), max(text) from note",
                "show tables");
        for (String prepared : new String[] {"disable", "auto"}) {
            clients.sysbench(
                    "oltp_read_write",
                    "run",
                    "--events=20",
                    "--time=0",
                    "--threads=1",
                    // MySQL takes no BEGIN as a prepared statement, see the test for that.
                    "--skip-trx=" + (prepared.equals("auto") ? "on" : "off"),
                    "--db-ps-mode=" + prepared);
            clients.sysbench(
                    "oltp_point_select",
                    "run",
                    "--events=200",
                    "--time=0",
                    "--threads=4",
                    "--db-ps-mode=" + prepared);
        }
        clients.connectorJ(false, Clients::usualWork);
        clients.connectorJ(true, Clients::usualWork);
        clients.mariadbJava(false, Clients::usualWork);
        clients.mariadbJava(true, Clients::usualWork);
        clients.phpMysqli(
                """
                $m = new mysqli('127.0.0.1', getenv('DB_USER'), getenv('DB_PASSWORD'), getenv('DB_NAME'), (int) getenv('DB_PORT'));
                $m->query("insert into note (text) values ('from php')");
                $s = $m->prepare('select * from item where id > ? and name <> ?');
                foreach ([1, 2, 3] as $id) { $name = "item $id"; $s->bind_param('is', $id, $name); $s->execute(); $s->get_result()->fetch_all(); }
                $m->multi_query('select 1; select 2; select * from note'); do { if ($r = $m->store_result()) $r->fetch_all(); } while ($m->next_result());
                """);
        clients.nodeMysql2(
                """
                await c.query("insert into note (text) values ('from node')");
                for (const id of [1, 2, 3]) await c.execute('select * from item where id = ?', [id]);
                await c.execute('insert into note (text, amount) values (?, ?)', ['größe', 1.5]);
                await c.execute('select * from note where text like ?', ['%o%']);
                """);
    }

    /** MySQL takes BEGIN as a text, and not prepared; MariaDB takes both. */
    @Test
    void whatTheTargetCannotPrepareIsNamedAndExecutedAsText() {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MYSQL_9)) {
            Understudy.Ended ended;
            try (Understudy copy = pair.copy("--order", "commit")) {
                pair.clients()
                        .nodeMysql2(
                                """
                                for (const text of ['kept', 'taken back']) {
                                  await c.execute('begin');
                                  await c.execute('insert into note (text) values (?)', [text]);
                                  await c.query(text === 'kept' ? 'commit' : 'rollback');
                                }
                                """);
                ended = copy.stop();
            }
            // An application that prepares it would fail there: that is said, once.
            assertEquals(1, ended.report().at("/requests/different/error-appeared").asLong());
            assertEquals(1, ended.count("requests.different"), ended::toString);
            assertTrue(ended.printed().contains("error 1295"), ended::toString);
            assertEquals(0, ended.count("requests.lost"), ended::toString);
            for (DatabaseServer server : List.of(pair.online(), pair.target())) {
                assertEquals(
                        "kept",
                        server.sql("select text from app.note where id > 1").strip(),
                        ended::toString);
            }
        }
    }

    @Test
    void aSecondUserOfATargetThatRefusesHimIsNamedAndCostsNobodyElse() {
        try (Rehearsed pair =
                Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11)) {
            pair.online()
                    .sql(
                            "create user stranger@'%' identified by 'x'",
                            "grant all on app.* to stranger@'%'");
            Understudy.Ended ended;
            try (Understudy copy = pair.copy()) {
                new Clients(pair.online().port(), "stranger", "x", "app").mariadb("select 1");
                pair.clients().mariadb("select 1");
                ended = copy.stop();
            }
            assertEquals(1, ended.report().at("/sessions/leftOut/unknown-user").asLong());
            assertEquals(1, ended.count("sessions.complete"), ended::toString);
            assertEquals(6, ended.exitCode(), ended::toString);
        }
    }
}
