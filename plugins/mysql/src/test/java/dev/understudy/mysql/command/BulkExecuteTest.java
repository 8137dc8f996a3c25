package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.error;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.okPayload;
import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;

class BulkExecuteTest {
    private static final Capabilities BULK =
            Bytes.usual().with(Capabilities.MARIADB_STMT_BULK_OPERATIONS);

    /** Types LONG and VAR_STRING; (1, 'a'), (2, NULL), (3, 'c'). */
    private static final String ROWS =
            "8000 0300 fd00  00 01000000 00 0161  00 02000000 01  00 03000000 00 0163";

    private static Playbook prepared(Capabilities target) {
        Playbook story =
                Phase.story(BULK, target, StatementRules.strict())
                        .client(command(Command.COM_STMT_PREPARE, text("insert t values (?,?)")));
        return story.server(Bytes.prepared(1, 2)).target(Bytes.prepared(9, 2));
    }

    private static ByteBuf bulk(String rows) {
        return command(Command.COM_STMT_BULK_EXECUTE, hex("01000000"), hex(rows));
    }

    private static ByteBuf affected(int rows) {
        return packet(1, okPayload(0, rows, 2, 0));
    }

    private static Verdict verdict(Playbook story) {
        List<SessionAction.Answered> answers = story.all(SessionAction.Answered.class);
        SessionAction.Answered online =
                answers.stream()
                        .filter(a -> a.ordinal() == 2 && a.side() == Side.ONLINE)
                        .findFirst()
                        .orElseThrow();
        SessionAction.Answered target =
                answers.stream()
                        .filter(a -> a.ordinal() == 2 && a.side() == Side.TARGET)
                        .findFirst()
                        .orElseThrow();
        return Replies.compare((Answer) online.reply(), (Answer) target.reply());
    }

    @Test
    void aTargetThatKnowsItGetsItWhole() {
        ByteBuf whole = bulk(ROWS);
        for (int cut = 0; cut <= whole.readableBytes(); cut++) {
            Playbook story = prepared(BULK);
            story.client(whole.copy(0, cut)).client(whole.copy(cut, whole.readableBytes() - cut));
            assertEquals(
                    command(Command.COM_STMT_BULK_EXECUTE, hex("09000000"), hex(ROWS)),
                    Phase.lastSent(story));
            story.server(affected(3)).target(affected(3));
            assertEquals(new Verdict.Same(), verdict(story));
        }
    }

    @Test
    void aTargetWithoutUnitResultsIsNotAskedForThem() {
        String asking = "c0" + ROWS.substring(2);
        Playbook without = prepared(BULK).client(bulk(asking));
        assertEquals(
                command(Command.COM_STMT_BULK_EXECUTE, hex("09000000"), hex(ROWS)),
                Phase.lastSent(without));
        Capabilities all = BULK.with(Capabilities.MARIADB_BULK_UNIT_RESULTS);
        Playbook with = prepared(all).client(bulk(asking));
        assertEquals(
                command(Command.COM_STMT_BULK_EXECUTE, hex("09000000"), hex(asking)),
                Phase.lastSent(with));
    }

    @Test
    void otherTargetsGetOneExecuteForEachRow() {
        Playbook story = prepared(Bytes.usual()).client(bulk(ROWS));
        assertEquals(List.of("asked 2 COM_STMT_BULK_EXECUTE", "send 2"), words(story));
        assertEquals(
                command(
                        Command.COM_STMT_EXECUTE,
                        hex("09000000 00 01000000 00 01 0300 fd00 01000000 0161")),
                Phase.lastSent(story));
        assertEquals(List.of("hold bulk"), words(story.client(command(Command.COM_PING))));
        story.server(affected(3));
        assertEquals(List.of("injected bulk-row", "send -1"), words(story.target(affected(1))));
        assertEquals(
                command(
                        Command.COM_STMT_EXECUTE,
                        hex("09000000 00 01000000 02 01 0300 fd00 02000000")),
                Phase.lastSent(story));
        story.target(affected(1));
        assertEquals(
                List.of(
                        "answered 2 TARGET",
                        "resume",
                        "asked 3 COM_PING",
                        "send 3",
                        "answered 2 ONLINE"),
                words(story.target(affected(1))));
        assertEquals(new Verdict.Same(), verdict(story));
    }

    @Test
    void theFirstRowThatFailsIsTheLast() {
        Playbook story = prepared(Bytes.usual()).client(bulk(ROWS));
        story.target(affected(1)).target(error(1062, "duplicate"));
        story.server(error(1062, "duplicate"));
        assertEquals(new Verdict.Same(), verdict(story));
        assertEquals(
                List.of("asked 3 COM_PING", "send 3"),
                words(story.client(command(Command.COM_PING))));
    }

    @Test
    void affectedRowsAreFolded() {
        Playbook story = prepared(Bytes.usual()).client(bulk(ROWS)).server(affected(6));
        story.target(affected(2)).target(affected(2)).target(affected(1));
        assertEquals(new Verdict.Different("affected-rows", "6", "5"), verdict(story));
    }

    /** Without types it goes by those of the execute before. */
    @Test
    void typesMayHaveBeenSentBefore() {
        Playbook story = prepared(Bytes.usual());
        story.client(
                command(
                        Command.COM_STMT_EXECUTE,
                        hex("01000000 00 01000000 00 01 0300 fd00 05000000 0178")));
        story.server(ok()).target(ok()).client(bulk("0000 00 01000000 00 0161"));
        assertEquals(
                command(
                        Command.COM_STMT_EXECUTE,
                        hex("09000000 00 01000000 00 01 0300 fd00 01000000 0161")),
                Phase.lastSent(story));
    }

    @Test
    void whatAnExecuteCannotSayIsLost() {
        Playbook story = prepared(Bytes.usual()).client(bulk("8000 0300 fd00 00 01000000 02"));
        assertEquals(List.of("asked 2 COM_STMT_BULK_EXECUTE", "lost 2 bulk-default"), words(story));
        story.server(affected(1)).client(command(Command.COM_PING)).server(ok());
        assertEquals(List.of("answered 3 ONLINE"), words(story));
    }

    @Test
    void rowsThatCannotBeReadAreNotGuessedAt() {
        for (String rows :
                List.of(
                        "8000 0300", // types cut
                        "0000 00 01000000 00 0161", // never typed
                        "8000 0300 fd00 00 01", // a value cut
                        "8000 0300 fd00 00 01000000", // a row cut
                        "8000 0300 fd00 09 01000000 00 0161", // no indicator
                        "8000 0300 fd00 00 01000000 00 fe")) {
            Playbook story = prepared(Bytes.usual()).client(bulk(rows));
            assertEquals(List.of("leave malformed-request"), words(story), rows);
        }
        assertTrue(
                words(prepared(Bytes.usual()).client(command(Command.COM_STMT_BULK_EXECUTE)))
                        .contains("leave malformed-request"));
    }

    /** MariaDB 11.5 and later, where the client asks for it. */
    @Test
    void unitResultsAreSummedUp() {
        for (int lastRow = 1; lastRow <= 2; lastRow++) {
            Playbook story = prepared(Bytes.usual()).client(bulk(ROWS));
            story.target(affected(1)).target(affected(1)).target(affected(1));
            ByteBuf units =
                    Bytes.join(
                            packet(1, hex("02")),
                            packet(2, number("Id")),
                            packet(3, number("Affected_rows")),
                            packet(4, hex("00 00 07000000 01000000")),
                            packet(5, hex("00 00 08000000 01000000")),
                            packet(6, Bytes.join(hex("00 00 09000000"), Bytes.u32(lastRow))),
                            packet(7, okPayload(0xFE, 0, 2, 0)));
            story.server(units);
            assertEquals(
                    lastRow == 1
                            ? new Verdict.Same()
                            : new Verdict.Different("affected-rows", "4", "3"),
                    verdict(story));
        }
    }

    private static ByteBuf number(String name) {
        return Bytes.columnPayload(new Column(name, BinaryValue.TYPE_LONG, true), false);
    }
}
