package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SessionAction;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** cas values: production's in, the target's out. */
class CasStoriesTest {
    private static Story learnt() {
        Story reader = Story.plain().client("gets k~");
        return reader.online("VALUE k 0 1 5~x~END~").target("VALUE k 0 1 900~x~END~");
    }

    @Test
    void aValueReadOnOneConnectionIsMappedOnAnother() {
        Story reader = learnt();
        Story writer = reader.another().client("cas k 0 0 1 5~y~get k~");
        assertEquals("", writer.sent(), "nothing goes before the value is known");
        assertTrue(writer.playbook().held());
        writer.known(reader.published());
        assertEquals("cas k 0 0 1 900~y~get k~", writer.sent());
        writer.both("STORED~VALUE k 0 1~y~END~");
        assertEquals(List.of("cas same", "get same"), writer.outcomes());
    }

    @Test
    void metaAndClassicKnowEachOthersValues() {
        Story reader = Story.plain().client("mg k c v~");
        reader.online("VA 1 c5~x~").target("VA 1 c900~x~");
        Story writer = reader.another().client("ms k 1 C5 q Oz~y~mn~").known(reader.published());
        assertEquals("ms k 1 C900 q Oz~y~mn~", writer.sent());
        writer.both("MN~");
        assertEquals(List.of("ms same", "mn same"), writer.outcomes());
    }

    @Test
    void anotherKeysValueIsNotTaken() {
        Story reader = learnt();
        Story writer = reader.another().client("cas other 0 0 1 5~y~").known(reader.published());
        assertEquals("", writer.sent());
    }

    @Test
    void anUnknownValueIsSentWithoutItsConditionOnceProductionHasStoredIt() {
        Story story = Story.plain().client("  cas k 3 0 1 5~y~get k~").known(Map.of());
        assertEquals("", story.sent());
        story.online("STORED~VALUE k 3 1~y~END~");
        assertEquals("  set k 3 0 1~y~get k~", story.sent());
        story.target("STORED~VALUE k 3 1~y~END~");
        assertEquals(List.of("cas (cas-unknown)", "get same"), story.outcomes());

        Story meta = Story.plain().client("ms k 1 C5 T0~y~").known(Map.of()).online("HD~");
        assertEquals("ms k 1 T0~y~", meta.sent());
    }

    @Test
    void anUnknownValueThatProductionRefusedIsSentAsOneThatNoItemHas() {
        Story story = Story.plain().client("cas k 3 0 1 5~y~").known(Map.of()).online("EXISTS~");
        assertEquals("cas k 3 0 1 18446744073709551615~y~", story.sent());
        assertEquals(List.of("cas (cas-unknown)"), story.target("EXISTS~").outcomes());
    }

    @Test
    void theUserMayChooseToSkipOrToSendAsItIs() {
        Story skipped = Story.with(Map.of("cas", "skip")).client("cas k 0 0 1 5~y~get k~");
        skipped.known(Map.of());
        assertEquals("get k~", skipped.sent());
        skipped.online("STORED~VALUE k 0 1~y~END~").target("END~");
        assertEquals(List.of("cas skipped cas-unknown", "get lost-write"), skipped.outcomes());
        Story asIs = Story.with(Map.of("cas", "as-is")).client("cas k 0 0 1 5~y~");
        assertEquals("cas k 0 0 1 5~y~", asIs.known(Map.of()).sent());
    }

    @Test
    void whatTheTargetDoesNotHaveIsWithdrawn() {
        Story story = Story.plain().client("gets k~").online("VALUE k 0 1 5~x~END~");
        assertEquals(1, story.playbook().all(SessionAction.Announce.class).size());
        story.target("END~");
        assertEquals(1, story.playbook().all(SessionAction.Withdraw.class).size());
    }

    @Test
    void severalCopiesOnOneDataSetAreNotHeldAgainstProduction() {
        Story story = Story.secondCopy().client("add k 0 0 1~x~get k~");
        story.online("STORED~VALUE k 0 1~x~END~").target("NOT_STORED~VALUE k 0 1~x~END~");
        story.client("get k~").online("VALUE k 0 1~x~END~").target("VALUE k 0 1~y~END~");
        story.client("get other~").online("END~").target("VALUE other 0 1~y~END~");
        assertEquals(
                List.of("add (multiplied)", "get same", "get (multiplied)", "get extra"),
                story.outcomes());
    }

    @Test
    void anEndOfProductionWhileItsAnswerIsAwaitedEndsTheSession() {
        Story story = Story.plain().client("cas k 0 0 1 5~y~").known(Map.of()).ends();
        assertEquals(
                "online-ended", story.playbook().all(SessionAction.Lost.class).getFirst().reason());
        assertEquals("", story.sent());
    }
}
