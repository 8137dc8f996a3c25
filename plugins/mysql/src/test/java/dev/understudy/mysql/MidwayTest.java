package dev.understudy.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.join.JoinLevel;
import dev.understudy.mysql.join.OpenSession;
import dev.understudy.mysql.join.OpenSessions;
import dev.understudy.mysql.login.LoginAttempts;
import dev.understudy.mysql.login.ServerPackets;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerVersion;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A session that was open before the capture saw it. */
class MidwayTest {
    private static final long MILLI = 1_000_000;

    /** The playbook's clock begins here and goes on by a millisecond with each piece. */
    private static final long BEGIN = 1_000_000_000L;

    /** More than the clocks may be apart, in pieces of a millisecond. */
    private static final int QUIET = 60;

    private static final InetSocketAddress CLIENT = new InetSocketAddress("192.0.2.9", 40_001);
    private static final Map<String, Object> USERS =
            Map.of("app", Map.of("password", Story.PASSWORD));
    private static final Map<String, Object> SNAPSHOT =
            Map.of("users", USERS, "snapshot", Map.of("user", "look", "password", "pw"));

    /** A result of one row, of a client that wants no EOF packets, outside of a transaction. */
    private static final ByteBuf ROWS = rows(2);

    private final OpenSessions sessions = new OpenSessions();

    private Playbook session(Map<String, Object> settings) {
        RunContext run = Story.run(settings);
        return Playbook.of(
                new MysqlSession(
                        new SessionContext(run, 1, CLIENT, run.online(), true, 0, 0),
                        MysqlSettings.of(run),
                        new LoginAttempts(3),
                        sessions));
    }

    private static ByteBuf hex(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.ofDelimiter(" ").parseHex(hex));
    }

    private static ByteBuf rows(int status) {
        ByteBuf column =
                Unpooled.copiedBuffer(
                        "\3def\0\0\0\1a\0\f\55\0\4\0\0\0\375\0\0\0\0\0",
                        StandardCharsets.ISO_8859_1);
        return Unpooled.wrappedBuffer(
                hex("01 00 00 01 01"),
                Packet.encoded(2, column),
                hex("02 00 00 03 01 31"),
                Packet.encoded(4, hex("fe 00 00 %02x 00 00 00".formatted(status))));
    }

    private static ByteBuf execute(int flags, int bound) {
        return Packet.encoded(
                0, hex("17 05 00 00 00 %02x 01 00 00 00 00 %02x 07".formatted(flags, bound)));
    }

    private static OpenSession state(long fromMillis, long toMillis) {
        return state(fromMillis, toMillis, Map.of());
    }

    private static OpenSession state(
            long fromMillis, long toMillis, Map<String, String> otherVariables) {
        Map<String, String> variables = new LinkedHashMap<>(otherVariables);
        variables.put("character_set_client", "utf8mb4");
        variables.put("character_set_results", "utf8mb4");
        variables.put("collation_connection", "utf8mb4_0900_ai_ci");
        variables.put("sql_mode", "ANSI_QUOTES");
        variables.put("last_insert_id", "0");
        return new OpenSession(
                JoinLevel.SNAPSHOT,
                77,
                ServerVersion.parse("9.7.4"),
                "app",
                "shop",
                "MySQL Connector/J",
                variables,
                Map.of("it's", Optional.of("o'clock"), "n", Optional.of("7")),
                List.of(
                        new OpenSession.Statement(5, Optional.empty(), "select ?"),
                        new OpenSession.Statement(6, Optional.empty(), "x".repeat(1024))),
                Optional.empty(),
                List.of(),
                BEGIN + fromMillis * MILLI,
                BEGIN + toMillis * MILLI);
    }

    private static Playbook idle(Playbook book) {
        for (int i = 0; i < QUIET; i++) {
            book.client(Story.query("select 1")).server(ROWS.duplicate());
        }
        return book;
    }

    /** What was sent to the target, as text, without what is no text. */
    private static List<String> sent(Playbook book) {
        List<String> sent = new ArrayList<>();
        for (SessionAction.Send send : book.all(SessionAction.Send.class)) {
            sent.add(
                    send.bytes()
                            .toString(StandardCharsets.ISO_8859_1)
                            .substring(4)
                            .replaceAll("[^ -~]", "")
                            .strip());
        }
        return sent;
    }

    private static Playbook logIn(Playbook book) {
        return book.targetUp()
                .target(ServerPackets.mysql97())
                .target(ServerPackets.fastAuthSuccess(2))
                .target(ServerPackets.ok(3));
    }

    /** Known by a reading that nothing of it was captured during. */
    private Playbook joinedBySnapshot() {
        Playbook book = idle(session(SNAPSHOT));
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
        // It was idle from the 121st millisecond on: none of its packets came meanwhile.
        sessions.found(Map.of(CLIENT, state(30, 40)));
        return book;
    }

    @Test
    void itBeginsWithTheFirstCommandBehindAReadingAndTheStateIsThere() {
        Playbook book = joinedBySnapshot().client(Story.query("select 2"));
        assertEquals(1, book.all(SessionAction.Connect.class).size());
        assertTrue(book.held());
        logIn(book);
        List<String> sent = sent(book);
        assertTrue(sent.getFirst().contains("app") && sent.getFirst().contains("shop"));
        assertEquals(
                List.of(
                        "SET SESSION sql_mode = 'ANSI_QUOTES'",
                        "SET @`it's` = CONVERT(X'6f27636c6f636b' USING utf8mb4)",
                        "SET @`n` = 7",
                        "select ?",
                        "select 2"),
                sent.subList(1, sent.size()).stream()
                        .map(text -> text.replaceFirst("^\u0003", ""))
                        .sorted(
                                (a, b) ->
                                        a.startsWith("SET @") && b.startsWith("SET @")
                                                ? a.compareTo(b)
                                                : 0)
                        .toList());
        assertEquals(
                List.of(
                        "login",
                        "restore-state",
                        "restore-state",
                        "restore-state",
                        "restore-state"),
                book.all(SessionAction.Injected.class).stream()
                        .map(SessionAction.Injected::operation)
                        .toList());
        // Requests are told from the command on with which the copy begins.
        assertEquals(0, book.all(SessionAction.Asked.class).getFirst().request().ordinal());
        assertEquals("select 2", book.all(SessionAction.Asked.class).getFirst().request().text());
        assertEquals(1, book.all(SessionAction.Asked.class).size());
    }

    @Test
    void itIsJoinedAlikeAtEveryCut() {
        ByteBuf told = Unpooled.buffer();
        told.writeBytes(Story.query("select 1"));
        int command = told.readableBytes();
        for (int cut = 1; cut < ROWS.readableBytes(); cut++) {
            Playbook book = session(SNAPSHOT);
            book.client(told.duplicate()).server(ROWS.slice(0, cut));
            book.server(ROWS.slice(cut, ROWS.readableBytes() - cut));
            idle(book);
            sessions.found(Map.of(CLIENT, state(30, 40)));
            ByteBuf next = Story.query("select 22");
            int at = 1 + cut % (command - 1);
            book.client(next.slice(0, at)).expectNothing();
            book.client(next.slice(at, next.readableBytes() - at));
            assertEquals(1, book.all(SessionAction.Connect.class).size(), "cut at " + cut);
        }
    }

    @Test
    void theMiddleOfACommandIsNotTakenForItsBeginning() {
        ByteBuf command = Story.query("select 'a long one'");
        for (int cut = 1; cut < command.readableBytes(); cut++) {
            Playbook book = session(SNAPSHOT);
            // The capture begins within it.
            book.client(command.slice(cut, command.readableBytes() - cut)).server(ROWS.duplicate());
            idle(book);
            sessions.found(Map.of(CLIENT, state(30, 40)));
            book.client(Story.query("select 2"));
            logIn(book);
            assertEquals("select 2", sent(book).getLast(), "cut at " + cut);
            assertEquals(List.of(), book.all(SessionAction.LeaveOut.class));
        }
    }

    @Test
    void aReadingFromBeforeItWasFirstSeenSaysNothing() {
        Playbook book = session(SNAPSHOT);
        sessions.await(CLIENT);
        sessions.found(Map.of(CLIENT, state(-40, -30)));
        idle(book).client(Story.query("select 2"));
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
    }

    @Test
    void aChangeWhileItWasReadMakesTheReadingVoidAndALaterOneIsRepeated() {
        Playbook book = session(SNAPSHOT);
        for (int i = 0; i < QUIET / 2; i++) {
            book.client(Story.query("select 1")).server(ROWS.duplicate());
        }
        book.client(Story.query("set sql_mode = ''")).server(ServerPackets.ok(1));
        idle(book);
        sessions.found(Map.of(CLIENT, state(55, 65)));
        book.client(Story.query("select 2")).server(ROWS.duplicate());
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
        sessions.found(Map.of(CLIENT, state(25, 30)));
        book.client(Story.query("select 3"));
        logIn(book);
        List<String> sent = sent(book);
        assertTrue(sent.contains("set sql_mode = ''"), sent::toString);
        assertTrue(
                sent.indexOf("set sql_mode = ''")
                        > sent.indexOf("SET SESSION sql_mode = 'ANSI_QUOTES'"),
                sent::toString);
    }

    @Test
    void whatCannotBeRepeatedNeedsALaterReading() {
        Playbook book = idle(session(SNAPSHOT));
        book.client(Story.query("create temporary table t (a int)")).server(ServerPackets.ok(1));
        sessions.found(Map.of(CLIENT, state(30, 40)));
        book.client(Story.query("select 2")).server(ROWS.duplicate());
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
    }

    @Test
    void anOpenTransactionIsWaitedFor() {
        // The answer to the last one says that a transaction is open.
        Playbook book = idle(session(SNAPSHOT));
        sessions.await(CLIENT);
        book.client(Story.query("select 1")).server(rows(3));
        sessions.found(Map.of(CLIENT, state(30, 40)));
        book.client(Story.query("select 2")).server(rows(3));
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
        book.client(Story.query("commit")).server(ServerPackets.ok(1));
        book.client(Story.query("select 3"));
        assertEquals(1, book.all(SessionAction.Connect.class).size());
    }

    @Test
    void executesWithoutTypesAreLostUntilOneSendsThem() {
        Playbook book = joinedBySnapshot().client(execute(0, 0));
        logIn(book);
        for (int i = 0; i < 3; i++) {
            book.target(ServerPackets.ok(1));
        }
        // The target calls it 9; one parameter.
        book.target(
                Unpooled.wrappedBuffer(
                        Packet.encoded(1, hex("00 09 00 00 00 00 00 01 00 00 00 00")),
                        Packet.encoded(
                                2,
                                Unpooled.copiedBuffer(
                                        "\3def\0\0\0\1?\0\f\55\0\4\0\0\0\375\0\0\0\0\0",
                                        StandardCharsets.ISO_8859_1))));
        assertEquals(
                List.of("parameter-types-unknown"),
                book.all(SessionAction.Lost.class).stream()
                        .map(SessionAction.Lost::reason)
                        .toList());
        int before = book.all(SessionAction.Send.class).size();
        book.server(ServerPackets.ok(1));
        book.client(
                Packet.encoded(
                        0,
                        hex("17 05 00 00 00 00 01 00 00 00 00 01 08 00 07 00 00 00 00 00 00 00")));
        assertEquals(before + 1, book.all(SessionAction.Send.class).size());
        assertEquals(9, book.all(SessionAction.Send.class).getLast().bytes().getByte(5));
    }

    @Test
    void aTargetThatRefusesAnEssentialVariableIsNotGuessedAround() {
        Playbook book = joinedBySnapshot().client(Story.query("select 2"));
        logIn(book).target(ServerPackets.error(1, 1231, "no such mode"));
        SessionAction.LeaveOut left = book.all(SessionAction.LeaveOut.class).getFirst();
        assertEquals("join-state", left.reason());
        assertTrue(left.detail().contains("sql_mode"), left::detail);
    }

    @Test
    void aRefusalDoesNotShowWhatTheSessionHas() {
        Playbook book = joinedBySnapshot().client(Story.query("select 2"));
        logIn(book).target(ServerPackets.ok(1));
        book.target(ServerPackets.error(1, 1231, "can't be set to 'o'clock'"));
        if (book.all(SessionAction.LeaveOut.class).isEmpty()) {
            // The order of the two user variables is not told.
            book.target(ServerPackets.error(1, 1231, "can't be set to 'o'clock'"));
        }
        SessionAction.LeaveOut left = book.all(SessionAction.LeaveOut.class).getFirst();
        assertEquals("join-state", left.reason());
        assertTrue(left.detail().contains("SET @"), left::detail);
        assertTrue(left.detail().contains("?"), left::detail);
        assertTrue(left.detail().contains("1231"), left::detail);
        assertFalse(left.detail().contains("clock"), left::detail);
    }

    @Test
    void underReadOnlyAJoinedSessionGetsNothingThatWouldLetItWrite() {
        Playbook book =
                idle(
                        session(
                                Map.of(
                                        "users",
                                        USERS,
                                        "read-only",
                                        true,
                                        "snapshot",
                                        Map.of("user", "look", "password", "pw"))));
        sessions.found(Map.of(CLIENT, state(30, 40, Map.of("transaction_read_only", "OFF"))));
        logIn(book.client(Story.query("select 2")));
        List<String> sent = sent(book);
        assertTrue(sent.contains("SET SESSION TRANSACTION READ ONLY"), sent::toString);
        assertTrue(sent.contains("SET SESSION sql_mode = 'ANSI_QUOTES'"), sent::toString);
        assertEquals(
                List.of(),
                sent.stream().filter(text -> text.contains("transaction_read_only")).toList());
        assertTrue(
                sessions.tables().toString().contains("mysql.read-only forbids it"),
                sessions.tables()::toString);
    }

    @Test
    void aUseFromBeforeTheCopyIsHeldAgainstTheFilters() {
        Playbook book =
                session(
                        Map.of(
                                "users",
                                USERS,
                                "deny",
                                Map.of("pay", Map.of("database", "payroll")),
                                "join",
                                "default",
                                "join-as",
                                Map.of("user", "app", "database", "shop")));
        book.client(
                        Packet.encoded(
                                0, Unpooled.copiedBuffer("\2payroll", StandardCharsets.US_ASCII)))
                .server(ServerPackets.ok(1));
        book.client(Story.query("select 1")).server(ROWS.duplicate());
        logIn(book.client(Story.query("delete from salary")));
        assertEquals(
                List.of(),
                sent(book).stream()
                        .filter(text -> text.contains("USE") || text.contains("delete"))
                        .toList());
        assertEquals(
                List.of("deny-pay"),
                book.all(SessionAction.Skipped.class).stream()
                        .map(SessionAction.Skipped::rule)
                        .toList());
    }

    @Test
    void aThreadIsTakenBackWhenItsConnectionToTheTargetIsGone() {
        Playbook ends = logIn(joinedBySnapshot().client(Story.query("select 2")));
        SessionAction.Publish thread = ends.all(SessionAction.Publish.class).getFirst();
        assertTrue(thread.untilEnd(), "core takes it back where it leaves the session out");
        assertEquals(List.of(), ends.all(SessionAction.Withdraw.class));
        ends.on(new SessionEvent.TargetEnd(SessionAction.MAIN_LANE, "reset", 1));
        assertEquals(
                List.of(new SessionAction.Withdraw(thread.key())),
                ends.all(SessionAction.Withdraw.class));
    }

    @Test
    void textsThatAreRememberedAreBoundedInBytes() {
        Playbook book = idle(session(SNAPSHOT));
        sessions.await(CLIENT);
        String large = "set @a = '" + "x".repeat(70_000) + "'";
        book.client(Story.query(large)).server(ServerPackets.ok(1));
        sessions.found(Map.of(CLIENT, state(30, 40)));
        book.client(Story.query("select 2")).server(ROWS.duplicate());
        // What it set is not known well enough to be set again.
        assertEquals(List.of(), book.all(SessionAction.Connect.class));
    }

    @Test
    void theLevelThatIsAskedForDecides() {
        Playbook waits = session(Map.of("users", USERS)).client(Story.query("select 1"));
        assertEquals(
                List.of("joined-midway"),
                waits.all(SessionAction.LeaveOut.class).stream()
                        .map(SessionAction.LeaveOut::reason)
                        .toList());
        Playbook byDefault =
                session(
                        Map.of(
                                "users",
                                USERS,
                                "join",
                                "default",
                                "join-as",
                                Map.of("user", "app", "database", "other")));
        byDefault.client(Story.query("use later")).server(ServerPackets.ok(1));
        byDefault.client(Story.query("select 1")).server(ROWS.duplicate());
        byDefault.client(Story.query("select 2"));
        logIn(byDefault);
        assertTrue(sent(byDefault).getFirst().contains("other"));
        assertEquals(
                List.of("use later", "select 2"),
                sent(byDefault).subList(1, sent(byDefault).size()));
    }

    @Test
    void oneThatEndsBeforeSaysWhatItWaitedFor() {
        Playbook book = idle(session(SNAPSHOT));
        book.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, BEGIN));
        SessionAction.LeaveOut left = book.all(SessionAction.LeaveOut.class).getFirst();
        assertEquals("joined-midway", left.reason());
        assertTrue(left.detail().contains("has not been asked yet"), left::detail);
    }
}
