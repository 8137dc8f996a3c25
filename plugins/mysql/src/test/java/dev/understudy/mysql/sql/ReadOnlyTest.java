package dev.understudy.mysql.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.understudy.protocol.SettingsException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadOnlyTest {
    /** Whatever else is allowed, this is not. */
    private static final StatementRules READ_ONLY =
            StatementRules.allowing(
                            Arrays.stream(Rule.values())
                                    .filter(rule -> rule != Rule.READ_ONLY)
                                    .map(Rule::id)
                                    .toList())
                    .readOnly();

    private static SqlText read(String text) {
        byte[] bytes = ("--" + text).getBytes(StandardCharsets.UTF_8);
        return SqlText.read(bytes, 2, bytes.length, SqlDialect.usual());
    }

    private static Optional<Rule> refused(String text) {
        return read(text).refusal(READ_ONLY).map(Refusal::rule);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert into t values (1)",
                "/*!99999 insert into t values (1) */",
                "/*! */ delete from t",
                "select 1; update t set a = 1",
                "with x as (select 1) delete from t",
                "with x as (select 1) insert into t select * from x",
                "with recursive x as (select 1) update t set a = 1",
                "select * from t for update",
                "(select * from t for update)",
                "select * from t where a in (select b from u for update)",
                "select 1 into outfile '/x'",
                "select get_lock('a', 1)",
                "set @x = get_lock('a', 1)",
                "select `get_lock`('a', 1)",
                "select `GET_LOCK` /* x */ ('a', 1)",
                "select \"get_lock\"('a', 1)",
                "select s.`nextval`",
                "select `setval`(s, 1)",
                "select `service_get_write_locks`('a', 'b', 1)",
                "select `group_replication_set_as_primary`('x')",
                "do setval(s, 1)",
                "select nextval(s)",
                "select next value for s",
                "select s.nextval",
                "select keyring_key_store('a', 'AES', 'b')",
                "call p()",
                "create temporary table t (a int)",
                "drop temporary table t",
                "truncate t",
                "analyze table t",
                "analyze no_write_to_binlog table t",
                "analyze update t set a = 1",
                "analyze format=json delete from t",
                "explain analyze delete t from t, u",
                "lock tables t read",
                "start slave",
                "begin not atomic insert into t values (1); end",
                "if 1 then delete from t; end if",
                "x: begin delete from t; end",
                "xa start 'x'",
                "load data local infile 'x' into table t",
                "load index into cache t",
                "cache index t in c",
                "kill 5",
                "flush tables",
                "set global a = 1",
                "set @@global.a = 1",
                "set @@persist.a = 1",
                "set @@global.hot.key_buffer_size = 1",
                "set @a = 1, @@global.hot.key_buffer_size = 1",
                "set gtid_next = 'a:1'",
                "do innodb_redo_log_consumer_register()",
                "select load_rewrite_rules()",
                "prepare s from 'set names gbk'",
                "execute immediate 'set @@sql_mode = 0'",
                "set a = 1, persist_only b = 2",
                "set transaction_read_only = 0",
                "set session \"transaction_read_only\" = 0",
                "set @@session.tx_read_only := off",
                "set session transaction_read_only = 0",
                "set statement tx_read_only = 0 for select 1",
                "set statement max_statement_time = 1 for update t set a = 1",
                "set password = 'x'",
                "set default role none to a",
                "prepare s from 'delete from t'",
                "prepare s from 'start transaction read write'",
                "prepare s from @x",
                "execute immediate 'delete from t'",
                "execute immediate concat('del', 'ete from t')",
                "grant all on *.* to a",
                "check table t",
                "repair table t",
                "optimize table t",
                "rename table t to u",
                "import table from 'x'",
                "nonsense",
                "select 'open"
            })
    void mayWrite(String text) {
        assertEquals(Optional.of(Rule.READ_ONLY), refused(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select insert('abc', 1, 1, 'x'), replace('a', 'b', 'c')",
                "select `update`, `delete` from `insert`",
                "select 'delete from t', \"update t\"",
                "with x as (select replace('a', 'b', 'c')) select * from x",
                "((select 1) union (select 2)) order by 1",
                "values row(1, 2)",
                "table t",
                "select a into @x from t",
                "select * from t lock in share mode",
                "select * from t for share",
                "show create table t",
                "describe t",
                "explain delete from t",
                "explain analyze select * from t",
                "analyze select * from t",
                "analyze format=json select * from t",
                "handler t read first",
                "checksum table t",
                "use db",
                "begin",
                "begin work",
                "start transaction with consistent snapshot",
                "commit and chain",
                "rollback to savepoint a",
                "savepoint a",
                "set names utf8mb4",
                "set session sql_mode = '', @x = 1, autocommit = 0",
                "set @old = @@global.max_connections, @b = @@session.sql_mode",
                "set session transaction isolation level read committed",
                "set role none",
                "prepare s from 'select 1'",
                "execute s",
                "deallocate prepare s",
                "do sleep(0)",
                "xa recover",
                "help 'x'",
                "unlock tables",
                "/* insert */ select 1 -- delete",
                "select $$"
            })
    void onlyReads(String text) {
        assertEquals(Optional.empty(), refused(text));
    }

    @Test
    void readWriteBecomesReadOnly() {
        for (List<String> pair :
                List.of(
                        List.of("start transaction read write", "start transaction read ONLY "),
                        List.of(
                                "select 1; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ/**/WRITE; select 2",
                                "select 1; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ/**/ONLY ; select 2"),
                        List.of(
                                "set session transaction isolation level serializable, read write",
                                "set session transaction isolation level serializable, read ONLY "),
                        List.of("set transaction read write", "set transaction read ONLY "),
                        List.of("select 'read write'", "select 'read write'"))) {
            byte[] bytes = ("--" + pair.getFirst()).getBytes(StandardCharsets.UTF_8);
            byte[] sent = read(pair.getFirst()).readingOnly(bytes, 2);
            assertEquals("--" + pair.getLast(), new String(sent, StandardCharsets.UTF_8));
        }
    }

    @Test
    void nobodyAllowsIt() {
        assertThrows(SettingsException.class, () -> StatementRules.allowing(List.of("read-only")));
    }
}
