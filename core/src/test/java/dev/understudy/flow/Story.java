package dev.understudy.flow;

import dev.understudy.protocol.Direction;
import dev.understudy.wire.Frame;
import dev.understudy.wire.LinkLayer;
import dev.understudy.wire.TcpSegment;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection told packet by packet, and what the table made of it, in words: {@code > "text"} is
 * what came from the client, {@code <} from the server, then {@code gap 3}, {@code FIN} and so on.
 * Sequence numbers are stream positions; the first byte has the direction's ISN + 1.
 */
final class Story implements FlowHandler {
    static final int CLIENT_ISN = 1000;
    static final int SERVER_ISN = 9000;

    /** Before any other time of a test. */
    static final long BEGIN_NANOS = 1_700_000_000_000_000_000L;

    private static final long STEP_NANOS = 1_000_000L;

    final List<String> events = new ArrayList<>();
    final List<Flow> flows = new ArrayList<>();
    final List<PacketFate> fates = new ArrayList<>();
    final FlowTable table;
    long now = BEGIN_NANOS;
    int clientIsn = CLIENT_ISN;
    int serverIsn = SERVER_ISN;

    private final TcpSegment segment = new TcpSegment();

    Story() {
        this(FlowLimits.DEFAULT);
    }

    Story(FlowLimits limits) {
        table =
                new FlowTable(
                        limits,
                        ServerEndpoints.of(List.of(new InetSocketAddress("0.0.0.0", 3306))),
                        this);
    }

    /** SYN, SYN+ACK, ACK. */
    Story handshake() {
        return syn().synAck().client(0, 0, Frame.ACK, "");
    }

    Story syn() {
        return client(-1, -1 - serverIsn, Frame.SYN, "");
    }

    Story synAck() {
        return server(-1, 0, Frame.SYN | Frame.ACK, "");
    }

    /** Data of the client at a stream position, acknowledging nothing new. */
    Story client(int position, String text) {
        return client(position, 0, Frame.ACK, text);
    }

    Story server(int position, String text) {
        return server(position, 0, Frame.ACK, text);
    }

    /** A segment of the client; {@code acked} is a position in the server's stream. */
    Story client(int position, int acked, int flags, String text) {
        return show(
                Frame.text(clientIsn + 1 + position, serverIsn + 1 + acked, flags, text)
                        .ethernet());
    }

    /** A segment of the server; {@code acked} is a position in the client's stream. */
    Story server(int position, int acked, int flags, String text) {
        Frame frame = Frame.text(serverIsn + 1 + position, clientIsn + 1 + acked, flags, text);
        return show(
                new Frame(
                                frame.to(),
                                frame.from(),
                                frame.sequence(),
                                frame.acknowledgment(),
                                flags,
                                frame.payload())
                        .ethernet());
    }

    Story show(byte[] ethernet) {
        return show(ethernet, ethernet.length);
    }

    /** Shows a frame of which the capture kept {@code captured} bytes. */
    Story show(byte[] ethernet, int captured) {
        now += STEP_NANOS;
        segment.wrap(ethernet, 0, captured, ethernet.length, LinkLayer.ETHERNET);
        fates.add(table.segment(segment, ethernet, now));
        return this;
    }

    Story later(long nanos) {
        now += nanos;
        table.advance(now);
        return this;
    }

    Story finish() {
        now += STEP_NANOS;
        table.finish(now);
        return this;
    }

    PacketFate fate() {
        return fates.getLast();
    }

    /** All events, in order, runs of bytes of one direction joined. */
    String told() {
        return String.join(" ", events);
    }

    @Override
    public FlowReader opened(Flow flow, long timeNanos) {
        flows.add(flow);
        events.add(flow.joinedMidway() ? "midway" : "open");
        return new Teller();
    }

    private static int way(Direction direction) {
        return direction == Direction.FROM_CLIENT ? 0 : 1;
    }

    private static String mark(Direction direction) {
        return direction == Direction.FROM_CLIENT ? ">" : "<";
    }

    /** Writes down events, and holds each against the rules of {@link FlowReader}. */
    private final class Teller implements FlowReader {
        private final long[] offsets = new long[2];
        private final long[] times = new long[2];
        private final boolean[] ended = new boolean[2];
        private final ByteArrayOutputStream[] streams = {
            new ByteArrayOutputStream(), new ByteArrayOutputStream()
        };

        @Override
        public void bytes(
                Direction direction,
                byte[] data,
                int offset,
                int length,
                long streamOffset,
                long timeNanos) {
            follow(direction, streamOffset, length, timeNanos);
            streams[way(direction)].write(data, offset, length);
            String text = new String(data, offset, length, StandardCharsets.ISO_8859_1);
            String last = events.getLast();
            if (last.startsWith(mark(direction) + "'")) {
                events.set(events.size() - 1, last.substring(0, last.length() - 1) + text + "'");
            } else {
                events.add(mark(direction) + "'" + text + "'");
            }
        }

        @Override
        public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
            follow(direction, streamOffset, length, timeNanos);
            events.add(mark(direction) + "gap:" + length);
        }

        @Override
        public void end(Direction direction, FlowEnd how, long timeNanos) {
            follow(direction, offsets[way(direction)], 0, timeNanos);
            ended[way(direction)] = true;
            events.add(mark(direction) + how);
        }

        private void follow(Direction direction, long streamOffset, long length, long timeNanos) {
            int way = way(direction);
            if (ended[way] || offsets[way] != streamOffset || timeNanos < times[way]) {
                throw new AssertionError(
                        direction
                                + " at "
                                + streamOffset
                                + " after "
                                + offsets[way]
                                + (ended[way] ? ", which had ended" : ""));
            }
            offsets[way] += length;
            times[way] = timeNanos;
        }
    }
}
