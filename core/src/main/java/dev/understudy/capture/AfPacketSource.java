package dev.understudy.capture;

import dev.understudy.sys.NetworkInterfaces;
import dev.understudy.sys.PacketFilter;
import dev.understudy.sys.PacketRing;
import dev.understudy.sys.RingSettings;
import dev.understudy.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
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

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int VLAN_TAG_BYTES = 4;

    /** Tags read over, as the filter does. */
    private static final int MAX_VLAN_TAGS = 2;

    private static final int NOT_IP = -1;
    private static final ValueLayout.OfShort NETWORK_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

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
            if (headerAt == NOT_IP) {
                continue;
            }
            int captured = Math.min(ring.capturedLength() - headerAt, PacketBatch.MAX_PACKET_BYTES);
            if (!into.hasRoom(captured)) {
                packetWaits = true;
                return true;
            }
            into.add(
                    ring.timeNanos(),
                    LinkType.RAW,
                    ring.originalLength() - headerAt,
                    ring.memory(),
                    ring.offset() + headerAt,
                    captured);
            some = true;
        }
        return some;
    }

    /**
     * Where the IP header begins: past the VLAN tags that the kernel left in; the same rule as in
     * {@link PacketFilter}.
     */
    private int networkHeaderAt() {
        int protocol = ring.protocol();
        if (protocol == ETHERTYPE_IPV4 || protocol == ETHERTYPE_IPV6) {
            return 0;
        }
        MemorySegment memory = ring.memory();
        long offset = ring.offset();
        int captured = ring.capturedLength();
        if (captured < 1) {
            return NOT_IP;
        }
        int version = memory.get(ValueLayout.JAVA_BYTE, offset) >> 4 & 0xf;
        if (ring.packetType() == PacketRing.OUTGOING && (version == 4 || version == 6)) {
            return 0;
        }
        for (int tags = 1; tags <= MAX_VLAN_TAGS && tags * VLAN_TAG_BYTES < captured; tags++) {
            int at = tags * VLAN_TAG_BYTES;
            int inner = Short.toUnsignedInt(memory.get(NETWORK_SHORT, offset + at - 2));
            if (inner == ETHERTYPE_IPV4 || inner == ETHERTYPE_IPV6) {
                return at;
            }
        }
        return NOT_IP;
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
