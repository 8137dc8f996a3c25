package dev.understudy.testkit;

import dev.understudy.delivery.Clock;
import dev.understudy.flow.Flow;
import dev.understudy.flow.FlowEnd;
import dev.understudy.flow.FlowHandler;
import dev.understudy.flow.FlowReader;
import dev.understudy.protocol.Direction;
import dev.understudy.session.FlowSource;
import dev.understudy.wire.IpAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What a {@link Relay} tells of the connections it passes on: the bytes of both directions, in the
 * order in which they passed. Bytes are told before they are passed on, so whatever a client does
 * because of an answer is told after that answer. Safe for use by several threads.
 */
final class Tap implements FlowSource {
    /** Bytes that were told and that the copier has not taken yet; reading stops past it. */
    private static final long MAX_UNTAKEN_BYTES = 4L * 1024 * 1024;

    private static final Duration ROOM_LOOK = Duration.ofMillis(1);

    /** Once nothing was told for so long, what came before {@link #stop} has been told. */
    private static final Duration QUIET = Duration.ofMillis(100);

    /** Clients that go on for ever are not waited for. */
    private static final Duration QUIET_WAIT = Duration.ofSeconds(2);

    private enum State {
        NOT_BEGUN,
        TELLING,
        OVER
    }

    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private final AtomicLong untakenBytes = new AtomicLong();
    private final Set<TappedFlow> flows = new LinkedHashSet<>();
    private volatile State state = State.NOT_BEGUN;
    private volatile BooleanSupplier room = () -> true;
    private Executor copier = task -> {};
    private FlowHandler handler = (_, _) -> FlowReader.DISCARD;
    private int waiting;
    private long lastNanos;
    private long lastTold;

    @Override
    public synchronized void begin(Executor to, FlowHandler flowHandler, BooleanSupplier hasRoom) {
        copier = to;
        handler = flowHandler;
        room = hasRoom;
        state = State.TELLING;
        begun.complete(null);
    }

    /** Complete once connections are copied. */
    CompletableFuture<Void> begun() {
        return begun;
    }

    /** A connection was made; where nothing is told any more, nothing of it will be. */
    synchronized TappedFlow opened(InetSocketAddress client, InetSocketAddress server) {
        TappedFlow flow = new TappedFlow();
        if (state == State.TELLING) {
            long nanos = stamp();
            Flow opened =
                    new Flow(
                            IpAddress.of(client.getAddress()),
                            client.getPort(),
                            IpAddress.of(server.getAddress()),
                            server.getPort(),
                            false,
                            nanos);
            flows.add(flow);
            copier.execute(() -> flow.reader = handler.opened(opened, nanos));
        }
        return flow;
    }

    /** Returns when more may be read: at once, unless the copy is behind. */
    void awaitRoom() {
        if (hasRoom()) {
            return;
        }
        waits(1);
        while (!hasRoom()) {
            LockSupport.parkNanos(ROOM_LOOK.toNanos());
        }
        waits(-1);
    }

    private boolean hasRoom() {
        return state != State.TELLING
                || (untakenBytes.get() <= MAX_UNTAKEN_BYTES && room.getAsBoolean());
    }

    private synchronized void waits(int more) {
        waiting += more;
        lastTold = System.nanoTime();
    }

    /** The time of what is told next; it never goes back. */
    private long stamp() {
        lastTold = System.nanoTime();
        lastNanos = Math.max(lastNanos, Clock.epochNanos());
        return lastNanos;
    }

    @Override
    public CompletableFuture<Void> stop() {
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("understudy-tap-stop")
                .start(
                        () -> {
                            awaitQuiet();
                            finish();
                            stopped.complete(null);
                        });
        return stopped;
    }

    /** What clients sent before the stop may still be on its way through the relay. */
    private void awaitQuiet() {
        long begin = System.nanoTime();
        long left = QUIET.toNanos();
        while (left > 0 && System.nanoTime() - begin < QUIET_WAIT.toNanos()) {
            LockSupport.parkNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(10)));
            left = quietLeft(begin);
        }
    }

    private synchronized long quietLeft(long begin) {
        long now = System.nanoTime();
        return waiting > 0
                ? QUIET.toNanos()
                : QUIET.toNanos() - Math.min(now - begin, now - lastTold);
    }

    private synchronized void finish() {
        for (TappedFlow flow : List.copyOf(flows)) {
            flow.end(FlowEnd.CAPTURE_ENDED);
        }
        state = State.OVER;
    }

    @Override
    public synchronized void close() {
        state = State.OVER;
        flows.clear();
    }

    /** One connection. Of each direction: any number of {@link #bytes}, then one end. */
    final class TappedFlow {
        /** Of the copier's tasks alone. */
        private FlowReader reader = FlowReader.DISCARD;

        private final Set<Direction> ended = EnumSet.noneOf(Direction.class);
        private final Map<Direction, Long> offsets = new EnumMap<>(Direction.class);

        /**
         * Bytes have passed.
         *
         * @param buffer copied from
         * @param length at least 1, from the buffer's beginning
         */
        void bytes(Direction direction, byte[] buffer, int length) {
            byte[] data = Arrays.copyOf(buffer, length);
            synchronized (Tap.this) {
                if (!told(direction)) {
                    return;
                }
                long offset = offsets.merge(direction, (long) length, Long::sum) - length;
                long nanos = stamp();
                untakenBytes.addAndGet(length);
                copier.execute(
                        () -> {
                            try {
                                reader.bytes(direction, data, 0, length, offset, nanos);
                            } finally {
                                untakenBytes.addAndGet(-length);
                            }
                        });
            }
        }

        /** The sender of this direction is done. */
        void end(Direction direction, FlowEnd how) {
            synchronized (Tap.this) {
                if (!told(direction)) {
                    return;
                }
                ended.add(direction);
                long nanos = stamp();
                copier.execute(() -> reader.end(direction, how, nanos));
                if (ended.size() == Direction.values().length) {
                    flows.remove(this);
                }
            }
        }

        /** Both directions end, where they have not yet. */
        void end(FlowEnd how) {
            for (Direction direction : Direction.values()) {
                end(direction, how);
            }
        }

        private boolean told(Direction direction) {
            return state == State.TELLING && flows.contains(this) && !ended.contains(direction);
        }
    }
}
