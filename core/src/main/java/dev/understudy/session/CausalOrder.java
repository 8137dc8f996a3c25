package dev.understudy.session;

import java.util.Optional;

/**
 * Keeps the order that production had: a request is due only when every exchange whose online
 * answer was captured before it has been answered on the target, since only on those can it depend.
 *
 * <p>Each session names the capture time of the earliest online answer that its target has not
 * given yet: it blocks requests captured later. A blocker that stands for too long is set aside by
 * {@link #expire}, so a target that hangs in one session does not hold the others for ever.
 */
final class CausalOrder {
    private final boolean acrossSessions;
    private final long maxWaitNanos;
    private final TimeHeap blockers = new TimeHeap();
    private final TimeHeap waiters = new TimeHeap();
    private long expired;

    /** What one session has in the order. */
    static final class Place {
        private final TimeHeap.Entry blocker;
        private final TimeHeap.Entry waiter;
        private long blocksFrom = NEVER;
        private long sinceNanos;
        private boolean setAside;

        Place(CopySession owner) {
            blocker = new TimeHeap.Entry(owner);
            waiter = new TimeHeap.Entry(owner);
        }
    }

    /** A time that no capture reaches: blocks nothing. */
    static final long NEVER = Long.MAX_VALUE;

    /**
     * An order for one event loop.
     *
     * @param acrossSessions whether sessions wait for one another, or each for itself alone
     * @param maxWaitNanos how long a blocker may stand
     */
    CausalOrder(boolean acrossSessions, long maxWaitNanos) {
        this.acrossSessions = acrossSessions;
        this.maxWaitNanos = maxWaitNanos;
    }

    /** From when on the session blocks, {@link #NEVER} if it does not. */
    void blocks(Place place, long fromCaptureNanos, long nowNanos) {
        if (fromCaptureNanos == NEVER) {
            place.setAside = false;
        }
        if (fromCaptureNanos == place.blocksFrom) {
            return;
        }
        place.blocksFrom = fromCaptureNanos;
        place.sinceNanos = nowNanos;
        if (fromCaptureNanos == NEVER || place.setAside) {
            blockers.remove(place.blocker);
        } else {
            blockers.put(place.blocker, fromCaptureNanos);
        }
    }

    /** Whether a request captured at this time may be sent. */
    boolean due(Place place, long captureNanos) {
        if (acrossSessions) {
            return blockers.isEmpty() || captureNanos <= blockers.least().time();
        }
        return captureNanos <= place.blocksFrom;
    }

    /**
     * Remembers a session whose next request, captured at this time, is not due. A session that
     * waits for itself alone needs no remembering: its own target's answer drives it on.
     */
    void await(Place place, long captureNanos) {
        if (acrossSessions) {
            waiters.put(place.waiter, captureNanos);
        }
    }

    /** Takes out one session whose wait may be over, the earliest request first. */
    Optional<CopySession> released() {
        if (waiters.isEmpty() || blocked()) {
            return Optional.empty();
        }
        TimeHeap.Entry waiter = waiters.least();
        waiters.remove(waiter);
        return Optional.of(waiter.owner());
    }

    /** Whether even the earliest request that waits has to go on waiting. */
    private boolean blocked() {
        return !waiters.isEmpty()
                && !blockers.isEmpty()
                && waiters.least().time() > blockers.least().time();
    }

    /** A session has ended. */
    void leave(Place place) {
        blockers.remove(place.blocker);
        waiters.remove(place.waiter);
        place.blocksFrom = NEVER;
    }

    /**
     * Sets aside what has blocked others for too long.
     *
     * @return how many blockers
     */
    int expire(long nowNanos) {
        int count = 0;
        while (blocked()) {
            Place place = blockers.least().owner().place();
            if (nowNanos - place.sinceNanos < maxWaitNanos) {
                break;
            }
            place.setAside = true;
            blockers.remove(place.blocker);
            count++;
        }
        expired += count;
        return count;
    }

    /** Sessions whose next request waits. */
    int waiting() {
        return waiters.size();
    }

    /** Blockers set aside so far. */
    long expired() {
        return expired;
    }
}
