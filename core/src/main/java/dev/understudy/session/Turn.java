package dev.understudy.session;

/** A session's place in the order across sessions, and how long it has waited for its turn. */
final class Turn {
    private final Copier copier;
    private final CausalOrder.Place place;
    private long waitingSince;

    Turn(Copier copier, CopySession session) {
        this.copier = copier;
        this.place = new CausalOrder.Place(session);
    }

    CausalOrder.Place place() {
        return place;
    }

    /** From when on, in capture time, the session's own answers are owed. */
    void owes(long fromCaptureNanos) {
        copier.order().blocks(place, fromCaptureNanos, System.nanoTime());
    }

    /** Whether a request captured at this time may be shown; else the session is driven then. */
    boolean isDue(long captureNanos) {
        long now = System.nanoTime();
        if (copier.order().due(place, captureNanos, now)) {
            if (waitingSince != 0) {
                copier.ledger().orderWait(now - waitingSince);
                waitingSince = 0;
            }
            return true;
        }
        if (waitingSince == 0) {
            waitingSince = now;
        }
        copier.order().await(place, captureNanos, now);
        return false;
    }

    /** The session is over. */
    void leave() {
        copier.order().leave(place);
    }
}
