package dev.understudy.ledger;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps of one session: its first {@value #FIRST}, those around each request that did not end
 * well, and its last {@value #LAST}, in {@link Journals}' room. Written by the session's loop alone
 * until it has ended.
 */
public final class SessionJournal {
    /** Steps that tell how a session began. */
    static final int FIRST = 32;

    /** Steps before one that tells something, and before the end. */
    static final int LAST = 64;

    /** Of a session's beginning and middle, in bytes; past that only its end is kept. */
    static final int MAX_BYTES = 512 << 10;

    /**
     * A journal that was kept.
     *
     * @param end how the session ended
     * @param omitted steps that are not among these
     */
    public record Kept(SessionLabel session, SessionEnd end, long omitted, List<Step> steps) {
        public Kept {
            steps = List.copyOf(steps);
        }
    }

    private final Journals journals;
    private final SessionLabel session;
    private final List<Step> kept = new ArrayList<>();
    private final ArrayDeque<Step> last = new ArrayDeque<>();
    private int keptBytes;
    private int lastBytes;
    private long omitted;
    private boolean telling;

    SessionJournal(Journals journals, SessionLabel session) {
        this.journals = journals;
        this.session = session;
    }

    /** Takes a note of what took no time. */
    public void note(long nanos, Side side, String what, String text) {
        add(new Step.Happened(nanos, side, what, SessionAction.NO_ORDINAL, text, 0));
    }

    /** Takes a note of anything. */
    public void add(Step step) {
        boolean tells =
                step instanceof Step.Asked asked
                        && switch (asked.end()) {
                            case DIFFERENT, UNANSWERED, LOST -> true;
                            case SAME, NOT_COMPARED, NO_ANSWER_DUE, SKIPPED -> asked.suspect();
                        };
        telling |= tells;
        while (last.size() >= LAST) {
            dropOldest();
        }
        int bytes = step.bytes();
        while (!journals.take(bytes, telling)) {
            if (last.isEmpty()) {
                omitted++;
                return;
            }
            dropOldest();
        }
        last.add(step);
        lastBytes += bytes;
        if ((tells || (kept.size() < FIRST && omitted == 0))
                && keptBytes + lastBytes <= MAX_BYTES) {
            kept.addAll(last);
            keptBytes += lastBytes;
            last.clear();
            lastBytes = 0;
        }
    }

    private void dropOldest() {
        int bytes = last.remove().bytes();
        lastBytes -= bytes;
        journals.giveBack(bytes);
        omitted++;
    }

    /** Whether a request did not end well. */
    boolean isTelling() {
        return telling;
    }

    int bytes() {
        return keptBytes + lastBytes;
    }

    Kept close(SessionEnd end) {
        List<Step> steps = new ArrayList<>(kept);
        steps.addAll(last);
        return new Kept(session, end, omitted, steps);
    }
}
