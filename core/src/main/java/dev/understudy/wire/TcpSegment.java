package dev.understudy.wire;

/**
 * The TCP segment of one captured packet, read in place: a view to be used again for each packet.
 * It keeps numbers only, not the packet, so whoever reads the payload brings the array along. All
 * but {@link #kind} is valid only while {@link #wrap} has last answered {@link Kind#TCP}. Not
 * thread safe.
 *
 * <p>A segment within a tunnel is read like one outside: IP in IP, as load balancers send it (LVS),
 * and IP in {@link Overlay}s, as clouds mirror it. A mirror may cut packets off; what their headers
 * announce beyond that counts as not captured.
 *
 * <p>No input makes it throw or read outside of the captured bytes.
 *
 * @see "RFC 791, RFC 8200, RFC 9293; RFC 2003 and RFC 4213 for tunnels; RFC 2675 for jumbograms, as
 *     Linux' BIG TCP makes them"
 */
public final class TcpSegment {
    /** What the bytes turned out to be. */
    public enum Kind {
        /** A segment whose header was captured whole. */
        TCP,
        /** Another protocol, on any layer. */
        NOT_TCP,
        /** A piece of a TCP packet that IP has cut up. Pieces are not put together. */
        FRAGMENT,
        /** Lengths contradict each other, or the capture ends within the headers. */
        MALFORMED
    }

    /**
     * The largest payload believed, in bytes. Linux limits what it hands to a card, and so what a
     * capture sees as one packet, to 8 times 65,535 bytes (GSO_MAX_SIZE); past this a length is a
     * lie.
     */
    public static final int MAX_PAYLOAD_BYTES = 1 << 20;

    /** Tunnels within tunnels; past this a packet is made to keep us busy. */
    static final int MAX_TUNNELS = 4;

    private static final int PROTOCOL_IPV4 = 4;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;
    private static final int PROTOCOL_IPV6 = 41;
    private static final int V4_OFFSET = 0x1fff;
    private static final int UDP_HEADER = 8;
    private static final int V4_HEADER = 20;
    private static final int V4_MORE_FRAGMENTS_OR_OFFSET = 0x3fff;
    private static final int V6_HEADER = 40;
    private static final int V6_EXTENSION = 8;
    private static final int V6_MORE_FRAGMENTS_OR_OFFSET = 0xfff9;
    private static final int V6_OFFSET = 0xfff8;
    private static final int V6_HOP_BY_HOP = 0;
    private static final int V6_ROUTING = 43;
    private static final int V6_FRAGMENT = 44;
    private static final int V6_AUTHENTICATION = 51;
    private static final int V6_DESTINATION = 60;
    private static final int OPTION_PAD1 = 0;
    private static final int OPTION_JUMBO = 0xc2;

    /** Each kind of extension header may stand once, one of them twice (RFC 8200, 4.1). */
    private static final int MAX_V6_EXTENSIONS = 8;

    private static final int TCP_HEADER = 20;
    private static final int FIN = 0x01;
    private static final int SYN = 0x02;
    private static final int RST = 0x04;
    private static final int ACK = 0x10;

    private static final byte[] NOTHING = {};

    private Kind kind = Kind.MALFORMED;
    private byte[] in = NOTHING;
    private int end;
    private int tunnels;

    /** Whether the packet came by an overlay, so that its end may be cut off. */
    private boolean mayBeCut;

    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int sourcePort;
    private int destinationPort;
    private int sequence;
    private int acknowledgment;
    private int flags;
    private int payloadOffset;
    private int payloadLength;
    private int payloadCaptured;

    /**
     * Reads the headers of one packet.
     *
     * @param packet read only while this method runs
     * @param offset of the first byte of the link layer
     * @param capturedLength bytes that are there, from {@code offset} on
     * @param originalLength bytes that the packet had on the wire, at least {@code capturedLength}
     * @param linkType a LINKTYPE_ number, or that of an {@link Overlay}; one that {@link
     *     LinkLayer#isSupported} denies makes every packet {@link Kind#MALFORMED}
     */
    public Kind wrap(
            byte[] packet, int offset, int capturedLength, int originalLength, int linkType) {
        in = packet;
        kind = read(offset, capturedLength, originalLength, linkType);
        in = NOTHING;
        return kind;
    }

    private Kind read(int offset, int capturedLength, int originalLength, int linkType) {
        if (offset < 0
                || capturedLength < 0
                || capturedLength > in.length - offset
                || originalLength < capturedLength) {
            return Kind.MALFORMED;
        }
        end = offset + capturedLength;
        tunnels = 0;
        mayBeCut = false;
        return Overlay.isLinkType(linkType)
                ? readOverlay(Overlay.ofLinkType(linkType), offset, originalLength)
                : readLink(offset, originalLength, linkType);
    }

    /** {@code length} is that of the packet on the wire, from {@code offset} on. */
    private Kind readLink(int offset, int length, int linkType) {
        int network = LinkLayer.networkOffset(in, offset, end, linkType);
        if (network == LinkLayer.NOT_IP) {
            return Kind.NOT_TCP;
        }
        if (network < 0 || network >= end) {
            return Kind.MALFORMED;
        }
        return readNetwork(network, length - (network - offset));
    }

    private Kind readNetwork(int ip, int networkLength) {
        return switch (Octets.unsignedByte(in, ip) >> 4) {
            case 4 -> readV4(ip, networkLength);
            case 6 -> readV6(ip, networkLength);
            default -> Kind.MALFORMED;
        };
    }

    /** Reads what is carried by a datagram, whose payload begins at {@code at}. */
    private Kind readOverlay(Overlay overlay, int at, int length) {
        if (++tunnels > MAX_TUNNELS) {
            return Kind.MALFORMED;
        }
        // Behind the datagram there may be padding, which is not the packet's.
        end = (int) Math.min(end, (long) at + length);
        if (end - at < Overlay.HEADER_BYTES) {
            return Kind.MALFORMED;
        }
        if (overlay.networkId(in, at, end) == Overlay.NONE) {
            return Kind.NOT_TCP;
        }
        int header = overlay.headerLength(in, at);
        if (header >= end - at) {
            return Kind.MALFORMED;
        }
        mayBeCut = true;
        int linkType = overlay.innerLinkType(in, at);
        return linkType == Overlay.NONE
                ? Kind.NOT_TCP
                : readLink(at + header, length - header, linkType);
    }

    /** Reads the packet that another one carries behind its header. */
    private Kind readTunnelled(int protocol, int ip, int length) {
        if (++tunnels > MAX_TUNNELS || length <= 0 || ip >= end) {
            return Kind.MALFORMED;
        }
        end = (int) Math.min(end, (long) ip + length);
        int version = Octets.unsignedByte(in, ip) >> 4;
        return version == (protocol == PROTOCOL_IPV4 ? 4 : 6)
                ? readNetwork(ip, length)
                : Kind.MALFORMED;
    }

    private Kind readUdp(int udp, int length) {
        if (length < UDP_HEADER || end - udp < UDP_HEADER) {
            return Kind.NOT_TCP;
        }
        int port = Octets.unsignedShort(in, udp + 2);
        if (!Overlay.isPort(port)) {
            return Kind.NOT_TCP;
        }
        int announced = Octets.unsignedShort(in, udp + 4);
        int datagramLength = announced == 0 ? length : announced;
        if (datagramLength < UDP_HEADER || (datagramLength > length && !mayBeCut)) {
            return Kind.MALFORMED;
        }
        return readOverlay(Overlay.ofPort(port), udp + UDP_HEADER, datagramLength - UDP_HEADER);
    }

    private Kind readV4(int ip, int networkLength) {
        if (end - ip < V4_HEADER) {
            return Kind.MALFORMED;
        }
        int headerLength = (Octets.unsignedByte(in, ip) & 0x0f) * Integer.BYTES;
        if (headerLength < V4_HEADER) {
            return Kind.MALFORMED;
        }
        int protocol = Octets.unsignedByte(in, ip + 9);
        if (!isRead(protocol)) {
            return Kind.NOT_TCP;
        }
        int announced = Octets.unsignedShort(in, ip + 2);
        // 0: too large for the field, and filled in only by the card that cuts the packet up.
        int totalLength = announced == 0 ? networkLength : announced;
        if (totalLength < headerLength || (totalLength > networkLength && !mayBeCut)) {
            return Kind.MALFORMED;
        }
        int fragment = Octets.unsignedShort(in, ip + 6);
        if ((fragment & V4_MORE_FRAGMENTS_OR_OFFSET) != 0) {
            return fragmentKind(protocol, ip + headerLength, (fragment & V4_OFFSET) == 0);
        }
        if (protocol != PROTOCOL_TCP) {
            return readInner(protocol, ip + headerLength, totalLength - headerLength);
        }
        sourceHigh = 0;
        sourceLow = IpAddress.mapped(Octets.integer(in, ip + 12));
        destinationHigh = 0;
        destinationLow = IpAddress.mapped(Octets.integer(in, ip + 16));
        return readTcp(ip + headerLength, totalLength - headerLength);
    }

    /** Whether what such a packet carries is looked at. */
    private static boolean isRead(int protocol) {
        return switch (protocol) {
            case PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_IPV4, PROTOCOL_IPV6 -> true;
            default -> false;
        };
    }

    private Kind readInner(int protocol, int at, int length) {
        return protocol == PROTOCOL_UDP ? readUdp(at, length) : readTunnelled(protocol, at, length);
    }

    /** Of datagrams only the first piece tells whether they are of a tunnel. */
    private Kind fragmentKind(int protocol, int at, boolean first) {
        boolean tunnelled =
                first && end - at >= UDP_HEADER && Overlay.isPort(Octets.unsignedShort(in, at + 2));
        return protocol != PROTOCOL_UDP || tunnelled ? Kind.FRAGMENT : Kind.NOT_TCP;
    }

    private Kind readV6(int ip, int networkLength) {
        if (end - ip < V6_HEADER) {
            return Kind.MALFORMED;
        }
        int available = networkLength - V6_HEADER;
        int announced = Octets.unsignedShort(in, ip + 4);
        int length = announced == 0 ? jumboLength(ip, available) : announced;
        if (length > available && !mayBeCut) {
            return Kind.MALFORMED;
        }
        sourceHigh = Octets.longInteger(in, ip + 8);
        sourceLow = Octets.longInteger(in, ip + 16);
        destinationHigh = Octets.longInteger(in, ip + 24);
        destinationLow = Octets.longInteger(in, ip + 32);
        return readExtensions(Octets.unsignedByte(in, ip + 6), ip + V6_HEADER, length);
    }

    /** Walks to the TCP header; {@code length} counts from {@code first} to the packet's end. */
    private Kind readExtensions(int firstHeader, int first, int length) {
        int header = firstHeader;
        int at = first;
        int left = length;
        for (int extensions = 0; extensions <= MAX_V6_EXTENSIONS; extensions++) {
            if (header == PROTOCOL_TCP) {
                return readTcp(at, left);
            }
            if (isRead(header)) {
                return readInner(header, at, left);
            }
            if (!isExtension(header)) {
                return Kind.NOT_TCP;
            }
            if (left < V6_EXTENSION || end - at < V6_EXTENSION) {
                return Kind.MALFORMED;
            }
            int next = Octets.unsignedByte(in, at);
            if (header == V6_FRAGMENT
                    && (Octets.unsignedShort(in, at + 2) & V6_MORE_FRAGMENTS_OR_OFFSET) != 0) {
                boolean begins = (Octets.unsignedShort(in, at + 2) & V6_OFFSET) == 0;
                return isRead(next)
                        ? fragmentKind(next, at + V6_EXTENSION, begins)
                        : isExtension(next) ? Kind.FRAGMENT : Kind.NOT_TCP;
            }
            int extensionLength = extensionLength(header, at);
            header = next;
            at += extensionLength;
            left -= extensionLength;
        }
        return Kind.MALFORMED;
    }

    private static boolean isExtension(int header) {
        return switch (header) {
            case V6_HOP_BY_HOP, V6_ROUTING, V6_FRAGMENT, V6_AUTHENTICATION, V6_DESTINATION -> true;
            default -> false;
        };
    }

    private int extensionLength(int header, int at) {
        int announced = Octets.unsignedByte(in, at + 1);
        return switch (header) {
            case V6_FRAGMENT -> V6_EXTENSION;
            // Counted in units of 4, less 2 of them (RFC 4302, 2.2).
            case V6_AUTHENTICATION -> (announced + 2) * Integer.BYTES;
            default -> (announced + 1) * V6_EXTENSION;
        };
    }

    /**
     * What a payload length of 0 stands for: the jumbo payload option if there is one, else all
     * that was on the wire (a large packet on its way to the card).
     */
    private int jumboLength(int ip, int available) {
        int at = ip + V6_HEADER;
        if (Octets.unsignedByte(in, ip + 6) != V6_HOP_BY_HOP || end - at < V6_EXTENSION) {
            return available;
        }
        int optionsEnd = Math.min(end, at + extensionLength(V6_HOP_BY_HOP, at));
        int option = at + 2;
        while (option + 1 < optionsEnd) {
            int type = Octets.unsignedByte(in, option);
            int length = Octets.unsignedByte(in, option + 1);
            if (type == OPTION_JUMBO
                    && length == Integer.BYTES
                    && option + 2 + Integer.BYTES <= end) {
                int jumbo = Octets.integer(in, option + 2);
                // Past 2^31 it is a lie all the same: let it contradict the packet's length.
                return jumbo < 0 ? Integer.MAX_VALUE : jumbo;
            }
            option += type == OPTION_PAD1 ? 1 : length + 2;
        }
        return available;
    }

    /**
     * Options cut off by the capture do no harm: where the payload begins is known without them.
     */
    private Kind readTcp(int tcp, int length) {
        if (length < TCP_HEADER || end - tcp < TCP_HEADER) {
            return Kind.MALFORMED;
        }
        int headerLength = (Octets.unsignedByte(in, tcp + 12) >> 4) * Integer.BYTES;
        if (headerLength < TCP_HEADER
                || headerLength > length
                || length - headerLength > MAX_PAYLOAD_BYTES) {
            return Kind.MALFORMED;
        }
        sourcePort = Octets.unsignedShort(in, tcp);
        destinationPort = Octets.unsignedShort(in, tcp + 2);
        sequence = Octets.integer(in, tcp + 4);
        acknowledgment = Octets.integer(in, tcp + 8);
        flags = Octets.unsignedByte(in, tcp + 13);
        payloadOffset = tcp + headerLength;
        payloadLength = length - headerLength;
        payloadCaptured = Math.clamp(end - payloadOffset, 0, payloadLength);
        return Kind.TCP;
    }

    /** What {@link #wrap} answered last. */
    public Kind kind() {
        return kind;
    }

    /** First 8 bytes of the source address, see {@link IpAddress}. */
    public long sourceHigh() {
        return sourceHigh;
    }

    /** Last 8 bytes of the source address, see {@link IpAddress}. */
    public long sourceLow() {
        return sourceLow;
    }

    /** First 8 bytes of the destination address, see {@link IpAddress}. */
    public long destinationHigh() {
        return destinationHigh;
    }

    /** Last 8 bytes of the destination address, see {@link IpAddress}. */
    public long destinationLow() {
        return destinationLow;
    }

    /** The source address as an object of its own; allocates. */
    public IpAddress source() {
        return new IpAddress(sourceHigh, sourceLow);
    }

    /** The destination address as an object of its own; allocates. */
    public IpAddress destination() {
        return new IpAddress(destinationHigh, destinationLow);
    }

    /** 0..65535. */
    public int sourcePort() {
        return sourcePort;
    }

    /** 0..65535. */
    public int destinationPort() {
        return destinationPort;
    }

    /** As in the header: all 32 bits are the number, see {@link SequenceNumber}. */
    public int sequence() {
        return sequence;
    }

    /** As in the header; says something only if {@link #ack}. */
    public int acknowledgment() {
        return acknowledgment;
    }

    /** Whether the sender has no more bytes to send. */
    public boolean fin() {
        return (flags & FIN) != 0;
    }

    /** Whether the sender opens the connection; takes one sequence number before the payload. */
    public boolean syn() {
        return (flags & SYN) != 0;
    }

    /** Whether the sender breaks the connection off. */
    public boolean rst() {
        return (flags & RST) != 0;
    }

    /** Whether {@link #acknowledgment} counts. */
    public boolean ack() {
        return (flags & ACK) != 0;
    }

    /**
     * Where the payload begins in the array that was wrapped; outside of it where {@link
     * #payloadCaptured} is 0.
     */
    public int payloadOffset() {
        return payloadOffset;
    }

    /** Bytes of payload on the wire, 0..{@value #MAX_PAYLOAD_BYTES}; link padding not counted. */
    public int payloadLength() {
        return payloadLength;
    }

    /** Bytes of payload that are there; less than {@link #payloadLength} if the capture cut it. */
    public int payloadCaptured() {
        return payloadCaptured;
    }

    /**
     * The same number for both directions of a connection: what to choose its owner by. All 32 bits
     * are well mixed.
     */
    public int flowHash() {
        long source = mix(sourceHigh ^ mix(sourceLow ^ ((long) sourcePort << 32)));
        long destination =
                mix(destinationHigh ^ mix(destinationLow ^ ((long) destinationPort << 32)));
        return (int) (mix(source + destination) >>> 32);
    }

    /** Stafford's variant 13 of the finalizer of MurmurHash3. */
    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
