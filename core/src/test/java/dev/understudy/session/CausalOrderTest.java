package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CausalOrderTest {
    private static final long MAX = 100;

    private final ScriptedCopy copy = new ScriptedCopy(RunLimits.defaults(), _ -> _ -> List.of());
    private final CopySession writer = (CopySession) copy.open().reader();
    private final CopySession reader = (CopySession) copy.open().reader();
    private final CausalOrder across = new CausalOrder(true, MAX);
    private final CausalOrder alone = new CausalOrder(false, MAX);

    @Test
    void aRequestWaitsForAnswersBeforeItAndNotForThoseBehind() {
        across.blocks(writer.place(), 50, 0);
        assertTrue(across.due(reader.place(), 49, 0));
        assertTrue(across.due(reader.place(), 50, 0));
        assertFalse(across.due(reader.place(), 51, 0));
    }

    @Test
    void theEarliestWaiterIsReleasedFirstAndOnlyOnce() {
        CopySession other = (CopySession) copy.open().reader();
        across.blocks(writer.place(), 50, 0);
        across.await(reader.place(), 70, 0);
        across.await(other.place(), 60, 0);
        assertEquals(Optional.empty(), across.released());
        across.blocks(writer.place(), 65, 1);
        assertSame(other, across.released().orElseThrow());
        assertEquals(Optional.empty(), across.released());
        across.blocks(writer.place(), CausalOrder.NEVER, 2);
        assertSame(reader, across.released().orElseThrow());
        assertEquals(Optional.empty(), across.released());
        assertEquals(0, across.waiting());
    }

    @Test
    void aSessionThatEndsBlocksNobody() {
        across.blocks(writer.place(), 50, 0);
        across.await(reader.place(), 70, 0);
        across.leave(writer.place());
        assertSame(reader, across.released().orElseThrow());
        across.await(reader.place(), 70, 0);
        across.leave(reader.place());
        assertEquals(0, across.waiting());
    }

    @Test
    void aBlockerThatStandsTooLongIsSetAsideUntilItHasCaughtUp() {
        across.blocks(writer.place(), 50, 0);
        assertEquals(0, across.expire(MAX), "nobody waits");
        across.await(reader.place(), 70, 0);
        assertEquals(0, across.expire(MAX - 1));
        assertFalse(across.suspect(reader.place(), 70));
        assertEquals(1, across.expire(MAX));
        assertTrue(across.due(reader.place(), 70, MAX));
        assertTrue(across.suspect(reader.place(), 70), "what was asked at 50 is missing");
        assertFalse(across.suspect(reader.place(), 50), "asked before that was answered");
        across.blocks(writer.place(), 60, MAX + 1);
        assertTrue(across.due(reader.place(), 70, MAX + 1), "it is still behind");
        assertTrue(across.suspect(reader.place(), 70));
        assertFalse(across.suspect(reader.place(), 60), "the first has been answered since");
        across.blocks(writer.place(), CausalOrder.NEVER, MAX + 2);
        assertFalse(across.suspect(reader.place(), 70), "nothing is missing");
        across.blocks(writer.place(), 60, MAX + 3);
        assertFalse(across.due(reader.place(), 70, MAX + 3));
        assertEquals(1, across.expired());
    }

    @Test
    void whoeverWaitedForOthersHasItsFullTimeAfterwards() {
        // The reader's answer was captured at 80; its request waits for the writer until 90.
        CopySession last = (CopySession) copy.open().reader();
        across.blocks(writer.place(), 50, 0);
        across.blocks(reader.place(), 80, 0);
        across.await(reader.place(), 70, 0);
        across.await(last.place(), 85, 0);
        across.blocks(writer.place(), CausalOrder.NEVER, 90);
        assertSame(reader, across.released().orElseThrow());
        assertTrue(across.due(reader.place(), 70, 90));
        assertEquals(0, across.expire(MAX + 1), "it has been at work for 11 only");
        assertEquals(1, across.expire(90 + MAX));
    }

    @Test
    void aSessionThatWentOnByItselfWaitsNoLonger() {
        across.blocks(writer.place(), 50, 0);
        across.await(reader.place(), 70, 0);
        across.blocks(writer.place(), CausalOrder.NEVER, 1);
        assertTrue(across.due(reader.place(), 70, 1));
        assertEquals(0, across.waiting());
        assertEquals(Optional.empty(), across.released());
    }

    @Test
    void aloneASessionWaitsForItselfOnly() {
        alone.blocks(writer.place(), 50, 0);
        assertTrue(alone.due(reader.place(), 70, 0));
        assertFalse(alone.due(writer.place(), 70, 0));
        assertTrue(alone.due(writer.place(), 50, 0));
    }

    @Test
    void aloneAsWellAWaitHasAnEnd() {
        alone.blocks(writer.place(), 50, 0);
        assertFalse(alone.due(writer.place(), 70, 10));
        alone.await(writer.place(), 70, 10);
        assertFalse(alone.due(writer.place(), 70, 60));
        alone.await(writer.place(), 70, 60);
        assertEquals(0, alone.expire(9 + MAX));
        assertEquals(1, alone.expire(10 + MAX));
        assertSame(writer, alone.released().orElseThrow());
        assertTrue(alone.due(writer.place(), 70, 10 + MAX));
        assertEquals(Optional.empty(), alone.released());
    }
}
