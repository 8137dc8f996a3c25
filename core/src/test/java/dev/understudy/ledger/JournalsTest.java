package dev.understudy.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Request;
import dev.understudy.protocol.Side;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalsTest {
    private static final int STEP_BYTES = step(0, RequestEnd.SAME).bytes();

    private final Journals journals = new Journals();

    private static SessionLabel session(long id) {
        return new SessionLabel(id, "192.0.2.7:" + id);
    }

    private static Step.Asked step(long ordinal, RequestEnd end) {
        Request request = new Request(ordinal, "COM_QUERY", "select ?", "select 1", 1, true);
        return new Step.Asked(ordinal, request, 2, 0, 3, 4, false, end, "", "", "");
    }

    private SessionJournal begin(long id) {
        return journals.begin(session(id)).orElseThrow();
    }

    private void end(long id) {
        journals.ended(session(id), new SessionEnd.Complete());
    }

    private List<Long> kept() {
        return journals.kept().stream().map(journal -> journal.session().id()).toList();
    }

    private static List<Long> ordinals(SessionJournal.Kept journal) {
        return journal.steps().stream()
                .map(step -> step instanceof Step.Asked asked ? asked.request().ordinal() : -1L)
                .toList();
    }

    @Test
    void nothingIsWrittenWhereNothingIsWanted() {
        assertFalse(journals.wanted());
        assertTrue(journals.begin(session(1)).isEmpty());
        journals.add(session(1), step(0, RequestEnd.DIFFERENT));
        end(1);
        assertEquals(new Journals.Count(0, 0, 0), journals.count());
    }

    @Test
    void ofALongSessionTheBeginningTheEndAndWhatWentWrongAreKept() {
        journals.limit(Journals.DEFAULT_BYTES);
        SessionJournal journal = begin(1);
        for (int i = 0; i < 10_000; i++) {
            journal.add(step(i, i == 5_000 ? RequestEnd.DIFFERENT : RequestEnd.SAME));
        }
        end(1);
        SessionJournal.Kept kept = journals.kept().getFirst();
        List<Long> ordinals = ordinals(kept);
        assertEquals(SessionJournal.FIRST + 2 * SessionJournal.LAST, ordinals.size());
        assertTrue(ordinals.containsAll(List.of(0L, 4_999L, 5_000L, 9_999L)), ordinals::toString);
        assertFalse(ordinals.contains(5_001L));
        assertEquals(10_000 - ordinals.size(), kept.omitted());
    }

    @Test
    void aSessionFullOfDifferencesHasALimitOfItsOwn() {
        journals.limit(1L << 30);
        SessionJournal journal = begin(1);
        for (int i = 0; i < 100_000; i++) {
            journal.add(step(i, RequestEnd.DIFFERENT));
        }
        int most = SessionJournal.MAX_BYTES + SessionJournal.LAST * STEP_BYTES;
        assertTrue(journal.bytes() <= most, () -> journal.bytes() + " bytes");
        assertTrue(journal.bytes() > SessionJournal.MAX_BYTES / 2);
    }

    @Test
    void whereRoomIsScarceTheOldestOfThoseWithoutDifferencesGo() {
        journals.limit(STEP_BYTES * 10L);
        for (int i = 1; i <= 5; i++) {
            begin(i).add(step(0, RequestEnd.SAME));
            end(i);
        }
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), kept());
        SessionJournal differing = begin(6);
        for (int i = 0; i < 7; i++) {
            differing.add(step(i, RequestEnd.DIFFERENT));
        }
        end(6);
        assertEquals(List.of(3L, 4L, 5L, 6L), kept());
        assertEquals(new Journals.Count(4, 2, 0), journals.count());
    }

    @Test
    void sessionsWithoutDifferencesNeverTakeTheRoomOfTheOthers() {
        journals.limit(STEP_BYTES * 10L);
        for (int i = 1; i <= 6; i++) {
            begin(i).add(step(0, RequestEnd.SAME));
        }
        SessionJournal differing = begin(7);
        differing.add(step(0, RequestEnd.DIFFERENT));
        for (int i = 1; i <= 7; i++) {
            end(i);
        }
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 7L), kept(), "the sixth had no room");
        assertEquals(new Journals.Count(6, 1, 0), journals.count());
    }

    @Test
    void aSessionThatHadNoRoomAtAllIsCounted() {
        journals.limit(STEP_BYTES - 1);
        begin(1).add(step(0, RequestEnd.DIFFERENT));
        end(1);
        begin(2);
        journals.ended(session(2), new SessionEnd.LeftOut("tls", "no keys"));
        assertEquals(new Journals.Count(0, 0, 2), journals.count());
    }

    @Test
    void aVerdictAfterTheEndMakesASessionWorthKeeping() {
        journals.limit(STEP_BYTES * 4L);
        begin(1).add(step(0, RequestEnd.SAME));
        end(1);
        journals.add(session(1), step(1, RequestEnd.DIFFERENT));
        for (int i = 2; i < 9; i++) {
            begin(i).add(step(0, RequestEnd.SAME));
            end(i);
        }
        assertTrue(kept().contains(1L), () -> kept().toString());
        assertEquals(List.of(0L, 1L), ordinals(journals.kept().getFirst()));
    }

    @Test
    void whatIsGivenBackIsThereForOthers() {
        journals.limit(STEP_BYTES * 200L);
        for (int round = 0; round < 1_000; round++) {
            SessionJournal journal = begin(round);
            for (int i = 0; i < 150; i++) {
                journal.note(i, Side.TARGET, "held", "login");
            }
            end(round);
        }
        assertTrue(kept().contains(999L), () -> kept().toString());
        assertEquals(1_000, journals.count().kept() + journals.count().letGo());
    }
}
