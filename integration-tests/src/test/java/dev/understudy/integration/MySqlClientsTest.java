package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.ReviewedEntries;
import dev.understudy.integration.lab.Understudy;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mariadb.jdbc.MariaDbPoolDataSource;

/**
 * Two equal MySQL 9 servers with different histories: whatever real clients ask for, in either
 * protocol, is executed on both and answered alike. A difference here is a fault of ours.
 */
@Timeout(300)
class MySqlClientsTest {
    /** Longer than one packet of the protocol can be. */
    private static final int OVER_16_MIB = 17 << 20;

    private static final String[] SCHEMA = {
        "create table app.kinds (id int primary key, t1 tinyint, t1u tinyint unsigned, t2 smallint,"
                + " t2u smallint unsigned, t3 mediumint, t3u mediumint unsigned, t4 int, t4u int"
                + " unsigned, t8 bigint, t8u bigint unsigned, zf int(6) zerofill, d1"
                + " decimal(30,10), f float, d double, b1 bit(1), b64 bit(64), da date, dt datetime,"
                + " dt6 datetime(6), ts timestamp(6) null, ti time, ti6 time(6), y year, e"
                + " enum('a','ü'), s set('x','y','z'), j json, bl blob, bi binary(8), la"
                + " varchar(50) character set latin1, u varchar(50) character set utf8mb4, g"
                + " geometry)",
        "insert into app.kinds values (1, -128, 255, -32768, 65535, -8388608, 16777215,"
                + " -2147483648, 4294967295, -9223372036854775808, 18446744073709551615, 42,"
                + " '-12345678901234567890.0123456789', 3.14159, 2.718281828459045, 1,"
                + " 18446744073709551615, '2024-02-29', '2024-02-29 23:59:59',"
                + " '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.000001', '-838:59:59',"
                + " '-00:00:00.500', 2024, 'ü', 'x,z', '{\"ü\": [1, null]}', x'00ff00fb00fe00',"
                + " x'00', 'größe', '漢字 🎉', st_geomfromtext('POINT(1 2)'))",
        "insert into app.kinds values (2, 127, 0, 1, 0, 1, 0, 1, 0, 9223372036854775807,"
                + " 9223372036854775808, 0, '0.0000000001', 1e10, 1e-300, 0, 0, '0000-00-00',"
                + " '0000-00-00 00:00:00', '1000-01-01 00:00:00.1', '1970-01-02 00:00:01',"
                + " '838:59:59', '-00:00:00.000001', 1901, '', '', '[]', '', '', '', '',"
                + " st_geomfromtext('POLYGON((0 0,0 5,5 5,0 0))'))",
        "insert into app.kinds (id) values (3)",
        "insert into app.kinds (id, f, d) values (4, 1e-7, 123456789012345680), (5, 16777216, 0.1),"
                + " (6, 3.4e38, 1e15), (7, 0.3, 5e-324), (8, 123456.789, 1e22)",
        "create table app.blobs (id int primary key, b longblob, t longtext)"
    };

    /** For the client that runs it: semicolons are its own business otherwise. */
    private static final String PROCEDURE =
            "delimiter //\ncreate procedure app.several(in n int, out total int) begin select *"
                    + " from item where id <= n; select * from item where 1 = 0; set total = 2 *"
                    + " n; end//";

    @Test
    void equalServersNeverDiffer() throws Exception {
        try (Rehearsed pair = Rehearsed.start(DatabaseServer.MYSQL_9, DatabaseServer.MYSQL_9)) {
            for (DatabaseServer server : new DatabaseServer[] {pair.online(), pair.target()}) {
                for (String sql : SCHEMA) {
                    server.sql("set names utf8mb4", "set sql_mode = ''", sql);
                }
                server.sql(PROCEDURE);
            }
            int onlineBefore = Rehearsed.sessions(pair.online());
            int targetBefore = Rehearsed.sessions(pair.target());
            Understudy.Ended ended;
            try (Understudy copy = pair.copy()) {
                drive(pair.clients(), pair.online().port());
                ended = copy.stop();
            }
            ReviewedEntries.of(DatabaseServer.MYSQL_9).assertCovers(ended);
            assertEquals(
                    Rehearsed.executed(pair.online(), onlineBefore),
                    Rehearsed.executed(pair.target(), targetBefore),
                    ended::toString);
            assertEquals(
                    Rehearsed.sessions(pair.online()) - onlineBefore,
                    ended.count("sessions.complete"),
                    ended::toString);
            assertTrue(ended.count("requests.same") > 300, ended::toString);
        }
    }

    /** Not told by the general log: it would be as long. */
    @Test
    void whatIsTooLongForOnePacketIsCopiedWhole() {
        try (Rehearsed pair =
                Rehearsed.start(DatabaseServer.MARIADB_10, DatabaseServer.MARIADB_11)) {
            for (DatabaseServer server : new DatabaseServer[] {pair.online(), pair.target()}) {
                server.sql(
                        "set global general_log = off",
                        "set global max_allowed_packet = " + (64 << 20),
                        "create table app.many (id int primary key, t varchar(100))");
            }
            Understudy.Ended ended;
            // On loopback a burst comes as fast as memory, so the ring has to hold it.
            try (Understudy copy = pair.copy("--ring-mib", "128")) {
                // In sessions of their own: what one may keep waiting is 32 MiB.
                pair.clients().mariadbJava("", MySqlClientsTest::largeRequest);
                pair.clients().mariadbJava("", MySqlClientsTest::largeRow);
                ended = copy.stop();
            }
            ReviewedEntries.of(DatabaseServer.MARIADB_11).assertCovers(ended);
            assertEquals(2, ended.count("sessions.complete"), ended::toString);
            assertEquals("50000", pair.target().sql("select count(*) from app.many").strip());
        }
    }

    private static void drive(Clients clients, int port) throws Exception {
        clients.ofTree(
                DatabaseServer.MYSQL_9,
                "mysql",
                "--ssl-mode=DISABLED",
                "--get-server-public-key",
                "--auto-rehash",
                "--force",
                "-e",
                "select * from item; use app; call several(2, @t); select @t",
                "app");
        for (String options :
                new String[] {
                    "",
                    "useServerPrepStmts=true&cachePrepStmts=true&rewriteBatchedStatements=true"
                            + "&allowMultiQueries=true&blobSendChunkSize=10000",
                    "sessionVariables=sql_mode=ANSI_QUOTES"
                }) {
            clients.connectorJ(options, MySqlClientsTest::work);
        }
        clients.connectorJ("", MySqlClientsTest::changeHowTextsAreRead);
        clients.connectorJ("useServerPrepStmts=true", MySqlClientsTest::resetAsPoolsDo);
        for (String options : new String[] {"", "useServerPrepStmts=true&allowMultiQueries=true"}) {
            clients.mariadbJava(options, MySqlClientsTest::work);
        }
        mariadbPool(port);
        clients.phpMysqli(PHP);
        clients.nodeMysql2(NODE);
    }

    private static void work(Connection connection) throws SQLException {
        Clients.each(
                connection,
                "select * from kinds order by id",
                "select * from nowhere",
                "select 1 / 0",
                "show warnings",
                "set @a = 'ü'",
                "select @a",
                "create temporary table passing (a int)",
                "insert into passing values (1), (2)",
                "select * from passing",
                "start transaction",
                "insert into note (text) values ('rolled back')",
                "rollback",
                "insert ignore into note (id, text) values (1, 'there already')",
                "select 1; select * from nowhere; select 2");
        try (PreparedStatement one =
                connection.prepareStatement("select * from kinds where id = ?")) {
            for (int id = 1; id <= 8; id++) {
                one.setInt(1, id);
                one.execute();
                Clients.drainAll(one);
            }
        }
        byte[] bytes = new byte[50_000];
        for (int i = 0; i < bytes.length; i++) {
            // Not 0x85, at which Java sees a line of the general log end.
            bytes[i] = (byte) (i % 3 == 0 ? 0xFF : i & 0x7F);
        }
        try (PreparedStatement blob =
                connection.prepareStatement("insert into blobs values (?, ?, ?)")) {
            blob.setInt(1, 1);
            blob.setBinaryStream(2, new ByteArrayInputStream(bytes));
            blob.setCharacterStream(3, new StringReader("größe ".repeat(3000)));
            blob.execute();
            blob.setInt(1, 2);
            blob.setBytes(2, bytes);
            blob.setNull(3, Types.VARCHAR);
            blob.execute();
        }
        Clients.each(connection, "select * from blobs order by id", "delete from blobs");
        try (PreparedStatement batch =
                connection.prepareStatement("insert into note (text, amount) values (?, ?)")) {
            for (int i = 0; i < 5; i++) {
                batch.setString(1, "in a batch");
                batch.setInt(2, i);
                batch.addBatch();
            }
            batch.executeBatch();
        }
        try (CallableStatement call = connection.prepareCall("{call several(?, ?)}")) {
            call.setInt(1, 2);
            call.registerOutParameter(2, Types.INTEGER);
            call.execute();
            Clients.drainAll(call);
        }
    }

    /** Behind the driver's back. */
    private static void changeHowTextsAreRead(Connection connection) throws SQLException {
        Clients.each(
                connection,
                "set names latin1",
                "select name from item",
                "set names gbk",
                "select 1",
                "set names utf8mb4",
                "set sql_mode = 'NO_BACKSLASH_ESCAPES'",
                "select 'a\\', 'b'",
                "set sql_mode = default");
    }

    private static void resetAsPoolsDo(Connection connection) throws SQLException {
        for (int i = 0; i < 3; i++) {
            try (PreparedStatement one =
                    connection.prepareStatement("select * from item where id = ?")) {
                one.setInt(1, i);
                one.execute();
                Clients.drainAll(one);
                connection.unwrap(JdbcConnection.class).resetServerState();
            }
        }
    }

    private static void mariadbPool(int port) throws SQLException {
        try (MariaDbPoolDataSource pool =
                new MariaDbPoolDataSource(
                        ("jdbc:mariadb://127.0.0.1:%d/app?sslMode=disable&user=app"
                                        + "&password=online-pw&allowPublicKeyRetrieval=true"
                                        + "&useResetConnection=true&useServerPrepStmts=true"
                                        + "&minPoolSize=1&maxPoolSize=1")
                                .formatted(port))) {
            for (int i = 0; i < 3; i++) {
                try (Connection connection = pool.getConnection();
                        PreparedStatement one =
                                connection.prepareStatement("select * from item where id = ?")) {
                    one.setInt(1, i);
                    one.execute();
                    Clients.drainAll(one);
                }
            }
        }
    }

    /** A result of 50,000 rows, and a statement over 16 MiB. */
    private static void largeRequest(Connection connection) throws SQLException {
        StringBuilder rows = new StringBuilder("insert into many values (0, 'row')");
        for (int i = 1; i < 50_000; i++) {
            rows.append(",(").append(i).append(",'row ").append(i).append("')");
        }
        Clients.each(
                connection,
                rows.toString(),
                "select * from many order by id",
                "select length('" + "x".repeat(OVER_16_MIB) + "')",
                "select 'behind it'");
    }

    private static void largeRow(Connection connection) throws SQLException {
        Clients.each(connection, "select repeat('y', " + OVER_16_MIB + ")", "select 'behind it'");
    }

    private static final String PHP =
            """
            mysqli_report(MYSQLI_REPORT_OFF);
            $m = new mysqli('127.0.0.1', getenv('DB_USER'), getenv('DB_PASSWORD'), getenv('DB_NAME'), (int) getenv('DB_PORT'));
            $m->set_charset('utf8mb4');
            $s = $m->prepare('select * from kinds order by id'); $s->execute(); $s->get_result()->fetch_all(); $s->close();
            $s = $m->prepare('insert into blobs values (?, ?, ?)'); $id = 10; $null = null; $s->bind_param('ibb', $id, $null, $null);
            for ($i = 0; $i < 5; $i++) $s->send_long_data(1, str_repeat("\\0\\xff" . chr($i), 10000));
            $s->send_long_data(2, 'größe'); $s->execute();
            $id = 11; $s->send_long_data(1, 'forgotten'); $s->reset(); $s->send_long_data(1, 'y'); $s->send_long_data(2, ''); $s->execute(); $s->execute(); $s->close();
            $m->query('select * from blobs order by id')->fetch_all(); $m->query('delete from blobs');
            $m->multi_query('call several(3, @q); select @q; select * from nowhere; select 3');
            do { if ($r = $m->store_result()) $r->fetch_all(); } while ($m->more_results() && $m->next_result());
            $s = $m->prepare('call several(?, @q)'); $n = 2; $s->bind_param('i', $n); $s->execute();
            do { if ($r = $s->get_result()) $r->fetch_all(); } while ($s->more_results() && $s->next_result()); $s->close();
            $m->prepare('select * from nowhere where a = ?'); $m->stat(); $m->select_db('nowhere'); $m->select_db('app'); $m->close();
            """;

    private static final String NODE =
            """
            for (let i = 1; i <= 8; i++) { await c.execute('select * from kinds where id = ?', [i]); await c.query('select * from kinds where id = ?', [i]); }
            await c.execute('select ?, ?, ?, ?', [1, 'a', null, 1.5]);
            await c.execute('select * from nowhere').catch(() => {});
            await Promise.all([1, 2, 3, 4].map(i => c.execute('select * from item where id = ?', [i])));
            c.unprepare('select * from item where id = ?'); await c.execute('select * from item where id = ?', [5]); await c.ping();
            """;
}
