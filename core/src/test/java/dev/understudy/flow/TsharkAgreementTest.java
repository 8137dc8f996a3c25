package dev.understudy.flow;

import static java.util.Comparator.comparing;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.Direction;
import dev.understudy.wire.LinkLayer;
import dev.understudy.wire.TcpSegment;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** tshark and we read the same bytes, and miss the same bytes, in the same file. */
class TsharkAgreementTest {
    private static final int SERVER_PORT = 3306;
    private static final int GENERATED = 24;

    /** resources: what made them is in README.md beside them. */
    @ParameterizedTest
    @CsvSource({"any-ipv6.pcap, 1, 0", "retransmitted.pcap, 3, 0", "kernel-drops.pcap, 1, 6357"})
    void onRealCaptures(String name, int flows, long gapBytes) throws Exception {
        Path file = Path.of(TsharkAgreementTest.class.getResource(name).toURI());
        FlowCounts counts = assertAgreement(file, flows);
        assertEquals(gapBytes, counts.gapBytes());
        assertEquals(0, counts.outOfOrderBytes());
        assertEquals(0, counts.packets().get(PacketFate.FILTERED));
        assertEquals(0, counts.packets().get(PacketFate.MALFORMED));
    }

    /** Order, repetition, overlap and wrapping of {@link Scramble}. */
    @Test
    void onScrambledConnections(@TempDir Path folder) throws Exception {
        PcapFile made = new PcapFile(LinkLayer.ETHERNET);
        long now = Story.BEGIN_NANOS;
        for (int seed = 0; seed < GENERATED; seed++) {
            for (byte[] packet : new Scramble(seed, false).packets()) {
                now += 100_000;
                made.add(now, packet);
            }
        }
        Path file = folder.resolve("scrambled.pcap");
        made.write(file);
        assertEquals(0, assertAgreement(file, GENERATED).gaps());
    }

    private static FlowCounts assertAgreement(Path file, int flows) throws Exception {
        List<Tshark.Conversation> ours = new ArrayList<>();
        FlowCounts counts = follow(file, ours);
        assertEquals(flows, ours.size(), "flows");
        List<Tshark.Conversation> theirs = Tshark.conversations(file, flows, SERVER_PORT);
        assertEquals(flows, theirs.size(), "tshark's flows");
        Comparator<Tshark.Conversation> byClient = comparing(Tshark.Conversation::client);
        ours.sort(byClient);
        theirs.sort(byClient);
        for (int i = 0; i < flows; i++) {
            assertEquals(theirs.get(i), ours.get(i));
        }
        return counts;
    }

    private static FlowCounts follow(Path path, List<Tshark.Conversation> conversations)
            throws Exception {
        PcapFile file = PcapFile.read(path);
        List<AsTsharkWrites> readers = new ArrayList<>();
        FlowTable table =
                new FlowTable(
                        FlowLimits.DEFAULT,
                        ServerEndpoints.of(List.of(new InetSocketAddress("::", SERVER_PORT))),
                        (flow, time) -> {
                            readers.add(new AsTsharkWrites(flow));
                            return readers.getLast();
                        });
        TcpSegment segment = new TcpSegment();
        long now = 0;
        for (PcapFile.Packet packet : file.packets) {
            now = packet.timeNanos();
            byte[] data = packet.data();
            segment.wrap(data, 0, data.length, packet.originalLength(), file.linkType);
            table.segment(segment, data, now);
        }
        table.finish(now);
        readers.forEach(reader -> conversations.add(reader.conversation()));
        return table.counts();
    }

    /** Writes gaps into the stream, as tshark does. */
    private static final class AsTsharkWrites implements FlowReader {
        private final Flow flow;
        private final StringBuilder fromClient = new StringBuilder();
        private final StringBuilder fromServer = new StringBuilder();

        AsTsharkWrites(Flow flow) {
            this.flow = flow;
        }

        private StringBuilder sent(Direction direction) {
            return direction == Direction.FROM_CLIENT ? fromClient : fromServer;
        }

        @Override
        public void bytes(
                Direction direction, byte[] data, int offset, int length, long at, long time) {
            sent(direction).append(new String(data, offset, length, StandardCharsets.ISO_8859_1));
        }

        @Override
        public void gap(Direction direction, long streamOffset, long length, long timeNanos) {
            sent(direction).append("[").append(length).append(" bytes missing in capture file]\0");
        }

        @Override
        public void end(Direction direction, FlowEnd how, long timeNanos) {}

        Tshark.Conversation conversation() {
            // tshark shortens zeros, the JDK does not.
            String client = flow.toString().replace("0:0:0:0:0:0:0:1", "::1");
            return new Tshark.Conversation(
                    client.substring(0, client.indexOf(' ')),
                    fromClient.toString(),
                    fromServer.toString());
        }
    }
}
