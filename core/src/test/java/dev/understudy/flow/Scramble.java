package dev.understudy.flow;

import dev.understudy.wire.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes the packets of one connection from the bytes of both its directions, and then what a
 * network and a capture do to them: other order, repetition, other cuts, sequence numbers that
 * wrap. Everything follows from the seed.
 */
final class Scramble {
    /** How far a packet may move, in packets; fewer than a grace. */
    private static final int WINDOW = 12;

    private static final int MAX_SEGMENT_BYTES = 300;

    final byte[] client;
    final byte[] server;

    private final Random random;
    private final int clientIsn;
    private final int serverIsn;
    private final boolean earlyAcks;
    private final Frame.Peer clientPeer;

    /** A piece of one direction, or its FIN if it lies behind the last byte. */
    private record Piece(boolean fromClient, int from, int to, boolean fin, int otherSent) {}

    /**
     * @param earlyAcks whether an acknowledgment may be captured before the data that it is for
     */
    Scramble(long seed, boolean earlyAcks) {
        random = new Random(seed);
        clientPeer = Frame.Peer.v4(1, 40_000 + (int) seed);
        this.earlyAcks = earlyAcks;
        client = randomBytes();
        server = randomBytes();
        clientIsn = random.nextBoolean() ? -random.nextInt(3000) : random.nextInt();
        serverIsn = random.nextBoolean() ? -random.nextInt(3000) : random.nextInt();
    }

    private byte[] randomBytes() {
        byte[] bytes = new byte[random.nextInt(6000)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The packets, on Ethernet, in the order of their capture. */
    List<byte[]> packets() {
        List<Piece> pieces = moved(repeated(cut()));
        List<byte[]> packets = new ArrayList<>();
        packets.add(frame(true, clientIsn, 0, Frame.SYN, new byte[0]));
        packets.add(frame(false, serverIsn, clientIsn + 1, Frame.SYN | Frame.ACK, new byte[0]));
        packets.add(frame(true, clientIsn + 1, serverIsn + 1, Frame.ACK, new byte[0]));
        Arrived clientArrived = new Arrived(client.length);
        Arrived serverArrived = new Arrived(server.length);
        for (Piece piece : pieces) {
            Arrived own = piece.fromClient() ? clientArrived : serverArrived;
            Arrived other = piece.fromClient() ? serverArrived : clientArrived;
            own.take(piece);
            int acked = earlyAcks ? piece.otherSent() : other.inOrder();
            byte[] stream = piece.fromClient() ? client : server;
            packets.add(
                    frame(
                            piece.fromClient(),
                            (piece.fromClient() ? clientIsn : serverIsn) + 1 + piece.from(),
                            (piece.fromClient() ? serverIsn : clientIsn) + 1 + acked,
                            Frame.ACK | (piece.fin() ? Frame.FIN : 0),
                            Arrays.copyOfRange(stream, piece.from(), piece.to())));
        }
        return packets;
    }

    private List<Piece> cut() {
        List<Piece> pieces = new ArrayList<>();
        int clientAt = 0;
        int serverAt = 0;
        while (clientAt < client.length || serverAt < server.length) {
            boolean fromClient =
                    serverAt == server.length || (clientAt < client.length && random.nextBoolean());
            int at = fromClient ? clientAt : serverAt;
            int left = (fromClient ? client.length : server.length) - at;
            int length = 1 + random.nextInt(Math.min(left, MAX_SEGMENT_BYTES));
            boolean fin = length == left && random.nextBoolean();
            pieces.add(
                    new Piece(fromClient, at, at + length, fin, fromClient ? serverAt : clientAt));
            if (fromClient) {
                clientAt += length;
            } else {
                serverAt += length;
            }
        }
        pieces.add(new Piece(true, clientAt, clientAt, true, serverAt));
        pieces.add(new Piece(false, serverAt, serverAt, true, clientAt));
        return pieces;
    }

    /** Sends some pieces again, cut in another way. */
    private List<Piece> repeated(List<Piece> pieces) {
        List<Piece> more = new ArrayList<>();
        for (Piece piece : pieces) {
            more.add(piece);
            if (piece.to() > 0 && random.nextInt(4) == 0) {
                int from = Math.max(0, piece.from() - random.nextInt(200));
                int to = from + random.nextInt(piece.to() - from + 1);
                more.add(new Piece(piece.fromClient(), from, to, false, piece.otherSent()));
            }
        }
        return more;
    }

    private List<Piece> moved(List<Piece> pieces) {
        List<Piece> left = new ArrayList<>(pieces);
        List<Piece> moved = new ArrayList<>();
        while (!left.isEmpty()) {
            // The first is as likely as all others together, so that none stays behind for long.
            int reach = Math.min(WINDOW, left.size());
            moved.add(left.remove(random.nextBoolean() ? 0 : random.nextInt(reach)));
        }
        return moved;
    }

    private byte[] frame(
            boolean fromClient, int sequence, int acknowledgment, int flags, byte[] payload) {
        return new Frame(
                        fromClient ? clientPeer : Frame.SERVER,
                        fromClient ? Frame.SERVER : clientPeer,
                        sequence,
                        acknowledgment,
                        flags,
                        payload)
                .ethernet();
    }

    /** What the receiver of a direction has, to acknowledge it. */
    private static final class Arrived {
        private final boolean[] bytes;
        private boolean fin;

        Arrived(int length) {
            bytes = new boolean[length];
        }

        void take(Piece piece) {
            Arrays.fill(bytes, piece.from(), piece.to(), true);
            fin |= piece.fin();
        }

        int inOrder() {
            int at = 0;
            while (at < bytes.length && bytes[at]) {
                at++;
            }
            return at == bytes.length && fin ? at + 1 : at;
        }
    }
}
