package dev.understudy.testkit;

import dev.understudy.flow.FlowEnd;
import dev.understudy.protocol.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/**
 * One connection of a client, passed on. What either side does to its end is done to the other: a
 * FIN is passed on as a FIN, so that the other direction may go on; a reset as a reset.
 */
final class RelayedConnection {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Socket client;
    private final Socket server = new Socket();
    private final InetSocketAddress online;
    private final Tap.TappedFlow flow;
    private final Tap tap;
    private final Relay relay;

    RelayedConnection(Socket client, InetSocketAddress online, Tap tap, Relay relay) {
        this.client = client;
        this.online = online;
        this.tap = tap;
        this.relay = relay;
        this.flow = tap.opened((InetSocketAddress) client.getRemoteSocketAddress(), online);
    }

    void start() {
        Thread.ofVirtual().name("understudy-relay-connection").start(this::run);
    }

    private void run() {
        try {
            if (connected()) {
                Thread answers =
                        Thread.ofVirtual()
                                .name("understudy-relay-answers")
                                .start(() -> pass(Direction.FROM_SERVER, server, client));
                pass(Direction.FROM_CLIENT, client, server);
                answers.join();
            }
        } catch (InterruptedException _) {
            // Nobody interrupts it; were it so, the connection would end.
            Thread.currentThread().interrupt();
        } finally {
            flow.end(FlowEnd.RST);
            close();
            relay.ended(this);
        }
    }

    private boolean connected() {
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(online, (int) CONNECT.toMillis());
            return true;
        } catch (IOException e) {
            relay.refused(e);
            reset();
            return false;
        }
    }

    private void pass(Direction direction, Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            tap.awaitRoom();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                flow.bytes(direction, buffer, length);
                out.write(buffer, 0, length);
                tap.awaitRoom();
            }
            flow.end(direction, FlowEnd.FIN);
            to.shutdownOutput();
        } catch (IOException _) {
            // Either side has broken it off, or the relay was closed.
            reset();
        }
    }

    private void reset() {
        flow.end(FlowEnd.RST);
        for (Socket socket : new Socket[] {client, server}) {
            try {
                socket.setSoLinger(true, 0);
            } catch (IOException _) {
                // Closed already, so there is nothing to reset.
            }
        }
        close();
    }

    /** Closes both sockets, which ends its threads. */
    void close() {
        for (Socket socket : new Socket[] {client, server}) {
            try {
                socket.close();
            } catch (IOException _) {
                // Its descriptor is given back in any case.
            }
        }
    }
}
