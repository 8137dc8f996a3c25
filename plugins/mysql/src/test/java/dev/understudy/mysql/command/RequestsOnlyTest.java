package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.hex;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.text;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Commands of captures that show what clients say, and nothing else. */
class RequestsOnlyTest {
    private static final Capabilities ATTRIBUTES =
            Bytes.usual().with(Capabilities.QUERY_ATTRIBUTES);

    private static ByteBuf prepare(String sql) {
        return command(Command.COM_STMT_PREPARE, text(sql));
    }

    private static ByteBuf execute(int id) {
        return command(Command.COM_STMT_EXECUTE, hex("%02x000000 00 01000000".formatted(id)));
    }

    /** Prepared on the target as 9, 10, … */
    private static Playbook prepared(Playbook story, int... targetIds) {
        for (int id : targetIds) {
            story.client(prepare("select " + id)).target(Bytes.prepared(id, 0));
        }
        return story;
    }

    @Test
    void aQueryIsToldByTheTargetsAnswerAlone() {
        Playbook story = Phase.requestsOnly(Bytes.usual()).client(query("select 1"));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story));
        assertEquals(List.of("answered 1 TARGET"), words(story.target(ok())));
    }

    @Test
    void theOnlyStatementIsMeantWhateverItsNumber() {
        Playbook story = prepared(Phase.requestsOnly(Bytes.usual()), 9);
        story.client(execute(17));
        assertEquals(execute(9), Phase.lastSent(story));
        story.target(ok());
        // From here on the numbers are known.
        prepared(story, 10, 11).client(execute(19));
        assertEquals(execute(11), Phase.lastSent(story));
    }

    @Test
    void theFirstOfSeveralIsKnownByItsNumberAndAnyOtherIsNobodys() {
        Playbook story = prepared(Phase.requestsOnly(Bytes.usual()), 9, 10);
        story.client(execute(2));
        assertEquals(
                List.of("asked 3 COM_STMT_EXECUTE", "lost 3 statement-id-unknown"), words(story));
        story.client(execute(1));
        assertEquals(execute(9), Phase.lastSent(story));
        story.target(ok()).client(execute(2));
        assertEquals(execute(10), Phase.lastSent(story));
    }

    @Test
    void aServerThatTakesAttributesBeginsAtOne() {
        Playbook story = Phase.requestsOnly(ATTRIBUTES);
        story.client(command(Command.COM_QUERY, hex("00 01"), text("select 1"))).target(ok());
        assertEquals(query("select 1"), Phase.lastSent(story));
        prepared(story, 9, 10).client(execute(2));
        assertEquals(execute(10), Phase.lastSent(story));
    }

    @Test
    void attributesThatTheServerDidNotTakeAreNotReadOutOfTheText() {
        Playbook story = Phase.requestsOnly(ATTRIBUTES).client(query("select 1"));
        assertEquals(query("select 1"), Phase.lastSent(story));
    }

    @Test
    void behindACallNumbersAreFoundAnew() {
        Playbook story = prepared(Phase.requestsOnly(Bytes.usual()), 9);
        story.client(execute(1)).target(ok());
        story.client(query("call p()")).target(ok());
        prepared(story, 10).client(execute(6));
        assertEquals(execute(10), Phase.lastSent(story));
    }

    @Test
    void aStatementThatACallCameBetweenMayBeAnyOther() {
        Playbook story = prepared(Phase.requestsOnly(Bytes.usual()), 9);
        story.client(query("call p()")).target(ok());
        prepared(story, 10).client(execute(1));
        assertTrue(words(story).contains("lost 4 statement-id-unknown"), words(story).toString());
    }

    @Test
    void theLastPreparedHasANameOfItsOwn() {
        Playbook story = prepared(Phase.requestsOnly(Bytes.usual()), 9, 10);
        story.client(command(Command.COM_STMT_EXECUTE, hex("ffffffff 00 01000000")));
        assertEquals(execute(10), Phase.lastSent(story));
    }

    @Test
    void theRestOfALoginIsPassedOver() {
        Playbook story = Phase.requestsOnly(Bytes.usual());
        story.client(Bytes.packet(3, hex("02"))).client(Bytes.packet(5, hex("aabb")));
        story.client(query("select 1"));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story));
    }

    @Test
    void aFileGoesToATargetThatAsksForIt() {
        Playbook story = Phase.requestsOnly(Bytes.usual());
        story.client(query("load data local infile 'f' into table t"));
        story.client(Bytes.packet(2, text("1,2"))).client(Bytes.packet(3, text("")));
        assertTrue(story.held());
        story.target(Bytes.packet(1, hex("fb 66")));
        assertEquals(Bytes.packet(3, text("")), Phase.lastSent(story));
        assertTrue(
                words(story.target(Bytes.packet(4, Bytes.okPayload(0, 1, 2, 0))))
                        .contains("answered 1 TARGET"));
    }

    @Test
    void aFileThatTheTargetDoesNotAskForEndsTheCopy() {
        Playbook story = Phase.requestsOnly(Bytes.usual());
        story.client(query("load data local infile 'f' into table t")).target(ok());
        story.client(Bytes.packet(2, text("1,2")));
        assertEquals(List.of("leave local-file"), words(story));
    }
}
