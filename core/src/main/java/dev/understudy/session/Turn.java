package dev.understudy.session;

import java.util.Optional;

/**
 * A session's places in the orders across sessions, that of answers and that of commits, and how
 * long it has waited for its turn.
 */
final class Turn {
    private static final long NOT_WAITING = 0;

    private final Copier copier;
    private final Scribe scribe;
    private final CausalOrder.Place place;
    private final CausalOrder.Place commitPlace;
    private long waitingSince = NOT_WAITING;
    private long lockWaitingSince = NOT_WAITING;
    private boolean suspect;

    Turn(Copier copier, CopySession session, Scribe scribe) {
        this.copier = copier;
        this.scribe = scribe;
        this.place = new CausalOrder.Place(session);
        this.commitPlace = new CausalOrder.Place(session);
    }

    CausalOrder.Place place() {
        return place;
    }

    /**
     * What the session holds others up with.
     *
     * @param answersFrom from when on, in capture time, its target owes answers
     * @param commitsFrom from when on its target owes commits, known or in what was not shown yet
     */
    void owes(long answersFrom, long commitsFrom) {
        long now = System.nanoTime();
        copier.order().blocks(place, answersFrom, now);
        copier.commits().ifPresent(order -> order.blocks(commitPlace, commitsFrom, now));
    }

    /** Whether a request captured at this time may be shown; else the session is driven then. */
    boolean isDue(long captureNanos) {
        long now = System.nanoTime();
        if (copier.order().due(place, captureNanos, now)) {
            if (waitingSince != NOT_WAITING) {
                copier.ledger().orderWait(now - waitingSince);
                scribe.waited("waited", "for earlier answers", now - waitingSince);
                waitingSince = NOT_WAITING;
            }
            suspect = copier.order().suspect(place, captureNanos);
            return true;
        }
        if (waitingSince == NOT_WAITING) {
            waitingSince = now;
        }
        copier.order().await(place, captureNanos, now);
        return false;
    }

    /** Whether what was due last may depend on an earlier answer that is still missing. */
    boolean suspect() {
        return suspect;
    }

    /** As {@link #suspect}, for a request that locks, which was answered online then. */
    boolean suspectLock(long onlineNanos) {
        return copier.commits().map(order -> order.suspect(commitPlace, onlineNanos)).orElse(false);
    }

    /**
     * Whether a request that locks may be sent, the online server having answered it then; else the
     * session is driven then.
     */
    boolean mayLock(long onlineNanos) {
        Optional<CausalOrder> commits = copier.commits();
        if (commits.isEmpty()) {
            return true;
        }
        long now = System.nanoTime();
        if (commits.get().due(commitPlace, onlineNanos, now)) {
            if (lockWaitingSince != NOT_WAITING) {
                copier.ledger().commitWait(now - lockWaitingSince);
                scribe.waited(
                        "waited", "for earlier commits of other sessions", now - lockWaitingSince);
                lockWaitingSince = NOT_WAITING;
                copier.order().goesOn(place, now);
            }
            return true;
        }
        if (lockWaitingSince == NOT_WAITING) {
            lockWaitingSince = now;
        }
        commits.get().await(commitPlace, onlineNanos, now);
        return false;
    }

    /** The session is over. */
    void leave() {
        copier.order().leave(place);
        copier.commits().ifPresent(order -> order.leave(commitPlace));
    }
}
