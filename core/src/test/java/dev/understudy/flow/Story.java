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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    private static final Pattern PACKET =
            Pattern.compile(
                    "([<>])(-?\\d+)(?::([^/!%]*))?(?:/(-?\\d+))?(?:!([FSR]+))?(?:%(\\d+))?");

    final List<String> events = new ArrayList<>();
    final List<Flow> flows = new ArrayList<>();
    final List<PacketFate> fates = new ArrayList<>();
    final FlowTable table;
    long now = BEGIN_NANOS;
    int clientIsn = CLIENT_ISN;
    int serverIsn = SERVER_ISN;
    private int cutBytes;

    private final TcpSegment segment = new TcpSegment();

    Story() {
        this(FlowLimits.DEFAULT);
    }

    Story(FlowLimits limits) {
        this(limits, false);
    }

    /** A story of which the table takes requests only, or not. */
    Story(FlowLimits limits, boolean requestsOnly) {
        table =
                new FlowTable(
                        limits,
                        ServerEndpoints.of(List.of(new InetSocketAddress("0.0.0.0", 3306))),
                        this,
                        requestsOnly);
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
        return show(ethernet, ethernet.length - cutBytes);
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

    /**
     * Tells packets in a row of words:
     *
     * <ul>
     *   <li>{@code H} a handshake, {@code S} its SYN, {@code SA} its SYN+ACK
     *   <li>{@code >6:abc} the client sends abc at position 6 of its stream
     *   <li>{@code <0:xyz/9} the server sends xyz and acknowledges 9 bytes
     *   <li>{@code >9!F} a FIN behind 9 bytes; {@code !R} a RST, {@code !S} a SYN
     *   <li>{@code >0:abcdef%4} the capture kept 4 bytes of the payload
     *   <li>{@code +30ms} {@code +2s} time passes; {@code =5000} another ISN of the client, the
     *       server's 1000 above; {@code end} the capture ends
     * </ul>
     */
    Story tell(String words) {
        for (String word : words.split(" ", -1)) {
            switch (word) {
                case "" -> {}
                case "H" -> handshake();
                case "S" -> syn();
                case "SA" -> synAck();
                case "end" -> finish();
                default -> tellOther(word);
            }
        }
        return this;
    }

    private void tellOther(String word) {
        Matcher packet = PACKET.matcher(word);
        if (packet.matches()) {
            String letters = packet.group(5) == null ? "" : packet.group(5);
            int flags =
                    Frame.ACK
                            | (letters.contains("F") ? Frame.FIN : 0)
                            | (letters.contains("R") ? Frame.RST : 0)
                            | (letters.contains("S") ? Frame.SYN : 0);
            boolean client = packet.group(1).equals(">");
            if (client && letters.contains("S")) {
                flags = Frame.SYN;
            }
            String text = packet.group(3) == null ? "" : packet.group(3);
            int cut = packet.group(6) == null ? 0 : text.length() - number(packet.group(6));
            cutBytes = cut;
            int acked = packet.group(4) == null ? 0 : number(packet.group(4));
            int position = number(packet.group(2));
            if (client) {
                client(position, acked, flags, text);
            } else {
                server(position, acked, flags, text);
            }
            cutBytes = 0;
        } else if (word.startsWith("=")) {
            clientIsn = number(word.substring(1));
            serverIsn = clientIsn + 1000;
        } else if (word.startsWith("+") && word.endsWith("ms")) {
            later(number(word.substring(1, word.length() - 2)) * 1_000_000L);
        } else if (word.startsWith("+") && word.endsWith("s")) {
            later(number(word.substring(1, word.length() - 1)) * 1_000_000_000L);
        } else {
            throw new IllegalArgumentException(word);
        }
    }

    private static int number(String digits) {
        return Integer.parseInt(digits);
    }

    /** The first letter of each packet's fate: U, R, W, F, N, M. */
    String fateLetters() {
        StringBuilder letters = new StringBuilder();
        fates.forEach(fate -> letters.append(fate.name().charAt(0)));
        return letters.toString();
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
        public void heard(long timeNanos) {
            events.add("heard");
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
