package dev.understudy.mysql.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SettingsException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which texts are kept from the target. In the tables ~ is a line feed and ^ a tab. */
class StatementRulesTest {
    private static String rule(String sql, SqlDialect dialect) {
        byte[] text =
                sql.replace('~', '\n').replace('^', '\t').getBytes(StandardCharsets.ISO_8859_1);
        return SqlText.read(text, 0, text.length, dialect)
                .refusal(StatementRules.strict())
                .map(refusal -> refusal.rule().id())
                .orElse("");
    }

    private static String rule(String sql) {
        return rule(sql, SqlDialect.usual());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            textBlock =
                    """
                    accounts        | CREATE USER app IDENTIFIED BY 'x'
                    accounts        | create user if not exists 'app'@'%' identified by 'x'
                    accounts        | CREATE OR REPLACE USER app
                    accounts        | ALTER USER app ACCOUNT LOCK
                    accounts        | DROP USER IF EXISTS app
                    accounts        | RENAME USER a TO b
                    accounts        | GRANT ALL ON *.* TO app
                    accounts        | REVOKE ALL ON a.b FROM app
                    accounts        | SET PASSWORD = 'x'
                    accounts        | SET PASSWORD FOR app = PASSWORD('x')
                    accounts        | SET autocommit = 1, PASSWORD = 'x'
                    accounts        | CREATE ROLE r
                    accounts        | CREATE ROLE r WITH ADMIN app
                    accounts        | DROP ROLE r
                    accounts        | SET DEFAULT ROLE r TO app
                    accounts        | GRANT r TO app WITH ADMIN OPTION
                    kill            | KILL 5
                    kill            | kill query 5
                    kill            | KILL HARD CONNECTION 5
                    kill            | KILL (5)
                    kill            | KILL USER app
                    kill            | KILL @x
                    shutdown        | SHUTDOWN
                    shutdown        | SHUTDOWN WAIT FOR ALL SLAVES
                    shutdown        | RESTART
                    global-settings | SET GLOBAL max_connections = 5
                    global-settings | SET PERSIST a = 1
                    global-settings | SET PERSIST_ONLY a = 1
                    global-settings | SET @@global.a = 1
                    global-settings | SET @@GLOBAL . a = 1
                    global-settings | SET @@persist.a = 1
                    global-settings | SET @@persist_only.a = 1
                    global-settings | SET a = 1, GLOBAL b = 2
                    global-settings | SET a = 1, b = 2, c = NULL, @@global.d = 4
                    global-settings | SET @x = (SELECT 1, 2), GLOBAL b = 2
                    global-settings | SET SESSION a = 1, PERSIST b = 2
                    global-settings | SET GLOBAL TRANSACTION READ ONLY
                    global-settings | RESET PERSIST
                    global-settings | SET NAMES utf8, GLOBAL b = 2
                    replication     | CHANGE MASTER TO MASTER_HOST = 'h'
                    replication     | CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'h'
                    replication     | CHANGE REPLICATION FILTER x
                    replication     | START SLAVE
                    replication     | START ALL SLAVES
                    replication     | START REPLICA
                    replication     | START GROUP_REPLICATION
                    replication     | STOP SLAVE
                    replication     | STOP REPLICA
                    replication     | STOP GROUP_REPLICATION
                    replication     | RESET MASTER
                    replication     | RESET SLAVE ALL
                    replication     | RESET REPLICA
                    replication     | RESET BINARY LOGS AND GTIDS
                    replication     | PURGE BINARY LOGS TO 'x'
                    replication     | BINLOG 'abc'
                    replication     | SET sql_log_bin = 0
                    replication     | SET SESSION sql_log_bin = 0
                    replication     | SET @@session.sql_log_bin = 0
                    replication     | SET @@`sql_log_bin` = 0
                    replication     | SET a = 1, gtid_next = 'x'
                    replication     | SELECT group_replication_set_as_primary('x')
                    server-files    | LOAD DATA INFILE '/f' INTO TABLE t
                    server-files    | LOAD DATA LOW_PRIORITY INFILE '/f' INTO TABLE t
                    server-files    | LOAD DATA CONCURRENT INFILE '/f' REPLACE INTO TABLE local
                    server-files    | LOAD XML INFILE '/f' INTO TABLE t
                    server-files    | SELECT * FROM t INTO OUTFILE '/f'
                    server-files    | SELECT * INTO DUMPFILE '/f' FROM t
                    server-files    | (SELECT 1) UNION (SELECT 2 INTO OUTFILE '/f')
                    server-files    | WITH a AS (SELECT 1) SELECT * FROM a INTO OUTFILE '/f'
                    server-files    | TABLE t INTO OUTFILE '/f'
                    server-files    | EXPLAIN ANALYZE SELECT 1 INTO OUTFILE '/f'
                    server-files    | IMPORT TABLE FROM '/f'
                    server-files    | ALTER TABLE t IMPORT TABLESPACE
                    server-files    | ALTER TABLE t DISCARD TABLESPACE
                    server-code     | INSTALL PLUGIN p SONAME 'p.so'
                    server-code     | UNINSTALL COMPONENT 'file://x'
                    server-code     | CREATE FUNCTION f RETURNS INT SONAME 'f.so'
                    server-code     | CREATE OR REPLACE AGGREGATE FUNCTION f RETURNS INT SONAME 'f.so'
                    server-wide     | CLONE INSTANCE FROM a@h:1 IDENTIFIED BY 'x'
                    server-wide     | CLONE LOCAL DATA DIRECTORY = '/x'
                    server-wide     | FLUSH TABLES WITH READ LOCK
                    server-wide     | FLUSH TABLES t WITH READ LOCK
                    server-wide     | FLUSH TABLES t FOR EXPORT
                    server-wide     | FLUSH TABLES
                    server-wide     | FLUSH LOCAL TABLES
                    server-wide     | FLUSH PRIVILEGES
                    server-wide     | FLUSH STATUS
                    server-wide     | FLUSH BINARY LOGS
                    server-wide     | LOCK INSTANCE FOR BACKUP
                    server-wide     | UNLOCK INSTANCE
                    server-wide     | BACKUP STAGE START
                    server-wide     | CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (PASSWORD 'x')
                    server-wide     | ALTER SERVER s OPTIONS (USER 'x')
                    server-wide     | DROP SERVER s
                    server-wide     | ALTER INSTANCE ROTATE INNODB MASTER KEY
                    server-wide     | CREATE RESOURCE GROUP g TYPE = USER
                    server-wide     | SET RESOURCE GROUP g FOR 5
                    server-wide     | RESET QUERY CACHE
                    server-wide     | UPDATE mysql.user SET x = 1
                    server-wide     | INSERT INTO `mysql`.`user` VALUES (1)
                    server-wide     | DELETE FROM performance_schema.setup_actors
                    server-wide     | CALL mysql.rds_kill(5)
                    server-wide     | DROP TABLE mysql.user
                    server-wide     | DROP DATABASE mysql
                    server-wide     | DROP DATABASE "mysql"
                    server-wide     | DELETE FROM "mysql"."user"
                    unclassified    | NONSENSE 1
                    unclassified    | 5
                    unclassified    | PREPARE s FROM @v
                    unclassified    | PREPARE s FROM CONCAT('KI', 'LL 5')
                    unclassified    | PREPARE s FROM 'SELECT 1' 'x'
                    unclassified    | EXECUTE IMMEDIATE @v
                    unclassified    | EXECUTE IMMEDIATE CONCAT('KILL', ' 5')
                    unclassified    | SELECT 'open
                    unclassified    | SELECT `open
                    unclassified    | SELECT 1 /* open
                    unclassified    | SELECT 1 /*!50000 + 1
                    unclassified    | CREATE NONSENSE x
                    unclassified    | SELECT $$ it's $$
                    """)
    void refuses(String rule, String sql) {
        assertEquals(rule, rule(sql));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            textBlock =
                    """
                    kill            | SELECT 1; KILL 5
                    kill            | SELECT ';'; KILL 5
                    kill            | ;;;KILL 5;
                    kill            | SELECT 1;~-- harmless~KILL 5
                    kill            | /* x */ KILL 5
                    kill            | KILL/**/5
                    kill            | # x~KILL 5
                    kill            | -- x~KILL 5
                    kill            | --~KILL 5
                    kill            | --^x~^KILL^5
                    kill            | /*!KILL 5*/
                    kill            | /*!50000 KILL */ 5
                    kill            | /*!50000KILL 5*/
                    kill            | /*!99999 KILL 5*/
                    kill            | /*!100100 KILL 5*/
                    kill            | /*M! KILL 5 */
                    kill            | /*M!100100 KILL 5 */
                    kill            | SELECT 1 /*!99999 ; KILL 5 */
                    kill            | /*!99999 SELECT */ KILL 5
                    kill            | /*M!100100 SELECT */ KILL 5
                    kill            | /*M! SELECT */ KILL 5
                    kill            | /*!99999 ' */ KILL 5 -- '
                    kill            | /*!99999 /* */ */ KILL 5
                    kill            | /*!80000 SELECT */ /*!90000 1 ; */ KILL 5
                    kill            | KiLl 5
                    kill            | SELECT 'it''s'; KILL 5 -- '
                    kill            | SELECT 'it\\''; KILL 5 -- '
                    kill            | SELECT "a""b"; KILL 5 -- "
                    kill            | SELECT "a\\"; KILL 5 -- "
                    kill            | SELECT `a``b`; KILL 5 -- `
                    kill            | SELECT 1 --1; KILL 5
                    kill            | SELECT @'a;b'; KILL 5
                    kill            | SELECT n'a;b', x'4B', _utf8'a;b'; KILL 5
                    kill            | SELECT 1e1; KILL 5
                    kill            | SELECT /*+ MAX_EXECUTION_TIME(1) */ 1; KILL 5
                    kill            | PREPARE s FROM 'KILL 5'
                    kill            | PREPARE s FROM "KI\\LL 5"
                    kill            | PREPARE s FROM 'PREPARE t FROM ''KILL 5'''
                    kill            | EXECUTE IMMEDIATE 'KILL 5'
                    kill            | EXECUTE IMMEDIATE 'KILL ?' USING 5
                    kill            | SELECT 1; PREPARE s FROM '/*!50000 KILL */ 5'
                    kill            | SET STATEMENT max_statement_time = 1 FOR KILL 5
                    global-settings | SET/**/GLOBAL/**/a=1
                    global-settings | SET~GLOBAL^a = 1
                    global-settings | /*!40101 SET GLOBAL a = 1 */
                    global-settings | /*!40101 SET @@global.a = 1 */;
                    global-settings | SET a = 1 /*!50000 , GLOBAL b = 2 */
                    global-settings | SET @x := 'a, b', GLOBAL b = 2
                    global-settings | BEGIN NOT ATOMIC SET GLOBAL a = 1; END
                    global-settings | BEGIN NOT ATOMIC SELECT 1; SET GLOBAL a = 1; END
                    global-settings | IF 1 THEN SET GLOBAL a = 1; END IF
                    global-settings | CREATE PROCEDURE p() SET GLOBAL a = 1
                    global-settings | CREATE PROCEDURE p() COMMENT 'x' SQL SECURITY INVOKER SET GLOBAL a = 1
                    global-settings | CREATE PROCEDURE p() BEGIN IF x THEN SET GLOBAL a = 1; END IF; END
                    kill            | CREATE PROCEDURE p() BEGIN SELECT 1; KILL (5); END
                    kill            | CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO KILL 5
                    kill            | CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW KILL 5
                    kill            | CREATE DEFINER=`procedure`@`user` PROCEDURE p() l: BEGIN KILL 5; END
                    kill            | CREATE FUNCTION f() RETURNS INT BEGIN DECLARE EXIT HANDLER FOR 1 BEGIN KILL 5; END; END
                    accounts        | CREATE DEFINER = root@localhost PROCEDURE p() GRANT a TO b
                    accounts        | SELECT 1; CREATE /* x */ USER u
                    accounts        | CREATE /*!50000 USER */ u
                    server-files    | SELECT 1 INTO /* x */ OUTFILE '/f'
                    server-files    | SELECT 'x' INTO DUMPFILE x'2F66'
                    unclassified    | CREATE PROCEDURE p() BEGIN PREPARE s FROM @v; EXECUTE s; END
                    unclassified    | /*!50701 a*//*!50702 a*//*!50703 a*//*!50704 a*//*!50705 a*//*!50706 a*/
                    """)
    void isNotDeceived(String rule, String sql) {
        assertEquals(rule, rule(sql));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "/* nothing */",
                "SELECT 1",
                "(SELECT 1) UNION (SELECT 2)",
                "select 'KILL 5; SET GLOBAL a = 1'",
                "select kill, `grant`, t.shutdown from t",
                "select @@global.a, @@GLOBAL.b",
                "SET @x = @@global.a, y = (select @@global.b, 1)",
                "SET global_x = 1, my_global = 2",
                "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
                "SET character_set_results = NULL",
                "SET ROLE r",
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                "SET TRANSACTION READ ONLY",
                "/*!40101 SET @OLD=@@CHARACTER_SET_CLIENT */;",
                "/*!50503 SET NAMES utf8mb4 */",
                "/*!50701 SET a = 1 */",
                "insert into t values (1, 'x'), (2, 'y') on duplicate key update a = values(a)",
                "INSERT INTO dumpfile (a) VALUES (1)",
                "INSERT INTO outfiles SELECT 1",
                "UPDATE t SET password = 'x', global = 1",
                "WITH a AS (SELECT 1) SELECT * FROM a",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT",
                "BEGIN",
                "BEGIN WORK",
                "COMMIT AND CHAIN",
                "XA RECOVER",
                "LOCK TABLES t WRITE",
                "UNLOCK TABLES",
                "FLUSH TABLES t",
                "FLUSH TABLES a, b",
                "LOAD DATA LOCAL INFILE '/f' INTO TABLE t",
                "LOAD DATA LOW_PRIORITY LOCAL INFILE '/f' INTO TABLE t",
                "LOAD INDEX INTO CACHE t",
                "PREPARE s FROM 'select ?'",
                "EXECUTE s USING @a",
                "EXECUTE IMMEDIATE 'select 1'",
                "DEALLOCATE PREPARE s",
                "DROP PREPARE s",
                "CREATE TABLE user (role int, server int)",
                "CREATE TEMPORARY TABLE t (a int)",
                "CREATE UNIQUE INDEX i ON t (a)",
                "CREATE OR REPLACE ALGORITHM = MERGE DEFINER = `user`@`%` VIEW v AS SELECT 1",
                "CREATE DATABASE d",
                "ALTER TABLE t ADD COLUMN kill int",
                "RENAME TABLE a TO b",
                "TRUNCATE t",
                "CREATE PROCEDURE p(a int) BEGIN DECLARE x INT; SET x = 1; "
                        + "IF x THEN UPDATE t SET password = 1; END IF; END",
                "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW UPDATE u SET password = 'x'",
                "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
                "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1",
                "CALL p(1)",
                "DO SLEEP(1)",
                "SHOW GRANTS",
                "SHOW BINARY LOGS",
                "EXPLAIN UPDATE t SET a = 1",
                "ANALYZE TABLE t",
                "HANDLER t OPEN",
                "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
                "SELECT 1 -- KILL 5",
                "SELECT 1 # KILL 5",
                "SELECT 1 /* ; KILL 5 */",
                "SELECT 5--KILL",
                "SELECT 'a\\'; KILL 5 -- '",
                "SELECT {d '2020-01-01'}, \\N, 0xFF, .5, 1e-3, a->>'$.b', :x",
                "select mysql.user.host from mysql.user"
            })
    void letsPass(String sql) {
        assertEquals("", rule(sql));
    }

    @Test
    void readsBackslashesAsTheModeSays() {
        String sql = "SELECT 'a\\'; KILL 5; -- '";
        assertEquals("", rule(sql));
        assertEquals("kill", rule(sql, new SqlDialect(false, SqlDialect.Encoding.UTF8)));
    }

    @Test
    void takesLatin1sSpaceForASpace() {
        String sql = "SET\u00a0GLOBAL\u00a0a = 1";
        assertEquals(
                "global-settings",
                rule(sql, new SqlDialect(true, SqlDialect.Encoding.SINGLE_BYTE)));
        assertEquals("unclassified", rule(sql));
    }

    @Test
    void doesNotReadTextWhoseSecondBytesMayBeQuotes() {
        SqlDialect gbk = new SqlDialect(true, SqlDialect.Encoding.of("gbk"));
        assertEquals("unclassified", rule("SELECT '\u00bf\\'", gbk));
        assertEquals("", rule("SELECT 'plain'", gbk));
        assertEquals("kill", rule("KILL 5", gbk));
    }

    @Test
    void namesTheFirstRuleThatNobodyAllowed() {
        byte[] sql = "KILL 5; SHUTDOWN".getBytes(StandardCharsets.UTF_8);
        SqlText text = SqlText.read(sql, 0, sql.length, SqlDialect.usual());
        assertEquals(
                Optional.of(Rule.SHUTDOWN),
                text.refusal(StatementRules.allowing(List.of("kill"))).map(Refusal::rule));
        assertEquals(
                Optional.empty(),
                text.refusal(StatementRules.allowing(List.of("kill", "shutdown"))));
        SettingsException wrong =
                assertThrows(
                        SettingsException.class, () -> StatementRules.allowing(List.of("kil")));
        assertTrue(wrong.getMessage().contains("'kil' is no rule"), wrong::getMessage);
    }

    @Test
    void tellsWhatItPreparesAndSpeaks() {
        byte[] sql =
                "SET NAMES 'GBK'; PREPARE `S` FROM 'select 1'; EXECUTE t"
                        .getBytes(StandardCharsets.UTF_8);
        SqlText text = SqlText.read(sql, 0, sql.length, SqlDialect.usual());
        assertEquals(Optional.of("gbk"), text.clientCharset());
        assertEquals("[s]", text.prepares().toString());
        assertEquals("[t]", text.executes().toString());
    }
}
