package dev.understudy.capture;

import dev.understudy.sys.NetworkInterfaces;
import dev.understudy.sys.PacketFilter;
import dev.understudy.sys.PacketRing;
import dev.understudy.sys.RingSettings;
import dev.understudy.sys.SystemCallException;
import dev.understudy.wire.LinkLayer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Packets of an interface, or of all, live from the Linux kernel's ring. Packets are given from
 * their IP header on, as {@link LinkType#RAW}, whatever the interface is. Only those of the servers
 * reach the ring, in both directions; on a loopback interface each once.
 */
public final class AfPacketSource implements PacketSource {
    /** Longest time spent in the kernel at once: so late {@link #close} may be noticed. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(100);

    /**
     * How long to wait for the kernel's last block after a stop. With the filter shut nothing comes
     * in any more, and an unfinished block is handed over after {@link RingSettings#retireAfter};
     * the rest is for a machine that is busy.
     */
    private static final Duration DRAIN_GRACE = Duration.ofMillis(50);

    private static final int IDLE = 0;
    private static final int POLLING = 1;
    private static final int CLOSED = 2;

    private final String interfaceName;
    private final RingSettings settings;
    private final PacketRing ring;

    /** Whether a poll is under way and whether close was called: who comes last frees the ring. */
    private final AtomicInteger use = new AtomicInteger(IDLE);

    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong ringFullEpisodes = new AtomicLong();
    private volatile boolean stopping;
    private boolean shut;
    private boolean drained;

    /** Set while the ring shows a packet that the last batch had no room for. */
    private boolean packetWaits;

    private AfPacketSource(String interfaceName, RingSettings settings, PacketRing ring) {
        this.interfaceName = interfaceName;
        this.settings = settings;
        this.ring = ring;
    }

    /**
     * Begins to capture: packets are kept from the return of this method on.
     *
     * @param interfaceName an interface, or {@code any} for all
     * @param servers as for {@link PacketFilter#of}
     * @throws SystemCallException if there is no such interface, or no permission; the message says
     *     what to do
     */
    public static AfPacketSource open(
            String interfaceName, List<InetSocketAddress> servers, RingSettings settings)
            throws SystemCallException {
        PacketRing ring = PacketRing.open(interfaceName, PacketFilter.of(servers), settings);
        return new AfPacketSource(interfaceName, settings, ring);
    }

    @Override
    public State poll(PacketBatch into, Duration wait) throws IOException {
        if (!use.compareAndSet(IDLE, POLLING)) {
            return State.ENDED;
        }
        int before = into.count();
        try {
            return read(into, System.nanoTime() + wait.toNanos());
        } finally {
            delivered.addAndGet(into.count() - before);
            takeStatistics();
            if (use.updateAndGet(now -> now & ~POLLING) == CLOSED) {
                ring.close();
            }
        }
    }

    private State read(PacketBatch into, long deadline) throws SystemCallException {
        while (use.get() != (POLLING | CLOSED)) {
            if (stopping && !shut) {
                ring.shut();
                shut = true;
            }
            if (fill(into)) {
                return State.OPEN;
            }
            if (drained) {
                return State.ENDED;
            }
            boolean draining = shut;
            long left = deadline - System.nanoTime();
            if (left <= 0 && !draining) {
                return State.OPEN;
            }
            Duration wait = draining ? settings.retireAfter().plus(DRAIN_GRACE) : least(left);
            boolean ready = ring.await(wait);
            drained = draining && !ready;
        }
        return State.ENDED;
    }

    private static Duration least(long nanos) {
        return nanos < LONGEST_WAIT.toNanos() ? Duration.ofNanos(nanos) : LONGEST_WAIT;
    }

    /**
     * Copies what is there; returns whether it appended something, or could not for want of room.
     */
    private boolean fill(PacketBatch into) {
        boolean some = false;
        while (packetWaits || ring.next()) {
            packetWaits = false;
            int headerAt = networkHeaderAt();
            if (headerAt == InnerTags.NOT_IP) {
                continue;
            }
            int captured = Math.min(ring.capturedLength() - headerAt, PacketBatch.MAX_PACKET_BYTES);
            if (!into.hasRoom(captured)) {
                packetWaits = true;
                return true;
            }
            into.add(
                    ring.timeNanos(),
                    LinkLayer.RAW,
                    ring.originalLength() - headerAt,
                    ring.memory(),
                    ring.offset() + headerAt,
                    captured);
            some = true;
        }
        return some;
    }

    private int networkHeaderAt() {
        int protocol = ring.protocol();
        boolean ip = protocol == InnerTags.ETHERTYPE_IPV4 || protocol == InnerTags.ETHERTYPE_IPV6;
        if (ip && !ring.isTagged()) {
            return 0;
        }
        int at =
                InnerTags.bytesBeforeIp(
                        ring.memory(), ring.offset(), ring.capturedLength(), ring.originalLength());
        return at == InnerTags.NOT_IP && ip ? 0 : at;
    }

    private void takeStatistics() throws SystemCallException {
        PacketRing.Statistics since = ring.takeStatistics();
        dropped.addAndGet(since.drops());
        ringFullEpisodes.addAndGet(since.freezes());
    }

    @Override
    public CaptureCounts counts() {
        return new CaptureCounts(
                delivered.get(), dropped.get(), ringFullEpisodes.get(), 0, CaptureCounts.NOT_CUT);
    }

    @Override
    public String describe() {
        String name =
                interfaceName.equals(NetworkInterfaces.ANY) ? "all interfaces" : interfaceName;
        return name + " (ring " + (settings.bytes() >> 20) + " MiB)";
    }

    @Override
    public void stop() {
        stopping = true;
    }

    @Override
    public void close() {
        if (use.getAndUpdate(now -> now | CLOSED) == IDLE) {
            ring.close();
        }
    }
}
