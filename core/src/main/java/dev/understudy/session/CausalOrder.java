package dev.understudy.session;

import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Keeps the order that production had: a request is due only when every exchange whose online
 * answer was captured before it has been answered on the target, since only on those can it depend.
 *
 * <p>A second one keeps the order of commits: there a commit blocks from its capture on, and what
 * waits is a request that locks, at the time of its online answer. Both orders together cannot make
 * sessions wait for each other in a circle: whatever is waited for stands at an earlier time.
 *
 * <p>Each session names the capture time of the earliest online answer that its target has not
 * given yet: it blocks requests captured later, of its own alone or of all sessions. A blocker that
 * stands for too long is set aside by {@link #expire}, so a target that hangs holds nobody for
 * ever. No clock: {@code nowNanos} is an argument, of any one clock that does not go back.
 */
final class CausalOrder {
    private final boolean acrossSessions;
    private final long maxWaitNanos;
    private final TimeHeap blockers = new TimeHeap();

    /** Blockers that were set aside and are behind still. */
    private final TimeHeap late = new TimeHeap();

    /** Across sessions by the capture time of what waits; else by when it began to wait. */
    private final TimeHeap waiters = new TimeHeap();

    /** Sessions whose own blocker was set aside, to be driven on. */
    private final ArrayDeque<CopySession> freed = new ArrayDeque<>();

    private long expired;

    /** What one session has in the order. */
    static final class Place {
        private final CopySession session;
        private final TimeHeap.Entry blocker;
        private final TimeHeap.Entry waiter;
        private final TimeHeap.Entry late;
        private long blocksFrom = NEVER;
        private long sinceNanos;
        private boolean waits;
        private boolean setAside;

        Place(CopySession session) {
            this.session = session;
            blocker = new TimeHeap.Entry(this);
            waiter = new TimeHeap.Entry(this);
            late = new TimeHeap.Entry(this);
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
            late.remove(place.late);
        }
        if (fromCaptureNanos == place.blocksFrom) {
            return;
        }
        place.blocksFrom = fromCaptureNanos;
        place.sinceNanos = nowNanos;
        if (fromCaptureNanos == NEVER || place.setAside) {
            blockers.remove(place.blocker);
            if (place.setAside && acrossSessions) {
                late.put(place.late, fromCaptureNanos);
            }
        } else if (acrossSessions) {
            blockers.put(place.blocker, fromCaptureNanos);
        }
    }

    /** Whether a request captured at this time may be sent; if not, {@link #await} remembers it. */
    boolean due(Place place, long captureNanos, long nowNanos) {
        boolean due =
                acrossSessions
                        ? blockers.isEmpty() || captureNanos <= blockers.least().time()
                        : place.setAside || captureNanos <= place.blocksFrom;
        if (due && place.waits) {
            place.waits = false;
            waiters.remove(place.waiter);
            // While it waited for others it could not do what it blocks others with.
            place.sinceNanos = nowNanos;
        }
        return due;
    }

    /**
     * Whether a request captured at this time that is due now is so only since an answer before it
     * is waited for no longer: what the target answers may be our making.
     */
    boolean suspect(Place place, long captureNanos) {
        return acrossSessions
                ? !late.isEmpty() && captureNanos > late.least().time()
                : place.setAside && captureNanos > place.blocksFrom;
    }

    /** Remembers a session whose next request, captured at this time, is not due. */
    void await(Place place, long captureNanos, long nowNanos) {
        if (acrossSessions) {
            waiters.put(place.waiter, captureNanos);
        } else if (!place.waits) {
            waiters.put(place.waiter, nowNanos);
        }
        place.waits = true;
    }

    /** Takes out one session whose wait may be over, the earliest request first. */
    Optional<CopySession> released() {
        if (!acrossSessions) {
            return Optional.ofNullable(freed.poll());
        }
        if (waiters.isEmpty() || blocked()) {
            return Optional.empty();
        }
        TimeHeap.Entry waiter = waiters.least();
        waiters.remove(waiter);
        return Optional.of(waiter.owner().session);
    }

    /** Whether even the earliest request that waits has to go on waiting. */
    private boolean blocked() {
        return !waiters.isEmpty()
                && !blockers.isEmpty()
                && waiters.least().time() > blockers.least().time();
    }

    /** What a session blocks others with was held up until now, by another order. */
    void goesOn(Place place, long nowNanos) {
        place.sinceNanos = nowNanos;
    }

    /** A session has ended. */
    void leave(Place place) {
        blockers.remove(place.blocker);
        late.remove(place.late);
        waiters.remove(place.waiter);
        place.blocksFrom = NEVER;
        place.waits = false;
    }

    /**
     * Sets aside what has blocked others, or a session's own requests, for too long.
     *
     * @return how many blockers
     */
    int expire(long nowNanos) {
        int count = acrossSessions ? expireBlockers(nowNanos) : expireWaiters(nowNanos);
        expired += count;
        return count;
    }

    private int expireBlockers(long nowNanos) {
        int count = 0;
        while (blocked()) {
            Place place = blockers.least().owner();
            if (nowNanos - place.sinceNanos < maxWaitNanos) {
                break;
            }
            place.setAside = true;
            blockers.remove(place.blocker);
            late.put(place.late, place.blocksFrom);
            count++;
        }
        return count;
    }

    private int expireWaiters(long nowNanos) {
        int count = 0;
        while (!waiters.isEmpty() && nowNanos - waiters.least().time() >= maxWaitNanos) {
            TimeHeap.Entry waiter = waiters.least();
            waiters.remove(waiter);
            waiter.owner().setAside = true;
            freed.add(waiter.owner().session);
            count++;
        }
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
