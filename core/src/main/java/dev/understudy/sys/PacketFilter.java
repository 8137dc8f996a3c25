package dev.understudy.sys;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A classic BPF program for a cooked packet socket: TCP over IPv4 or IPv6 from or to some servers,
 * each packet once. A cooked socket shows the program the packet from its network header on,
 * whatever the device, so that one program does for Ethernet, tunnels and all interfaces at once.
 *
 * <p>On a loopback interface each packet passes twice; its outgoing sighting is left out. One VLAN
 * tag is taken off by the kernel; up to two more are read over. Fragments past the first have no
 * ports and match no server; nor does TCP behind IPv6 extension headers. What tunnels carry (IP in
 * IP, VXLAN, GENEVE) is looked at like what comes without, through two tunnels at most.
 *
 * @see "Linux, Documentation/networking/filter.rst"
 */
public final class PacketFilter {
    /** Servers one program may have: their instructions stay below the kernel's limit of 4096. */
    public static final int MAX_SERVERS = 90;

    /** What the kernel lets a program's instructions be: 8 bytes each. */
    static final int INSTRUCTION_BYTES = 8;

    /** A program that lets nothing pass. */
    static final PacketFilter NOTHING = new PacketFilter(new BpfAssembler().drop().program());

    // Offsets at which a load gives what the kernel knows of the packet (SKF_AD_OFF and on).
    private static final int PROTOCOL = -0x1000;
    private static final int PACKET_TYPE = -0x1000 + 4;
    private static final int HARDWARE_TYPE = -0x1000 + 28;

    private static final int OUTGOING = 4;
    private static final int LOOPBACK = 772;

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int[] VLAN_TAGS = {0x8100, 0x88a8, 0x9100};
    private static final int VLAN_TAG_BYTES = 4;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int[] TUNNELS = {4, 41};
    private static final int MAX_TUNNELS = 2;
    private static final int IPV6_HEADER = 40;
    private static final int UDP_HEADER = 8;
    private static final int VXLAN_PORT = 4789;
    private static final int GENEVE_PORT = 6081;
    private static final int OVERLAY_HEADER = 8;
    private static final int ETHERNET_HEADER = 14;
    private static final int TRANSPARENT_ETHERNET = 0x6558;

    private static final int SOURCE_PORT_SLOT = 0;
    private static final int DESTINATION_PORT_SLOT = 1;
    private static final int INNER_TYPE_SLOT = 4;

    private final long[] instructions;

    private PacketFilter(long[] instructions) {
        this.instructions = instructions;
    }

    /**
     * The program for packets of these servers, in both directions.
     *
     * @param servers addresses and ports; an unspecified address (0.0.0.0, ::) stands for any, of
     *     both families; an empty list for every IP packet
     * @throws IllegalArgumentException if there are more than {@link #MAX_SERVERS}, or one is not
     *     resolved
     */
    public static PacketFilter of(List<InetSocketAddress> servers) {
        if (servers.size() > MAX_SERVERS) {
            throw new IllegalArgumentException(
                    servers.size()
                            + " online addresses, a capture filter takes "
                            + MAX_SERVERS
                            + ": use 0.0.0.0:PORT for many addresses of one port");
        }
        for (InetSocketAddress server : servers) {
            if (server.isUnresolved()) {
                throw new IllegalArgumentException(
                        "unknown host " + server.getHostString() + ": give its IP address");
            }
        }
        BpfAssembler to = new BpfAssembler();
        outgoingLoopbackIsDropped(to);
        networkHeaderIsFound(to);
        // Where every packet passes, so do those with others within.
        int tunnels = servers.isEmpty() ? 0 : MAX_TUNNELS;
        for (int depth = 0; depth < tunnels; depth++) {
            tunnels(to, depth);
        }
        to.label(ipv4(tunnels));
        ipv4(to, servers);
        to.label(ipv6(tunnels));
        ipv6(to, servers);
        to.label("accept").accept();
        to.label("drop").drop();
        return new PacketFilter(to.program());
    }

    /** The instructions as the kernel wants them: code, jt, jf, k from the high bits on. */
    long[] instructions() {
        return instructions.clone();
    }

    private static void outgoingLoopbackIsDropped(BpfAssembler to) {
        to.loadWord(PACKET_TYPE).ifNot(OUTGOING, "seen once");
        to.loadWord(HARDWARE_TYPE).ifIs(LOOPBACK, "drop");
        to.label("seen once");
    }

    /** Leaves the offset of the IP header in X. */
    private static void networkHeaderIsFound(BpfAssembler to) {
        to.setX(0).loadWord(PROTOCOL).ifIs(IPV4, ipv4(0)).ifIs(IPV6, ipv6(0));
        for (int tag : VLAN_TAGS) {
            to.ifIs(tag, "tagged");
        }
        to.jump("drop");
        to.label("tagged");
        // On its way out a packet may have its tag before the network header, so out of our
        // sight; as it comes in the tag's last four bytes stand where the header is expected.
        to.loadWord(PACKET_TYPE).ifNot(OUTGOING, "tag inside");
        to.loadByteAtX(0).shiftRight(4).ifIs(4, ipv4(0)).ifIs(6, ipv6(0));
        to.label("tag inside");
        to.setX(VLAN_TAG_BYTES).loadHalfAtX(-2).ifIs(IPV4, ipv4(0)).ifIs(IPV6, ipv6(0));
        to.setX(2 * VLAN_TAG_BYTES).loadHalfAtX(-2).ifIs(IPV4, ipv4(0)).ifIs(IPV6, ipv6(0));
        to.jump("drop");
    }

    private static String ipv4(int depth) {
        return "ipv4 in " + depth;
    }

    private static String ipv6(int depth) {
        return "ipv6 in " + depth;
    }

    /** From an IP header at X goes on to the one that it carries, or with the header itself. */
    private static void tunnels(BpfAssembler to, int depth) {
        String within = "within " + depth;
        String datagram = "datagram " + depth;
        to.label(ipv4(depth)).loadByteAtX(9);
        for (int tunnel : TUNNELS) {
            to.ifIs(tunnel, "tunnel over ipv4 " + depth);
        }
        to.ifNot(UDP, ipv4(MAX_TUNNELS));
        to.loadHalfAtX(6).ifAny(0x1fff, "drop");
        behindIpv4Header(to);
        to.jump(datagram);

        to.label("tunnel over ipv4 " + depth).loadHalfAtX(6).ifAny(0x1fff, "drop");
        behindIpv4Header(to);
        to.jump(within);

        to.label(ipv6(depth)).loadByteAtX(6);
        for (int tunnel : TUNNELS) {
            to.ifIs(tunnel, "tunnel over ipv6 " + depth);
        }
        to.ifNot(UDP, ipv6(MAX_TUNNELS));
        to.number(IPV6_HEADER).addX().moveToX().jump(datagram);
        to.label("tunnel over ipv6 " + depth);
        to.number(IPV6_HEADER).addX().moveToX();

        to.label(within).loadByteAtX(0).shiftRight(4);
        to.ifIs(4, ipv4(depth + 1)).ifIs(6, ipv6(depth + 1)).jump("drop");

        to.label(datagram).loadHalfAtX(2);
        to.ifIs(VXLAN_PORT, "vxlan " + depth).ifNot(GENEVE_PORT, "drop");
        to.loadHalfAtX(UDP_HEADER + 2).store(INNER_TYPE_SLOT);
        to.loadByteAtX(UDP_HEADER).and(0x3f).shiftLeft(2).plus(UDP_HEADER + OVERLAY_HEADER);
        to.addX().moveToX().load(INNER_TYPE_SLOT);
        to.ifIs(IPV4, ipv4(depth + 1)).ifIs(IPV6, ipv6(depth + 1));
        to.ifIs(TRANSPARENT_ETHERNET, "ethernet " + depth).jump("drop");
        to.label("vxlan " + depth).number(UDP_HEADER + OVERLAY_HEADER).addX().moveToX();

        to.label("ethernet " + depth).loadHalfAtX(ETHERNET_HEADER - 2).store(INNER_TYPE_SLOT);
        to.number(ETHERNET_HEADER).addX().moveToX().load(INNER_TYPE_SLOT);
        to.ifIs(IPV4, ipv4(depth + 1)).ifIs(IPV6, ipv6(depth + 1)).ifNot(VLAN_TAGS[0], "drop");
        to.loadHalfAtX(VLAN_TAG_BYTES - 2).store(INNER_TYPE_SLOT);
        to.number(VLAN_TAG_BYTES).addX().moveToX().load(INNER_TYPE_SLOT);
        to.ifIs(IPV4, ipv4(depth + 1)).ifIs(IPV6, ipv6(depth + 1)).jump("drop");
    }

    /** X moves from an IPv4 header to what comes behind it. */
    private static void behindIpv4Header(BpfAssembler to) {
        to.loadByteAtX(0).and(0xf).shiftLeft(2).addX().moveToX();
    }

    private static void ipv4(BpfAssembler to, List<InetSocketAddress> servers) {
        if (servers.isEmpty()) {
            to.jump("accept");
            return;
        }
        to.loadByteAtX(9).ifNot(TCP, "drop");
        to.loadHalfAtX(6).ifAny(0x1fff, "drop");
        to.loadWordAtX(12).store(2).loadWordAtX(16).store(3);
        behindIpv4Header(to);
        to.loadHalfAtX(0).store(SOURCE_PORT_SLOT).loadHalfAtX(2).store(DESTINATION_PORT_SLOT);
        for (InetSocketAddress server : servers) {
            ipv4End(to, server, SOURCE_PORT_SLOT, 2);
            ipv4End(to, server, DESTINATION_PORT_SLOT, 3);
        }
        to.jump("drop");
    }

    private static void ipv4End(
            BpfAssembler to, InetSocketAddress server, int portSlot, int addressSlot) {
        InetAddress address = server.getAddress();
        if (address.isAnyLocalAddress()) {
            to.load(portSlot).ifIs(server.getPort(), "accept");
        } else if (address instanceof Inet4Address) {
            String other = to.newLabel();
            to.load(portSlot).ifNot(server.getPort(), other);
            to.load(addressSlot).ifIs(ByteBuffer.wrap(address.getAddress()).getInt(), "accept");
            to.label(other);
        }
    }

    private static void ipv6(BpfAssembler to, List<InetSocketAddress> servers) {
        if (servers.isEmpty()) {
            to.jump("accept");
            return;
        }
        to.loadByteAtX(6).ifNot(TCP, "drop");
        to.loadHalfAtX(40).store(SOURCE_PORT_SLOT).loadHalfAtX(42).store(DESTINATION_PORT_SLOT);
        for (InetSocketAddress server : servers) {
            ipv6End(to, server, SOURCE_PORT_SLOT, 8);
            ipv6End(to, server, DESTINATION_PORT_SLOT, 24);
        }
        to.jump("drop");
    }

    private static void ipv6End(
            BpfAssembler to, InetSocketAddress server, int portSlot, int addressAt) {
        InetAddress address = server.getAddress();
        if (address.isAnyLocalAddress()) {
            to.load(portSlot).ifIs(server.getPort(), "accept");
        } else if (!(address instanceof Inet4Address)) {
            String other = to.newLabel();
            to.load(portSlot).ifNot(server.getPort(), other);
            ByteBuffer words = ByteBuffer.wrap(address.getAddress());
            for (int at = 0; at < 16; at += 4) {
                to.loadWordAtX(addressAt + at).ifNot(words.getInt(at), other);
            }
            to.jump("accept");
            to.label(other);
        }
    }
}
