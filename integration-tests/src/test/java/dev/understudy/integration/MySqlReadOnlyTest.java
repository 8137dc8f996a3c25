package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.Clients;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Rehearsed;
import dev.understudy.integration.lab.Understudy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mysql.read-only} against all that would write, with every other rule switched off. */
@Timeout(200)
class MySqlReadOnlyTest {
    /** The online server executes them for real, or refuses them in its own words. */
    private static final List<String> WRITING =
            List.of(
                    "insert into note (text) values ('w1')",
                    "INSERT/**/INTO note (text) values ('w2')",
                    "/* c */ insert into note (text) values ('w3')",
                    "-- c\ninsert into note (text) values ('w4')",
                    "# c\ninsert into note (text) values ('w5')",
                    "/*!50000 insert into note (text) values ('w6') */",
                    "/*!80000 insert into note (text) values ('w7') */",
                    "/*!99999 select 1 from */ insert into note (text) values ('w8')",
                    "select 1; insert into note (text) values ('w9')",
                    "insert into note (text) select name from item",
                    "insert into note (text) with x as (select 'w10' a) select a from x",
                    "insert into note (id, text) values (1, 'w') on duplicate key update text = 'w11'",
                    "replace into note (id, text) values (2, 'w12')",
                    "update note set text = 'w13' where id = 1",
                    "with x as (select 1 a) update note, x set text = 'w14' where note.id = x.a",
                    "with x as (select 77 a) delete from note where id in (select a from x)",
                    "delete from note where id = 2",
                    "create table t1 (a int)",
                    "create table t2 as select * from item",
                    "alter table t1 add column b int",
                    "create index i1 on t1 (a)",
                    "drop index i1 on t1",
                    "rename table t2 to t3",
                    "drop table t3",
                    "create temporary table tt (a int)",
                    "insert into tt values (1)",
                    "create view v1 as select 1",
                    "create or replace view v1 as select 2",
                    "create database other1",
                    "drop database other1",
                    "create procedure p1() insert into note (text) values ('w15')",
                    "call p1()",
                    "{call p1()}",
                    "create trigger tr1 before insert on item for each row set new.name = 'w16'",
                    "create event e1 on schedule every 1 day do delete from note",
                    "select * from item for update",
                    "(select * from item where id = 1 for update skip locked)",
                    "select writes()",
                    "select name, (select writes()) from item limit 1",
                    "do writes()",
                    "set @x = writes()",
                    "start transaction read write; insert into note (text) values ('w17'); commit",
                    "start transaction with consistent snapshot, read write",
                    "insert into note (text) values ('w18')",
                    "commit",
                    "set session transaction read write",
                    "insert into note (text) values ('w19')",
                    "set transaction read write",
                    "select writes()",
                    "set transaction_read_only = 0",
                    "set session transaction_read_only = off",
                    "set @@session.transaction_read_only = default",
                    "set @@transaction_read_only := 0",
                    "set @a = 1, transaction_read_only = 0",
                    "select writes()",
                    "begin",
                    "insert into note (text) values ('w20')",
                    "commit",
                    "set autocommit = 0",
                    "insert into note (text) values ('w21')",
                    "set autocommit = 1",
                    "prepare w from 'insert into note (text) values (''w22'')'",
                    "execute w",
                    "set @s = 'insert into note (text) values (''w23'')'",
                    "prepare w2 from @s",
                    "execute w2",
                    "lock tables note write",
                    "unlock tables",
                    "analyze table note",
                    "optimize table note",
                    "set global max_connections = 321",
                    "set @@global.wait_timeout = 1234",
                    "set @y = 1, global net_read_timeout = 44",
                    "set persist max_connections = 322",
                    "reset persist",
                    "create user ro1@'%' identified by 'x'",
                    "grant select on app.* to ro1@'%'",
                    "drop user ro1@'%'",
                    "select 'x' into outfile '/var/lib/mysql-files/w24'",
                    "select get_lock('l', 1)",
                    "do get_lock('l2', 1)",
                    "xa start 'x'; insert into note (text) values ('w25'); xa end 'x';"
                            + " xa prepare 'x'; xa commit 'x'",
                    "explain analyze delete note from note, item where note.id = 99",
                    "set sql_mode = 'ANSI_QUOTES'",
                    "select \"\\\"; insert into note (text) values ('w26'); -- \"",
                    "set sql_mode = 'NO_BACKSLASH_ESCAPES'",
                    "select '\\'; insert into note (text) values ('w27'); -- '",
                    "set sql_mode = default",
                    // What the text is hangs on a mode that the text itself sets.
                    "set sql_mode = 'NO_BACKSLASH_ESCAPES';"
                            + " select '\\'; set global max_connections = 331; -- '",
                    "set sql_mode = default",
                    // Kept back whole, so that only production has the mode from then on.
                    "insert into note (text) values ('w28'); set sql_mode = 'NO_BACKSLASH_ESCAPES'",
                    "select '\\' , '; set global max_connections = 332; -- '",
                    "set sql_mode = default",
                    "prepare m from 'set \\sql_mode = ''NO_BACKSLASH_ESCAPES'''",
                    "execute m",
                    "select '\\'; set global max_connections = 333; -- '",
                    "set sql_mode = default",
                    "set @@global.hot.key_buffer_size = 131072",
                    "set @@global.max_connections := 334",
                    "set @a = 1, @@global.max_connections = 335",
                    "cache index note in default",
                    "load index into cache note",
                    "check table note",
                    "repair table note",
                    "flush tables",
                    "reset query cache",
                    "kill 999999",
                    "handler note open",
                    "/*!insert into note (text) values ('w29') */",
                    "/* /* */ insert into note (text) values ('w30') /* */",
                    "select 1 /* ; */; /*!999999 select */ insert into note (text) values ('w31')",
                    "load data infile '/etc/hostname' into table note (text)",
                    "select @v := 1 from item for update",
                    "explain analyze update note, item set note.text = 'w33' where note.id = item.id",
                    "do release_all_locks(), get_lock('l3', 0)",
                    "select `get_lock`('l4', 0)",
                    "select get_lock /**/ ('l5', 0)",
                    "create role ro2",
                    "create server s2 foreign data wrapper mysql options (host 'x')",
                    "alter database app character set latin1",
                    "/*M! insert into note (text) values ('m1') */",
                    "/*M!100100 insert into note (text) values ('m2') */",
                    "insert into note (text) values ('m3') returning id",
                    "delete from note where id = 1 returning id",
                    "create or replace table t4 (a int)",
                    "create sequence q1",
                    "select nextval(q1)",
                    "select next value for q1",
                    "select setval(q1, 500)",
                    "do setval(q1, 600)",
                    "execute immediate 'insert into note (text) values (''m4'')'",
                    "execute immediate concat('insert into note (text) ', 'values (''m5'')')",
                    "begin not atomic insert into note (text) values ('m6'); end",
                    "if 1 = 1 then insert into note (text) values ('m7'); end if",
                    "analyze format=json insert into note (text) values ('m8')",
                    "set statement max_statement_time = 9 for insert into note (text) values ('m9')",
                    "truncate table note");

    private static final String[] READING = {
        "select count(*) from item",
        "select insert('abc', 1, 1, replace('x', 'x', 'y'))",
        "with x as (select replace('a', 'a', 'b') r) select r from x",
        "show tables",
        "explain select * from item",
        "set @a = (select count(*) from item)",
        "start transaction read write",
        "select @a, name from item where id = 1",
        "commit",
        "select * from item lock in share mode",
        "checksum table item",
        "table item"
    };

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {DatabaseServer.MYSQL_9, DatabaseServer.MARIADB_11})
    void nothingIsWrittenWhateverElseIsAllowed(String tree) throws Exception {
        try (Rehearsed pair = Rehearsed.start(tree, tree)) {
            for (DatabaseServer server : List.of(pair.online(), pair.target())) {
                server.sql(
                        "grant all on *.* to app@'%' with grant option",
                        "set global log_bin_trust_function_creators = 1");
                server.sql(
                        "delimiter //\ncreate function app.writes() returns int modifies sql data"
                                + " begin insert into app.note (text) values ('by a function');"
                                + " return 1; end//");
            }
            Path config = Files.createTempFile("understudy-it", ".yaml");
            Files.writeString(
                    config,
                    """
                    mysql:
                      users:
                        app: { password: "${env:TARGET_PASSWORD}" }
                      read-only: true
                      allow: [accounts, kill, shutdown, global-settings, replication, server-files,
                              server-code, server-wide, unclassified]
                    """);
            List<String> before = state(pair.target());
            List<String> onlineBefore = state(pair.online());
            Understudy.Ended ended;
            try (Understudy copy = pair.copyTo(pair.target().address(), config)) {
                String[] statements = WRITING.toArray(String[]::new);
                pair.clients().connectorJ("", c -> Clients.each(c, READING));
                pair.clients()
                        .connectorJ("allowMultiQueries=true", c -> Clients.each(c, statements));
                pair.clients().connectorJ("useServerPrepStmts=true", MySqlReadOnlyTest::prepared);
                ended = copy.stop();
            }
            assertEquals(before, state(pair.target()), ended::toString);
            assertNotEquals(onlineBefore, state(pair.online()), "online executed them");
            assertTrue(WRITING.size() >= 120, "an adversarial list");
            assertEquals(3, ended.count("sessions.complete"), ended::toString);
            assertEquals(
                    List.of(),
                    pair.target().generalLog().sessionsOf(Rehearsed.USER).stream()
                            .flatMap(session -> session.statements().stream())
                            .filter(
                                    line ->
                                            line.toLowerCase(java.util.Locale.ROOT)
                                                    .contains("read write"))
                            .toList(),
                    "no transaction of the target may write");
        }
    }

    private static void prepared(Connection connection) throws SQLException {
        for (String sql : WRITING) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.execute();
            } catch (SQLException answered) {
                if (!connection.isValid(5)) {
                    throw answered;
                }
            }
        }
    }

    private static List<String> state(DatabaseServer server) {
        List<String> state = new ArrayList<>();
        List<String> ofFlavour =
                server.isMySql()
                        ? List.of(
                                "select user, host, authentication_string from mysql.user order by 1, 2",
                                "select variable_name, variable_value from performance_schema.global_variables where variable_name not like 'gtid%' order by 1",
                                "select variable_name, variable_value from performance_schema.persisted_variables")
                        : List.of(
                                "select user, host, priv from mysql.global_priv order by 1, 2",
                                "select variable_name, variable_value from information_schema.global_variables where variable_name not like 'gtid%' order by 1",
                                "select key_cache_name, full_size from information_schema.key_caches");
        ofFlavour.forEach(sql -> state.add(server.sql(sql)));
        for (String sql :
                List.of(
                        "select * from app.note order by id",
                        "select * from app.item order by id",
                        "select table_schema, table_name, table_type from information_schema.tables order by 1, 2",
                        "select schema_name from information_schema.schemata order by 1",
                        "select routine_name, routine_definition from information_schema.routines where routine_schema = 'app' order by 1",
                        "select trigger_name from information_schema.triggers where trigger_schema = 'app'",
                        "select event_name from information_schema.events",
                        "select default_collation_name from information_schema.schemata where schema_name = 'app'",
                        "select server_name from mysql.servers")) {
            state.add(server.sql(sql));
        }
        return state;
    }
}
