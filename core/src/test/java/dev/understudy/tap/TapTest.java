package dev.understudy.tap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.link.Door;
import dev.understudy.link.MiddleMan;
import dev.understudy.link.SharedSecret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Taps and a copier over loopback; packets are numbered, so that each can be missed. */
@Timeout(90)
class TapTest {
    private static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final List<Long> shown = new ArrayList<>();
    private final PacketBatch batch = new PacketBatch();

    @TempDir private Path folder;
    private TapSource source;

    @BeforeEach
    void listen() throws IOException {
        source = TapSource.listen(ANY_PORT, secret("right"), said::add);
    }

    @AfterEach
    void close() {
        source.close();
    }

    private SharedSecret secret(String word) throws IOException {
        Path file = folder.resolve(word);
        Files.writeString(file, word.repeat(10));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return SharedSecret.read(file);
    }

    private final AtomicBoolean hostIsBusy = new AtomicBoolean();

    private final class Running implements Tap.Progress {
        private final Tap tap;
        private final CompletableFuture<Tap.Summary> ended = new CompletableFuture<>();
        private final CompletableFuture<Boolean> capturing = new CompletableFuture<>();

        private Running(String name, InetSocketAddress copier, Wire wire, String word)
                throws IOException {
            tap =
                    new Tap(
                            new Tap.Plan(
                                    () -> wire,
                                    copier,
                                    secret(word),
                                    name,
                                    Tap.MIN_BUFFER_BYTES,
                                    name.equals("zstd"),
                                    Optional.empty(),
                                    hostIsBusy::get));
            begin(tap, this, ended);
        }

        @Override
        public void capturing() {
            capturing.complete(true);
        }

        @Override
        public void say(String line) {
            said.add(line);
        }

        private Running awaitCapturing() throws Exception {
            capturing.get(30, TimeUnit.SECONDS);
            return this;
        }

        private Tap.Summary stop() throws Exception {
            tap.stop();
            return ended.get(30, TimeUnit.SECONDS);
        }
    }

    private static void begin(
            Tap tap, Tap.Progress progress, CompletableFuture<Tap.Summary> ended) {
        Thread.ofPlatform()
                .daemon()
                .start(
                        () -> {
                            try {
                                ended.complete(tap.run(progress));
                            } catch (IOException | RuntimeException e) {
                                ended.completeExceptionally(e);
                            }
                        });
    }

    private Running tap(String name, Wire wire) throws Exception {
        return new Running(name, source.address(), wire, "right").awaitCapturing();
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "never");
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Polls until a condition holds. */
    private void pollUntil(BooleanSupplier condition) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, () -> "never; shown " + shown.size() + " " + said);
            pollOnce();
        }
    }

    private PacketSource.State pollOnce() throws IOException {
        batch.clear();
        PacketSource.State state = source.poll(batch, Duration.ofMillis(20));
        for (int i = 0; i < batch.count(); i++) {
            shown.add(Batches.number(batch, i));
        }
        return state;
    }

    private void pollToTheEnd() throws IOException {
        source.stop();
        while (pollOnce() == PacketSource.State.OPEN) {
            assertFalse(shown.size() > 1_000_000);
        }
    }

    private static List<Long> numbers(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    @Test
    void allPacketsComeInTheirOrderAndBothEndsAgree() throws Exception {
        Wire wire = new Wire();
        Running tap = tap("zstd", wire);
        wire.drop(3);
        wire.let(20_000);
        pollUntil(() -> shown.size() == 20_000);
        wire.let(7);
        pollToTheEnd();
        assertEquals(numbers(0, 20_007), shown);
        source.close();
        Tap.Summary summary = tap.stop();
        assertEquals(20_007, summary.packets());
        assertEquals(3, summary.droppedByKernel());
        assertEquals(0, summary.notTaken());
        assertEquals(1, summary.captures());
        assertEquals(20_007, source.counts().delivered());
        assertEquals(3, source.counts().droppedByKernel());
        assertEquals(0, source.counts().droppedByTap());
        TapSource.Tapped tapped = source.taps().getFirst();
        assertTrue(tapped.ended(), tapped::toString);
        assertEquals("zstd", tapped.name());
        assertEquals(0, tapped.clockAheadNanos(), "one clock");
    }

    @Test
    void aTapThatEndsFirstShipsWhatItHasCaptured() throws Exception {
        Wire wire = new Wire();
        Running tap = tap("first", wire);
        wire.let(5_000);
        Tap.Summary summary = tap.stop();
        assertEquals(5_000, summary.packets());
        assertFalse(summary.lost());
        pollUntil(() -> shown.size() == 5_000);
        assertEquals(List.of(), source.warnings());
    }

    @Test
    void aLinkThatIsCutLosesNothingThatTheBufferHolds() throws Exception {
        Wire wire = new Wire();
        try (CuttableLine line = new CuttableLine(source.address())) {
            Running tap = new Running("cut", line.address(), wire, "right").awaitCapturing();
            for (int cut = 1; cut <= 4; cut++) {
                wire.let(3_000);
                long half = 3_000L * cut - 1_500;
                pollUntil(() -> shown.size() >= half);
                line.cut(true);
                line.cut(false);
                long links = cut + 1L;
                pollUntil(() -> source.taps().getFirst().links() >= links);
            }
            pollUntil(() -> shown.size() == 12_000);
            pollToTheEnd();
            source.close();
            assertFalse(tap.stop().lost());
        }
        assertEquals(numbers(0, 12_000), shown);
        assertEquals(0, source.counts().droppedByTap());
    }

    @Test
    void whatTheBufferDoesNotHoldIsCountedAtBothEnds() throws Exception {
        Wire wire = new Wire();
        try (CuttableLine line = new CuttableLine(source.address())) {
            Running tap = new Running("small", line.address(), wire, "right").awaitCapturing();
            wire.let(1_000);
            pollUntil(() -> shown.size() == 1_000);
            line.cut(true);
            // Twice what its buffer holds.
            long many = 2L * Tap.MIN_BUFFER_BYTES / (Batches.PACKET_BYTES + 18);
            wire.let(many);
            pollUntil(() -> wire.given() == 1_000 + many);
            line.cut(false);
            pollUntil(() -> source.taps().getFirst().links() == 2);
            wire.let(1_000);
            pollUntil(() -> wire.given() == 2_000 + many);
            pollToTheEnd();
            source.close();
            Tap.Summary summary = tap.stop();
            assertEquals(2_000 + many, summary.packets());
            assertTrue(summary.droppedForRoom() > many / 4, summary::toString);
            assertEquals(summary.droppedForRoom(), source.counts().droppedByTap());
            assertEquals(summary.packets(), shown.size() + summary.droppedForRoom());
        }
        assertTrue(shown.stream().sorted().distinct().toList().equals(shown), "once, in order");
        assertTrue(source.warnings().getFirst().contains("--buffer"), source.warnings()::toString);
    }

    @Test
    void whatABusyHostHasNoTimeForIsCountedAtBothEnds() throws Exception {
        Wire wire = new Wire();
        Running tap = tap("busy", wire);
        wire.let(1_000);
        pollUntil(() -> shown.size() == 1_000);
        hostIsBusy.set(true);
        wire.let(500);
        pollUntil(() -> wire.given() == 1_500);
        wire.let(1);
        pollUntil(() -> wire.given() == 1_501);
        // The batch before the one that is being made now was withheld, and so this one may be.
        hostIsBusy.set(false);
        wire.let(1_000);
        pollUntil(() -> wire.given() == 2_501);
        pollToTheEnd();
        source.close();
        Tap.Summary summary = tap.stop();
        assertEquals(2_501, summary.packets());
        assertTrue(summary.withheld() >= 500, summary::toString);
        assertTrue(summary.lost(), summary::toString);
        assertEquals(summary.withheld(), source.counts().droppedByTap());
        assertEquals(summary.packets(), shown.size() + summary.withheld());
    }

    @Test
    void twoTapsAreMergedByTime() throws Exception {
        Wire one = new Wire();
        Wire other = new Wire();
        Running first = tap("one", one);
        Running second = tap("other", other);
        one.let(3_000);
        other.let(3_000);
        await(() -> source.taps().stream().allMatch(tap -> tap.packets() == 3_000));
        pollToTheEnd();
        assertEquals(6_000, shown.size());
        List<Long> merged = new ArrayList<>();
        numbers(0, 3_000).forEach(number -> merged.addAll(List.of(number, number)));
        assertTrue(merged.equals(shown), "not in the order of time");
        assertEquals(2, source.taps().size());
        source.close();
        assertFalse(first.stop().lost());
        assertFalse(second.stop().lost());
    }

    @Test
    void aTapThatIsSilentHoldsNobodyUp() throws Exception {
        Wire one = new Wire();
        tap("silent", new Wire());
        tap("one", one);
        one.let(100);
        pollUntil(() -> shown.size() == 100);
    }

    @Test
    void theNextCopierIsServedToo() throws Exception {
        List<Wire> wires = new ArrayList<>();
        int port = source.address().getPort();
        Tap tap =
                new Tap(
                        new Tap.Plan(
                                () -> {
                                    Wire wire = new Wire();
                                    wire.let(10);
                                    wires.add(wire);
                                    return wire;
                                },
                                source.address(),
                                secret("right"),
                                "served",
                                Tap.MIN_BUFFER_BYTES,
                                false,
                                Optional.empty(),
                                () -> false));
        CompletableFuture<Tap.Summary> ended = new CompletableFuture<>();
        begin(tap, new Quiet(), ended);
        pollUntil(() -> shown.size() == 10);
        pollToTheEnd();
        source.close();
        source =
                TapSource.listen(
                        new InetSocketAddress(ANY_PORT.getAddress(), port),
                        secret("right"),
                        said::add);
        pollUntil(() -> shown.size() == 20);
        tap.stop();
        assertEquals(2, ended.get(30, TimeUnit.SECONDS).captures());
        assertEquals(2, wires.size());
    }

    private final class Quiet implements Tap.Progress {
        @Override
        public void capturing() {
            said.add("capturing");
        }

        @Override
        public void say(String line) {
            said.add(line);
        }
    }

    @Test
    void whoDoesNotKnowTheSecretIsRefusedAndCapturesNothing() throws Exception {
        Running tap = new Running("wrong", source.address(), new Wire(), "wrong");
        String message =
                assertThrows(ExecutionException.class, () -> tap.ended.get(30, TimeUnit.SECONDS))
                        .getCause()
                        .getMessage();
        assertTrue(message.contains("--secret-file"), message);
        assertFalse(tap.capturing.isDone());
        source.close();
        assertTrue(source.warnings().toString().contains("1 wrong-secret"));
        assertEquals(List.of(), source.taps());
    }

    /** Both ends have the secret, but each its own TLS session: with the man in the middle. */
    @Test
    void aManInTheMiddleIsRefusedByBothEnds() throws Exception {
        try (MiddleMan man = new MiddleMan(source.address())) {
            Running tap = new Running("caught", man.address(), new Wire(), "right");
            assertThrows(ExecutionException.class, () -> tap.ended.get(30, TimeUnit.SECONDS));
            assertFalse(tap.capturing.isDone());
            assertTrue(man.relayed() > 0, "the man in the middle passed nothing on");
        }
        source.close();
        assertTrue(source.warnings().toString().contains("1 wrong-secret"));
    }

    @Test
    void aFloodOfStrangersDoesNotKeepATapOut() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * Door.MAX_STRANGERS; i++) {
                silent.add(new Socket(ANY_PORT.getAddress(), source.address().getPort()));
            }
            Wire wire = new Wire();
            tap("welcome", wire);
            wire.let(10);
            pollUntil(() -> shown.size() == 10);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void aReaderThatStandsStillHoldsTheTapsAndNotTheMemory() throws Exception {
        Wire wire = new Wire();
        Running tap = tap("fast", wire);
        // Nobody polls: the copier holds its share, the tap its buffer, the rest is dropped.
        long many =
                (TapSource.MAX_HELD_BYTES + 8 * Tap.MIN_BUFFER_BYTES) / (Batches.PACKET_BYTES + 18);
        wire.let(many);
        await(() -> wire.given() == many);
        // What was dropped is told with what comes behind it, once there is room again.
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (shown.size() + source.counts().droppedByTap() < wire.given()) {
            assertTrue(System.nanoTime() < end, "never");
            long more = wire.given() + 1;
            wire.let(1);
            await(() -> wire.given() == more);
            pollOnce();
        }
        pollToTheEnd();
        source.close();
        Tap.Summary summary = tap.stop();
        assertTrue(summary.droppedForRoom() > 0, summary::toString);
        assertEquals(0, summary.notTaken(), summary::toString);
        assertEquals(wire.given(), shown.size() + source.counts().droppedByTap());
        assertEquals(summary.droppedForRoom(), source.counts().droppedByTap());
    }
}
