package dev.understudy.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.capture.PacketSource.State;
import dev.understudy.wire.Frame;
import dev.understudy.wire.Overlay;
import dev.understudy.wire.TcpSegment;
import dev.understudy.wire.Tunnels;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams over loopback, as a mirror sends them. */
@Timeout(60)
class OverlaySourceTest {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final Duration NO_WAIT = Duration.ofMillis(1);
    private static final byte[] HELLO = Frame.text(100, 7, Frame.ACK, "hello").ethernet();

    private final PacketBatch batch = new PacketBatch();

    private static int freePort() throws IOException {
        try (DatagramSocket free = new DatagramSocket()) {
            return free.getLocalPort();
        }
    }

    private static OverlaySource open(
            Overlay overlay, InetSocketAddress at, int bufferBytes, Integer... networks)
            throws IOException {
        return OverlaySource.open(
                new OverlaySource.Plan(
                        overlay,
                        at,
                        sender -> !sender.getHostAddress().equals("127.0.0.2"),
                        Set.of(networks),
                        bufferBytes));
    }

    private static void send(String from, InetSocketAddress to, byte[]... payloads)
            throws IOException {
        try (DatagramSocket mirror =
                new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(from), 0))) {
            for (byte[] payload : payloads) {
                mirror.send(new DatagramPacket(payload, payload.length, to));
            }
        }
    }

    /** Polls until the batch has so many packets. */
    private void await(OverlaySource source, int packets) throws IOException {
        while (batch.count() < packets) {
            assertEquals(State.OPEN, source.poll(batch, WAIT));
        }
    }

    private void assertHello(int i) {
        TcpSegment segment = new TcpSegment();
        assertEquals(
                TcpSegment.Kind.TCP,
                segment.wrap(
                        batch.data(),
                        batch.offset(i),
                        batch.capturedLength(i),
                        batch.originalLength(i),
                        batch.linkType(i)));
        assertEquals(5, segment.payloadCaptured());
        assertEquals(3306, segment.destinationPort());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "::1", "::"})
    void packetsWithinDatagramsAreGivenWithTheTimeTheyCame(String address) throws IOException {
        InetSocketAddress at = new InetSocketAddress(InetAddress.ofLiteral(address), freePort());
        for (Overlay overlay : Overlay.values()) {
            byte[] payload =
                    overlay == Overlay.VXLAN
                            ? Tunnels.vxlan(9, HELLO)
                            : Tunnels.geneve(9, 0x6558, 16, HELLO);
            try (OverlaySource source = open(overlay, at, 1 << 20)) {
                batch.clear();
                long before = Instant.now().getEpochSecond();
                String from = address.equals("::1") ? "::1" : "127.0.0.1";
                InetSocketAddress to =
                        new InetSocketAddress(InetAddress.ofLiteral(from), at.getPort());
                send(from, to, payload, payload, payload);
                await(source, 3);
                for (int i = 0; i < 3; i++) {
                    assertHello(i);
                    long seconds = batch.timeNanos(i) / 1_000_000_000L;
                    assertTrue(Math.abs(seconds - before) <= 30, "stamped by the kernel");
                }
                assertEquals(3, source.counts().delivered());
                assertEquals(List.of(), source.warnings());
            }
        }
    }

    @Test
    void whatNobodyAskedForIsCountedAndNotGiven() throws IOException {
        InetSocketAddress at =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), freePort());
        try (OverlaySource source = open(Overlay.VXLAN, at, 1 << 20, 9, 10)) {
            send("127.0.0.2", at, Tunnels.vxlan(9, HELLO), Tunnels.vxlan(9, HELLO));
            send(
                    "127.0.0.1",
                    at,
                    Tunnels.vxlan(8, HELLO),
                    new byte[0],
                    new byte[7],
                    new byte[60],
                    Tunnels.vxlan(9, HELLO),
                    Tunnels.vxlan(10, HELLO));
            await(source, 2);
            assertEquals(2, source.counts().delivered());
            String warnings = String.join("; ", source.warnings());
            assertTrue(
                    warnings.contains("2 datagrams were not taken, since they are of others"),
                    warnings);
            assertTrue(warnings.contains("the last of 127.0.0.2"), warnings);
            assertTrue(
                    warnings.contains(
                            "1 datagrams were not taken, since they are of other networks"),
                    warnings);
            assertTrue(warnings.contains("3 datagrams are not VXLAN"), warnings);
        }
    }

    /** The kernel counts what it has no room for; nothing is lost without a number. */
    @Test
    void whatTheKernelDroppedIsCounted() throws IOException {
        InetSocketAddress at =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), freePort());
        try (OverlaySource source = open(Overlay.VXLAN, at, 16 << 10)) {
            byte[][] many = new byte[500][];
            Arrays.fill(many, Tunnels.vxlan(9, HELLO));
            send("127.0.0.1", at, many);
            source.stop();
            while (source.poll(batch, NO_WAIT) == State.OPEN) {
                assertTrue(batch.count() <= many.length);
            }
            CaptureCounts counts = source.counts();
            assertTrue(counts.droppedByKernel() > 0, "the buffer held them all");
            assertEquals(many.length, counts.delivered() + counts.droppedByKernel());
        }
    }

    /** More than one call gets, and more than a batch has room for. */
    @Test
    void aFullBatchLosesNothing() throws IOException {
        InetSocketAddress at =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), freePort());
        PacketBatch small = new PacketBatch(PacketBatch.MAX_PACKET_BYTES, 10);
        try (OverlaySource source = open(Overlay.VXLAN, at, 1 << 20)) {
            byte[][] many = new byte[200][];
            Arrays.fill(many, Tunnels.vxlan(9, HELLO));
            send("127.0.0.1", at, many);
            for (int packets = 0; packets < many.length; packets += small.count()) {
                small.clear();
                assertEquals(State.OPEN, source.poll(small, WAIT));
                assertTrue(small.count() > 0);
            }
            assertEquals(many.length, source.counts().delivered());
            assertEquals(0, source.counts().droppedByKernel());
        }
    }

    @Test
    @SuppressWarnings("try") // closed before its time, which is what is tried
    void endsWhenItIsStoppedOrClosed() throws IOException {
        InetSocketAddress at =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), freePort());
        try (OverlaySource source = open(Overlay.VXLAN, at, 1 << 20)) {
            send("127.0.0.1", at, Tunnels.vxlan(9, HELLO));
            source.stop();
            await(source, 1);
            send("127.0.0.1", at, Tunnels.vxlan(9, HELLO));
            assertEquals(State.ENDED, source.poll(batch, WAIT), "what came later is not its own");
            source.close();
            assertEquals(State.ENDED, source.poll(batch, WAIT));
        }
    }

    @Test
    void aPortThatIsTakenIsRefusedByName() throws IOException {
        InetSocketAddress at =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), freePort());
        try (OverlaySource first = open(Overlay.VXLAN, at, 1 << 20)) {
            IOException refused =
                    assertThrows(IOException.class, () -> open(Overlay.VXLAN, at, 1 << 20));
            assertTrue(
                    refused.getMessage()
                            .contains("bind to UDP port " + at.getPort() + ": EADDRINUSE"),
                    refused::getMessage);
            assertEquals("VXLAN on UDP port " + at.getPort(), first.describe());
        }
    }
}
