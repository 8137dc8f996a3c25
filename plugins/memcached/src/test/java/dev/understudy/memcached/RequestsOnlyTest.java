package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sessions of captures that show what clients say, and nothing else. */
class RequestsOnlyTest {
    private static Story plain() {
        return Story.requestsOnly(Map.of());
    }

    @Test
    void requestsAreToldByTheTargetsAnswersAlone() {
        Story story = plain().client("set k 0 0 1~x~get k~");
        assertEquals("set k 0 0 1~x~get k~", story.sent());
        story.target("STORED~VALUE k 0 1~x~END~");
        assertEquals(List.of(0L, 1L), story.answeredByTarget());
    }

    @Test
    void nothingWaitsForWhatProductionSaidOfAKey() {
        Story story = plain().client("add k 0 0 1~x~incr n 1~");
        assertEquals("add k 0 0 1~x~incr n 1~", story.sent());
    }

    @Test
    void aValueThatNoAnswerWasSeenToGiveIsSkippedOrSentAsTheUserWants() {
        Story skipped = plain().client("cas k 0 0 1 5~y~get k~").known(Map.of());
        assertEquals("get k~", skipped.sent());
        assertEquals(List.of("cas skipped cas-unknown", "get open"), skipped.outcomes());
        Story asIs =
                Story.requestsOnly(Map.of("cas", "as-is"))
                        .client("cas k 0 0 1 5~y~get k~")
                        .known(Map.of());
        assertEquals("cas k 0 0 1 5~y~get k~", asIs.sent());
    }
}
