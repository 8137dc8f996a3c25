package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RefreshingTest {
    private static final InetSocketAddress PEER =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    private static final RunContext RUN = new RunContext(Settings.empty("curious"), PEER, PEER, 0);

    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    /** A protocol that looks at something while the run goes on. */
    private record Curious(Supplier<Preparation> look) implements Protocol {
        @Override
        public String name() {
            return "curious";
        }

        @Override
        public Set<Integer> usualPorts() {
            return Set.of();
        }

        @Override
        public Detection detect(Direction direction, ByteBuf firstBytes) {
            return Detection.NO_MATCH;
        }

        @Override
        public Preparation prepare(RunContext run) {
            return Preparation.nothing();
        }

        @Override
        public Preparation refresh(RunContext run) {
            return look.get();
        }

        @Override
        public Duration refreshInterval() {
            return Duration.ZERO;
        }

        @Override
        public ProtocolSession open(SessionContext session) {
            throw new AssertionError("no session here");
        }

        @Override
        public Verdict compare(Exchange exchange, Optional<Reply> control) {
            throw new AssertionError("no answers here");
        }
    }

    @Test
    void whatIsFoundIsWarnedOfOnceAndNeverAfterTheEnd() throws Exception {
        CountDownLatch calls = new CountDownLatch(3);
        AtomicInteger count = new AtomicInteger();
        Refreshing refreshing =
                Refreshing.begin(
                        new Curious(
                                () -> {
                                    count.incrementAndGet();
                                    calls.countDown();
                                    return new Preparation(List.of("worse"), List.of("odd"));
                                }),
                        RUN,
                        said::add);
        assertTrue(calls.await(30, TimeUnit.SECONDS));
        refreshing.close();
        int atTheEnd = count.get();
        assertEquals(List.of("worse", "odd"), List.copyOf(said));
        assertEquals(List.of("worse", "odd"), refreshing.warnings());
        assertEquals(atTheEnd, count.get());
    }

    @Test
    void aCallThatFailsIsAWarningAndTheNextOneComes() throws Exception {
        CountDownLatch calls = new CountDownLatch(2);
        try (Refreshing _ =
                Refreshing.begin(
                        new Curious(
                                () -> {
                                    calls.countDown();
                                    throw new IllegalStateException("no way in");
                                }),
                        RUN,
                        said::add)) {
            assertTrue(calls.await(30, TimeUnit.SECONDS));
        }
        assertEquals(1, said.size());
        String warning = said.take();
        assertTrue(warning.startsWith("curious failed"), warning);
        assertTrue(warning.endsWith("no way in"), warning);
    }

    @Test
    void aCallThatTakesTooLongIsInterruptedAndNoneOverlapsIt() throws Exception {
        AtomicInteger under = new AtomicInteger();
        AtomicBoolean overlapped = new AtomicBoolean();
        CountDownLatch interrupted = new CountDownLatch(2);
        try (Refreshing _ =
                Refreshing.begin(
                        new Curious(
                                () -> {
                                    if (under.incrementAndGet() > 1) {
                                        overlapped.set(true);
                                    }
                                    try {
                                        new CountDownLatch(1).await();
                                    } catch (InterruptedException _) {
                                        interrupted.countDown();
                                    } finally {
                                        under.decrementAndGet();
                                    }
                                    return Preparation.nothing();
                                }),
                        RUN,
                        Duration.ofMillis(20),
                        said::add)) {
            assertTrue(interrupted.await(30, TimeUnit.SECONDS));
        }
        assertFalse(overlapped.get());
        String warning = said.take();
        assertTrue(warning.contains("more than 20 ms"), warning);
    }

    @Test
    void theEndOfTheRunInterruptsACall() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Refreshing refreshing =
                Refreshing.begin(
                        new Curious(
                                () -> {
                                    begun.countDown();
                                    try {
                                        new CountDownLatch(1).await();
                                    } catch (InterruptedException _) {
                                        interrupted.countDown();
                                    }
                                    return Preparation.nothing();
                                }),
                        RUN,
                        said::add);
        assertTrue(begun.await(30, TimeUnit.SECONDS));
        refreshing.close();
        assertTrue(interrupted.await(30, TimeUnit.SECONDS));
        assertEquals(List.of(), refreshing.warnings());
    }
}
