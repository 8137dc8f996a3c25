package dev.understudy.flow;

import dev.understudy.protocol.Direction;

/** What the table knows of one connection: its key, both directions, its place in a list. */
final class TrackedFlow {
    /** How the table deals with packets of the flow. */
    enum State {
        /** Followed. */
        OPEN,
        /** Ended, and remembered for a while. */
        CLOSED,
        /** Left out; its packets are filtered. */
        REFUSED
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
    }

    Reassembler sentFrom(Direction direction) {
        return direction == Direction.FROM_CLIENT ? fromClient : fromServer;
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
