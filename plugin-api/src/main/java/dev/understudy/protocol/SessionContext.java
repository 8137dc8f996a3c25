package dev.understudy.protocol;

import java.net.InetSocketAddress;

/**
 * What a session knows from the start.
 *
 * @param id unique in the run, from 1, in the order of capture
 * @param joinedMidway whether the connection was open before the capture saw it
 * @param targetIndex which of the copy's targets, from 0
 * @param copyNumber which of the multiplied copies, from 0
 * @param copies how many times the session is copied to the same target, 1 or more: with more than
 *     one the copies change the same data, and answers that depend on it cannot be compared
 * @param requestsOnly whether production's answers are never shown: the session is gated and told
 *     by the target's own, and says nothing of the online side's. Core asks for no comparison
 */
public record SessionContext(
        RunContext run,
        long id,
        InetSocketAddress client,
        InetSocketAddress server,
        boolean joinedMidway,
        int targetIndex,
        int copyNumber,
        int copies,
        boolean requestsOnly) {
    /** Of a session whose captured answers are shown. */
    public SessionContext(
            RunContext run,
            long id,
            InetSocketAddress client,
            InetSocketAddress server,
            boolean joinedMidway,
            int targetIndex,
            int copyNumber,
            int copies) {
        this(run, id, client, server, joinedMidway, targetIndex, copyNumber, copies, false);
    }

    /** Of a session that is copied once. */
    public SessionContext(
            RunContext run,
            long id,
            InetSocketAddress client,
            InetSocketAddress server,
            boolean joinedMidway,
            int targetIndex,
            int copyNumber) {
        this(run, id, client, server, joinedMidway, targetIndex, copyNumber, 1);
    }
}
