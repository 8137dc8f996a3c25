package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.understudy.protocol.Direction;
import dev.understudy.wire.Frame;
import dev.understudy.wire.LinkLayer;
import dev.understudy.wire.TcpSegment;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowLimitsTest {
    private static final FlowReader COUNTS_NOTHING =
            new FlowReader() {
                @Override
                public void bytes(Direction d, byte[] in, int at, int n, long offset, long time) {}

                @Override
                public void gap(Direction d, long offset, long n, long time) {}

                @Override
                public void end(Direction d, FlowEnd how, long time) {}
            };

    private final TcpSegment segment = new TcpSegment();
    private long now = Story.BEGIN_NANOS;

    @Test
    void outOfOrderBytesOfADirection() {
        int room = 3 * PendingBytes.CHUNK_OVERHEAD_BYTES;
        Story story = new Story(new FlowLimits(9, 9, room, 10_000, Duration.ofHours(1)));
        story.tell("H >2:c >4:e");
        assertEquals("open", story.told());
        story.tell(">6:g >7:h");
        assertEquals("open >gap:2 >'c' >gap:1 >'e'", story.told().replace(" >gap:1 >'gh'", ""));
        assertTrue(story.table.counts().gapsByLimit() > 0);
        assertTrue(story.table.counts().outOfOrderBytes() <= room);
    }

    /** Not a limit of memory but of patience: a busy flow need not wait a whole second. */
    @Test
    void packetsUntilAHoleIsAGap() {
        Story story = new Story().tell("H >0:a >3:d <0/4");
        for (int i = 0; i < Reassembler.GRACE_SEGMENTS - 1; i++) {
            story.tell("<" + i + ":x/4");
        }
        assertEquals("open >'a'", story.told());
        story.tell("<63:y/4");
        assertEquals("open >'a' >gap:2 >'d' <'" + "x".repeat(63) + "y'", story.told());
    }

    /** The hole that they wait for is given up, as if it were their own. */
    @Test
    void bytesThatWaitForTheOtherDirection() {
        int room = 3 * PendingBytes.CHUNK_OVERHEAD_BYTES;
        Story story = new Story(new FlowLimits(9, 9, room, 10_000, Duration.ofHours(1)));
        story.tell("H <0:x/4 <1:y/4");
        assertEquals("open", story.told());
        story.tell("<2:z/4");
        assertEquals("open >gap:4 <'xyz'", story.told());
        assertEquals(1, story.table.counts().gapsByLimit());
        assertEquals(0, story.table.counts().outOfOrderBytes());
    }

    @Test
    void outOfOrderBytesThatFitInNoBuffer() {
        Story story = new Story(new FlowLimits(9, 9, 10, 10, Duration.ofHours(1)));
        story.tell("H >2:cd >1:bc >4:e");
        assertEquals("open >gap:2 >'cde'", story.told());
        assertEquals(1, story.table.counts().gapsByLimit());
    }

    @Test
    void outOfOrderBytesInAll() {
        int room = 3 * PendingBytes.CHUNK_OVERHEAD_BYTES;
        Story story = new Story(new FlowLimits(9, 9, 10_000, room, Duration.ofHours(1)));
        story.tell("H >2:c >4:e <5:x");
        assertEquals("open <gap:5 <'x'", story.told());
    }

    @Test
    void flowsAtOnce() {
        Streams streams = new Streams();
        FlowTable table = table(new FlowLimits(2, 9, 99, 99, Duration.ofHours(1)), streams);
        assertEquals(PacketFate.WITHOUT_PAYLOAD, show(table, 1, 10, Frame.SYN, 0));
        assertEquals(PacketFate.WITHOUT_PAYLOAD, show(table, 2, 10, Frame.SYN, 0));
        assertEquals(PacketFate.FILTERED, show(table, 3, 10, Frame.SYN, 0));
        assertEquals(PacketFate.FILTERED, show(table, 3, 11, Frame.ACK, 5));
        assertEquals(PacketFate.USED, show(table, 1, 11, Frame.ACK, 5));
        show(table, 1, 16, Frame.RST | Frame.ACK, 0);
        assertEquals(PacketFate.FILTERED, show(table, 3, 16, Frame.ACK, 5), "once left out");
        assertEquals(PacketFate.USED, show(table, 4, 11, Frame.ACK, 5), "there is room");
        assertEquals(1, table.counts().flowsRefused());
        assertEquals(3, streams.flows.size());
        assertEquals(
                PacketFate.WITHOUT_PAYLOAD,
                show(table, 2, 11, Frame.RST, 0),
                "and room again, for a new connection of the one refused");
        assertEquals(PacketFate.WITHOUT_PAYLOAD, show(table, 3, 7777, Frame.SYN, 0));
        assertEquals(4, streams.flows.size());
    }

    @Test
    void flowsRememberedAfterTheirEnd() {
        Streams streams = new Streams();
        FlowTable table = table(new FlowLimits(9, 2, 99, 99, Duration.ofHours(1)), streams);
        for (int client = 1; client <= 3; client++) {
            show(table, client, 10, Frame.SYN, 0);
            show(table, client, 11, Frame.RST, 0);
        }
        assertEquals(PacketFate.FILTERED, show(table, 3, 11, Frame.ACK, 5));
        assertEquals(3, streams.flows.size());
        assertEquals(PacketFate.USED, show(table, 1, 11, Frame.ACK, 5), "was forgotten");
        assertTrue(streams.flows.getLast().flow.joinedMidway());
    }

    @Test
    void aFlowThatNobodyWantsIsFiltered() {
        FlowTable table = table(FlowLimits.DEFAULT, (flow, time) -> FlowReader.DISCARD);
        assertEquals(PacketFate.FILTERED, show(table, 1, 10, Frame.SYN, 0));
        assertEquals(PacketFate.FILTERED, show(table, 1, 11, Frame.ACK, 5));
        assertEquals(0, table.counts().flowsOpen());
        assertEquals(0, table.counts().flowsRefused());
    }

    @Test
    void aFlowThatNobodyWantsIsOfferedOnceHoweverLongItPauses() {
        List<Flow> offered = new ArrayList<>();
        FlowTable table =
                table(
                        FlowLimits.DEFAULT,
                        (flow, time) -> {
                            offered.add(flow);
                            return FlowReader.DISCARD;
                        });
        show(table, 1, 10, Frame.SYN, 0);
        show(table, 1, 11, Frame.ACK, 0);
        now += Duration.ofMinutes(10).toNanos();
        table.advance(now);
        assertEquals(PacketFate.FILTERED, show(table, 1, 11, Frame.ACK, 5));
        assertEquals(1, offered.size());
        assertEquals(PacketFate.FILTERED, show(table, 1, 16, Frame.FIN | Frame.ACK, 0));
        now += Duration.ofMinutes(10).toNanos();
        table.advance(now);
        show(table, 1, 900, Frame.SYN, 0);
        assertEquals(2, offered.size(), "its ports belong to another connection now");
    }

    @Test
    void flowsThatNobodyWantsAreOfferedOnceHoweverMany() {
        List<Flow> offered = new ArrayList<>();
        FlowTable table =
                table(
                        new FlowLimits(2, 2, 99, 99, Duration.ofHours(1)),
                        (flow, time) -> {
                            offered.add(flow);
                            return FlowReader.DISCARD;
                        });
        for (int round = 0; round < 2; round++) {
            for (int client = 1; client <= 50_000; client++) {
                if (round == 0) {
                    show(table, client, 10, Frame.SYN, 0);
                } else {
                    assertEquals(PacketFate.FILTERED, show(table, client, 11, Frame.ACK, 5));
                }
            }
        }
        assertEquals(50_000, offered.size());
    }

    @Test
    void aFloodOfSynsThatNobodyWantsHoldsItsPlacesForAMinuteAlone() {
        List<Integer> offered = new ArrayList<>();
        FlowTable table =
                new FlowTable(
                        FlowLimits.DEFAULT,
                        ServerEndpoints.of(List.of(new InetSocketAddress("10.0.0.7", 3306))),
                        (flow, _) -> {
                            offered.add(flow.client().getPort() - 40_000);
                            return FlowReader.DISCARD;
                        },
                        3);
        for (int client = 1; client <= 3; client++) {
            show(table, client, 100, Frame.SYN, 0);
        }
        show(table, 1, 101, Frame.ACK, 5);
        show(table, 2, 100, Frame.SYN, 0);
        show(table, 9, 500, Frame.ACK, 5);
        assertEquals(1, table.packetsUnclear(), "there is no room");
        now += FlowTable.UNANSWERED_IDLE_NANOS + 1_000_000_000L;
        table.advance(now);
        show(table, 9, 505, Frame.ACK, 5);
        assertEquals(1, table.packetsUnclear(), "the SYNs have gone");
        show(table, 1, 106, Frame.ACK, 5);
        assertEquals(List.of(1, 2, 3, 9), offered, "what went on is remembered yet");
    }

    /** What cannot be told from one that was refused and forgotten is not counted as another. */
    @Test
    void flowsThatNobodyWantsAreBounded() {
        List<Flow> offered = new ArrayList<>();
        FlowTable table =
                new FlowTable(
                        new FlowLimits(9, 9, 99, 99, Duration.ofHours(1)),
                        ServerEndpoints.of(List.of(new InetSocketAddress("10.0.0.7", 3306))),
                        (flow, time) -> {
                            offered.add(flow);
                            return FlowReader.DISCARD;
                        },
                        2);
        for (int client = 1; client <= 4; client++) {
            show(table, client, 10, Frame.SYN, 0);
        }
        assertEquals(4, offered.size(), "each beginning was seen");
        for (int client = 1; client <= 4; client++) {
            assertEquals(PacketFate.FILTERED, show(table, client, 11, Frame.ACK, 5));
        }
        assertEquals(4, offered.size());
        assertEquals(2, table.counts().packetsUnclear());
        show(table, 1, 16, Frame.FIN | Frame.ACK, 0);
        now += Duration.ofSeconds(30).toNanos();
        table.advance(now);
        assertEquals(PacketFate.FILTERED, show(table, 5, 11, Frame.ACK, 5));
        assertEquals(5, offered.size(), "there is room again, so that it can be told");
    }

    @Test
    void flowsPastTheLimitAreToldOnce() {
        List<Flow> opened = new ArrayList<>();
        List<Flow> tooMany = new ArrayList<>();
        FlowTable table =
                table(
                        new FlowLimits(1, 9, 99, 99, Duration.ofHours(1)),
                        new FlowHandler() {
                            @Override
                            public FlowReader opened(Flow flow, long timeNanos) {
                                opened.add(flow);
                                return COUNTS_NOTHING;
                            }

                            @Override
                            public void tooMany(Flow flow, long timeNanos) {
                                tooMany.add(flow);
                            }
                        });
        for (int round = 0; round < 3; round++) {
            for (int client = 1; client <= 3; client++) {
                show(table, client, 10 + round, round == 0 ? Frame.SYN : Frame.ACK, round);
            }
        }
        assertEquals(1, opened.size());
        assertEquals(2, tooMany.size());
    }

    @Test
    void manyFlowsComeAndGo() {
        Streams streams = new Streams();
        FlowTable table = table(new FlowLimits(900, 40, 99, 99, Duration.ofHours(1)), streams);
        for (int client = 0; client < 2000; client++) {
            show(table, client, 10, Frame.SYN, 0);
            show(table, client, 11, Frame.ACK, 5);
            if (client >= 800) {
                assertEquals(PacketFate.USED, show(table, client - 800, 16, Frame.ACK, 3));
                show(table, client - 800, 19, Frame.RST, 0);
            }
        }
        assertEquals(2000, streams.flows.size());
        assertEquals(0, table.counts().flowsRefused());
        table.finish(now);
        streams.assertAllEnded();
    }

    /** The promise of {@link FlowTable}: a packet in order costs no object. */
    @Test
    void packetsInOrderAllocateNothing() {
        FlowTable table = table(FlowLimits.DEFAULT, (flow, time) -> COUNTS_NOTHING);
        byte[] packet =
                new Frame(client(1), Frame.SERVER, 1, 1, Frame.ACK, new byte[10]).ethernet();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        int rounds = 40_000;
        for (int i = 0; i < 2 * rounds; i++) {
            if (i == rounds) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            int sequence = 1 + 10 * i;
            packet[38] = (byte) (sequence >> 24);
            packet[39] = (byte) (sequence >> 16);
            packet[40] = (byte) (sequence >> 8);
            packet[41] = (byte) sequence;
            segment.wrap(packet, 0, packet.length, packet.length, LinkLayer.ETHERNET);
            table.segment(segment, packet, now + i);
        }
        long perPacket = (threads.getCurrentThreadAllocatedBytes() - before) / rounds;
        assertEquals(0, perPacket, "bytes allocated for a packet");
        assertEquals(2L * rounds, table.counts().packets().get(PacketFate.USED));
    }

    @Test
    void aReaderThatThrowsCostsTheTableNothing() {
        FlowTable table =
                table(
                        FlowLimits.DEFAULT,
                        (flow, time) ->
                                new FlowReader() {
                                    @Override
                                    public void bytes(
                                            Direction d, byte[] b, int o, int n, long at, long t) {
                                        throw new IllegalStateException("reader");
                                    }

                                    @Override
                                    public void gap(Direction d, long at, long n, long t) {}

                                    @Override
                                    public void end(Direction d, FlowEnd how, long t) {}
                                });
        show(table, 1, 10, Frame.SYN, 0);
        show(table, 1, 16, Frame.ACK, 5);
        assertThrows(IllegalStateException.class, () -> show(table, 1, 11, Frame.ACK, 5));
        assertThrows(
                IllegalStateException.class,
                () -> show(table, 1, 11, Frame.ACK, 5),
                "given what waited behind it");
        assertEquals(PacketFate.REPEATED, show(table, 1, 11, Frame.ACK, 5));
        assertEquals(3, table.counts().packets().get(PacketFate.USED), "those that threw, too");
        show(table, 1, 26, Frame.ACK, 5);
        assertThrows(IllegalStateException.class, () -> table.finish(now));
        table.finish(now);
        assertEquals(0, table.counts().flowsOpen());
        assertEquals(0, table.counts().outOfOrderBytes());
    }

    @ParameterizedTest(name = "{0}: {1}:{2} to {3}:{4}")
    @CsvSource({
        "client,       1, 40000, 7, 3306, USED",
        "server,       7, 3306, 1, 40000, USED",
        "other port,   1, 40000, 7, 3307, NOT_FOR_US",
        "other host,   1, 40000, 8, 3306, NOT_FOR_US",
        "any host,     1, 40000, 9, 3308, USED",
        "between two,  7, 3306, 9, 3308, USED",
    })
    void knowsTheServerByItsEndpoint(
            String name, int from, int fromPort, int to, int toPort, PacketFate fate) {
        FlowTable table =
                new FlowTable(
                        FlowLimits.DEFAULT,
                        ServerEndpoints.of(
                                List.of(
                                        new InetSocketAddress("10.0.0.7", 3306),
                                        new InetSocketAddress("fd00::7", 3306),
                                        new InetSocketAddress("::", 3308))),
                        new Streams());
        for (boolean v6 : new boolean[] {false, true}) {
            byte[] packet =
                    new Frame(
                                    v6
                                            ? Frame.Peer.v6(from, fromPort)
                                            : Frame.Peer.v4(from, fromPort),
                                    v6 ? Frame.Peer.v6(to, toPort) : Frame.Peer.v4(to, toPort),
                                    1,
                                    1,
                                    Frame.ACK,
                                    new byte[3])
                            .ethernet();
            segment.wrap(packet, 0, packet.length, packet.length, LinkLayer.ETHERNET);
            assertEquals(fate, table.segment(segment, packet, now));
        }
    }

    /** Both ports belong to online servers: the handshake tells who is the client. */
    @Test
    void aServerMayBeAnotherServersClient() {
        Streams streams = new Streams();
        FlowTable table =
                new FlowTable(
                        FlowLimits.DEFAULT,
                        ServerEndpoints.of(List.of(new InetSocketAddress("0.0.0.0", 3306))),
                        streams);
        Frame.Peer client = Frame.Peer.v4(8, 3306);
        send(table, new Frame(client, Frame.SERVER, 9, 0, Frame.SYN, new byte[0]));
        send(table, new Frame(Frame.SERVER, client, 99, 10, Frame.SYN | Frame.ACK, new byte[0]));
        send(table, new Frame(Frame.SERVER, client, 100, 10, Frame.ACK, new byte[4]));
        send(table, new Frame(client, Frame.SERVER, 10, 104, Frame.ACK, new byte[3]));
        assertEquals(1, streams.flows.size());
        assertEquals(3306, streams.flows.getFirst().flow.server().getPort());
        assertEquals(
                Frame.SERVER.address()[3],
                streams.flows.getFirst().flow.server().getAddress().getAddress()[3]);
        assertEquals(3, streams.flows.getFirst().sent(Direction.FROM_CLIENT).length);
        assertEquals(4, streams.flows.getFirst().sent(Direction.FROM_SERVER).length);
    }

    @Test
    void countsWhatIsNoSegment() {
        FlowTable table = table(FlowLimits.DEFAULT, new Streams());
        byte[] packet = Frame.text(1, 1, Frame.ACK, "abc").ethernet();
        packet[20] = 0x20;
        assertEquals(PacketFate.MALFORMED, send(table, packet));
        packet[23] = 17;
        assertEquals(PacketFate.NOT_FOR_US, send(table, packet));
        assertEquals(PacketFate.MALFORMED, send(table, new byte[3]));
        assertEquals(1, table.counts().fragments());
    }

    @Test
    void refusesLimitsThatAreNone() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new FlowLimits(0, 1, 1, 1, Duration.ofSeconds(1)));
        assertThrows(
                IllegalArgumentException.class, () -> new FlowLimits(1, 1, 1, 1, Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> ServerEndpoints.of(List.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> ServerEndpoints.of(List.of(InetSocketAddress.createUnresolved("db", 1))));
    }

    private static FlowTable table(FlowLimits limits, FlowHandler handler) {
        return new FlowTable(
                limits,
                ServerEndpoints.of(List.of(new InetSocketAddress("10.0.0.7", 3306))),
                handler);
    }

    private static Frame.Peer client(int number) {
        return Frame.Peer.v4(1, 40_000 + number);
    }

    private PacketFate show(FlowTable table, int client, int sequence, int flags, int length) {
        return send(
                table,
                new Frame(client(client), Frame.SERVER, sequence, 1, flags, new byte[length]));
    }

    private PacketFate send(FlowTable table, Frame frame) {
        return send(table, frame.ethernet());
    }

    private PacketFate send(FlowTable table, byte[] packet) {
        now += 1000;
        segment.wrap(packet, 0, packet.length, packet.length, LinkLayer.ETHERNET);
        return table.segment(segment, packet, now);
    }
}
