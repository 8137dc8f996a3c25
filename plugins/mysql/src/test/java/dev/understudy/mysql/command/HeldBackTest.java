package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.okPayload;
import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is kept back by the user's own filters, by read-only, and what depends on it. */
class HeldBackTest {
    private static final ByteBuf IN_TRANSACTION = packet(1, okPayload(0, 0, 3, 0));

    private static CommandSettings settings(Map<String, ?> values) {
        InetSocketAddress nowhere = InetSocketAddress.createUnresolved("x", 1);
        return CommandSettings.of(
                new RunContext(Settings.of("mysql", values), nowhere, nowhere, 1024));
    }

    private static Playbook denying(Map<String, ?> entry) {
        return begun(settings(Map.of("deny", Map.of("mine", entry))));
    }

    private static Playbook begun(CommandSettings settings) {
        return Phase.begun(settings, "app", "shop");
    }

    /** What becomes of a query whose answer, in production, leaves no transaction open. */
    private static String fate(Playbook story, String sql) {
        return fate(story, sql, ok());
    }

    private static String fate(Playbook story, String sql, ByteBuf answer) {
        story.client(query(sql));
        String fate = words(story).getLast().replaceAll(" [0-9]+", "");
        if (fate.equals("send")) {
            story.target(ok());
        }
        story.server(answer.copy());
        return fate;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    user      | ap*                 | select 1                       | true
                    user      | other               | select 1                       | false
                    database  | shop                | select 1                       | true
                    database  | logs                | select * from logs.t           | true
                    database  | logs                | select * from t                | false
                    table     | order*              | select * from `Orders` o       | true
                    table     | orders              | select 'orders'                | false
                    digest    | select a from t where b = 7 | SELECT a FROM t WHERE b=9 | true
                    digest    | select a from t where b = 7 | SELECT a FROM t WHERE c=9 | false
                    class     | read                | select 1                       | true
                    class     | read                | insert into t select 1         | false
                    class     | write               | insert into t select 1         | true
                    class     | write               | select 1 from t for update     | true
                    class     | write               | select 1; delete from t        | true
                    class     | ddl                 | /* x */ (alter table t add b int) | true
                    class     | ddl                 | update t set a = 1             | false
                    class     | transaction         | begin                          | true
                    class     | session             | set names utf8mb4              | true
                    class     | call                | call p()                       | true
                    class     | write               | prepare s from 'delete from t' | true
                    client    | 192.0.2.0/24        | select 1                       | false
                    statement | (?i)SLEEP\\(          | select sleep(5)                | true
                    statement | ^sleep              | select sleep(5)                | false
                    """)
    void filtersByOneThing(String what, String value, String sql, boolean denied) {
        Playbook story = denying(Map.of(what, value));
        assertEquals(denied ? "skipped deny-mine" : "send", fate(story, sql));
    }

    @Test
    void allThatIsGivenHasToFit() {
        Playbook story = denying(Map.of("user", "app", "table", "orders"));
        assertEquals("send", fate(story, "select * from items"));
        assertEquals("skipped deny-mine", fate(story, "select * from orders"));
    }

    @Test
    void anExpressionThatFindsNoEndHoldsBack() {
        Playbook story = denying(Map.of("statement", "(x+x+)+\\1y"));
        assertEquals("skipped deny-mine", fate(story, "select '" + "x".repeat(60) + "'"));
    }

    @Test
    void aKillIsNotSentPastAFilter() {
        assertEquals("skipped deny-mine", fate(denying(Map.of("user", "app")), "kill 100"));
    }

    @Test
    void theDefaultDatabaseIsFollowed() {
        Playbook story = denying(Map.of("database", "logs"));
        assertEquals("send", fate(story, "select 1"));
        story.client(command(Command.COM_INIT_DB, text("logs"))).server(ok());
        assertEquals("skipped deny-mine", fate(story, "select 1"));
        assertEquals("skipped deny-mine", fate(story, "use shop"));
    }

    @Test
    void onlyWhatIsNamedIsSentAndWhatSteersTheSession() {
        Playbook story = begun(settings(Map.of("only", Map.of("reads", Map.of("table", "item")))));
        assertEquals("send", fate(story, "select * from item"));
        assertEquals("skipped not-in-only", fate(story, "select * from note"));
        assertEquals("send", fate(story, "set names utf8mb4"));
        assertEquals("send", fate(story, "begin"));
        assertEquals("skipped not-in-only", fate(story, "set @a = 1; select 1"));
    }

    @Test
    void aClassThatAloneIsSentIsThatOfEachStatement() {
        Playbook story = begun(settings(Map.of("only", Map.of("reads", Map.of("class", "read")))));
        assertEquals("send", fate(story, "select 1"));
        assertEquals("send", fate(story, "select 1; show tables"));
        assertEquals("skipped not-in-only", fate(story, "select 1; update t set a = 1"));
        assertEquals("skipped not-in-only", fate(story, "select a from t for update"));
        assertEquals("send", fate(story, "prepare s from 'select 1'"));
        assertEquals("send", fate(story, "commit"));
        assertEquals("skipped not-in-only", fate(story, "create table t (a int)"));
    }

    @Test
    void aPreparedStatementIsFilteredToo() {
        Playbook story = denying(Map.of("table", "orders"));
        story.client(command(Command.COM_STMT_PREPARE, text("select * from orders")));
        assertEquals("skipped 1 deny-mine", words(story).getLast());
        story.server(Bytes.prepared(1, 0));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")));
        assertEquals("skipped 2 deny-mine", words(story).getLast());
    }

    @Test
    void whatNeedsATableOrVariableThatIsNotThereIsHeldBack() {
        Playbook story = denying(Map.of("statement", "as denied"));
        assertEquals(
                "skipped deny-mine",
                fate(story, "create temporary table if not exists T1 as denied"));
        assertEquals("skipped depends-on-skipped", fate(story, "select * from `t1`"));
        assertEquals("send", fate(story, "select * from t2"));
        assertEquals("send", fate(story, "create temporary table t1 (a int)"));
        assertEquals("send", fate(story, "select * from t1"));
        assertEquals("skipped deny-mine", fate(story, "select 1 as denied into @V"));
        assertEquals("skipped depends-on-skipped", fate(story, "select @v"));
        assertEquals("skipped depends-on-skipped", fate(story, "set @w = @v + 1"));
        assertEquals("skipped depends-on-skipped", fate(story, "select @w"));
        assertEquals("send", fate(story, "set @v = 1"));
        assertEquals("send", fate(story, "select @v"));
        story.client(command(Command.COM_RESET_CONNECTION)).server(ok()).target(ok());
        assertEquals("send", fate(story, "select @w"));
    }

    @Test
    void aTransactionThatIsNotThereIsNotFilled() {
        Playbook story = denying(Map.of("statement", "^start transaction"));
        story.client(command(Command.COM_STMT_PREPARE, text("select 1")));
        story.server(Bytes.prepared(1, 0)).target(Bytes.prepared(1, 0));
        assertEquals("skipped deny-mine", fate(story, "start transaction", IN_TRANSACTION));
        assertEquals(
                "skipped depends-on-skipped", fate(story, "insert t values (1)", IN_TRANSACTION));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")));
        assertEquals("skipped 4 depends-on-skipped", words(story).getLast());
        story.server(IN_TRANSACTION.copy());
        assertEquals("skipped depends-on-skipped", fate(story, "commit"));
        assertEquals("send", fate(story, "insert t values (2)"));
    }

    @Test
    void aDatabaseThatWasNotChosenIsNotUsed() {
        Playbook story = denying(Map.of("statement", "^use logs"));
        assertEquals("skipped deny-mine", fate(story, "use logs"));
        assertEquals("skipped depends-on-skipped", fate(story, "select * from t"));
        assertEquals("send", fate(story, "use shop"));
        assertEquals("send", fate(story, "select * from t"));
    }

    @Test
    void readOnlyGuardsTheTargetBeforeAnythingIsSent() {
        CommandSettings readOnly = settings(Map.of("read-only", true));
        List<SessionAction> out = new ArrayList<>();
        Playbook story = Phase.begun(readOnly, "app", "shop", out);
        assertEquals("injected read-only", words(out).getFirst());
        ByteBuf sent = ((SessionAction.Send) out.get(1)).bytes();
        assertEquals(Packet.encoded(0, query(OwnStatements.READ_ONLY).skipBytes(4)), sent);
        assertEquals(List.of("hold read-only"), words(story.client(query("select 1"))));
        assertEquals(List.of("resume", "asked 1 COM_QUERY", "send 1"), words(story.target(ok())));
        story.server(ok()).target(ok());
        assertEquals("skipped read-only", fate(story, "delete from t"));
        story.client(command(Command.COM_DROP_DB, text("x")));
        assertEquals("skipped 3 read-only", words(story).getLast());
        story.server(ok()).client(command(Command.COM_RESET_CONNECTION));
        assertEquals(
                List.of("asked 4 COM_RESET_CONNECTION", "send 4", "injected read-only", "send -1"),
                words(story));
    }

    @Test
    void aTargetThatKnowsNoReadOnlyIsLeftAlone() {
        Playbook story =
                Phase.begun(settings(Map.of("read-only", true)), "app", "shop", new ArrayList<>());
        assertEquals(List.of("leave read-only"), words(story.target(error(1064, "what?"))));
    }

    @Test
    void wrongFiltersAreNamed() {
        for (Map<String, ?> wrong :
                List.of(
                        Map.of("deny", Map.of("a", Map.of())),
                        Map.of("deny", Map.of("a", Map.of("tabel", "x"))),
                        Map.of("deny", Map.of("a", Map.of("class", "reads"))),
                        Map.of("only", Map.of("a", Map.of("statement", "("))))) {
            SettingsException e =
                    Assertions.assertThrows(SettingsException.class, () -> settings(wrong));
            Assertions.assertTrue(e.getMessage().contains(".a"), e.getMessage());
        }
        assertEquals(StatementRules.strict().isReadOnly(), settings(Map.of()).rules().isReadOnly());
    }
}
