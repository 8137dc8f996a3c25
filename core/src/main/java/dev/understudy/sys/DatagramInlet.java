package dev.understudy.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * A UDP socket that is only read, many datagrams for a call, each with the time the kernel took it
 * at. {@link #receive} gets some, the accessors show them; nothing is allocated on the way.
 *
 * <p>For one thread at a time; after {@link #close} nothing may be called any more.
 *
 * @see "udp(7), recvmmsg(2), socket(7); SO_MEMINFO in net/core/sock.c of Linux"
 */
public final class DatagramInlet implements AutoCloseable {
    /** Datagrams that one call gets at most. */
    public static final int MAX_DATAGRAMS = 64;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_TIMESTAMPNS = 35;
    private static final int SO_MEMINFO = 55;
    private static final int MEMINFO_BYTES = 9 * 4;
    private static final int MEMINFO_DROPS_AT = 8 * 4;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final short POLLIN = 1;

    /** More than a datagram over IPv4 or IPv6 can be. */
    private static final int DATAGRAM_BYTES = 1 << 16;

    private static final int NAME_BYTES = 28;
    private static final int CONTROL_BYTES = 64;
    private static final int MESSAGE_BYTES = 64;

    // struct mmsghdr of 64-bit Linux
    private static final int MESSAGE_NAME = 0;
    private static final int MESSAGE_NAME_LENGTH = 8;
    private static final int MESSAGE_VECTOR = 16;
    private static final int MESSAGE_VECTOR_LENGTH = 24;
    private static final int MESSAGE_CONTROL = 32;
    private static final int MESSAGE_CONTROL_LENGTH = 40;
    private static final int MESSAGE_FLAGS = 48;
    private static final int MESSAGE_LENGTH = 56;

    // struct cmsghdr, and the struct timespec in it
    private static final int CONTROL_LEVEL = 8;
    private static final int CONTROL_TYPE = 12;
    private static final int CONTROL_SECONDS = 16;
    private static final int CONTROL_NANOS = 24;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long V4_MAPPED = 0x0000_ffff_0000_0000L;
    private static final ValueLayout.OfShort NETWORK_SHORT =
            JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt NETWORK_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong NETWORK_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final InetSocketAddress at;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment callState = arena.allocate(LibC.CALL_STATE);
    private final MemorySegment pollFd = arena.allocate(8, 4);
    private final MemorySegment option = arena.allocate(MEMINFO_BYTES, 4);
    private final MemorySegment optionLength = arena.allocate(4, 4);
    private final MemorySegment messages = arena.allocate((long) MAX_DATAGRAMS * MESSAGE_BYTES, 8);
    private final MemorySegment names = arena.allocate((long) MAX_DATAGRAMS * NAME_BYTES, 4);
    private final MemorySegment controls = arena.allocate((long) MAX_DATAGRAMS * CONTROL_BYTES, 8);
    private final MemorySegment data = arena.allocate((long) MAX_DATAGRAMS * DATAGRAM_BYTES, 8);
    private int fd = -1;
    private int bufferBytes;
    private int lastDrops;
    private long drops;

    private DatagramInlet(InetSocketAddress at) {
        this.at = at;
    }

    /**
     * Opens it; datagrams are kept from now on.
     *
     * @param at an address of this host, or the unspecified one for all of both families
     * @param bufferBytes of kernel memory, where the kernel lets us have so many
     * @throws SystemCallException where the port is taken, or the address is not of this host
     */
    public static DatagramInlet open(InetSocketAddress at, int bufferBytes)
            throws SystemCallException {
        DatagramInlet inlet = new DatagramInlet(at);
        try {
            inlet.setUp(bufferBytes);
            return inlet;
        } catch (SystemCallException e) {
            inlet.close();
            throw e;
        }
    }

    private void setUp(int wantedBytes) throws SystemCallException {
        boolean any = at.getAddress().isAnyLocalAddress();
        boolean v4 = at.getAddress() instanceof Inet4Address && !any;
        fd = LibC.socket(callState, v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 && any && LibC.errno(callState) == Errno.EAFNOSUPPORT) {
            v4 = true;
            fd = LibC.socket(callState, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        }
        if (fd < 0) {
            throw failed("socket(SOCK_DGRAM)");
        }
        if (!v4) {
            set("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, 0);
        }
        set("SO_TIMESTAMPNS", SOL_SOCKET, SO_TIMESTAMPNS, 1);
        option.set(JAVA_INT, 0, wantedBytes);
        if (LibC.setsockopt(callState, fd, SOL_SOCKET, SO_RCVBUFFORCE, option.asSlice(0, 4)) < 0) {
            // Without CAP_NET_ADMIN net.core.rmem_max is the limit.
            set("SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, wantedBytes);
        }
        get("SO_RCVBUF", SO_RCVBUF, 4);
        // The kernel counts its own overhead in, and doubles what it is asked for.
        bufferBytes = option.get(JAVA_INT, 0) / 2;
        for (int i = 0; i < MAX_DATAGRAMS; i++) {
            prepare(i);
        }
        bind(v4, any);
        pollFd.set(JAVA_INT, 0, fd);
        pollFd.set(JAVA_SHORT, 4, POLLIN);
    }

    private void prepare(int i) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ADDRESS, 0, data.asSlice((long) i * DATAGRAM_BYTES, DATAGRAM_BYTES));
        vector.set(JAVA_LONG, 8, DATAGRAM_BYTES);
        long message = (long) i * MESSAGE_BYTES;
        messages.set(
                ADDRESS, message + MESSAGE_NAME, names.asSlice((long) i * NAME_BYTES, NAME_BYTES));
        messages.set(ADDRESS, message + MESSAGE_VECTOR, vector);
        messages.set(JAVA_LONG, message + MESSAGE_VECTOR_LENGTH, 1);
        messages.set(
                ADDRESS,
                message + MESSAGE_CONTROL,
                controls.asSlice((long) i * CONTROL_BYTES, CONTROL_BYTES));
    }

    private void bind(boolean v4, boolean any) throws SystemCallException {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment name = scratch.allocate(v4 ? 16 : NAME_BYTES, 4);
            name.set(JAVA_SHORT, 0, (short) (v4 ? AF_INET : AF_INET6));
            name.set(NETWORK_SHORT, 2, (short) at.getPort());
            if (!any) {
                MemorySegment address = MemorySegment.ofArray(at.getAddress().getAddress());
                MemorySegment.copy(address, 0, name, v4 ? 4 : 8, address.byteSize());
            }
            if (LibC.bind(callState, fd, name) < 0) {
                throw failed("bind to UDP port " + at.getPort());
            }
        }
    }

    private void set(String name, int level, int number, int value) throws SystemCallException {
        option.set(JAVA_INT, 0, value);
        if (LibC.setsockopt(callState, fd, level, number, option.asSlice(0, 4)) < 0) {
            throw failed("setsockopt(" + name + ")");
        }
    }

    private void get(String name, int number, int bytes) throws SystemCallException {
        optionLength.set(JAVA_INT, 0, bytes);
        if (LibC.getsockopt(callState, fd, SOL_SOCKET, number, option, optionLength) < 0) {
            throw failed("getsockopt(" + name + ")");
        }
    }

    /** Bytes of kernel memory that datagrams may wait in; fewer than asked for if it refused. */
    public int bufferBytes() {
        return bufferBytes;
    }

    /** Waits for a datagram, at most so long. */
    public boolean await(Duration wait) throws SystemCallException {
        int millis = Math.clamp(wait.toMillis(), 0, Integer.MAX_VALUE);
        int ready = LibC.poll(callState, pollFd, 1, millis);
        if (ready < 0 && LibC.errno(callState) != Errno.EINTR) {
            throw failed("poll of the UDP socket");
        }
        return ready > 0;
    }

    /** Gets what is there, up to {@value #MAX_DATAGRAMS}; what was shown before is overwritten. */
    public int receive() throws SystemCallException {
        for (int i = 0; i < MAX_DATAGRAMS; i++) {
            long message = (long) i * MESSAGE_BYTES;
            messages.set(JAVA_INT, message + MESSAGE_NAME_LENGTH, NAME_BYTES);
            messages.set(JAVA_LONG, message + MESSAGE_CONTROL_LENGTH, CONTROL_BYTES);
        }
        int count = LibC.recvmmsg(callState, fd, messages, MAX_DATAGRAMS, MSG_DONTWAIT);
        if (count >= 0) {
            return count;
        }
        return switch (LibC.errno(callState)) {
            case Errno.EAGAIN, Errno.EINTR -> 0;
            default -> throw failed("recvmmsg");
        };
    }

    /** The memory that datagrams lie in. */
    public MemorySegment memory() {
        return data;
    }

    /** Where datagram {@code i} begins in {@link #memory}. */
    public long offset(int i) {
        return (long) i * DATAGRAM_BYTES;
    }

    /** Its bytes. */
    public int length(int i) {
        return messages.get(JAVA_INT, (long) i * MESSAGE_BYTES + MESSAGE_LENGTH);
    }

    /** Whether more of it came than there is room for. */
    public boolean truncated(int i) {
        return (messages.get(JAVA_INT, (long) i * MESSAGE_BYTES + MESSAGE_FLAGS) & MSG_TRUNC) != 0;
    }

    /** When the kernel took it, nanoseconds since the epoch; 0 if it did not say. */
    public long timeNanos(int i) {
        long at = (long) i * CONTROL_BYTES;
        long filled = messages.get(JAVA_LONG, (long) i * MESSAGE_BYTES + MESSAGE_CONTROL_LENGTH);
        return filled < CONTROL_NANOS + Long.BYTES
                        || controls.get(JAVA_INT, at + CONTROL_LEVEL) != SOL_SOCKET
                        || controls.get(JAVA_INT, at + CONTROL_TYPE) != SO_TIMESTAMPNS
                ? 0
                : controls.get(JAVA_LONG, at + CONTROL_SECONDS) * NANOS_PER_SECOND
                        + controls.get(JAVA_LONG, at + CONTROL_NANOS);
    }

    /** First 8 bytes of the sender's address as IPv6, 0 for IPv4. */
    public long senderHigh(int i) {
        return isV4(i) ? 0 : names.get(NETWORK_LONG, (long) i * NAME_BYTES + 8);
    }

    /** Last 8 bytes of it; an IPv4 address in its mapped form. */
    public long senderLow(int i) {
        return isV4(i)
                ? V4_MAPPED
                        | Integer.toUnsignedLong(names.get(NETWORK_INT, (long) i * NAME_BYTES + 4))
                : names.get(NETWORK_LONG, (long) i * NAME_BYTES + 16);
    }

    private boolean isV4(int i) {
        return names.get(JAVA_SHORT, (long) i * NAME_BYTES) == AF_INET;
    }

    /** Datagrams that the kernel had no room for since this was opened. */
    public long drops() throws SystemCallException {
        get("SO_MEMINFO", SO_MEMINFO, MEMINFO_BYTES);
        int now = option.get(JAVA_INT, MEMINFO_DROPS_AT);
        drops += Integer.toUnsignedLong(now - lastDrops);
        lastDrops = now;
        return drops;
    }

    private SystemCallException failed(String call) {
        int errno = LibC.errno(callState);
        return new SystemCallException(
                call,
                errno,
                switch (errno) {
                    case Errno.EADDRINUSE ->
                            "something else listens there: a VXLAN or GENEVE device of this host, perhaps; capture on its interface with -i, or choose another port";
                    case Errno.EADDRNOTAVAIL -> "no interface of this host has the address";
                    case Errno.EACCES -> "a port below 1024 needs CAP_NET_BIND_SERVICE";
                    default -> "this should not happen: please report it with the kernel's version";
                });
    }

    /** Gives socket and memory back. Idempotent. */
    @Override
    public void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        if (fd >= 0) {
            LibC.close(callState, fd);
        }
        arena.close();
    }
}
