package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.query;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The state of transactions is compared but where a statement that was kept back bears on it. */
class ComparedStateTest {
    private static final int NONE = 2;
    private static final int OPEN = 3;
    private static final int OPEN_WITHOUT_AUTOCOMMIT = 1;

    private static ByteBuf ok(int status) {
        return packet(1, Bytes.okPayload(0, 0, status, 0));
    }

    /** A statement that is answered so by production and so by the target. */
    private static void asked(Playbook story, String sql, int online, int target) {
        story.client(query(sql)).server(ok(online)).target(ok(target));
    }

    private static String lastVerdict(Playbook story) {
        Answer online = null;
        Answer target = null;
        for (SessionAction.Answered answered : story.all(SessionAction.Answered.class)) {
            if (answered.side() == Side.ONLINE) {
                online = (Answer) answered.reply();
            } else {
                target = (Answer) answered.reply();
            }
        }
        return Replies.compare(online, target) instanceof Verdict.Different different
                ? different.kind()
                : "same";
    }

    @Test
    void isCompared() {
        Playbook story = Phase.story();
        asked(story, "do 1", NONE, OPEN);
        assertEquals("transaction", lastVerdict(story));
        asked(story, "do 1", OPEN, OPEN_WITHOUT_AUTOCOMMIT);
        assertEquals("transaction", lastVerdict(story));
        asked(story, "do 1", OPEN, OPEN);
        assertEquals("same", lastVerdict(story));
    }

    @ParameterizedTest(name = "{0}, then {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # kept back    | then              | online | target | verdict
                    kill 5         | do 1              | 3      | 2      | same
                    kill 5         | do 1              | 3      | 1      | transaction
                    kill 5         | rollback to a     | 3      | 2      | same
                    kill 5         | commit            | 3      | 2      | transaction
                    kill 5         | start transaction | 2      | 3      | transaction
                    kill 5         | set autocommit=0  | 3      | 2      | same
                    grant a to b   | do 1              | 3      | 0      | same
                    grant a to b   | commit            | 2      | 0      | same
                    grant a to b   | set autocommit=1  | 2      | 0      | transaction
                    """)
    void notBehindWhatWasKeptBack(
            String keptBack, String then, int online, int target, String verdict) {
        Playbook story = Phase.story();
        story.client(query(keptBack)).server(ok(online));
        asked(story, then, online, target);
        assertEquals(verdict, lastVerdict(story));
        // It holds on for what is asked next.
        asked(story, "do 2", online, target);
        assertEquals(verdict, lastVerdict(story));
    }

    @Test
    void aResetBeginsAnew() {
        Playbook story = Phase.story();
        story.client(query("grant a to b")).server(ok(NONE));
        story.client(Bytes.command(Command.COM_RESET_CONNECTION)).server(ok(NONE)).target(ok(NONE));
        asked(story, "do 1", NONE, OPEN_WITHOUT_AUTOCOMMIT);
        assertEquals("transaction", lastVerdict(story));
    }
}
