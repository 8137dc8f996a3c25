package dev.understudy.flow;

import dev.understudy.wire.IpAddress;
import java.net.InetSocketAddress;

/**
 * One TCP connection of the capture. Two connections are never the same flow, even if one uses the
 * other's ports again: equality is identity.
 */
public final class Flow {
    private final IpAddress client;
    private final int clientPort;
    private final IpAddress server;
    private final int serverPort;
    private final boolean joinedMidway;
    private final long openedNanos;

    /** A flow as {@link FlowTable} opens it; public for the tests of those who read flows. */
    public Flow(
            IpAddress client,
            int clientPort,
            IpAddress server,
            int serverPort,
            boolean joinedMidway,
            long openedNanos) {
        this.client = client;
        this.clientPort = clientPort;
        this.server = server;
        this.serverPort = serverPort;
        this.joinedMidway = joinedMidway;
        this.openedNanos = openedNanos;
    }

    /** The client's address and port. */
    public InetSocketAddress client() {
        return new InetSocketAddress(client.toInetAddress(), clientPort);
    }

    /** The online server's address and port, as the client used them. */
    public InetSocketAddress server() {
        return new InetSocketAddress(server.toInetAddress(), serverPort);
    }

    /**
     * Whether the capture lacks the connection's beginning: neither SYN nor SYN+ACK was seen. The
     * first bytes of either direction may then be the middle of a message.
     */
    public boolean joinedMidway() {
        return joinedMidway;
    }

    /** Capture time of the first packet, in nanoseconds since the epoch. */
    public long openedNanos() {
        return openedNanos;
    }

    /** {@code 192.0.2.1:40000 to 192.0.2.7:3306}, with IPv6 addresses in brackets. */
    @Override
    public String toString() {
        return client.withPort(clientPort) + " to " + server.withPort(serverPort);
    }
}
