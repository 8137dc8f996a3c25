package dev.understudy.memcached.command;

import dev.understudy.protocol.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which request an answer belongs to, on one side. Servers answer in order; a request that may stay
 * unanswered did so when an answer comes that is none to it.
 */
public final class Pairing {
    private final OpenRequests open;
    private final Side side;
    private List<Pending> silent = new ArrayList<>(0);

    /** Pairs the answers of one side. */
    public Pairing(OpenRequests open, Side side) {
        this.open = open;
        this.side = side;
    }

    /**
     * Takes out the request that an answer belongs to, and before it those that it proves silent.
     * Empty if there is none that it fits.
     */
    public Optional<Pending> claim(Predicate<Ask> fits) {
        for (Optional<Pending> next = open.next(side); next.isPresent(); next = open.next(side)) {
            Ask ask = next.get().ask();
            if (fits.test(ask)) {
                return Optional.of(open.take(side));
            }
            if (ask.silence() == Silence.NEVER) {
                return Optional.empty();
            }
            silent.add(open.take(side));
        }
        return Optional.empty();
    }

    /** Whether the request that is asked about is the last one that is open. */
    public boolean isLast() {
        return open.size(side) == 1;
    }

    /** What was proven silent since this was asked last. */
    public List<Pending> silent() {
        List<Pending> proven = silent;
        silent = new ArrayList<>(0);
        return proven;
    }

    /** The request that is due next, for a reader. */
    public String due() {
        return open.next(side).map(pending -> pending.ask().operation()).orElse("nothing");
    }

    /** The side for a reader. */
    public String whose() {
        return switch (side) {
            case ONLINE -> "the online server's";
            case TARGET -> "the target's";
        };
    }
}
