package dev.understudy.flow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.wire.Frame;
import dev.understudy.wire.LinkLayer;
import dev.understudy.wire.TcpSegment;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bytes out are bytes in, whatever the network did; and any packets at all do no harm. */
class ScrambledFlowTest {
    private static final int SEEDS = 400;
    private static final int FUZZ_ROUNDS = 150;
    private static final int FUZZ_PACKETS = 400;
    private static final ServerEndpoints SERVER =
            ServerEndpoints.of(List.of(new InetSocketAddress("10.0.0.7", 3306)));

    private final TcpSegment segment = new TcpSegment();

    @Test
    void bytesOutAreBytesIn() {
        for (long seed = 0; seed < SEEDS; seed++) {
            Scramble scramble = new Scramble(seed, seed % 2 == 0);
            Streams streams = new Streams();
            FlowTable table = new FlowTable(FlowLimits.DEFAULT, SERVER, streams);
            long now = Story.BEGIN_NANOS;
            for (byte[] packet : scramble.packets()) {
                now += 100_000;
                show(table, packet, now);
            }
            String which = "seed " + seed;
            assertEquals(1, streams.flows.size(), which);
            Streams.Read read = streams.flows.getFirst();
            assertArrayEquals(scramble.client, read.sent(Direction.FROM_CLIENT), which);
            assertArrayEquals(scramble.server, read.sent(Direction.FROM_SERVER), which);
            assertEquals(
                    Map.of(Direction.FROM_CLIENT, FlowEnd.FIN, Direction.FROM_SERVER, FlowEnd.FIN),
                    read.ends,
                    which);
            assertEquals(0, table.counts().gaps(), which);
            assertEquals(0, table.counts().outOfOrderBytes(), which);
        }
    }

    /** With packets left out: what is given is right where it is given, the rest is a gap. */
    @Test
    void whatIsLostIsAGap() {
        for (long seed = 0; seed < SEEDS; seed++) {
            Scramble scramble = new Scramble(seed, seed % 2 == 0);
            Streams streams = new Streams();
            FlowTable table = new FlowTable(FlowLimits.DEFAULT, SERVER, streams);
            Random random = new Random(seed);
            long now = Story.BEGIN_NANOS;
            int shown = 0;
            for (byte[] packet : scramble.packets()) {
                now += 1_000_000;
                if (shown < 3 || random.nextInt(8) > 0) {
                    int cut = random.nextInt(10) == 0 ? random.nextInt(40) : 0;
                    segment.wrap(
                            packet,
                            0,
                            Math.max(54, packet.length - cut),
                            packet.length,
                            LinkLayer.ETHERNET);
                    table.segment(segment, packet, now);
                    shown++;
                }
            }
            table.finish(now);
            streams.assertAllEnded();
            FlowCounts counts = table.counts();
            Streams.Read read = streams.flows.getFirst();
            assertEquals(counts.gapBytes(), read.gapBytes);
            assertEquals(0, counts.outOfOrderBytes());
            assertEquals(shown, sum(counts), "fates");
        }
    }

    @Test
    void anyPacketsDoNoHarm() {
        FlowLimits narrow = new FlowLimits(3, 2, 500, 900, Duration.ofSeconds(2));
        int[] flags = {
            Frame.ACK,
            Frame.ACK,
            Frame.ACK,
            Frame.ACK | Frame.FIN,
            Frame.SYN,
            Frame.SYN | Frame.ACK,
            Frame.RST,
            Frame.RST | Frame.ACK,
            0,
            0xff
        };
        int[] numbers = {0, 0, 0, 0, 0x7ffffff0, 0x80000000, 0x10000000, -200};
        for (int round = 0; round < FUZZ_ROUNDS; round++) {
            Random random = new Random(round);
            Streams streams = new Streams();
            FlowLimits limits = round % 2 == 0 ? narrow : FlowLimits.DEFAULT;
            FlowTable table = new FlowTable(limits, SERVER, streams);
            long now = Story.BEGIN_NANOS;
            for (int i = 0; i < FUZZ_PACKETS; i++) {
                now += random.nextInt(100) == 0 ? 1_500_000_000L : random.nextInt(20_000_000);
                Frame.Peer client = Frame.Peer.v4(1, 40_000 + random.nextInt(6));
                boolean fromClient = random.nextBoolean();
                byte[] payload = new byte[random.nextBoolean() ? 0 : random.nextInt(200)];
                byte[] packet =
                        new Frame(
                                        fromClient ? client : Frame.SERVER,
                                        fromClient ? Frame.SERVER : client,
                                        numbers[random.nextInt(numbers.length)]
                                                + random.nextInt(600),
                                        numbers[random.nextInt(numbers.length)]
                                                + random.nextInt(600),
                                        flags[random.nextInt(flags.length)],
                                        payload)
                                .ethernet();
                int captured = packet.length - random.nextInt(1 + payload.length);
                segment.wrap(packet, 0, captured, packet.length, LinkLayer.ETHERNET);
                table.segment(segment, packet, now - random.nextInt(1_000_000));
                FlowCounts counts = table.counts();
                assertTrue(counts.flowsOpen() <= limits.flows());
                assertTrue(counts.outOfOrderBytes() >= 0);
                if (i % 50 == 0) {
                    table.advance(now);
                }
            }
            table.finish(now);
            streams.assertAllEnded();
            FlowCounts counts = table.counts();
            assertEquals(FUZZ_PACKETS, sum(counts), "fates");
            assertEquals(0, counts.flowsOpen());
            assertEquals(0, counts.outOfOrderBytes());
            assertEquals(streams.flows.size(), counts.flowsOpened());
        }
    }

    private void show(FlowTable table, byte[] packet, long now) {
        segment.wrap(packet, 0, packet.length, packet.length, LinkLayer.ETHERNET);
        table.segment(segment, packet, now);
    }

    private static long sum(FlowCounts counts) {
        return counts.packets().values().stream().mapToLong(Long::longValue).sum();
    }
}
