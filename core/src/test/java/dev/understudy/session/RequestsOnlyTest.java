package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.ledger.Counts;
import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionContext;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Sessions whose answers are not in the capture: the target's own say how far they may go. */
class RequestsOnlyTest {
    private static ScriptedCopy copyOf(Function<SessionContext, ProtocolSession> protocol) {
        return new ScriptedCopy(RunLimits.defaults(), protocol, TlsReading.none(), true);
    }

    private static ScriptedCopy lines() {
        return copyOf(context -> new LineProtocol().open(context));
    }

    private static void assertSums(ScriptedCopy copy) {
        assertEquals(Optional.empty(), copy.ledger.imbalance());
    }

    @Test
    void aRequestWaitsForTheTargetsAnswerThatItsClientHadReadOfProduction() {
        ScriptedCopy copy = lines();
        ScriptedCopy.Conversation client = copy.open();
        client.client("a\n").heard().client("b\n").end();
        FakeTarget.Connection target = copy.target.connection(0).up();
        assertEquals("a\n", target.log());
        target.say("A\n");
        assertEquals("a\nb\n", target.log());
        target.say("B\n");
        assertEquals("a\nb\n(closed)", target.log());

        Counts counts = copy.counts();
        assertEquals(Map.of("one-sided", 2L), counts.requests().notCompared());
        assertEquals(2, counts.requests().answered());
        assertEquals(0, counts.requests().compared());
        assertEquals(2, counts.targetLatency().count());
        assertEquals(0, counts.onlineLatency().count());
        assertEquals(1, counts.sessions().complete());
        assertSums(copy);
    }

    @Test
    void whatWasPipelinedStaysSo() {
        ScriptedCopy copy = lines();
        copy.open().client("a\n").client("b\n").heard().client("c\n").end();
        FakeTarget.Connection target = copy.target.connection(0).up();
        assertEquals("a\nb\n", target.log());
        target.say("A\n");
        assertEquals("a\nb\n", target.log());
        target.say("B\n");
        assertEquals("a\nb\nc\n", target.log());
    }

    @Test
    void anAnswerThatHasBegunIsAllThatTheClientMayHaveRead() {
        ScriptedCopy copy = lines();
        copy.open().client("a\n").heard().client("b\n").end();
        copy.target.connection(0).up().say("100 go on");
        assertEquals("a\nb\n", copy.target.connection(0).log());
    }

    @Test
    void anotherSessionWaitsForAnAnswerThatWasReadBeforeItAsked() {
        ScriptedCopy copy = lines();
        ScriptedCopy.Conversation writer = copy.open();
        ScriptedCopy.Conversation reader = copy.open();
        writer.client("w\n").heard().client("next\n");
        reader.client("r\n");
        copy.target.connection(0).up();
        copy.target.connection(1).up();
        assertEquals("", copy.target.connection(1).log(), "the reader came before the writer");
        copy.target.connection(0).say("W\n");
        assertEquals("r\n", copy.target.connection(1).log());
        assertTrue(copy.counts().order().waits() > 0);
    }

    @Test
    void aTargetThatGoesLeavesItsRequestsUnanswered() {
        ScriptedCopy copy = lines();
        copy.open().client("a\n").end();
        copy.target.connection(0).up().ended("reset");
        copy.pass(RunLimits.defaults().drain().plusSeconds(1));
        assertEquals(Map.of("target-reset", 1L), copy.counts().requests().unanswered());
        assertSums(copy);
    }

    @Test
    void anUnknownProtocolGoesOnWhenTheTargetHasBegunToAnswer() {
        ScriptedCopy copy = copyOf(context -> new OpaqueTcp().open(context));
        copy.open().client("a").heard().client("b").end();
        FakeTarget.Connection target = copy.target.connection(0).up();
        assertEquals("a", target.log());
        target.say("x");
        assertEquals("ab(fin)", target.log());
        target.say("y");
        copy.pass(Duration.ofSeconds(1));
        copy.pass(Duration.ofSeconds(1));
        assertEquals("ab(fin)(closed)", target.log());
        assertEquals(Map.of("one-sided", 2L), copy.counts().requests().notCompared());
        assertSums(copy);
    }
}
