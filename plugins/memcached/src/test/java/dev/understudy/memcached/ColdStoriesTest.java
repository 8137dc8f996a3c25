package dev.understudy.memcached;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What depends on an item that production has and the target may lack. */
class ColdStoriesTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            # client                | online      | what the target is asked                       | target       | outcome
            add k 3 0 1~x~          | STORED~     | add k 3 0 1~x~                                 | STORED~      | add same
            add k 3 0 1~x~          | STORED~     | add k 3 0 1~x~                                 | NOT_STORED~  | add (cold)
            add k 3 0 1~x~          | NOT_STORED~ | cas k 3 0 1 18446744073709551615~x~            | NOT_FOUND~   | add (cold)
            add k 3 0 1~x~          | NOT_STORED~ | cas k 3 0 1 18446744073709551615~x~            | EXISTS~      | add same
            add k 3 0 1~x~          | SERVER_ERROR a~ | add k 3 0 1~x~                             | STORED~      | add error
            ms k 1 ME F3~x~         | NS~         | ms k 1 MS F3 C18446744073709551615~x~          | NF~          | ms (cold)
            ms k 1 F3 ME Oq k~x~    | NS Oq kk~   | ms k 1 F3 MS Oq k C18446744073709551615~x~     | EX Oq kk~    | ms same
            ms k 1 F3 ME~x~         | HD~         | ms k 1 F3 ME~x~                                | HD~          | ms same
            ma k N0 J5 v~           | VA 3~105~   | ma k N0 J105 v~                                | VA 3~105~    | ma (cold)
            ma k N0 v~              | VA 3~105~   | ma k N0 v J105~                                | VA 3~105~    | ma (cold)
            ma k N0 J5 v~           | VA 1~5~     | ma k N0 J5 v~                                  | VA 1~5~      | ma same
            ma k N0 J5 v~           | VA 1~5~     | ma k N0 J5 v~                                  | VA 1~8~      | ma (cold)
            ma k v~                 | VA 1~5~     | ma k v~                                        | NF~          | ma (cold)
            """)
    void whatProductionSaidDecidesWhatTheTargetIsAsked(
            String client, String online, String sent, String target, String outcome) {
        Story story = Story.plain().client(client + "get other~").online(online);
        assertEquals(sent + "get other~", story.sent());
        story.target(target).both("END~");
        assertEquals(List.of(outcome, "get same"), story.outcomes());
        assertEquals("", story.leftOut());
    }

    @Test
    void aRefusedAddLeavesTheTargetWithoutTheItemAndItsReadsAreCold() {
        Story story = Story.plain().client("add k 0 0 1~x~").online("NOT_STORED~");
        story.target("NOT_FOUND~").client("get k~").online("VALUE k 0 1~o~END~").target("END~");
        assertEquals(List.of("add (cold)", "get (cold)"), story.outcomes());
    }

    @Test
    void whatTheTargetIsKnownToHaveWaitsForNobody() {
        Story story = Story.plain().client("set k 0 0 1~o~").both("STORED~");
        story.client("add k 0 0 1~x~");
        assertEquals("set k 0 0 1~o~add k 0 0 1~x~", story.sent());
        story.both("NOT_STORED~");
        assertEquals(List.of("set same", "add same"), story.outcomes());
        Story other = Story.plain().client("set k 0 0 1~o~").both("STORED~");
        other.client("add k 0 0 1~x~").online("NOT_STORED~").target("STORED~");
        assertEquals(List.of("set same", "add status"), other.outcomes());
    }

    @Test
    void aStoreThatBothRefusedIsNoLostWrite() {
        Story story = Story.plain().client("set k 0 0 1~o~").both("STORED~");
        story.client("replace k 0 0 1~x~").both("NOT_STORED~");
        story.client("add k 0 0 1~x~");
        assertTrue(story.sent().endsWith("add k 0 0 1~x~"), story.sent());
        story.both("NOT_STORED~").client("get k~").online("VALUE k 0 1~o~END~").target("END~");
        assertEquals("get evicted", story.outcomes().getLast());
    }

    @Test
    void ofASilentAddNobodyKnowsSoWhatItLeftIsNotHeldAgainstTheTarget() {
        Story story = Story.plain().client("add k 0 0 1 noreply~x~get k~gets k~");
        assertEquals("add k 0 0 1 noreply~x~get k~gets k~", story.sent());
        story.online("VALUE k 0 1~o~END~VALUE k 0 1 1~x~END~");
        story.target("VALUE k 0 1~x~END~VALUE k 0 1 2~x~END~");
        story.client("delete k~").both("DELETED~");
        story.client("set k 0 0 1~y~get k~");
        story.online("STORED~VALUE k 0 1~y~END~").target("STORED~VALUE k 0 1~z~END~");
        assertEquals(
                List.of(
                        "add same",
                        "get (cold)",
                        "gets same",
                        "delete same",
                        "set same",
                        "get value"),
                story.outcomes());
    }

    @Test
    void aTargetThatRefusedAWriteIsNotGivenWhatProductionRefused() {
        Story story = Story.plain().client("set k 0 0 1~o~");
        story.online("STORED~").target("SERVER_ERROR out of memory~");
        story.client("add k 0 0 1~x~").online("NOT_STORED~").target("NOT_FOUND~");
        story.client("get k~").online("VALUE k 0 1~o~END~").target("END~");
        assertEquals(List.of("set error", "add status", "get lost-write"), story.outcomes());
    }

    @Test
    void aVersionedStoreThatBothRefuseDoesNotMakeItsKeyKnown() {
        // In binary a SET with a cas value; the item is production's alone.
        Story story = Story.plain().client("ms k 1 C5~x~").known(Map.of()).online("EX~");
        story.target("NF~").client("get k~").online("VALUE k 0 1~o~END~").target("END~");
        assertEquals(List.of("ms (cas-unknown)", "get (cold)"), story.outcomes());
    }
}
