package dev.understudy.tap;

import dev.understudy.capture.CaptureCounts;
import dev.understudy.capture.PacketBatch;
import dev.understudy.capture.PacketSource;
import dev.understudy.link.SharedSecret;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Packets of many taps, merged by the time they were captured. Each packet that a tap captured
 * while this source was there is given once, or counted as dropped.
 */
public final class TapSource implements PacketSource {
    /** Bytes of packets that wait to be polled; with more than these no tap is read. */
    static final long MAX_HELD_BYTES = 16 << 20;

    /**
     * How long a packet waits for earlier ones of other taps: what a ring block and a busy link may
     * take longer at one tap than at another.
     */
    static final long MERGE_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A tap that has sent nothing for so long is not waited for. */
    static final long ACTIVE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** How long taps may take to send what they have captured when the run ends. */
    private static final long STOP_GRACE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final TapListener listener;

    /** Guards what the listener's loop and who polls share; nobody waits for I/O under it. */
    private final Object lock = new Object();

    private long delivered;
    private long late;
    private long lastTimeNanos = Long.MIN_VALUE;
    private boolean held;
    private boolean stopping;
    private long stopAtNanos;
    private boolean closed;

    /** One capture of one tap, and what is known of it so far. */
    public record Tapped(
            String name,
            String address,
            long packets,
            long droppedByKernel,
            long droppedByTap,
            long links,
            long clockAheadNanos,
            boolean ended) {}

    private TapSource(InetSocketAddress at, SharedSecret secret, Consumer<String> say)
            throws IOException {
        listener = TapListener.listen(at, secret, say, lock, this::changed);
    }

    /**
     * Takes taps from now on.
     *
     * @param say takes one line for the user at a time, on any thread
     * @throws IOException where it cannot listen there; the message is for the user
     */
    public static TapSource listen(InetSocketAddress at, SharedSecret secret, Consumer<String> say)
            throws IOException {
        return new TapSource(at, secret, say);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return listener.address();
    }

    /** On the listener's loop, under the lock: something has come, or somebody has gone. */
    private void changed() {
        if (!held && heldBytes() > MAX_HELD_BYTES) {
            held = true;
            listener.reading(false);
        }
        lock.notifyAll();
    }

    private long heldBytes() {
        return sum(Feed::heldBytes);
    }

    private long sum(ToLongFunction<Feed> of) {
        return listener.taps().stream().map(TapListener.Tap::feed).mapToLong(of).sum();
    }

    @Override
    public State poll(PacketBatch into, Duration wait) throws IOException {
        long deadline = System.nanoTime() + wait.toNanos();
        synchronized (lock) {
            while (!closed) {
                long now = System.nanoTime();
                int before = into.count();
                long nextLook = merge(into, now);
                delivered += into.count() - before;
                if (held && heldBytes() < MAX_HELD_BYTES / 2) {
                    held = false;
                    listener.reading(true);
                }
                if (into.count() > before) {
                    return State.OPEN;
                }
                if (stopping && (now >= stopAtNanos || !isMoreToCome())) {
                    return State.ENDED;
                }
                if (now >= deadline) {
                    return State.OPEN;
                }
                await(Math.min(deadline, nextLook) - now);
            }
            return State.ENDED;
        }
    }

    /** Under the lock, which it gives away meanwhile. */
    @SuppressWarnings("WaitNotInLoop") // the caller's loop looks again
    private void await(long nanos) throws IOException {
        try {
            TimeUnit.NANOSECONDS.timedWait(lock, Math.max(1, nanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private boolean isMoreToCome() {
        return listener.taps().stream()
                .anyMatch(
                        tap ->
                                tap.feed().hasPacket()
                                        || (tap.isConnected() && !tap.feed().ended()));
    }

    /** Moves what need not wait; returns when to look again, of {@link System#nanoTime}. */
    private long merge(PacketBatch into, long now) {
        Collection<TapListener.Tap> taps = listener.taps();
        while (true) {
            Feed earliest = null;
            boolean others = false;
            for (TapListener.Tap tap : taps) {
                Feed feed = tap.feed();
                if (feed.hasPacket()) {
                    if (earliest == null || feed.nextTimeNanos() < earliest.nextTimeNanos()) {
                        earliest = feed;
                    }
                } else {
                    others |=
                            !stopping && tap.isConnected() && !feed.ended() && isActive(feed, now);
                }
            }
            if (earliest == null) {
                return Long.MAX_VALUE;
            }
            long due = earliest.nextHereSinceNanos() + MERGE_WAIT_NANOS;
            if (others && now < due) {
                return due;
            }
            long time = earliest.nextTimeNanos();
            if (!earliest.moveNext(into)) {
                return now;
            }
            if (time < lastTimeNanos) {
                late++;
            }
            lastTimeNanos = Math.max(lastTimeNanos, time);
        }
    }

    private static boolean isActive(Feed feed, long now) {
        return feed.lastArrivalNanos() != 0 && now - feed.lastArrivalNanos() < ACTIVE_NANOS;
    }

    @Override
    public CaptureCounts counts() {
        synchronized (lock) {
            return new CaptureCounts(
                    delivered,
                    sum(Feed::droppedByKernel),
                    0,
                    0,
                    CaptureCounts.NOT_CUT,
                    sum(Feed::droppedByTap));
        }
    }

    /** Every capture of every tap, in the order they came. */
    public List<Tapped> taps() {
        synchronized (lock) {
            return listener.taps().stream().map(TapListener.Tap::tapped).toList();
        }
    }

    @Override
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        synchronized (lock) {
            for (Tapped tap : taps()) {
                warning(tap).ifPresent(warnings::add);
            }
            if (taps().isEmpty()) {
                warnings.add("no tap has come");
            }
            if (late > 0) {
                warnings.add(
                        "%d packets came too late to be put before those of other taps"
                                .formatted(late));
            }
        }
        SortedMap<String, Long> strangers = listener.refused();
        if (!strangers.isEmpty()) {
            warnings.add("callers were refused: " + named(strangers));
        }
        return warnings;
    }

    private static Optional<String> warning(Tapped tap) {
        List<String> faults = new ArrayList<>();
        if (tap.droppedByKernel() > 0) {
            faults.add(
                    "the kernel dropped %d packets there: a larger --ring-mib keeps more"
                            .formatted(tap.droppedByKernel()));
        }
        if (tap.droppedByTap() > 0) {
            faults.add(
                    "it dropped %d packets for want of room: a larger --buffer keeps more"
                            .formatted(tap.droppedByTap()));
        }
        if (!tap.ended()) {
            faults.add("it went without a word: what it held then is lost, and in no count");
        }
        return faults.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "tap %s (%s): %s"
                                .formatted(tap.name(), tap.address(), String.join("; ", faults)));
    }

    private static String named(Map<String, Long> counts) {
        List<String> parts = new ArrayList<>();
        counts.forEach((name, count) -> parts.add(count + " " + name));
        return String.join(", ", parts);
    }

    @Override
    public String describe() {
        return "taps on %s:%d"
                .formatted(address().getAddress().getHostAddress(), address().getPort());
    }

    @Override
    public void stop() {
        synchronized (lock) {
            if (!stopping) {
                stopping = true;
                stopAtNanos = System.nanoTime() + STOP_GRACE_NANOS;
                listener.finish();
                lock.notifyAll();
            }
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            lock.notifyAll();
        }
        listener.close();
    }
}
