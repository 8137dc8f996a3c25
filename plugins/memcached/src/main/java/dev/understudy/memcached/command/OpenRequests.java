package dev.understudy.memcached.command;

import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.InOrder;
import java.util.Optional;

/**
 * The requests of one connection whose answers, or the proof that none comes, are awaited, in the
 * order they were sent. A client may send very many quiet ones before it wants to hear a word, so
 * what they take is limited in bytes, and their number far above what memory suggests.
 */
public final class OpenRequests {
    /** Requests that either side may owe before no more are taken in. */
    public static final int CROWD = 131_072;

    /** Bytes of memory, by {@link Ask#heldBytes}, that either side's may take before that. */
    public static final long CROWD_BYTES = 32L << 20;

    /** Requests of our own come on top. */
    private static final int MAX_OPEN = 2 * CROWD;

    private final boolean requestsOnly;
    private final InOrder<Pending> open;
    private final Sum online = new Sum();
    private final Sum target = new Sum();

    /** Nothing is open. */
    public OpenRequests() {
        this(false);
    }

    /**
     * Nothing is open.
     *
     * @param requestsOnly whether the online side is never heard: then it owes nothing
     */
    public OpenRequests(boolean requestsOnly) {
        this.requestsOnly = requestsOnly;
        this.open = new InOrder<>(MAX_OPEN, requestsOnly);
    }

    /** What one side owes, in all. */
    private static final class Sum {
        private long bytes;
        private int loud;
    }

    private Sum of(Side side) {
        return switch (side) {
            case ONLINE -> online;
            case TARGET -> target;
        };
    }

    /** This side owes an answer to the request, behind all that it owes already. */
    public void add(Side side, Pending request) {
        if (side == Side.ONLINE && requestsOnly) {
            return;
        }
        open.add(side, request);
        of(side).bytes += request.ask().heldBytes();
        expect(side, request);
    }

    /** This side owes an answer that comes by another way than in the order of these. */
    public void expect(Side side, Pending request) {
        of(side).loud += request.ask().silence() == Silence.NEVER ? 1 : 0;
    }

    /** The answer that this side owed to the request was read to its end, or will not come. */
    public void done(Side side, Pending request) {
        of(side).loud -= request.ask().silence() == Silence.NEVER ? 1 : 0;
    }

    /** This side's next answer has begun, or is proven not to come: takes its request out. */
    public Pending take(Side side) {
        Pending request = open.take(side);
        of(side).bytes -= request.ask().heldBytes();
        return request;
    }

    /** The request that this side's next answer belongs to. */
    public Optional<Pending> next(Side side) {
        return open.next(side);
    }

    /** How many answers this side owes. */
    public int size(Side side) {
        return open.size(side);
    }

    /** How many answers are sure to come, and were not read to their end. */
    public int loud(Side side) {
        return of(side).loud;
    }

    /** Whether nothing can be added any more. */
    public boolean isFull(Side side) {
        return open.isFull(side);
    }

    /** Whether this side owes so much that captured requests have to wait. */
    public boolean isCrowded(Side side) {
        return open.size(side) >= CROWD || of(side).bytes >= CROWD_BYTES;
    }

    /** Whether it has answered enough of that for them to come in again. */
    public boolean hasRoom(Side side) {
        return open.size(side) < CROWD / 2 && of(side).bytes < CROWD_BYTES / 2;
    }

    /** Takes out the next request if it is silent, and the side says nothing more. */
    public Optional<Pending> takeSilent(Side side) {
        return next(side).filter(request -> request.ask().silence() != Silence.NEVER).isPresent()
                ? Optional.of(take(side))
                : Optional.empty();
    }

    /** Takes out the oldest {@code noreply} request if more than so many are open behind it. */
    public Optional<Pending> takeUnsaid(Side side, int window) {
        return size(side) > window && next(side).orElseThrow().ask().silence() == Silence.UNSAID
                ? Optional.of(take(side))
                : Optional.empty();
    }
}
