package dev.understudy.protocol.session;

import dev.understudy.protocol.Side;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * The requests of one connection that await their answers, in the order they were sent: for
 * protocols whose servers answer in that order. A request may be owed an answer by one side alone,
 * as one that is not sent to the target.
 *
 * @param <R> what a session remembers of a request
 */
public final class InOrder<R> {
    private final int maxOpen;
    private final boolean requestsOnly;
    private final ArrayDeque<R> online = new ArrayDeque<>(4);
    private final ArrayDeque<R> target = new ArrayDeque<>(4);

    /**
     * Nothing is awaited yet.
     *
     * @param maxOpen requests that either side may owe, at least 1
     */
    public InOrder(int maxOpen) {
        this(maxOpen, false);
    }

    /**
     * Nothing is awaited yet.
     *
     * @param maxOpen requests that either side may owe, at least 1
     * @param requestsOnly whether the online side is never heard: then it owes nothing, whatever is
     *     added
     */
    public InOrder(int maxOpen, boolean requestsOnly) {
        if (maxOpen < 1) {
            throw new IllegalArgumentException("room for " + maxOpen + " requests");
        }
        this.maxOpen = maxOpen;
        this.requestsOnly = requestsOnly;
    }

    /**
     * This side owes an answer to the request, behind all that it owes already.
     *
     * @throws IllegalStateException if it owes as many as it may: ask {@link #isFull} before
     */
    public void add(Side side, R request) {
        if (side == Side.ONLINE && requestsOnly) {
            return;
        }
        if (isFull(side)) {
            throw new IllegalStateException("more than " + maxOpen + " requests are open");
        }
        of(side).add(request);
    }

    /** Whether this side owes as many answers as it may. */
    public boolean isFull(Side side) {
        return of(side).size() >= maxOpen;
    }

    /** The request that this side's next answer belongs to. */
    public Optional<R> next(Side side) {
        return Optional.ofNullable(of(side).peek());
    }

    /**
     * This side's next answer is whole: takes its request out.
     *
     * @throws java.util.NoSuchElementException if the side owes none
     */
    public R take(Side side) {
        return of(side).remove();
    }

    /** How many answers this side owes. */
    public int size(Side side) {
        return of(side).size();
    }

    /** This side will answer nothing more. */
    public void clear(Side side) {
        of(side).clear();
    }

    private ArrayDeque<R> of(Side side) {
        return switch (side) {
            case ONLINE -> online;
            case TARGET -> target;
        };
    }
}
