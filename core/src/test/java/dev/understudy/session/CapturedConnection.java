package dev.understudy.session;

import dev.understudy.wire.Frame;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A captured TCP connection in the making: each call is a packet, a millisecond after another. */
final class CapturedConnection {
    static final long BEGIN_NANOS = 1_700_000_000_000_000_000L;

    private final Frame.Peer client;
    private final Frame.Peer server;
    private final Clock clock;
    private final List<Packet> into;
    private int clientNext = 1000;
    private int serverNext = 5000;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Packet(long timeNanos, byte[] ethernet) {}

    /** The time that connections of one capture share. */
    static final class Clock {
        private long nanos = BEGIN_NANOS;

        /** Nothing is captured for so long. */
        void pass(Duration time) {
            nanos += time.toNanos();
        }

        private long tick() {
            nanos += 1_000_000;
            return nanos;
        }
    }

    CapturedConnection(int clientPort, Clock clock, List<Packet> into) {
        this(clientPort, Frame.SERVER, clock, into);
    }

    CapturedConnection(int clientPort, Frame.Peer server, Clock clock, List<Packet> into) {
        this.server = server;
        this.client = Frame.Peer.v4(1, clientPort);
        this.clock = clock;
        this.into = into;
    }

    static List<Packet> capture() {
        return new ArrayList<>();
    }

    CapturedConnection open() {
        fromClient(Frame.SYN, new byte[0]);
        clientNext++;
        fromServer(Frame.SYN | Frame.ACK, new byte[0]);
        serverNext++;
        return fromClient(Frame.ACK, new byte[0]);
    }

    CapturedConnection client(String text) {
        return fromClient(Frame.ACK, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    CapturedConnection server(String text) {
        return fromServer(Frame.ACK, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Bytes of the client that the capture lacks. */
    CapturedConnection lostFromClient(int bytes) {
        clientNext += bytes;
        return this;
    }

    CapturedConnection close() {
        fromClient(Frame.FIN | Frame.ACK, new byte[0]);
        clientNext++;
        fromServer(Frame.FIN | Frame.ACK, new byte[0]);
        serverNext++;
        return fromClient(Frame.ACK, new byte[0]);
    }

    private CapturedConnection fromClient(int flags, byte[] payload) {
        into.add(
                new Packet(
                        clock.tick(),
                        new Frame(client, server, clientNext, serverNext, flags, payload)
                                .ethernet()));
        clientNext += payload.length;
        return this;
    }

    private CapturedConnection fromServer(int flags, byte[] payload) {
        into.add(
                new Packet(
                        clock.tick(),
                        new Frame(server, client, serverNext, clientNext, flags, payload)
                                .ethernet()));
        serverNext += payload.length;
        return this;
    }
}
