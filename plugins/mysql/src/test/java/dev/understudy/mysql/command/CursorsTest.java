package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.join;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.okPayload;
import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Bytes.u32;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

class CursorsTest {
    private static final int OPEN = 0x42;
    private static final int LAST = 0x82;
    private static final int PLAIN = 0x02;

    private static final ByteBuf EXECUTE =
            command(Command.COM_STMT_EXECUTE, hex("01000000 01 01000000"));
    private static final ByteBuf FETCH = command(Command.COM_STMT_FETCH, hex("01000000 02000000"));

    /** A statement that is number 1 online and number 9 on the target. */
    private static Playbook prepared() {
        return Phase.story()
                .client(command(Command.COM_STMT_PREPARE, text("select n from t")))
                .server(Bytes.prepared(1, 0))
                .target(Bytes.prepared(9, 0))
                .client(EXECUTE.copy());
    }

    private static ByteBuf columns() {
        return join(
                packet(1, Unpooled.buffer().writeByte(1)),
                packet(
                        2,
                        Bytes.columnPayload(new Column("n", BinaryValue.TYPE_LONG, false), false)));
    }

    /** Binary rows with the end behind them, counted from here. */
    private static ByteBuf rows(int sequence, int status, int... values) {
        ByteBuf out = Unpooled.buffer();
        int next = sequence;
        for (int value : values) {
            out.writeBytes(packet(next++, join(hex("00 00"), u32(value))));
        }
        return out.writeBytes(packet(next, okPayload(0xFE, 0, status, 0)));
    }

    private static ByteBuf opened() {
        return join(columns(), rows(3, OPEN));
    }

    private static ByteBuf atOnce(int... values) {
        return join(columns(), rows(3, PLAIN, values));
    }

    private static Verdict verdict(Playbook story, long ordinal) {
        Answer online = null;
        Answer target = null;
        for (SessionAction.Answered answered : story.all(SessionAction.Answered.class)) {
            if (answered.ordinal() == ordinal) {
                if (answered.side() == Side.ONLINE) {
                    online = (Answer) answered.reply();
                } else {
                    target = (Answer) answered.reply();
                }
            }
        }
        return Replies.compare(online, target);
    }

    private static String kind(Playbook story, long ordinal) {
        return switch (verdict(story, ordinal)) {
            case Verdict.Same() -> "same";
            case Verdict.Different(String kind, String _, String _) -> kind;
            case Verdict.NotCompared(String reason) -> reason;
        };
    }

    private static void feed(java.util.function.Consumer<ByteBuf> into, ByteBuf bytes) {
        while (bytes.isReadable()) {
            into.accept(bytes.readBytes(1));
        }
    }

    @Test
    void fetchesOfBothAreComparedOneByOneAndGoByTheTargetsId() {
        Playbook story = prepared();
        assertEquals(
                command(Command.COM_STMT_EXECUTE, hex("09000000 01 01000000")),
                Phase.lastSent(story));
        feed(story::server, opened());
        feed(story::target, opened());
        feed(story::client, FETCH.copy());
        assertEquals(
                command(Command.COM_STMT_FETCH, hex("09000000 02000000")), Phase.lastSent(story));
        feed(story::server, rows(1, OPEN, 1, 2));
        feed(story::target, rows(1, OPEN, 1, 2));
        story.client(FETCH.copy()).server(rows(1, LAST, 3)).target(rows(1, LAST, 4));
        assertEquals("same", kind(story, 2));
        assertEquals("same", kind(story, 3));
        assertEquals("content", kind(story, 4));
    }

    @Test
    void anotherOrderOverAllFetchesIsKnownAtTheLast() {
        Playbook story = prepared().server(opened()).target(opened());
        story.client(FETCH.copy()).server(rows(1, OPEN, 1, 2)).target(rows(1, OPEN, 3, 1));
        story.client(FETCH.copy()).server(rows(1, LAST, 3)).target(rows(1, LAST, 2));
        assertEquals("content", kind(story, 3));
        assertEquals("order", kind(story, 4));
    }

    @Test
    void rowsThatTheTargetGaveAtOnceAreHeldAgainstAllThatProductionFetched() {
        Playbook story = prepared().target(atOnce(1, 2, 3)).server(opened());
        story.client(FETCH.copy());
        assertEquals(
                List.of("asked 3 COM_STMT_FETCH", "skipped 3 no-cursor-on-target"), words(story));
        assertEquals(List.of(), words(story.server(rows(1, OPEN, 1, 2))));
        story.client(FETCH.copy());
        assertEquals(List.of("answered 2 ONLINE"), words(story.server(rows(1, LAST, 3))));
        assertEquals("same", kind(story, 2));
        assertEquals(
                List.of("asked 5 COM_PING", "send 5"),
                words(story.client(command(Command.COM_PING))));
    }

    @Test
    void aCursorLeftEarlyIsHeldAgainstTheFirstRows() {
        for (String end : List.of("close", "reset", "again", "quit", "fin", "connection")) {
            Playbook story = prepared().server(opened()).target(atOnce(1, 2, 3));
            story.client(FETCH.copy()).server(rows(1, OPEN, 1, 2));
            switch (end) {
                case "close" -> story.client(command(Command.COM_STMT_CLOSE, u32(1)));
                case "reset" -> story.client(command(Command.COM_STMT_RESET, u32(1)));
                case "again" -> story.client(EXECUTE.copy());
                case "quit" -> story.client(command(Command.COM_QUIT));
                case "connection" -> story.client(command(Command.COM_RESET_CONNECTION));
                default ->
                        story.on(
                                new SessionEvent.CapturedEnd(
                                        Direction.FROM_CLIENT, StreamEnd.FIN, 5));
            }
            assertEquals("same", kind(story, 2), end);
        }
        Playbook other = prepared().server(opened()).target(atOnce(1, 5, 3));
        other.client(FETCH.copy()).server(rows(1, OPEN, 1, 2));
        other.client(command(Command.COM_STMT_CLOSE, u32(1)));
        assertEquals("content", kind(other, 2));
    }

    @Test
    void aCursorOfTheTargetAloneIsReadToItsEndBeforeTheNextCommand() {
        Playbook story = prepared().server(atOnce(1, 2, 3));
        assertEquals(List.of("hold cursor"), words(story.client(command(Command.COM_PING))));
        assertEquals(List.of("injected fetch", "send -1"), words(story.target(opened())));
        assertEquals(
                command(Command.COM_STMT_FETCH, hex("09000000 10270000")), Phase.lastSent(story));
        assertEquals(
                List.of("injected fetch", "send -1"), words(story.target(rows(1, OPEN, 1, 2))));
        assertEquals(
                List.of("answered 2 TARGET", "resume", "asked 3 COM_PING", "send 3"),
                words(story.target(rows(1, LAST, 3))));
        assertEquals("same", kind(story, 2));
    }

    @Test
    void aCursorWithoutEndIsNotFetchedForEver() {
        Playbook nothing = prepared().server(atOnce(1)).target(opened());
        assertEquals("leave malformed-answer", words(nothing.target(rows(1, OPEN))).getLast());

        Playbook much = prepared().server(atOnce(1)).target(opened());
        int fetches = 0;
        while (!words(much).getLast().startsWith("leave")) {
            much.target(rows(1, OPEN, fetches++));
        }
        assertEquals("leave too-large", words(much).getLast());
        assertEquals(Cursors.MAX_INJECTED_FETCHES, fetches);
    }

    @Test
    void anErrorOfOneSideIsTheAnswer() {
        Playbook target = prepared().server(opened()).target(error(1210, "no cursor"));
        assertEquals("error-appeared", kind(target, 2));
        target.client(FETCH.copy());
        assertEquals(
                List.of("asked 3 COM_STMT_FETCH", "skipped 3 no-cursor-on-target"), words(target));

        Playbook online = prepared().target(opened()).server(error(1210, "no cursor"));
        assertEquals("error-gone", kind(online, 2));
        assertEquals(
                List.of("asked 3 COM_PING", "send 3"),
                words(online.client(command(Command.COM_PING))));

        Playbook late = prepared().server(atOnce(1)).target(opened()).target(error(1317, "killed"));
        assertEquals("error-appeared", kind(late, 2));
    }

    @Test
    void withoutCursorsOnEitherSideAFetchIsAnErrorOnBoth() {
        Playbook story = prepared().server(atOnce(1)).target(atOnce(1));
        assertEquals("same", kind(story, 2));
        story.client(FETCH.copy()).server(error(1421, "none")).target(error(1421, "none"));
        assertEquals("same", kind(story, 3));
    }

    /** Where EOF packets are in use, the one behind the columns is the answer's end. */
    @Test
    void anEofBehindTheColumnsSaysThatACursorIsOpen() {
        Capabilities plain = new Capabilities(Capabilities.PROTOCOL_41);
        Playbook story =
                Phase.story(plain, Bytes.usual(), StatementRules.strict())
                        .client(command(Command.COM_STMT_PREPARE, text("select n from t")))
                        .server(Bytes.prepared(1, 0))
                        .target(Bytes.prepared(9, 0))
                        .client(EXECUTE.copy());
        story.server(join(columns(), packet(3, Bytes.eofPayload(OPEN, 0)))).target(opened());
        assertEquals("same", kind(story, 2));
        story.client(FETCH.copy());
        ByteBuf row = packet(1, join(hex("00 00"), u32(7)));
        story.server(join(row, packet(2, Bytes.eofPayload(LAST, 0)))).target(rows(1, LAST, 7));
        assertEquals("same", kind(story, 3));
    }

    @Test
    void aFetchOfNoStatementIsSentForNoStatement() {
        Playbook story = Phase.story().client(FETCH.copy());
        assertEquals(
                command(Command.COM_STMT_FETCH, hex("00000000 00000000")), Phase.lastSent(story));
        story.server(error(1243, "x"))
                .target(error(1243, "x"))
                .client(command(Command.COM_PING))
                .server(ok());
        assertEquals("same", kind(story, 1));
    }
}
