package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.SessionAction;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How connections end. */
class EndStoriesTest {
    private static int closed(Story story) {
        return story.playbook().all(SessionAction.Close.class).size();
    }

    @Test
    void theTargetIsNotLeftInTheMiddleOfAnAnswer() {
        Story story = Story.plain().client("get k~").online("VALUE k 0 4~abcd~END~");
        story.target("VALUE k 0 4~ab").ends();
        assertEquals(0, closed(story));
        assertEquals(0, story.playbook().all(SessionAction.HalfClose.class).size());
        story.target("cd~END~");
        assertEquals(1, closed(story));
        assertEquals(List.of("get same"), story.outcomes());
    }

    @Test
    void aValueThatIsCutByTheEndOfItsClientHoldsNothingUp() {
        String value = "v".repeat(70_000);
        Story story = Story.plain().client("get k~set l 0 0 80000~" + value).online("END~").ends();
        assertEquals(1, story.playbook().all(SessionAction.HalfClose.class).size());
        story.target("END~").targetEnds();
        assertEquals(List.of("get same", "set open"), story.outcomes());
        assertEquals("", story.leftOut());
    }

    @Test
    void aRequestThatIsCutByTheEndOfItsClientIsNotSent() {
        Story story = Story.plain().client("get k~set l 0 0 5~ab").both("END~").ends();
        assertEquals("get k~", story.sent());
        assertEquals(1, closed(story));
        assertEquals(List.of("get same"), story.outcomes());
    }
}
