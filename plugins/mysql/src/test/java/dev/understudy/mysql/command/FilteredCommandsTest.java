package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Bytes.u32;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The filters of the user: nothing that they name is sent in another way than by a text. */
class FilteredCommandsTest {
    private static Playbook begun(Map<String, ?> values) {
        InetSocketAddress nowhere = InetSocketAddress.createUnresolved("x", 1);
        return Phase.begun(
                CommandSettings.of(
                        new RunContext(Settings.of("mysql", values), nowhere, nowhere, 1024)),
                "app",
                "shop");
    }

    private static Playbook denying(String what, String value) {
        return begun(Map.of("deny", Map.of("mine", Map.of(what, value))));
    }

    private static Playbook sendingOnly(String what, String value) {
        return begun(Map.of("only", Map.of("mine", Map.of(what, value))));
    }

    private static String fate(Playbook story, ByteBuf command) {
        story.client(command);
        return words(story).getLast().replaceAll(" [0-9]+", "");
    }

    /** As {@link #fate}, and both sides say that it went well. */
    private static String done(Playbook story, ByteBuf command) {
        String fate = fate(story, command);
        if (fate.equals("send")) {
            story.target(ok());
        }
        story.server(ok());
        return fate;
    }

    @ParameterizedTest
    @CsvSource({
        "COM_INIT_DB, database, payroll",
        "COM_CREATE_DB, database, pay*",
        "COM_DROP_DB, database, payroll",
        "COM_DROP_DB, statement, (?i)^drop",
        "COM_DROP_DB, digest, drop database payroll",
        "COM_FIELD_LIST, table, payroll",
        "COM_FIELD_LIST, user, app",
        "COM_PROCESS_INFO, user, app"
    })
    void commandsThatNameAThingAreHeldAgainstTheFilters(
            Command command, String what, String value) {
        ByteBuf payload =
                command == Command.COM_PROCESS_INFO
                        ? command(command)
                        : command(command, text("payroll"));
        assertEquals("skipped deny-mine", fate(denying(what, value), payload.copy()));
        assertEquals("send", fate(denying("table", "unheard"), payload.copy()));
        assertEquals(
                command == Command.COM_INIT_DB ? "send" : "skipped not-in-only",
                fate(sendingOnly("table", "unheard"), payload.copy()));
    }

    @Test
    void aNameIsNoWayOutOfItsQuotes() {
        assertEquals(
                "skipped deny-mine",
                fate(denying("database", "a`b"), command(Command.COM_DROP_DB, text("a`b"))));
        assertEquals(
                "skipped server-wide",
                fate(begun(Map.of()), command(Command.COM_DROP_DB, text("mysql"))));
    }

    @Test
    void aKillByCommandIsFiltered() {
        ByteBuf kill = command(Command.COM_PROCESS_KILL, u32(Phase.CAPTURED_THREAD));
        assertEquals("send", fate(denying("user", "other"), kill.copy()));
        assertEquals("skipped deny-mine", fate(denying("user", "app"), kill.copy()));
        assertEquals("skipped not-in-only", fate(sendingOnly("table", "t"), kill.copy()));
    }

    @Test
    void aCommandThatARuleLetsThroughIsFilteredYet() {
        for (String user : List.of("app", "other")) {
            Playbook story =
                    begun(
                            Map.of(
                                    "allow",
                                    List.of("server-wide"),
                                    "deny",
                                    Map.of("mine", Map.of("user", user))));
            assertEquals(
                    user.equals("app") ? "skipped deny-mine" : "send",
                    fate(story, command(Command.COM_REFRESH, hex("04"))));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    table     | salary | prepare s from 'delete from salary'
                    database  | hr     | prepare s from 'delete from hr.salary'
                    table     | salary | execute immediate 'delete from salary'
                    table     | salary | prepare s from 'prepare t from ''delete from salary'''
                    table     | salary | prepare s from 'delete from `sal\\x61ry`'
                    statement | ^delete | execute immediate 'delete from salary'
                    digest    | delete from salary where a = 1 | prepare s from 'DELETE FROM salary WHERE a=?'
                    digest    | delete from salary where a = 1 | select 1; delete from salary where a = 5; select 2
                    """)
    void textsWithinTextsAreLookedAt(String what, String value, String sql) {
        String escaped = sql.replace("\\x61", "\\a");
        assertEquals("skipped deny-mine", fate(denying(what, value), query(escaped)));
    }

    @Test
    void onlyLooksAtTextsWithinTextsToo() {
        Playbook story = sendingOnly("table", "item");
        assertEquals("send", done(story, query("prepare s from 'select * from item'")));
        assertEquals(
                "skipped not-in-only", done(story, query("prepare s from 'select * from note'")));
    }

    @Test
    void aTextThatCannotBeReadIsTakenForWhatADenialNames() {
        Playbook story =
                begun(
                        Map.of(
                                "allow",
                                List.of("unclassified"),
                                "deny",
                                Map.of("mine", Map.of("table", "salary"))));
        assertEquals("skipped deny-mine", fate(story, query("prepare s from @x")));
    }

    @Test
    void theDatabaseStaysWhereAUseFails() {
        Playbook story = denying("database", "payroll");
        // Production and target are in 'shop' all the time.
        story.client(query("use other")).server(error(1049, "unknown")).target(error(1049, "?"));
        assertEquals("send", done(story, query("select 1")));
        Playbook inside =
                Phase.begun(
                        CommandSettings.of(
                                new RunContext(
                                        Settings.of(
                                                "mysql",
                                                Map.of(
                                                        "deny",
                                                        Map.of(
                                                                "mine",
                                                                Map.of("database", "payroll")))),
                                        InetSocketAddress.createUnresolved("x", 1),
                                        InetSocketAddress.createUnresolved("x", 1),
                                        1024)),
                        "app",
                        "payroll");
        assertEquals("skipped deny-mine", fate(inside, query("use nowhere")));
        inside.server(error(1049, "unknown"));
        assertEquals("skipped deny-mine", done(inside, query("delete from salary")));
        assertEquals("skipped deny-mine", done(inside, command(Command.COM_INIT_DB, text("shop"))));
    }

    /** In gbk the second byte of a character may be a backslash (D5 5C) or a backtick (81 60). */
    @Test
    void aNameIsReadInTheCharacterSetOfItsClient() {
        Playbook story = denying("database", "誠乣*");
        assertEquals("send", done(story, query("set names gbk")));
        assertEquals(
                "skipped deny-mine",
                done(story, command(Command.COM_INIT_DB, hex("d55c 8160 78"))));
        assertEquals("skipped deny-mine", done(story, query("select 1")));
        Playbook other = denying("database", "誠乣*");
        assertEquals("send", done(other, query("set names gbk")));
        assertEquals("send", done(other, command(Command.COM_INIT_DB, hex("d55c 60 78"))));
        assertEquals("send", done(other, query("select 1")));
        assertEquals(
                "skipped deny-mine", done(other, command(Command.COM_DROP_DB, hex("d55c 8160"))));
        // What is no text in it is not read, and so not sent.
        Playbook cut = begun(Map.of());
        assertEquals("send", done(cut, query("set names gbk")));
        assertEquals("skipped unclassified", done(cut, command(Command.COM_INIT_DB, hex("78 d5"))));
    }

    @Test
    void nothingIsDoneInAnotherDatabaseThanProductions() {
        Playbook story = begun(Map.of());
        story.client(query("use logs")).server(ok());
        story.client(query("delete from t"));
        assertEquals(List.of("hold database"), words(story));
        story.target(error(1049, "unknown database"));
        assertEquals("skipped 2 depends-on-skipped", words(story).getLast());
        story.server(ok());
        assertEquals("send", done(story, query("use shop")));
        assertEquals("send", done(story, query("delete from t")));
        // The other way round.
        story.client(query("use gone")).server(error(1049, "unknown")).target(ok());
        assertEquals("skipped depends-on-skipped", done(story, query("delete from t")));
    }

    /** Nothing is sent any more, so that no answer of the target would settle it. */
    @Test
    void aUseBehindProductionsEndIsWaitedForByNobody() {
        Playbook story = begun(Map.of());
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_SERVER, StreamEnd.FIN, 1));
        story.client(query("use b"));
        assertEquals("lost online-ended", fate(story, query("select 1")));
        assertEquals("lost online-ended", fate(story, query("select 2")));
    }

    @Test
    void aUseThatIsPreparedCountsWhenItIsExecuted() {
        Playbook story = denying("database", "payroll");
        story.client(command(Command.COM_STMT_PREPARE, text("use payroll")));
        assertEquals("skipped 1 deny-mine", words(story).getLast());
        story.server(Bytes.prepared(1, 0));
        assertEquals("send", done(story, query("select 1")));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000"))).server(ok());
        assertEquals("skipped deny-mine", done(story, query("delete from salary")));
    }

    @Test
    void nothingThatIsDeniedWasSent() {
        Playbook story = denying("table", "salary");
        story.client(command(Command.COM_FIELD_LIST, text("salary\0%")));
        assertEquals(List.of(), story.all(SessionAction.Send.class));
    }
}
