package dev.understudy.ledger;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The journals of one target's sessions. All together take so many bytes and no more. Sessions in
 * which something went another way come first: of the room half is theirs alone, and the others'
 * are let go, the oldest first, when it becomes scarce. What is let go or never had room is
 * counted.
 */
public final class Journals {
    /** The default of {@code report.journal-bytes}. */
    public static final long DEFAULT_BYTES = 16L << 20;

    /** How many journals there were. Sessions that are still open are not among them. */
    public record Count(long kept, long letGo, long withoutRoom) {}

    private record Ended(SessionJournal journal, SessionEnd end) {}

    private final AtomicLong used = new AtomicLong();
    private final Map<SessionLabel, SessionJournal> open = new ConcurrentHashMap<>();
    private volatile long limit;

    // Guarded by this.
    private final LinkedHashMap<SessionLabel, Ended> ordinary = new LinkedHashMap<>();
    private final Map<SessionLabel, Ended> telling = new LinkedHashMap<>();
    private long letGo;
    private long withoutRoom;

    /** At first nothing is written. */
    Journals() {}

    /**
     * Sets how much is written; called before the run begins.
     *
     * @param bytes 0 for nothing
     */
    public void limit(long bytes) {
        limit = bytes;
    }

    /** Whether anything is written. */
    public boolean wanted() {
        return limit > 0;
    }

    /** Begins the journal of a session; empty where none is wanted. */
    public Optional<SessionJournal> begin(SessionLabel session) {
        if (!wanted()) {
            return Optional.empty();
        }
        SessionJournal journal = new SessionJournal(this, session);
        open.put(session, journal);
        return Optional.of(journal);
    }

    /**
     * Adds a step that may come after the end of its session, as a comparison that waited for a
     * control's answer.
     */
    public void add(SessionLabel session, Step step) {
        SessionJournal journal = open.get(session);
        if (journal != null) {
            journal.add(step);
            return;
        }
        synchronized (this) {
            Ended ended = telling.get(session);
            if (ended == null) {
                ended = ordinary.remove(session);
            }
            if (ended != null) {
                ended.journal().add(step);
                keep(session, ended);
            }
        }
    }

    /** The session has ended: decides whether its journal is worth its room. */
    void ended(SessionLabel session, SessionEnd end) {
        SessionJournal journal = open.remove(session);
        if (journal != null) {
            synchronized (this) {
                keep(session, new Ended(journal, bounded(end)));
            }
        }
    }

    private static SessionEnd bounded(SessionEnd end) {
        return switch (end) {
            case SessionEnd.Complete _, SessionEnd.JoinedLate _, SessionEnd.PassedOver _ -> end;
            case SessionEnd.LeftOut(String reason, String detail) ->
                    new SessionEnd.LeftOut(ReasonCounts.bounded(reason), Step.cut(detail));
        };
    }

    private void keep(SessionLabel session, Ended ended) {
        boolean tells = ended.journal().isTelling() || ended.end() instanceof SessionEnd.LeftOut;
        if (ended.journal().bytes() == 0) {
            withoutRoom += tells ? 1 : 0;
            letGo += tells ? 0 : 1;
        } else {
            (tells ? telling : ordinary).put(session, ended);
        }
    }

    /**
     * Takes room for a step.
     *
     * @param first whether the step is of a session that comes first
     */
    boolean take(int bytes, boolean first) {
        long most = first ? limit : limit / 2;
        while (used.addAndGet(bytes) > most) {
            used.addAndGet(-bytes);
            if (!letGoOldest()) {
                return false;
            }
        }
        return true;
    }

    void giveBack(int bytes) {
        used.addAndGet(-bytes);
    }

    private synchronized boolean letGoOldest() {
        Map.Entry<SessionLabel, Ended> oldest = ordinary.pollFirstEntry();
        if (oldest == null) {
            return false;
        }
        giveBack(oldest.getValue().journal().bytes());
        letGo++;
        return true;
    }

    /** Those that were kept, by session; asked for once all sessions have ended. */
    public synchronized List<SessionJournal.Kept> kept() {
        return List.of(telling, ordinary).stream()
                .flatMap(journals -> journals.values().stream())
                .map(ended -> ended.journal().close(ended.end()))
                .sorted(
                        Comparator.comparingLong(
                                        (SessionJournal.Kept journal) -> journal.session().id())
                                .thenComparing(journal -> journal.session().client()))
                .toList();
    }

    /** How many there were. */
    public synchronized Count count() {
        return new Count(telling.size() + ordinary.size(), letGo, withoutRoom);
    }
}
