package dev.understudy.capture;

import dev.understudy.sys.DatagramInlet;
import dev.understudy.sys.SystemCallException;
import dev.understudy.wire.IpAddress;
import dev.understudy.wire.Overlay;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Packets that a mirror sends here in datagrams, as those of clouds do. Anybody can send datagrams:
 * only those of the senders that are named are taken, and of the networks, where any are.
 */
public final class OverlaySource implements PacketSource {
    /** Longest time spent in the kernel at once. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(100);

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Plan plan;
    private final DatagramInlet inlet;
    private final byte[] header = new byte[8];

    /** Guards the inlet: it is not closed while it is read. */
    private final Object use = new Object();

    private Optional<IpAddress> lastSender = Optional.empty();
    private int shown;
    private int next;
    private volatile long stopAtNanos = Long.MAX_VALUE;
    private volatile boolean closed;
    private volatile long delivered;
    private volatile long dropped;
    private final AtomicLong ofOthers = new AtomicLong();
    private volatile Optional<IpAddress> lastOther = Optional.empty();
    private final AtomicLong ofOtherNetworks = new AtomicLong();
    private final AtomicLong strange = new AtomicLong();

    /**
     * What to take.
     *
     * @param at where to listen
     * @param senders tells whether datagrams of an address are taken
     * @param networks whose packets are taken, by number; empty for all
     * @param bufferBytes of kernel memory for datagrams that wait
     */
    public record Plan(
            Overlay overlay,
            InetSocketAddress at,
            Predicate<InetAddress> senders,
            Set<Integer> networks,
            int bufferBytes) {
        public Plan {
            networks = Set.copyOf(networks);
        }
    }

    private OverlaySource(Plan plan, DatagramInlet inlet) {
        this.plan = plan;
        this.inlet = inlet;
    }

    /**
     * Listens: datagrams are kept from the return of this method on.
     *
     * @throws SystemCallException where it cannot; the message says what to do
     */
    public static OverlaySource open(Plan plan) throws SystemCallException {
        return new OverlaySource(plan, DatagramInlet.open(plan.at(), plan.bufferBytes()));
    }

    @Override
    public State poll(PacketBatch into, Duration wait) throws IOException {
        long deadline = System.nanoTime() + wait.toNanos();
        int before = into.count();
        while (true) {
            synchronized (use) {
                if (closed) {
                    return State.ENDED;
                }
                boolean more = fill(into);
                delivered += into.count() - before;
                dropped = inlet.drops();
                if (more || into.count() > before) {
                    return State.OPEN;
                }
                if (stopAtNanos != Long.MAX_VALUE) {
                    return State.ENDED;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return State.OPEN;
                }
                inlet.await(left < LONGEST_WAIT.toNanos() ? Duration.ofNanos(left) : LONGEST_WAIT);
            }
        }
    }

    /** Takes what is there; true where there is more than room for it. */
    private boolean fill(PacketBatch into) throws SystemCallException {
        while (true) {
            for (; next < shown; next++) {
                if (inlet.timeNanos(next) > stopAtNanos) {
                    return false;
                }
                if (!isWanted(next)) {
                    continue;
                }
                if (!into.hasRoom(inlet.length(next))) {
                    return true;
                }
                into.add(
                        inlet.timeNanos(next),
                        plan.overlay().linkType(),
                        inlet.length(next),
                        inlet.memory(),
                        inlet.offset(next),
                        inlet.length(next));
            }
            next = 0;
            shown = inlet.receive();
            if (shown == 0) {
                return false;
            }
        }
    }

    private boolean isWanted(int i) {
        if (!isTaken(i)) {
            return false;
        }
        int length = Math.min(inlet.length(i), header.length);
        MemorySegment.copy(
                inlet.memory(), ValueLayout.JAVA_BYTE, inlet.offset(i), header, 0, length);
        int network = plan.overlay().networkId(header, 0, length);
        if (network == Overlay.NONE || inlet.truncated(i)) {
            strange.incrementAndGet();
            return false;
        }
        if (!plan.networks().isEmpty() && !plan.networks().contains(network)) {
            ofOtherNetworks.incrementAndGet();
            return false;
        }
        return true;
    }

    /** Asks again only when the sender is another than before: a mirror sends many in a row. */
    private boolean isTaken(int i) {
        long high = inlet.senderHigh(i);
        long low = inlet.senderLow(i);
        if (lastSender.isPresent()
                && lastSender.get().high() == high
                && lastSender.get().low() == low) {
            return true;
        }
        IpAddress sender = new IpAddress(high, low);
        if (!plan.senders().test(sender.toInetAddress())) {
            ofOthers.incrementAndGet();
            lastOther = Optional.of(sender);
            return false;
        }
        lastSender = Optional.of(sender);
        return true;
    }

    @Override
    public CaptureCounts counts() {
        return new CaptureCounts(delivered, dropped, 0, 0, CaptureCounts.NOT_CUT);
    }

    @Override
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (inlet.bufferBytes() < plan.bufferBytes()) {
            warnings.add(
                    "the kernel gave %,d bytes for datagrams that wait, and not %,d: raise net.core.rmem_max, or give CAP_NET_ADMIN"
                            .formatted(inlet.bufferBytes(), plan.bufferBytes()));
        }
        lastOther.ifPresent(
                sender ->
                        warnings.add(
                                "%,d datagrams were not taken, since they are of others than --mirror-source, the last of %s"
                                        .formatted(ofOthers.get(), sender)));
        if (ofOtherNetworks.get() > 0) {
            warnings.add(
                    "%,d datagrams were not taken, since they are of other networks than --vni"
                            .formatted(ofOtherNetworks.get()));
        }
        if (strange.get() > 0) {
            warnings.add(
                    "%,d datagrams are not %s with a packet in it"
                            .formatted(strange.get(), plan.overlay()));
        }
        return warnings;
    }

    @Override
    public String describe() {
        return "%s on UDP port %d".formatted(plan.overlay(), plan.at().getPort());
    }

    @Override
    public void stop() {
        if (stopAtNanos == Long.MAX_VALUE) {
            Instant now = Instant.now();
            stopAtNanos = now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
        }
    }

    @Override
    public void close() {
        synchronized (use) {
            closed = true;
            inlet.close();
        }
    }
}
