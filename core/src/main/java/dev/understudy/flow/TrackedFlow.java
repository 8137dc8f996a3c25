package dev.understudy.flow;

import dev.understudy.protocol.Direction;

/** What the table knows of one connection: its key, both directions, its place in a list. */
final class TrackedFlow {
    /** How the table deals with packets of the flow. */
    enum State {
        /** Followed. */
        OPEN,
        /** Ended, and remembered for a while. */
        CLOSED
    }

    final long clientHigh;
    final long clientLow;
    final long serverHigh;
    final long serverLow;

    /** Client's port in the upper half, server's in the lower. */
    final int ports;

    final Reassembler fromClient;
    final Reassembler fromServer;

    State state = State.OPEN;
    long seenNanos;

    /** Whether the table looks at it as time passes, because a hole is being waited for. */
    boolean watched;

    AgeList list;
    TrackedFlow older;
    TrackedFlow younger;

    TrackedFlow(
            long clientHigh,
            long clientLow,
            long serverHigh,
            long serverLow,
            int ports,
            Reassembler fromClient,
            Reassembler fromServer) {
        this.clientHigh = clientHigh;
        this.clientLow = clientLow;
        this.serverHigh = serverHigh;
        this.serverLow = serverLow;
        this.ports = ports;
        this.fromClient = fromClient;
        this.fromServer = fromServer;
        fromClient.facing(fromServer);
        fromServer.facing(fromClient);
    }

    Reassembler sentFrom(Direction direction) {
        return direction == Direction.FROM_CLIENT ? fromClient : fromServer;
    }

    /** Gives out what waited for the other direction, and waits no longer. */
    void goOn(long time) {
        boolean more = true;
        while (more) {
            boolean clientHeld = fromClient.held();
            boolean serverHeld = fromServer.held();
            more = (clientHeld && fromClient.goOn(time)) || (serverHeld && fromServer.goOn(time));
            if (!more && clientHeld && serverHeld) {
                // Each for the other: no TCP ever sent this.
                earlier().insist(time);
                more = true;
            }
        }
    }

    /** Gives out all bytes that are here, each hole as a gap before what waits for it. */
    void giveUpHoles(long time) {
        boolean more = true;
        while (more) {
            goOn(time);
            if (fromClient.held()) {
                more = fromServer.giveUpHole(time);
            } else if (fromServer.held()) {
                more = fromClient.giveUpHole(time);
            } else {
                more = earlier().giveUpHole(time);
            }
        }
    }

    /** Of the directions with bytes that wait, the one whose first were captured first. */
    private Reassembler earlier() {
        return fromClient.waitingSince() <= fromServer.waitingSince() ? fromClient : fromServer;
    }

    /** Whether the client has confirmed the handshake, or a byte was seen. */
    boolean answered() {
        return !fromServer.unconfirmed() || fromClient.touched();
    }

    boolean hasKey(long clientHigh, long clientLow, long serverHigh, long serverLow, int ports) {
        return this.ports == ports
                && this.clientLow == clientLow
                && this.serverLow == serverLow
                && this.clientHigh == clientHigh
                && this.serverHigh == serverHigh;
    }
}
