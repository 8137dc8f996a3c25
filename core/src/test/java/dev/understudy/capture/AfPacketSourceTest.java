package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.sys.RingSettings;
import dev.understudy.sys.SystemCallException;
import dev.understudy.wire.LinkLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On the real loopback interface: needs root. */
class AfPacketSourceTest {
    private static final Duration WAIT = Duration.ofMillis(200);
    private static final int PUSH = 8;
    private static final int SYN = 2;

    /** Sends the words one by one over a connection of its own, each waited for. */
    private static void talk(ServerSocket server, List<String> words) throws IOException {
        try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept()) {
            for (String word : words) {
                byte[] bytes = word.getBytes(StandardCharsets.US_ASCII);
                client.getOutputStream().write(bytes);
                assertEquals(
                        word,
                        new String(
                                accepted.getInputStream().readNBytes(bytes.length),
                                StandardCharsets.US_ASCII));
            }
        }
    }

    private static PacketBatch drain(PacketSource source) throws IOException {
        PacketBatch batch = new PacketBatch();
        source.stop();
        while (source.poll(batch, WAIT) == PacketSource.State.OPEN) {
            assertTrue(batch.hasRoom(1), "batch is full");
        }
        return batch;
    }

    private static int ipHeaderBytes(PacketBatch batch, int i) {
        int first = batch.data()[batch.offset(i)];
        return first >> 4 == 4 ? (first & 0xf) * 4 : 40;
    }

    private static int tcpFlags(PacketBatch batch, int i) {
        return batch.data()[batch.offset(i) + ipHeaderBytes(batch, i) + 13];
    }

    private static List<String> payloads(PacketBatch batch) {
        List<String> payloads = new ArrayList<>();
        for (int i = 0; i < batch.count(); i++) {
            int at = batch.offset(i) + ipHeaderBytes(batch, i);
            int header = (batch.data()[at + 12] >> 4 & 0xf) * 4;
            int length = batch.offset(i) + batch.capturedLength(i) - at - header;
            if ((tcpFlags(batch, i) & PUSH) != 0) {
                payloads.add(
                        new String(batch.data(), at + header, length, StandardCharsets.US_ASCII));
            }
        }
        return payloads;
    }

    @ParameterizedTest(name = "{0} at {1}, filter {2}")
    @CsvSource({
        "lo, 127.0.0.1, 127.0.0.1",
        "lo, ::1, ::1",
        "lo, 127.0.0.1, 0.0.0.0",
        "any, 127.0.0.1, 127.0.0.1",
        "any, ::1, ::",
    })
    void seesEachPacketOfTheServerOnceAndNoOther(String device, String address, String filter)
            throws IOException {
        List<String> words = List.of("one", "two", "three");
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.ofLiteral(address));
                ServerSocket other = new ServerSocket(0, 1, InetAddress.ofLiteral(address));
                AfPacketSource source =
                        AfPacketSource.open(
                                device,
                                List.of(
                                        new InetSocketAddress(
                                                InetAddress.ofLiteral(filter),
                                                server.getLocalPort())),
                                RingSettings.DEFAULT)) {
            long before = Instant.now().toEpochMilli();
            talk(other, List.of("not for us"));
            talk(server, words);
            PacketBatch batch = drain(source);
            assertEquals(words, payloads(batch));
            int syns = 0;
            for (int i = 0; i < batch.count(); i++) {
                assertEquals(LinkLayer.RAW, batch.linkType(i));
                assertEquals(batch.originalLength(i), batch.capturedLength(i));
                long millis = batch.timeNanos(i) / 1_000_000;
                assertTrue(millis >= before - 1000 && millis <= before + 60_000, "time " + millis);
                syns += (tcpFlags(batch, i) & SYN) == 0 ? 0 : 1;
            }
            assertEquals(2, syns, "SYN and its answer, once each");
            assertEquals(
                    new CaptureCounts(batch.count(), 0, 0, 0, CaptureCounts.NOT_CUT),
                    source.counts());
        }
    }

    @Test
    void carriesOnWhereABatchWasFull() throws IOException {
        List<String> words = List.of("a", "b", "c", "d", "e");
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                AfPacketSource source = open(server, RingSettings.DEFAULT)) {
            talk(server, words);
            source.stop();
            PacketBatch one = new PacketBatch(PacketBatch.MAX_PACKET_BYTES, 1);
            List<String> heard = new ArrayList<>();
            PacketSource.State state = PacketSource.State.OPEN;
            while (state == PacketSource.State.OPEN) {
                one.clear();
                state = source.poll(one, WAIT);
                heard.addAll(payloads(one));
            }
            assertEquals(words, heard);
        }
    }

    @Test
    void goesRoundTheRingAndCountsWhatDidNotFit() throws IOException {
        // Two waits outlast a round's talk, also on a busy machine: it is read only afterwards.
        RingSettings small = new RingSettings(128 << 10, 2, Duration.ofMillis(100));
        String word = "x".repeat(20_000);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                AfPacketSource source = open(server, small)) {
            PacketBatch batch = new PacketBatch();
            for (int round = 0; round < 6; round++) {
                talk(server, List.of(word));
                int heard = 0;
                while (heard < word.length()) {
                    batch.clear();
                    source.poll(batch, WAIT);
                    heard += payloads(batch).stream().mapToInt(String::length).sum();
                    assertEquals(0, source.counts().droppedByKernel());
                }
            }
            talk(server, java.util.Collections.nCopies(40, word));
            drain(source);
            CaptureCounts counts = source.counts();
            assertTrue(counts.droppedByKernel() > 0, counts::toString);
            assertTrue(counts.ringFullEpisodes() > 0, counts::toString);
        }
    }

    private static AfPacketSource open(ServerSocket server, RingSettings settings)
            throws SystemCallException {
        return AfPacketSource.open(
                "lo",
                List.of(
                        new InetSocketAddress(
                                InetAddress.ofLiteral("127.0.0.1"), server.getLocalPort())),
                settings);
    }

    @Test
    void closingEndsAPollThatWaits() throws Exception {
        AfPacketSource source =
                AfPacketSource.open(
                        "lo",
                        List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1)),
                        RingSettings.DEFAULT);
        FutureTask<PacketSource.State> poll =
                new FutureTask<>(() -> source.poll(new PacketBatch(), Duration.ofMinutes(5)));
        Thread.ofPlatform().start(poll);
        source.close();
        source.close();
        assertEquals(PacketSource.State.ENDED, poll.get(10, TimeUnit.SECONDS));
        assertEquals(PacketSource.State.ENDED, source.poll(new PacketBatch(), WAIT));
    }

    @Test
    void namesTheInterfacesThereAre() {
        SystemCallException thrown =
                assertThrows(
                        SystemCallException.class,
                        () -> AfPacketSource.open("eth99", List.of(), RingSettings.DEFAULT));
        assertTrue(
                thrown.getMessage()
                        .startsWith(
                                "no such interface 'eth99': ENODEV (No such device): there are: lo"),
                thrown::getMessage);
    }
}
