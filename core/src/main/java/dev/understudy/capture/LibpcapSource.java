package dev.understudy.capture;

import dev.understudy.wire.LinkLayer;
import dev.understudy.wire.Overlay;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapNetworkInterface.PromiscuousMode;
import org.pcap4j.core.PcapStat;
import org.pcap4j.core.Pcaps;
import org.pcap4j.core.RawPacketListener;

/**
 * Packets by libpcap through pcap4j: live where there is no Linux packet ring, with filter
 * expressions, and old variants of classic pcap that {@link PcapngSource} does not know. Slower
 * than our own sources and allocates for each packet. libpcap has to be installed.
 */
public final class LibpcapSource implements PacketSource {
    /** How long libpcap gathers packets, in milliseconds: the same as our ring. */
    private static final int GATHER_MILLIS = 4;

    /** How long a stopped capture looks for what libpcap still gathers. */
    private static final long DRAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Packets that wait for a poll; when they are so many, the kernel's buffer fills. */
    private static final int MAX_WAITING_PACKETS = 1024;

    /** How often the drop counters are read while packets come. */
    private static final long STATISTICS_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** In libpcap's message where a file ends within a packet; so since 1.0. */
    private static final String TRUNCATED = "truncated dump file";

    /** What the capturing thread found. */
    private sealed interface Found {
        /** A packet. */
        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Packet(long timeNanos, int originalLength, byte[] bytes) implements Found {}

        /** The end. */
        record End() implements Found {}

        /** libpcap failed. */
        record Failed(IOException cause) implements Found {}
    }

    private final String name;
    private final boolean live;
    private final PcapHandle handle;
    private final int linkType;
    private final BlockingQueue<Found> found = new ArrayBlockingQueue<>(MAX_WAITING_PACKETS);
    private final AtomicLong delivered = new AtomicLong();
    private volatile long dropped;
    private volatile long interfaceDropped;
    private volatile boolean stopping;
    private volatile boolean closed;
    private volatile boolean cutShort;

    /** Read by the capturing thread alone. */
    private long statisticsAtNanos = System.nanoTime();

    /** What the last poll took and had no room for, or the end. */
    private Optional<Found> next = Optional.empty();

    private LibpcapSource(String name, boolean live, PcapHandle handle) {
        this.name = name;
        this.live = live;
        this.handle = handle;
        this.linkType = LinkLayer.ofFile(handle.getDlt().value());
    }

    /**
     * Begins to capture live, buffered, without promiscuous mode.
     *
     * @param servers whose packets, both ways; as for {@link AfPacketSource#open}
     * @param bufferBytes the kernel's buffer
     */
    public static LibpcapSource live(
            String interfaceName, List<InetSocketAddress> servers, int bufferBytes)
            throws IOException {
        try {
            PcapHandle handle =
                    new PcapHandle.Builder(interfaceName)
                            .snaplen(PacketBatch.MAX_PACKET_BYTES)
                            .promiscuousMode(PromiscuousMode.NONPROMISCUOUS)
                            .timeoutMillis(GATHER_MILLIS)
                            .bufferSize(bufferBytes)
                            .timestampPrecision(PcapHandle.TimestampPrecision.NANO)
                            .build();
            return filtered(new LibpcapSource(interfaceName, true, handle), expression(servers));
        } catch (PcapNativeException e) {
            throw new IOException(
                    "libpcap cannot capture on "
                            + interfaceName
                            + ": "
                            + e.getMessage()
                            + ": check the interface's name, and run as root",
                    e);
        } catch (UnsatisfiedLinkError e) {
            throw missing(e);
        }
    }

    /**
     * Opens a file that libpcap can read.
     *
     * @param filter an expression of pcap-filter(7), or an empty one for every packet
     */
    public static LibpcapSource file(String file, String filter) throws IOException {
        try {
            PcapHandle handle = Pcaps.openOffline(file, PcapHandle.TimestampPrecision.NANO);
            return filtered(new LibpcapSource(file, false, handle), filter);
        } catch (PcapNativeException e) {
            throw new IOException(
                    "libpcap cannot read "
                            + file
                            + ": "
                            + e.getMessage()
                            + ": give a pcap file, or leave libpcap out",
                    e);
        } catch (UnsatisfiedLinkError e) {
            throw missing(e);
        }
    }

    private static LibpcapSource filtered(LibpcapSource source, String filter) throws IOException {
        try {
            source.handle.setFilter(filter, BpfCompileMode.OPTIMIZE);
        } catch (PcapNativeException | NotOpenException e) {
            source.handle.close();
            throw new IOException(
                    "capture filter '" + filter + "': " + e.getMessage() + ": see pcap-filter(7)",
                    e);
        }
        // libpcap may wait without end for the first packet, so it has a thread of its own.
        Thread.ofPlatform().daemon().name("libpcap " + source.name).start(source::captureAll);
        return source;
    }

    private static IOException missing(UnsatisfiedLinkError e) {
        return new IOException("libpcap is not installed: install it (Debian: libpcap0.8)", e);
    }

    /** The servers' packets as an expression, tagged ones last: "vlan" moves what comes after. */
    static String expression(List<InetSocketAddress> servers) {
        if (servers.isEmpty()) {
            return "ip or ip6 or (vlan and (ip or ip6))";
        }
        List<String> each = new ArrayList<>();
        for (InetSocketAddress server : servers) {
            InetAddress address = server.getAddress();
            int port = server.getPort();
            String host = address.getHostAddress().replaceFirst("%.*", "");
            each.add(
                    address.isAnyLocalAddress()
                            ? "tcp port " + port
                            : "(src host "
                                    + host
                                    + " and tcp src port "
                                    + port
                                    + ") or (dst host "
                                    + host
                                    + " and tcp dst port "
                                    + port
                                    + ")");
        }
        // What tunnels carry libpcap cannot look at: all of it passes here, and is looked at later.
        each.add("ip proto 4 or ip proto 41 or ip6 proto 4 or ip6 proto 41");
        for (Overlay overlay : Overlay.values()) {
            each.add("udp dst port " + overlay.port());
        }
        String any = String.join(" or ", each);
        return any + " or (vlan and (" + any + "))";
    }

    private void captureAll() {
        Found last = new Found.End();
        try {
            if (!stopping) {
                handle.loop(-1, (RawPacketListener) this::take);
            }
        } catch (InterruptedException e) {
            // breakLoop was called: what is gathered already still counts.
            last = drained();
        } catch (PcapNativeException | NotOpenException e) {
            last = failedOrCut(e);
        }
        takeStatistics();
        put(last);
        handle.close();
    }

    private Found drained() {
        if (!live) {
            return new Found.End();
        }
        try {
            handle.setBlockingMode(PcapHandle.BlockingMode.NONBLOCKING);
            long deadline = System.nanoTime() + DRAIN_NANOS;
            while (!closed && deadline - System.nanoTime() > 0) {
                int count = handle.dispatch(MAX_WAITING_PACKETS, (RawPacketListener) this::take);
                if (count == 0) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS));
                }
            }
            return new Found.End();
        } catch (InterruptedException e) {
            return new Found.End();
        } catch (PcapNativeException | NotOpenException e) {
            return failedOrCut(e);
        }
    }

    private Found failedOrCut(Exception e) {
        if (!live && String.valueOf(e.getMessage()).contains(TRUNCATED)) {
            cutShort = true;
            return new Found.End();
        }
        return new Found.Failed(new IOException(name + ": " + e.getMessage(), e));
    }

    private void take(byte[] bytes) {
        Timestamp time = handle.getTimestamp();
        long nanos = Math.floorDiv(time.getTime(), 1000L) * 1_000_000_000L + time.getNanos();
        put(new Found.Packet(nanos, handle.getOriginalLength(), bytes));
        if (System.nanoTime() - statisticsAtNanos > STATISTICS_NANOS) {
            takeStatistics();
        }
    }

    private void put(Found each) {
        try {
            boolean taken = false;
            while (!closed && !taken) {
                taken = found.offer(each, GATHER_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            // Nobody but ourselves knows this thread; an interrupt means that it is to end.
            closed = true;
        }
    }

    private void takeStatistics() {
        statisticsAtNanos = System.nanoTime();
        if (!live) {
            return;
        }
        try {
            PcapStat statistics = handle.getStats();
            dropped = statistics.getNumPacketsDropped();
            interfaceDropped = statistics.getNumPacketsDroppedByIf();
        } catch (PcapNativeException | NotOpenException e) {
            // The counters stay as they were; where the handle is broken, the loop says so.
            return;
        }
    }

    @Override
    public State poll(PacketBatch into, Duration wait) throws IOException {
        int before = into.count();
        long deadline = System.nanoTime() + wait.toNanos();
        try {
            while (!closed) {
                if (next.isEmpty()) {
                    boolean some = into.count() > before;
                    long left = some ? 0 : deadline - System.nanoTime();
                    next = Optional.ofNullable(found.poll(left, TimeUnit.NANOSECONDS));
                }
                if (next.isEmpty()) {
                    return State.OPEN;
                }
                switch (next.get()) {
                    case Found.Packet packet -> {
                        if (!into.hasRoom(captured(packet))) {
                            return State.OPEN;
                        }
                        append(into, packet);
                        next = Optional.empty();
                    }
                    case Found.End() -> {
                        return State.ENDED;
                    }
                    case Found.Failed(IOException cause) -> {
                        if (into.count() > before) {
                            return State.OPEN;
                        }
                        throw cause;
                    }
                }
            }
            return State.ENDED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for packets");
        } finally {
            delivered.addAndGet(into.count() - before);
        }
    }

    private void append(PacketBatch into, Found.Packet packet) {
        into.add(
                packet.timeNanos(),
                linkType,
                packet.originalLength(),
                packet.bytes(),
                0,
                captured(packet));
    }

    private static int captured(Found.Packet packet) {
        return Math.min(packet.bytes().length, PacketBatch.MAX_PACKET_BYTES);
    }

    /** Of a file cut short libpcap does not tell where: the place given is its start. */
    @Override
    public CaptureCounts counts() {
        return new CaptureCounts(
                delivered.get(),
                dropped,
                0,
                interfaceDropped,
                cutShort ? 0 : CaptureCounts.NOT_CUT);
    }

    @Override
    public String describe() {
        return name + " (libpcap)";
    }

    @Override
    public void stop() {
        stopping = true;
        try {
            handle.breakLoop();
        } catch (NotOpenException e) {
            // It ended by itself before.
            return;
        }
    }

    @Override
    public void close() {
        closed = true;
        stop();
        // Full means that nobody waits.
        found.offer(new Found.End());
    }
}
