package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.join;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.rows;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandPhaseTest {
    private static final Capabilities WITH_ATTRIBUTES =
            Bytes.usual().with(Capabilities.QUERY_ATTRIBUTES);

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "COM_INIT_DB, 7465",
        "COM_PING, ''",
        "COM_SET_OPTION, 0000",
        "COM_RESET_CONNECTION, ''",
        "COM_CREATE_DB, 64",
        "COM_PROCESS_INFO, ''"
    })
    void copiesPlainCommands(Command command, String rest) {
        ByteBuf sent = command(command, hex(rest));
        Playbook story = Phase.story().client(sent.copy());
        assertEquals(List.of("asked 1 " + command, "send 1"), words(story));
        assertEquals(sent, Phase.lastSent(story));
        assertEquals(List.of("answered 1 ONLINE"), words(story.server(ok())));
        assertEquals(List.of("answered 1 TARGET"), words(story.target(ok())));
    }

    @Test
    void copiesQueriesByteByByte() {
        Playbook story = Phase.story();
        ByteBuf sent = query("select name from t where a = 'x'");
        feed(story::client, sent);
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story));
        Request request = story.all(SessionAction.Asked.class).getFirst().request();
        assertEquals("SELECT NAME FROM `t` WHERE `a` = ?", request.fingerprint());
        assertEquals("select name from t where a = 'x'", request.text());
        feed(story::target, rows("a", "b"));
        assertEquals(List.of("answered 1 TARGET"), words(story));
        feed(story::server, rows("a", "b"));
        assertEquals(List.of("answered 1 ONLINE"), words(story));
    }

    private static void feed(Consumer<ByteBuf> into, ByteBuf bytes) {
        while (bytes.isReadable()) {
            into.accept(bytes.readBytes(1));
        }
    }

    @Test
    void pairsPipelinedCommandsInOrder() {
        Playbook story = Phase.story().client(join(query("select 1"), query("select 2")));
        assertEquals(
                List.of("asked 1 COM_QUERY", "send 1", "asked 2 COM_QUERY", "send 2"),
                words(story));
        assertEquals(
                List.of("answered 1 TARGET", "answered 2 TARGET"),
                words(story.target(join(rows("1"), error(1064, "x")))));
        assertEquals(
                List.of("answered 1 ONLINE", "answered 2 ONLINE"),
                words(story.server(join(rows("1"), rows("2")))));
    }

    @Test
    void holdsTheSixtyFifthOutstandingCommand() {
        Playbook story = Phase.story();
        for (int i = 0; i < Requests.MAX_OUTSTANDING; i++) {
            story.client(command(Command.COM_PING));
        }
        assertEquals(List.of("hold pipeline"), words(story.client(command(Command.COM_PING))));
        assertTrue(story.held());
        assertEquals(
                List.of("answered 1 TARGET", "resume", "asked 65 COM_PING", "send 65"),
                words(story.target(ok())));
    }

    @Test
    void addsAndStripsQueryAttributes() {
        Playbook adds = Phase.story(Bytes.usual(), WITH_ATTRIBUTES, StatementRules.strict());
        adds.client(query("select 1"));
        assertEquals(
                command(Command.COM_QUERY, hex("0001"), text("select 1")), Phase.lastSent(adds));

        Playbook strips = Phase.story(WITH_ATTRIBUTES, Bytes.usual(), StatementRules.strict());
        // One attribute, n = 5 (LONG), then the text.
        strips.client(
                command(
                        Command.COM_QUERY,
                        hex("01 01 00 01 0300 016e 05000000"),
                        text("select 1")));
        assertEquals(query("select 1"), Phase.lastSent(strips));
        assertEquals("select 1", strips.all(SessionAction.Asked.class).getFirst().request().text());
    }

    @Test
    void mapsStatementIdsAndSendsTypesEveryTime() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("select ?")));
        story.server(Bytes.prepared(1, 1)).target(Bytes.prepared(9, 1));
        // types given, value 5
        story.client(
                command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000 00 01 0300 05000000")));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("09000000 00 01000000 00 01 0300 05000000")),
                Phase.lastSent(story));
        story.server(ok()).target(ok());
        // no types, value 6
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000 00 00 06000000")));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("09000000 00 01000000 00 01 0300 06000000")),
                Phase.lastSent(story));
        assertEquals(
                "select ? -- 6", story.all(SessionAction.Asked.class).getLast().request().text());
        story.server(ok()).target(ok());
        story.client(command(Command.COM_STMT_SEND_LONG_DATA, hex("01000000 0000 414243")));
        assertEquals(
                command(Command.COM_STMT_SEND_LONG_DATA, hex("09000000 0000 414243")),
                Phase.lastSent(story));
        story.client(command(Command.COM_STMT_RESET, hex("01000000")));
        assertEquals(command(Command.COM_STMT_RESET, hex("09000000")), Phase.lastSent(story));
        story.client(command(Command.COM_STMT_CLOSE, hex("01000000")));
        assertEquals(command(Command.COM_STMT_CLOSE, hex("09000000")), Phase.lastSent(story));
        assertFalse(story.all(SessionAction.Asked.class).getLast().request().answerDue());
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000 00 00 06000000")));
        assertEquals(List.of("asked 7 COM_STMT_EXECUTE", "send 7"), words(story));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("00000000 00 01000000")),
                Phase.lastSent(story));
    }

    @Test
    void reencodesExecutesByTheTargetsCapabilities() {
        Playbook adds = Phase.story(Bytes.usual(), WITH_ATTRIBUTES, StatementRules.strict());
        adds.client(command(Command.COM_STMT_PREPARE, text("select ?")));
        adds.server(Bytes.prepared(1, 1)).target(Bytes.prepared(1, 1));
        adds.client(
                command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000 00 01 0300 05000000")));
        assertEquals(
                command(
                        Command.COM_STMT_EXECUTE,
                        hex("01000000 08 01000000 01 00 01 0300 00 05000000")),
                Phase.lastSent(adds));

        Playbook strips = Phase.story(WITH_ATTRIBUTES, Bytes.usual(), StatementRules.strict());
        strips.client(command(Command.COM_STMT_PREPARE, text("select ?")));
        strips.server(Bytes.prepared(1, 1)).target(Bytes.prepared(1, 1));
        // One parameter, 5, and one attribute, n = NULL.
        strips.client(
                command(
                        Command.COM_STMT_EXECUTE,
                        hex("01000000 08 01000000 02 02 01 0300 00 0300 016e 05000000")));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000 00 01 0300 05000000")),
                Phase.lastSent(strips));
    }

    @Test
    void waitsForTheTargetsStatementId() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("select 1")));
        story.server(Bytes.prepared(1, 0));
        ByteBuf execute = command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000"));
        assertEquals(List.of("hold statement-id"), words(story.client(execute)));
        assertEquals(
                List.of("answered 1 TARGET", "resume", "asked 2 COM_STMT_EXECUTE", "send 2"),
                words(story.target(Bytes.prepared(5, 0))));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("05000000 00 01000000")),
                Phase.lastSent(story));
        assertEquals(
                List.of(new SessionAction.Rewritten(2, "statement id 1 is 5 there")),
                story.all(SessionAction.Rewritten.class));
    }

    @Test
    void leavesOutWhenTheTargetNeverTellsTheId() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("select 1")));
        story.server(Bytes.prepared(1, 0));
        story.client(command(Command.COM_STMT_CLOSE, hex("01000000")));
        assertEquals(
                List.of("leave target-timeout"),
                words(story.on(new SessionEvent.Expired("statement-id", 1))));
    }

    @Test
    void takesMinusOneForTheStatementPreparedLast() {
        Playbook story =
                Phase.story()
                        .client(
                                join(
                                        command(Command.COM_STMT_PREPARE, text("select 1")),
                                        command(
                                                Command.COM_STMT_EXECUTE,
                                                hex("ffffffff 00 01000000"))));
        assertTrue(story.held());
        story.target(Bytes.prepared(5, 0));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("05000000 00 01000000")),
                Phase.lastSent(story));
    }

    @Test
    void losesExecutesOfWhatOnlyTheTargetRefusedToPrepare() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("select 1")));
        story.server(Bytes.prepared(1, 0)).target(error(1146, "no such table"));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")));
        assertEquals(
                List.of("asked 2 COM_STMT_EXECUTE", "lost 2 statement-not-prepared"), words(story));
        story.server(ok());
        assertEquals(
                List.of("asked 3 COM_STMT_CLOSE", "skipped 3 no-statement-on-target"),
                words(story.client(command(Command.COM_STMT_CLOSE, hex("01000000")))));
    }

    /** MySQL knows BEGIN as a text and not prepared; MariaDB, and its clients, know both. */
    @Test
    void whatTheTargetTakesAsTextAloneIsExecutedAsText() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("begin")));
        story.server(Bytes.prepared(1, 0)).target(error(1295, "not in the prepared protocol"));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")));
        assertEquals(List.of("asked 2 COM_STMT_EXECUTE", "send 2"), words(story));
        assertEquals(query("begin"), Phase.lastSent(story));
        assertEquals(List.of("answered 2 ONLINE"), words(story.server(ok())));
        assertEquals(List.of("answered 2 TARGET"), words(story.target(ok())));
        // With values it would be another text.
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000 00 01 0300")));
        assertEquals(
                List.of("asked 3 COM_STMT_EXECUTE", "lost 3 statement-not-prepared"), words(story));
        story.server(ok());
        assertEquals(
                List.of("asked 4 COM_STMT_CLOSE", "skipped 4 no-statement-on-target"),
                words(story.client(command(Command.COM_STMT_CLOSE, hex("01000000")))));
    }

    @Test
    void aTextThatIsPipelinedBehindItsPrepareIsSentOnceTheTargetHasRefusedThat() {
        Playbook story =
                Phase.story()
                        .client(
                                join(
                                        command(Command.COM_STMT_PREPARE, text("begin")),
                                        command(
                                                Command.COM_STMT_EXECUTE,
                                                hex("ffffffff 00 01000000"))));
        story.target(error(1295, "not in the prepared protocol"));
        assertEquals(query("begin"), Phase.lastSent(story));
        story.server(join(Bytes.prepared(1, 0), ok())).target(ok());
        assertEquals(List.of("answered 2 TARGET"), words(story));
    }

    @Test
    void closesWhatOnlyTheTargetPrepared() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("select 1")));
        story.target(Bytes.prepared(5, 0));
        assertEquals(
                List.of("injected close-statement", "send -1", "answered 1 ONLINE"),
                words(story.server(error(1064, "x"))));
        assertEquals(command(Command.COM_STMT_CLOSE, hex("05000000")), Phase.lastSent(story));
    }

    @Test
    void skipsByRuleAndStillReadsTheCapturedAnswer() {
        Playbook story = Phase.story();
        assertEquals(
                List.of("asked 1 COM_QUERY", "skipped 1 kill"),
                words(story.client(query("KILL 5"))));
        assertEquals(List.of(), words(story.server(ok())));
        story.client(query("select 1"));
        assertEquals(List.of("answered 2 ONLINE"), words(story.server(rows("1"))));
        assertEquals(List.of("answered 2 TARGET"), words(story.target(rows("1"))));
    }

    @Test
    void skipsExecutesOfASkippedPrepare() {
        Playbook story =
                Phase.story().client(command(Command.COM_STMT_PREPARE, text("FLUSH LOGS")));
        assertEquals(List.of("asked 1 COM_STMT_PREPARE", "skipped 1 server-wide"), words(story));
        story.server(Bytes.prepared(1, 0));
        assertEquals(
                List.of("asked 2 COM_STMT_EXECUTE", "skipped 2 server-wide"),
                words(
                        story.client(
                                command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")))));
        assertEquals(List.of(), words(story.server(ok())));
    }

    @Test
    void skipsExecutesByNameOfASkippedPrepare() {
        Playbook story = Phase.story();
        story.client(query("PREPARE s FROM 'select 1'")).client(query("PREPARE s FROM @v"));
        assertEquals(
                List.of("asked 3 COM_QUERY", "skipped 3 unclassified"),
                words(story.client(query("EXECUTE S"))));
        story.client(query("PREPARE s FROM 'select 2'"));
        assertEquals(
                List.of("asked 5 COM_QUERY", "send 5"), words(story.client(query("EXECUTE s"))));
    }

    @Test
    void sendsWhatTheUserAllowed() {
        Playbook story =
                Phase.story(Bytes.usual(), Bytes.usual(), StatementRules.allowing(List.of("kill")));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story.client(query("KILL 5"))));
        assertEquals(
                List.of("asked 2 COM_PROCESS_KILL", "send 2"),
                words(story.client(command(Command.COM_PROCESS_KILL, hex("05000000")))));
    }

    @ParameterizedTest
    @CsvSource({"COM_SHUTDOWN, shutdown", "COM_REFRESH, server-wide", "COM_DEBUG, server-wide"})
    void skipsDangerousCommands(Command command, String rule) {
        assertEquals(
                List.of("asked 1 " + command, "skipped 1 " + rule),
                words(Phase.story().client(command(command, hex("00")))));
    }

    @Test
    void showsNoPasswordOfARefusedStatement() {
        Playbook story = Phase.story().client(query("SET PASSWORD = 'hunter2'"));
        assertEquals(
                "SET PASSWORD = ?",
                story.all(SessionAction.Asked.class).getFirst().request().text());
    }

    @Test
    void followsTheModeThatTheServerTells() {
        Playbook story = Phase.story();
        // Nothing told yet: refused if it would be in either mode.
        story.client(query("select 'a\\'; KILL 5; -- '"));
        assertEquals(List.of("asked 1 COM_QUERY", "skipped 1 kill"), words(story));
        story.server(ok());
        story.client(query("select 'a\\'; KILL 5; -- '"));
        assertEquals(List.of("asked 2 COM_QUERY", "send 2"), words(story));
        story.server(packet(1, Bytes.okPayload(0, 0, 0x0202, 0))).target(ok());
        story.client(query("select 'a\\'; KILL 5; -- '"));
        assertEquals(List.of("asked 3 COM_QUERY", "skipped 3 kill"), words(story));
    }

    @Test
    void takesTheModeFromTheLogin() {
        Playbook story = Phase.story(phase -> phase.capturedStatus(0x0002));
        story.client(query("select 'it\\'s'"));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story));
    }

    @Test
    void readsNothingBeyondAsciiInSomeCharacterSets() {
        Playbook story = Phase.story().client(query("SET NAMES gbk")).server(ok()).target(ok());
        story.client(query("select 'é'"));
        assertEquals(List.of("asked 2 COM_QUERY", "skipped 2 unclassified"), words(story));
        story.server(ok()).client(query("SET NAMES utf8mb4"));
        assertEquals(List.of("hold sql-mode"), words(story.client(query("select 'é'"))));
        story.target(ok());
        assertEquals(
                List.of("answered 3 TARGET", "resume", "asked 4 COM_QUERY", "send 4"),
                words(story));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        // What a reset leaves: MySQL the server's own character set, MariaDB that of the login.
        "9.7.4, asked 2 COM_QUERY skipped 2 unclassified",
        "10.11.19-MariaDB, asked 2 COM_QUERY send 2"
    })
    void readsTextsAsTheServerDoesAfterAReset(String version, String then) {
        Playbook story =
                Phase.withServerDefault(version, new Collation(28, "gbk", "gbk_chinese_ci"));
        story.client(command(Command.COM_RESET_CONNECTION)).client(query("select 'é'"));
        assertEquals(then, String.join(" ", words(story)));
    }

    @Test
    void forgetsStatementsOfBeforeAReset() {
        Playbook story = Phase.story().client(command(Command.COM_STMT_PREPARE, text("select 1")));
        story.server(Bytes.prepared(1, 0)).target(Bytes.prepared(5, 0));
        story.client(command(Command.COM_RESET_CONNECTION));
        story.client(command(Command.COM_STMT_EXECUTE, hex("01000000 00 01000000")));
        assertEquals(List.of("asked 3 COM_STMT_EXECUTE", "send 3"), words(story));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("00000000 00 01000000")),
                Phase.lastSent(story));
    }

    @Test
    void saysItsOwnStatementAgainAfterAReset() {
        Playbook story = Phase.story(phase -> phase.afterReset("SET NAMES utf8mb4"));
        story.client(join(command(Command.COM_RESET_CONNECTION), query("select 1")));
        assertEquals(
                List.of(
                        "asked 1 COM_RESET_CONNECTION",
                        "send 1",
                        "injected set-names",
                        "send -1",
                        "asked 2 COM_QUERY",
                        "send 2"),
                words(story));
        assertEquals(
                query("SET NAMES utf8mb4"), story.all(SessionAction.Send.class).get(1).bytes());
        assertEquals(
                List.of("answered 1 TARGET", "answered 2 TARGET"),
                words(story.target(join(ok(), ok(), rows("1")))));
    }

    @ParameterizedTest
    @CsvSource({
        "COM_STMT_EXECUTE, 00 01000000 00 01 0300 05000000, 00 01000000",
        "COM_STMT_RESET, '', ''",
        "COM_STMT_SEND_LONG_DATA, 0000 4142, 0000",
        "COM_STMT_CLOSE, '', ''"
    })
    void whatProductionDoesNotKnowIsNotKnownToTheTarget(Command command, String rest, String sent) {
        Playbook story = Phase.story().client(command(command, hex("07000000" + rest)));
        assertEquals(List.of("asked 1 " + command, "send 1"), words(story));
        assertEquals(command(command, hex("00000000" + sent)), Phase.lastSent(story));
    }

    /** Clients that pipeline execute before they know that the prepare failed. */
    @Test
    void anExecuteOfWhatNoServerCouldPrepareIsComparedToo() {
        Playbook story =
                Phase.story()
                        .client(
                                join(
                                        command(Command.COM_STMT_PREPARE, text("select x")),
                                        command(
                                                Command.COM_STMT_EXECUTE,
                                                hex("ffffffff 00 01000000"))));
        story.target(error(1054, "no such column"));
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("00000000 00 01000000")),
                Phase.lastSent(story));
        story.target(error(1243, "unknown"));
        story.server(join(error(1054, "no such column"), error(1243, "unknown")));
        assertEquals(List.of("answered 1 ONLINE", "answered 2 ONLINE"), words(story));
    }

    @ParameterizedTest
    @CsvSource({
        "12, replication, COM_BINLOG_DUMP",
        "13, replication, COM_TABLE_DUMP",
        "14, replication, COM_CONNECT_OUT",
        "15, replication, COM_REGISTER_SLAVE",
        "1e, replication, COM_BINLOG_DUMP_GTID",
        "20, replication, COM_CLONE",
        "21, replication, COM_SUBSCRIBE_GROUP_REPLICATION_STREAM",
        "77, unknown-command, COM_0x77"
    })
    void leavesOutWhatIsNotBuilt(String code, String reason, String operation) {
        Playbook story = Phase.story().client(packet(0, hex(code + "00")));
        assertEquals(List.of("asked 1 " + operation, "leave " + reason), words(story));
        assertEquals(List.of(), words(story.client(query("select 1"))));
    }

    @ParameterizedTest
    @CsvSource({"010000 01 03, malformed-request", "000000 00, malformed-request"})
    void leavesOutWhatIsNoCommand(String hex, String reason) {
        assertEquals(List.of("leave " + reason), words(Phase.story().client(hex(hex))));
    }

    @Test
    void leavesOutAtAGap() {
        Playbook story = Phase.story().client(query("select 1"));
        story.on(new SessionEvent.CapturedGap(Direction.FROM_SERVER, 77, 1448, 1));
        SessionAction.LeaveOut out = story.all(SessionAction.LeaveOut.class).getFirst();
        assertEquals("gap", out.reason());
        assertEquals("1448 bytes are missing at byte 77 of what the server sent", out.detail());
    }

    @Test
    void leavesOutARequestAboveTheLimitBeforeItsBytesAreThere() {
        ByteBuf headers = hex("ffffff00");
        Playbook story = Phase.story().client(headers);
        assertEquals(List.of(), words(story));
        ByteBuf rest = Unpooled.buffer();
        for (int i = 1; i <= 4; i++) {
            rest.writeZero(PacketHeader.MAX_LENGTH).writeBytes(hex("ffffff0" + i));
        }
        assertEquals(List.of("leave too-large"), words(story.client(rest)));
    }

    @Test
    void copiesARequestOfSixteenMebibytes() {
        ByteBuf sent = query("select '" + "x".repeat(PacketHeader.MAX_LENGTH) + "'");
        Playbook story = Phase.story().client(sent.copy());
        assertEquals(sent, Phase.lastSent(story));
        assertEquals(
                List.of("answered 1 TARGET"),
                words(story.target(packet(2, Bytes.okPayload(0, 0, 2, 0)))));
    }

    @Test
    void leavesOutAnswersOutOfSequence() {
        Playbook story = Phase.story().client(query("select 1"));
        assertEquals(
                List.of("leave out-of-sequence"),
                words(story.server(packet(3, Bytes.okPayload(0, 0, 2, 0)))));
    }

    @Test
    void takesALastWordThatNobodyAskedFor() {
        Playbook story = Phase.story();
        assertEquals(List.of(), words(story.server(packet(0, Bytes.errorPayload(4031, "idle")))));
        assertEquals(List.of("leave unexpected-answer"), words(story.target(ok())));
    }

    @Test
    void letsTheTargetCloseFirstAfterQuit() {
        Playbook story = Phase.story().client(command(Command.COM_QUIT));
        assertEquals(List.of("asked 1 COM_QUIT", "send 1"), words(story));
        assertEquals(
                List.of("wake"),
                words(
                        story.on(
                                new SessionEvent.CapturedEnd(
                                        Direction.FROM_CLIENT, StreamEnd.FIN, 1))));
        assertEquals(
                List.of(),
                words(story.on(new SessionEvent.TargetEnd(SessionAction.MAIN_LANE, "closed", 2))));
    }

    @Test
    void closesTheTargetWhenItDoesNot() {
        Playbook story = Phase.story().client(command(Command.COM_QUIT));
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 1));
        long token = story.all(SessionAction.WakeIn.class).getFirst().token();
        assertEquals(List.of("close"), words(story.on(new SessionEvent.Wakeup(token, 2))));
    }

    @Test
    void closesBehindTheLastAnswerWhenTheClientGoesWithoutAWord() {
        Playbook story = Phase.story().client(query("select 1"));
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.RESET, 1));
        assertEquals(List.of("answered 1 TARGET", "close"), words(story.target(rows("1"))));
    }

    @Test
    void leavesOutWhenTheTargetHasGoneAndTheClientGoesOn() {
        Playbook story = Phase.story();
        story.on(new SessionEvent.TargetEnd(SessionAction.MAIN_LANE, "reset", 1));
        assertEquals(List.of(), words(story));
        assertEquals(List.of("leave target-ended"), words(story.client(query("select 1"))));
    }

    @Test
    void losesWhatTheOnlineServerNeverRead() {
        Playbook story = Phase.story();
        story.on(new SessionEvent.CapturedEnd(Direction.FROM_SERVER, StreamEnd.FIN, 1));
        assertEquals(
                List.of("asked 1 COM_QUERY", "lost 1 online-ended"),
                words(story.client(query("select 1"))));
    }

    @Test
    void readsAnswersOfBothSidesByTheirOwnFlags() {
        Playbook story =
                Phase.story(
                        new Capabilities(Capabilities.PROTOCOL_41),
                        Bytes.usual(),
                        StatementRules.strict());
        story.client(query("select name from t"));
        ByteBuf withEof =
                join(
                        packet(1, hex("01")),
                        packet(2, Bytes.columnPayload(new Column("name", 253, false), false)),
                        packet(3, Bytes.eofPayload(2, 0)),
                        packet(4, Bytes.textRow("a")),
                        packet(5, Bytes.eofPayload(2, 0)));
        assertEquals(List.of("answered 1 ONLINE"), words(story.server(withEof)));
        assertEquals(List.of("answered 1 TARGET"), words(story.target(rows("a"))));
        List<SessionAction.Answered> answers = story.all(SessionAction.Answered.class);
        assertEquals(
                new Verdict.Same(),
                Replies.compare((Answer) answers.get(0).reply(), (Answer) answers.get(1).reply()));
    }
}
