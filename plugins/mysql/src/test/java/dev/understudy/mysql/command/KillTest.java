package dev.understudy.mysql.command;

import static dev.understudy.mysql.command.Bytes.command;
import static dev.understudy.mysql.command.Bytes.ok;
import static dev.understudy.mysql.command.Bytes.query;
import static dev.understudy.mysql.command.Bytes.u32;
import static dev.understudy.mysql.command.Phase.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.sql.StatementRules;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KillTest {
    private static final String THREADS = "mysql-thread 192.0.2.1:3306 ";

    private static Playbook story() {
        return story(StatementRules.strict());
    }

    private static Playbook story(StatementRules rules) {
        return Phase.story(
                phase -> {
                    List<SessionAction> out = new ArrayList<>();
                    phase.begin(THREADS, Phase.APP, "", out);
                    assertEquals(List.of("publish " + THREADS + Phase.CAPTURED_THREAD), words(out));
                    assertEquals(
                            Phase.TARGET_THREAD,
                            ((SessionAction.Publish) out.getFirst()).value().getLong(0));
                    assertTrue(((SessionAction.Publish) out.getFirst()).untilEnd());
                },
                rules);
    }

    private static SessionEvent known(long captured, long target) {
        return new SessionEvent.Known(THREADS + captured, Unpooled.buffer().writeLong(target));
    }

    @ParameterizedTest
    @CsvSource({
        "KILL 12, KILL 345",
        "kill query 12, kill query 345",
        "/* x */ KILL  HARD CONNECTION 12 ;, /* x */ KILL  HARD CONNECTION 345 ;",
        "kill soft 12 -- it, kill soft 345 -- it"
    })
    void aThreadThatAnotherSessionHasIsKilledByItsNumberThere(String captured, String sent) {
        Playbook story = story().client(query(captured));
        assertEquals(List.of("hold thread-id", "await " + THREADS + 12), words(story));
        story.on(known(12, 345));
        assertEquals(List.of("resume", "asked 1 COM_QUERY", "send 1"), words(story));
        assertEquals(query(sent), Phase.lastSent(story));
        story.server(ok()).target(ok());
        // Another one is asked for anew.
        story.client(query("kill 13")).on(known(13, 9));
        assertEquals(query("kill 9"), Phase.lastSent(story));
    }

    @Test
    void aKillThatIsACommandIsSentAsText() {
        Playbook story = story().client(command(Command.COM_PROCESS_KILL, u32(12)));
        story.on(known(12, 345));
        assertEquals(List.of("resume", "asked 1 COM_PROCESS_KILL", "send 1"), words(story));
        assertEquals(query("KILL 345"), Phase.lastSent(story));
    }

    @Test
    void ownThreadIsKnown() {
        Playbook story = story().client(query("kill query " + Phase.CAPTURED_THREAD));
        assertEquals(List.of("asked 1 COM_QUERY", "send 1"), words(story));
        assertEquals(query("kill query " + Phase.TARGET_THREAD), Phase.lastSent(story));
    }

    @Test
    void aThreadOfNobodyIsNotKilled() {
        for (SessionEvent answer :
                List.of(
                        new SessionEvent.Unknown(THREADS + 12),
                        new SessionEvent.Expired(THREADS + 12, 1))) {
            Playbook story = story().client(query("kill 12")).on(answer);
            assertEquals(List.of("resume", "asked 1 COM_QUERY", "skipped 1 kill"), words(story));
            Playbook process =
                    story().client(command(Command.COM_PROCESS_KILL, u32(12))).on(answer);
            assertEquals(
                    List.of("resume", "asked 1 COM_PROCESS_KILL", "skipped 1 kill"),
                    words(process));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "kill user app",
        "kill query id 12",
        "kill 12; kill 13",
        "kill 1 + 1",
        "kill -1",
        "kill 1e1",
        "kill @x",
        "/*!99999 select 1; */ kill 12",
        "kill 99999999999999999999999"
    })
    void whatIsNotOneNumberIsNotRewritten(String text) {
        Playbook story = story().client(query(text));
        assertEquals(List.of("asked 1 COM_QUERY", "skipped 1 kill"), words(story), text);
    }

    @Test
    void whoeverAllowsItSendsEvenAThreadOfNobody() {
        Playbook story = story(StatementRules.allowing(List.of("kill"))).client(query("kill 12"));
        story.on(new SessionEvent.Unknown(THREADS + 12));
        assertEquals(query("kill 12"), Phase.lastSent(story));
        story.client(query("kill 13")).on(known(13, 5));
        ByteBuf mapped = Phase.lastSent(story);
        assertEquals(query("kill 5"), mapped);
    }
}
