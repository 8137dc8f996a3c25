package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.join;
import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.rows;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.Filters;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlignmentTest {
    private static final int AUTOCOMMIT = 2;
    private static final int IN_TRANSACTION = 3;

    private final Figures figures = new Figures();

    private Playbook story(boolean commitOrder, Align... align) {
        Set<Align> wanted = EnumSet.noneOf(Align.class);
        wanted.addAll(List.of(align));
        return Phase.story(
                new CommandSettings(
                        StatementRules.strict(),
                        1 << 26,
                        64 << 10,
                        1 << 20,
                        figures,
                        Filters.none(),
                        wanted,
                        commitOrder,
                        Strictness.USUAL));
    }

    private static ByteBuf ok(int status) {
        return ok(0, 0, status);
    }

    private static ByteBuf ok(int affected, long id, int status) {
        ByteBuf payload = Unpooled.buffer().writeByte(0);
        LengthEncoded.encode(payload, affected);
        LengthEncoded.encode(payload, id);
        return packet(1, payload.writeShortLE(status).writeShortLE(0));
    }

    /** The text of the last statement but {@code back}. */
    private static String sent(Playbook story, int back) {
        List<SessionAction.Send> sends = story.all(SessionAction.Send.class);
        ByteBuf bytes = sends.get(sends.size() - 1 - back).bytes();
        return bytes.toString(5, bytes.readableBytes() - 5, StandardCharsets.UTF_8);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    update t set a = 1                                | true  | true
                    insert into t values (1)                          | true  | true
                    select * from t for update                        | true  | true
                    select * from t lock in share mode                | true  | true
                    select * from t where a in (1) for share          | true  | true
                    with c as (select 1) delete from t                | true  | true
                    select get_lock('a', 1)                           | true  | true
                    call p()                                          | true  | true
                    alter table t add b int                           | true  | true
                    lock tables t write                               | true  | true
                    execute s                                         | true  | true
                    load data infile 'x' into table t                 | true  | true
                    set statement max_statement_time=1 for select 1   | true  | true
                    a word that nobody knows                          | true  | true
                    begin; update t set a = 1; commit                 | true  | true
                    /*!50000 update t set a = 1 */                    | true  | true
                    commit                                            | false | true
                    rollback                                          | false | true
                    begin                                             | false | true
                    start transaction                                 | false | true
                    set autocommit = 1                                | false | true
                    unlock tables                                     | false | true
                    xa commit 'x'                                     | false | true
                    select release_lock('a')                          | false | true
                    select * from t                                   | false | false
                    select 'for update'                               | false | false
                    savepoint a                                       | false | false
                    set names utf8mb4                                 | false | false
                    prepare s from 'update t set a = 1'               | false | false
                    explain update t set a = 1                        | false | false
                    show tables                                       | false | false
                    xa end 'x'                                        | false | false
                    """)
    void knowsWhatLocksAndWhatGivesUpLocks(String sql, boolean locks, boolean commits) {
        Playbook story = story(false).client(query(sql));
        Request request = story.all(SessionAction.Asked.class).getFirst().request();
        assertEquals(locks, request.locks(), "locks");
        assertEquals(commits, request.commits(), "commits");
    }

    @Test
    void aWriteWithinATransactionCommitsNothing() {
        Playbook story = story(true).client(query("begin")).server(ok(IN_TRANSACTION));
        story.client(query("update t set a = 1"));
        Request request = story.all(SessionAction.Asked.class).getLast().request();
        assertTrue(request.locks() && !request.commits());
    }

    @Test
    void whatLocksIsSentWhenProductionHasAnswered() {
        Playbook story = story(true).client(query("update t set a = 1"));
        assertEquals(List.of("asked 1 COM_QUERY"), words(story));
        assertEquals(List.of("answered 1 ONLINE", "send 1"), words(story.server(ok(AUTOCOMMIT))));
        assertEquals(List.of("answered 1 TARGET"), words(story.target(ok(AUTOCOMMIT))));
    }

    @Test
    void readsDoNotWait() {
        assertEquals(
                List.of("asked 1 COM_QUERY", "send 1"),
                words(story(true).client(query("select 1"))));
    }

    @Test
    void withoutThatOrderWritesDoNotWaitEither() {
        assertEquals(
                List.of("asked 1 COM_QUERY", "send 1"),
                words(story(false).client(query("update t set a = 1"))));
    }

    @Test
    void whatIsPipelinedBehindIsReadWhenTheFirstWasAnswered() {
        Playbook story =
                story(true)
                        .client(
                                join(
                                        query("update t set a = 1"),
                                        query("select 1"),
                                        query("commit")));
        assertEquals(List.of("asked 1 COM_QUERY"), words(story));
        story.server(join(ok(AUTOCOMMIT), rows("1"), ok(AUTOCOMMIT)));
        // As core does: shows what was left unread, the client's first.
        story.client(Unpooled.EMPTY_BUFFER);
        story.server(Unpooled.EMPTY_BUFFER);
        assertEquals(
                List.of(
                        "asked 1 COM_QUERY",
                        "answered 1 ONLINE",
                        "send 1",
                        "asked 2 COM_QUERY",
                        "send 2",
                        "asked 3 COM_QUERY",
                        "answered 2 ONLINE",
                        "answered 3 ONLINE",
                        "send 3"),
                words(story.all(SessionAction.class)));
    }

    @Test
    void theClassOfAnExecuteIsThatOfThePreparedText() {
        Playbook story =
                story(true).client(command(Command.COM_STMT_PREPARE, text("update t set a = 1")));
        assertEquals(List.of("asked 1 COM_STMT_PREPARE", "send 1"), words(story));
        story.server(Bytes.prepared(1, 0)).target(Bytes.prepared(9, 0));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")));
        assertEquals(List.of("asked 2 COM_STMT_EXECUTE"), words(story));
        assertEquals(List.of("answered 2 ONLINE", "send 2"), words(story.server(ok(AUTOCOMMIT))));
    }

    @Test
    void whatADeadLockRolledBackIsRolledBackOnTheTarget() {
        Playbook story = story(true).client(query("begin")).server(ok(IN_TRANSACTION));
        story.target(ok(IN_TRANSACTION)).client(query("update t set a = 1"));
        assertEquals(
                List.of("skipped 2 rolled-back-online", "injected rollback", "send -1"),
                words(story.server(error(1213, "Deadlock found"))));
        assertEquals("ROLLBACK", sent(story, 0));
        assertEquals(List.of(), words(story.target(ok(AUTOCOMMIT))));
    }

    @Test
    void whatRanIntoATimeoutIsNotDoneAndTheTransactionGoesOn() {
        Playbook story = story(true).client(query("update t set a = 1"));
        assertEquals(
                List.of("skipped 1 rolled-back-online"),
                words(story.server(error(1205, "Lock wait timeout exceeded"))));
    }

    @Test
    void otherErrorsAreExpectedOfTheTargetToo() {
        Playbook story = story(true).client(query("insert into t values (1)"));
        assertEquals(
                List.of("answered 1 ONLINE", "send 1"),
                words(story.server(error(1062, "Duplicate entry"))));
    }

    @Test
    void aConnectionThatEndsUnansweredLetsItsWriteGo() {
        Playbook story = story(true).client(query("update t set a = 1"));
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_SERVER, StreamEnd.RESET, 1));
        assertEquals(List.of("send 1"), words(story));
    }

    @Test
    void aClientThatLeavesKeepsItsConnectionUntilItsWriteIsDone() {
        Playbook story = story(true).client(query("update t set a = 1"));
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 1));
        assertEquals(List.of(), words(story));
        assertEquals(List.of("answered 1 ONLINE", "send 1"), words(story.server(ok(AUTOCOMMIT))));
        assertEquals(List.of("answered 1 TARGET", "close"), words(story.target(ok(AUTOCOMMIT))));
    }

    @Test
    void aFileThatProductionAsksForDoesNotWaitForItsOwnEnd() {
        Playbook story = story(true).client(query("load data local infile 'f' into table t"));
        assertEquals(List.of("asked 1 COM_QUERY"), words(story));
        assertEquals(List.of("send 1"), words(story.server(packet(1, join(hex("fb"), text("f"))))));
    }

    @Test
    void givesTheTargetTheIdThatProductionGenerated() {
        Playbook story =
                story(false, Align.INSERT_ID).client(query("insert into t (a) values (1)"));
        assertEquals(List.of("asked 1 COM_QUERY"), words(story));
        assertEquals(
                List.of("answered 1 ONLINE", "injected align", "send -1", "send 1"),
                words(story.server(ok(1, 4711, AUTOCOMMIT))));
        assertEquals("SET INSERT_ID=4711", sent(story, 1));
        assertEquals(
                List.of("answered 1 TARGET"),
                words(story.target(join(ok(AUTOCOMMIT), ok(1, 4711, AUTOCOMMIT)))));
    }

    @ParameterizedTest(name = "{0}, {1} affected, id {2}")
    @CsvSource({
        "insert into t values (1), 1, 0",
        "insert into t (a) values (1) on duplicate key update a = 2, 2, 5",
        "insert ignore into t (a) values (1), 0, 0",
        "update t set a = last_insert_id(7), 1, 7",
        "insert into t (a) values (1); insert into t (a) values (2), 1, 8"
    })
    void givesNoIdWhereProductionGeneratedNone(String sql, int affected, long id) {
        Playbook story = story(true, Align.INSERT_ID).client(query(sql));
        assertEquals(
                List.of("answered 1 ONLINE", "send 1"),
                words(story.server(ok(affected, id, AUTOCOMMIT))));
    }

    @Test
    void aRefusalIsCountedAndTheWriteGoesOn() {
        Playbook story = story(false, Align.INSERT_ID).client(query("insert into t values (1)"));
        story.server(ok(1, 3, AUTOCOMMIT));
        assertEquals(
                List.of("answered 1 TARGET"),
                words(story.target(join(error(1227, "Access denied"), ok(1, 1, AUTOCOMMIT)))));
        assertEquals(
                List.of(List.of("SET `INSERT_ID` = ?: error 1227", "1")),
                figures.tables().getFirst().rows());
    }

    @Test
    void aWriteAndAnAskedClockHaveTheTimeOfTheCapture() {
        Playbook story = story(false, Align.TIMESTAMP).client(query("update t set a = 1"));
        assertEquals(
                List.of("asked 1 COM_QUERY", "injected align", "send -1", "send 1"), words(story));
        long nanos = story.all(SessionAction.Asked.class).getFirst().request().capturedNanos();
        assertEquals(
                "SET TIMESTAMP=%d.%06d".formatted(nanos / 1_000_000_000, nanos / 1_000 % 1_000_000),
                sent(story, 1));
        assertEquals(
                List.of("asked 2 COM_QUERY", "injected align", "send -1", "send 2"),
                words(story.client(query("select now()"))));
        assertTrue(sent(story, 1).matches("SET TIMESTAMP=[0-9]+[.][0-9]{6}"), sent(story, 1));
    }

    @Test
    void theClockGoesOnForWhatDoesNotAskForItByName() {
        Playbook story = story(false, Align.TIMESTAMP).client(query("select a from t"));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story));
        story.client(query("update t set a = 1")).client(query("select a from a_view"));
        assertEquals("SET TIMESTAMP=DEFAULT", sent(story, 1));
        assertEquals(
                List.of("asked 4 COM_QUERY", "send 4"),
                words(story.client(query("select a from a_view"))));
    }

    @Test
    void nothingIsSetBeforeWhatLooksBack() {
        Playbook story = story(false, Align.TIMESTAMP).client(query("update t set a = 1"));
        assertEquals(
                List.of("asked 2 COM_QUERY", "send 2"),
                words(story.client(query("select row_count()"))));
        assertEquals(
                List.of("asked 3 COM_QUERY", "send 3"),
                words(story.client(query("show warnings"))));
    }

    @Test
    void aClientThatSetsItsOwnClockIsLeftAlone() {
        Playbook story = story(false, Align.TIMESTAMP).client(query("set timestamp = 1000"));
        assertEquals(
                List.of("asked 2 COM_QUERY", "send 2"),
                words(story.client(query("insert into t values (now())"))));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), firstOf(story));
    }

    private static List<String> firstOf(Playbook story) {
        return words(story.all(SessionAction.class)).subList(0, 2);
    }
}
