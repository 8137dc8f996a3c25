package dev.understudy.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * A cooked packet socket and the ring the kernel fills with its packets (AF_PACKET, SOCK_DGRAM,
 * TPACKET_V3). A cursor over packets: {@link #next} moves on, the accessors show where it stands;
 * nothing is allocated on the way. A block goes back to the kernel when the cursor leaves it.
 *
 * <p>For one thread at a time; after {@link #close} nothing may be called any more.
 *
 * @see "packet(7), Linux Documentation/networking/packet_mmap.rst, linux/if_packet.h"
 */
public final class PacketRing implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final short ETH_P_ALL = 3;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_VERSION = 10;
    private static final int TPACKET_V3 = 2;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final short POLLIN = 1;
    private static final short POLLERR = 8;

    // Only has to divide the block; a packet may be longer.
    private static final int FRAME_BYTES = 2048;

    // struct tpacket_block_desc
    private static final int BLOCK_STATUS = 8;
    private static final int BLOCK_PACKETS = 12;
    private static final int BLOCK_FIRST_PACKET = 16;
    private static final int STATUS_KERNEL = 0;
    private static final int STATUS_USER = 1;
    private static final int STATUS_VLAN_VALID = 0x10;

    // struct tpacket3_hdr, and the struct sockaddr_ll behind it
    private static final int PACKET_NEXT = 0;
    private static final int PACKET_SECONDS = 4;
    private static final int PACKET_NANOS = 8;
    private static final int PACKET_CAPTURED = 12;
    private static final int PACKET_LENGTH = 16;
    private static final int PACKET_STATUS = 20;
    private static final int PACKET_NETWORK_HEADER = 26;
    private static final int PACKET_PROTOCOL = 48 + 2;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private static final VarHandle STATUS = JAVA_INT.varHandle();
    private static final ValueLayout.OfShort NETWORK_SHORT =
            JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    /** What was counted since the last time it was asked for. */
    public record Statistics(long packets, long drops, long freezes) {}

    private final String interfaceName;
    private final RingSettings settings;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment callState = arena.allocate(LibC.CALL_STATE);
    private final MemorySegment pollFd = arena.allocate(8, 4);
    private final MemorySegment statistics = arena.allocate(12, 4);
    private final MemorySegment optionLength = arena.allocate(4, 4);
    private int fd = -1;
    private MemorySegment ring = MemorySegment.NULL;

    private long block;
    private int packetsLeft;
    private boolean blockHeld;
    private long packet;
    private long nextPacket;

    private PacketRing(String interfaceName, RingSettings settings) {
        this.interfaceName = interfaceName;
        this.settings = settings;
    }

    /**
     * Opens a ring; packets come in from now on.
     *
     * @param interfaceName an interface, or {@link NetworkInterfaces#ANY}
     * @throws SystemCallException if there is no such interface, a capability or memory lacks
     */
    public static PacketRing open(String interfaceName, PacketFilter filter, RingSettings settings)
            throws SystemCallException {
        PacketRing ring = new PacketRing(interfaceName, settings);
        try {
            ring.setUp(filter);
            return ring;
        } catch (SystemCallException e) {
            ring.close();
            throw e;
        }
    }

    private void setUp(PacketFilter filter) throws SystemCallException {
        int index = NetworkInterfaces.index(interfaceName);
        // Protocol 0: nothing comes in before the filter is there and bind names the interface.
        fd = LibC.socket(callState, AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw failed("socket(AF_PACKET)");
        }
        try (Arena scratch = Arena.ofConfined()) {
            option("PACKET_VERSION", SOL_PACKET, PACKET_VERSION, ints(scratch, TPACKET_V3));
            option("PACKET_RX_RING", SOL_PACKET, PACKET_RX_RING, ringRequest(scratch));
            ring = LibC.mmap(callState, settings.bytes(), PROT_READ_WRITE, MAP_SHARED, fd);
            if (ring.equals(MemorySegment.NULL)) {
                throw failed("mmap of the packet ring");
            }
            attach(filter, scratch);
            MemorySegment name = scratch.allocate(20, 4);
            name.set(JAVA_SHORT, 0, (short) AF_PACKET);
            name.set(NETWORK_SHORT, 2, ETH_P_ALL);
            name.set(JAVA_INT, 4, index);
            if (LibC.bind(callState, fd, name) < 0) {
                throw failed("bind to " + interfaceName);
            }
        }
        pollFd.set(JAVA_INT, 0, fd);
        pollFd.set(JAVA_SHORT, 4, POLLIN);
    }

    /** Lets no further packets in; what is in the ring stays to be read. */
    public void shut() throws SystemCallException {
        try (Arena scratch = Arena.ofConfined()) {
            attach(PacketFilter.NOTHING, scratch);
        }
    }

    private void attach(PacketFilter filter, Arena scratch) throws SystemCallException {
        long[] instructions = filter.instructions();
        MemorySegment program =
                scratch.allocate((long) instructions.length * PacketFilter.INSTRUCTION_BYTES, 4);
        for (int i = 0; i < instructions.length; i++) {
            long at = (long) i * PacketFilter.INSTRUCTION_BYTES;
            program.set(JAVA_SHORT, at, (short) (instructions[i] >>> 48));
            program.set(JAVA_BYTE, at + 2, (byte) (instructions[i] >>> 40));
            program.set(JAVA_BYTE, at + 3, (byte) (instructions[i] >>> 32));
            program.set(JAVA_INT, at + 4, (int) instructions[i]);
        }
        MemorySegment descriptor = scratch.allocate(16, 8);
        descriptor.set(JAVA_SHORT, 0, (short) instructions.length);
        descriptor.set(ValueLayout.ADDRESS, 8, program);
        option("SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, descriptor);
    }

    private MemorySegment ringRequest(Arena scratch) {
        int frames = settings.blockBytes() / FRAME_BYTES * settings.blocks();
        return ints(
                scratch,
                settings.blockBytes(),
                settings.blocks(),
                FRAME_BYTES,
                frames,
                (int) settings.retireAfter().toMillis(),
                0,
                0);
    }

    private static MemorySegment ints(Arena scratch, int... values) {
        return scratch.allocateFrom(JAVA_INT, values);
    }

    private void option(String name, int level, int option, MemorySegment value)
            throws SystemCallException {
        if (LibC.setsockopt(callState, fd, level, option, value) < 0) {
            throw failed("setsockopt(" + name + ")");
        }
    }

    /**
     * Waits until the kernel hands over a block, at most so long; a wait below a millisecond is
     * none.
     *
     * @return whether {@link #next} has something to give
     * @throws SystemCallException if the interface went down or away
     */
    public boolean await(Duration wait) throws SystemCallException {
        if (isBlockReady()) {
            return true;
        }
        int millis = Math.clamp(wait.toMillis(), 0, Integer.MAX_VALUE);
        int ready = LibC.poll(callState, pollFd, 1, millis);
        if (ready < 0 && LibC.errno(callState) != Errno.EINTR) {
            throw failed("poll of the packet socket");
        }
        if (ready > 0 && (pollFd.get(JAVA_SHORT, 6) & POLLERR) != 0) {
            throwPending();
        }
        return isBlockReady();
    }

    private void throwPending() throws SystemCallException {
        optionLength.set(JAVA_INT, 0, 4);
        LibC.getsockopt(callState, fd, SOL_SOCKET, SO_ERROR, statistics, optionLength);
        int errno = statistics.get(JAVA_INT, 0);
        if (errno != 0) {
            throw failed("capture on " + interfaceName, errno);
        }
    }

    private boolean isBlockReady() {
        if (packetsLeft > 0) {
            return true;
        }
        release();
        return ((int) STATUS.getAcquire(ring, block + BLOCK_STATUS) & STATUS_USER) != 0;
    }

    /**
     * Moves to the next packet that is there; false, and nothing to show, if there is none. What
     * was shown before may be overwritten by the kernel from then on.
     */
    public boolean next() {
        while (packetsLeft == 0) {
            if (!isBlockReady()) {
                return false;
            }
            blockHeld = true;
            packetsLeft = ring.get(JAVA_INT, block + BLOCK_PACKETS);
            nextPacket = block + ring.get(JAVA_INT, block + BLOCK_FIRST_PACKET);
        }
        packet = nextPacket;
        nextPacket += ring.get(JAVA_INT, packet + PACKET_NEXT);
        packetsLeft--;
        return true;
    }

    private void release() {
        if (!blockHeld) {
            return;
        }
        STATUS.setRelease(ring, block + BLOCK_STATUS, STATUS_KERNEL);
        blockHeld = false;
        block += settings.blockBytes();
        if (block == ring.byteSize()) {
            block = 0;
        }
    }

    /** The memory the packet lies in; valid until {@link #next} moves on. */
    public MemorySegment memory() {
        return ring;
    }

    /** Where its network header begins in {@link #memory}. */
    public long offset() {
        return packet + Short.toUnsignedInt(ring.get(JAVA_SHORT, packet + PACKET_NETWORK_HEADER));
    }

    /** Bytes of it that are there, from the network header on. */
    public int capturedLength() {
        return ring.get(JAVA_INT, packet + PACKET_CAPTURED);
    }

    /** Bytes it had, from the network header on. */
    public int originalLength() {
        return ring.get(JAVA_INT, packet + PACKET_LENGTH);
    }

    /** When the kernel saw it, nanoseconds since the epoch. */
    public long timeNanos() {
        return Integer.toUnsignedLong(ring.get(JAVA_INT, packet + PACKET_SECONDS))
                        * NANOS_PER_SECOND
                + ring.get(JAVA_INT, packet + PACKET_NANOS);
    }

    /** Whether it came with a VLAN tag; further ones may be in front of its network header. */
    public boolean isTagged() {
        return (ring.get(JAVA_INT, packet + PACKET_STATUS) & STATUS_VLAN_VALID) != 0;
    }

    /**
     * Its EtherType; where further VLAN tags are in the bytes, theirs (Linux before 6.11) or the
     * one behind them.
     */
    public int protocol() {
        return Short.toUnsignedInt(ring.get(NETWORK_SHORT, packet + PACKET_PROTOCOL));
    }

    /** What was counted since the last call: the kernel starts again from zero each time. */
    public Statistics takeStatistics() throws SystemCallException {
        optionLength.set(JAVA_INT, 0, (int) statistics.byteSize());
        int result =
                LibC.getsockopt(
                        callState, fd, SOL_PACKET, PACKET_STATISTICS, statistics, optionLength);
        if (result < 0) {
            throw failed("getsockopt(PACKET_STATISTICS)");
        }
        return new Statistics(
                Integer.toUnsignedLong(statistics.get(JAVA_INT, 0)),
                Integer.toUnsignedLong(statistics.get(JAVA_INT, 4)),
                Integer.toUnsignedLong(statistics.get(JAVA_INT, 8)));
    }

    private SystemCallException failed(String call) {
        return failed(call, LibC.errno(callState));
    }

    private SystemCallException failed(String call, int errno) {
        return errno == Errno.ENODEV
                ? NetworkInterfaces.noSuch(interfaceName)
                : new SystemCallException(call, errno, nextStep(errno));
    }

    private String nextStep(int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                    "capturing needs CAP_NET_RAW: run as root, or give it to java with setcap"
                            + " cap_net_raw+ep";
            case Errno.ENOMEM ->
                    "no memory for a ring of " + settings.bytes() + " bytes: choose a smaller one";
            case Errno.ENETDOWN ->
                    "bring it up (ip link set " + interfaceName + " up) and start again";
            case Errno.EAFNOSUPPORT -> "this system has no packet sockets: capture with libpcap";
            default -> "this should not happen: please report it with the kernel's version";
        };
    }

    /** Gives socket and memory back. Idempotent. */
    @Override
    public void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        if (!ring.equals(MemorySegment.NULL)) {
            LibC.munmap(callState, ring);
        }
        if (fd >= 0) {
            LibC.close(callState, fd);
        }
        arena.close();
    }
}
