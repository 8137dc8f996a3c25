package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SessionAction;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the target lacks is added there, where the user wants it. */
class WarmingStoriesTest {
    private static Story warm() {
        return Story.with(Map.of("warm", true, "warm-ttl", 60, "warm-max", 10));
    }

    @Test
    void anItemThatTheTargetLacksIsAdded() {
        Story story = warm().client("get a b~").online("VALUE a 7 2~xy~VALUE b 0 1~z~END~");
        story.target("VALUE b 0 1~z~END~");
        assertTrue(story.sent().endsWith("get a b~add a 7 60 2~xy~"), story.sent());
        assertEquals(
                List.of(new SessionAction.Injected("warm")),
                story.playbook().all(SessionAction.Injected.class));
        story.target("STORED~").client("get a~").both("VALUE a 7 2~xy~END~");
        assertEquals(List.of("get (cold)", "get same"), story.outcomes());
    }

    @Test
    void theTimeThatMetaTellsIsKept() {
        Story story = warm().client("mg a v f t~").target("EN~").online("VA 2 f7 t33~xy~");
        assertTrue(story.sent().endsWith("add a 7 33 2~xy~"), story.sent());
        Story forEver = warm().client("mg a v f t~").target("EN~").online("VA 2 f7 t-1~xy~");
        assertTrue(forEver.sent().endsWith("add a 7 0 2~xy~"), forEver.sent());
    }

    @Test
    void whatWasDeletedMeanwhileStaysDeleted() {
        Story story = warm().client("get a~").online("VALUE a 7 2~xy~END~");
        story.another().client("delete a~");
        story.target("END~");
        assertEquals("get a~", story.sent());
    }

    @Test
    void largeItemsAreLeftOut() {
        Story story = warm().client("get a~").online("VALUE a 7 11~hello world~END~");
        story.target("END~");
        assertEquals("get a~", story.sent());
    }

    @Test
    void nothingIsSentIntoTheMiddleOfAValue() {
        Story story = warm().client("get a~set b 0 0 100000~" + "v".repeat(80_000));
        story.both("").online("VALUE a 7 2~xy~END~").target("END~");
        assertTrue(story.sent().endsWith("v"), "not while the value passes");
        story.client("v".repeat(20_000) + "~");
        assertTrue(story.sent().endsWith("v~add a 7 60 2~xy~"));
    }
}
