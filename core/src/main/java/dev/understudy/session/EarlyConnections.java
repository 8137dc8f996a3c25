package dev.understudy.session;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Connects for sessions whose first request waits for its turn, so that the way to the target is
 * there when the turn comes: with short connections the order across sessions is a chain, and else
 * each link of it would be two round trips in place of one.
 *
 * <p>Only the next {@value #MAX_EARLY} sessions are connected, in the order in which they began to
 * wait, and only as long as nearly all sessions do connect to the target: a server may take
 * connections without a request for an attack, as MySQL does by {@code max_connect_errors}.
 */
final class EarlyConnections {
    /** Early connections at a time that were not asked for yet. */
    static final int MAX_EARLY = 8;

    /** Sessions that connect, for each that did not need its early connection. */
    private static final int FOR_ONE_IN_VAIN = 8;

    private static final int MAX_CREDIT = 4 * FOR_ONE_IN_VAIN;

    private final Set<Lanes> waiting = new LinkedHashSet<>();
    private int early;

    /** Grows with sessions that connect to the target, shrinks with connections made in vain. */
    private int credit;

    /** A session's first request waits, and it has no connection. */
    void wanted(Lanes lanes) {
        if (credit > 0) {
            waiting.add(lanes);
            connect();
        }
    }

    /** A protocol has asked for a session's connection to the target, early or not. */
    void askedFor() {
        credit = Math.min(credit + 1, MAX_CREDIT);
    }

    /** The session needs none any more. */
    void wantedNoLonger(Lanes lanes) {
        waiting.remove(lanes);
    }

    /** An early connection was asked for or is lost; it does not count any more. */
    void settled() {
        early--;
        connect();
    }

    /** The same of one that its session did not ask for. */
    void inVain() {
        credit = Math.max(credit - FOR_ONE_IN_VAIN, 0);
        settled();
    }

    private void connect() {
        while (early < MAX_EARLY && credit > 0 && !waiting.isEmpty()) {
            Lanes next = waiting.iterator().next();
            waiting.remove(next);
            if (next.connectEarly()) {
                early++;
            }
        }
        if (credit == 0) {
            waiting.clear();
        }
    }
}
