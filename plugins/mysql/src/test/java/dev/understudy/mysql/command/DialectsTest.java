package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.packet;
import static dev.understudy.mysql.command.Bytes.query;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Texts that do one thing by the rules that a session was thought to have, and another by those
 * that the target has: whatever way a client takes to get the two apart.
 */
class DialectsTest {
    private static final int ESCAPES = 2;
    private static final int NO_ESCAPES = 0x202;

    /** Two texts without escapes; with them the server is shut down. */
    private static final String UNLESS_ESCAPED = "select '\\' , '; shutdown; -- '";

    /** A text with escapes; without them the server is shut down. */
    private static final String IF_ESCAPED = "select '\\'; shutdown; -- '";

    /** In gbk the backslash is half a character. */
    private static final String GBK = "select '\u00bf\\'; shutdown; -- '";

    private final Playbook story = Phase.story();

    private static ByteBuf ok(int status) {
        return packet(1, Bytes.okPayload(0, 0, status, 0));
    }

    private static ByteBuf latin1(String sql) {
        ByteBuf payload = Unpooled.buffer().writeByte(Command.COM_QUERY.code());
        return Packet.encoded(0, payload.writeBytes(sql.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private void said(String sql, int online, int target) {
        story.client(query(sql)).server(ok(online)).target(ok(target));
    }

    private void keptBack(String sql) {
        assertEquals("skipped", last(sql));
    }

    private void sent(String sql) {
        assertEquals("send", last(sql));
    }

    private String last(String sql) {
        List<String> words = Phase.words(story.client(latin1(sql)));
        String last = words.getLast().split(" ", 2)[0];
        story.server(ok(ESCAPES));
        if (last.equals("send")) {
            story.target(ok(ESCAPES));
        }
        return last;
    }

    @Test
    void theRulesOfBothServersCount() {
        said("do 1", ESCAPES, ESCAPES);
        sent(IF_ESCAPED);
        keptBack(UNLESS_ESCAPED);
        said("do 1", NO_ESCAPES, ESCAPES);
        keptBack(IF_ESCAPED);
        said("do 1", NO_ESCAPES, ESCAPES);
        keptBack(UNLESS_ESCAPED);
        said("do 1", NO_ESCAPES, NO_ESCAPES);
        sent(UNLESS_ESCAPED);
    }

    @Test
    void aChangeWithinATextCountsFromThere() {
        said("do 1", ESCAPES, ESCAPES);
        keptBack("set sql_mode = 'NO_BACKSLASH_ESCAPES'; " + IF_ESCAPED);
        keptBack("set names gbk; " + GBK);
        keptBack("set names gbk; " + GBK + "; set names utf8mb4");
    }

    @Test
    void aChangeIsWaitedFor() {
        said("do 1", ESCAPES, ESCAPES);
        story.client(query("set session sql_mode = 'NO_BACKSLASH_ESCAPES'"));
        assertEquals(List.of("hold sql-mode"), Phase.words(story.client(latin1(IF_ESCAPED))));
        story.target(ok(NO_ESCAPES));
        assertEquals(
                List.of("answered 2 TARGET", "resume", "asked 3 COM_QUERY", "skipped 3 shutdown"),
                Phase.words(story));
    }

    @Test
    void aChangeThatOneServerLacksIsAmbiguous() {
        said("do 1", ESCAPES, ESCAPES);
        // Kept back as a whole: the target goes on in UTF-8.
        story.client(query("shutdown; set names gbk")).server(ok(ESCAPES));
        keptBack("select '\u00bf\\' , '; shutdown; -- '");
        sent("select 'ascii'");
    }

    @Test
    void aChangeThatFailsIsAmbiguous() {
        said("set names gbk", ESCAPES, ESCAPES);
        story.client(query("set names utf8mb4 collate latin1_bin"))
                .server(Bytes.error(1253, "not its collation"))
                .target(Bytes.error(1253, "not its collation"));
        keptBack(GBK);
    }

    @Test
    void aChangeByAPreparedTextIsNotFollowed() {
        said("do 1", ESCAPES, ESCAPES);
        sent(GBK);
        keptBack("prepare s from 'set names gbk'");
        keptBack("execute immediate 'set \\sql_mode = 0'");
        story.client(Bytes.command(Command.COM_STMT_PREPARE, Bytes.text("set names gbk")))
                .server(Bytes.prepared(1, 0))
                .target(Bytes.prepared(1, 0));
        keptBack(GBK);
    }
}
