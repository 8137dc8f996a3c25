package dev.understudy.wire;

/**
 * What lies before the IP header, by the LINKTYPE_ number of a capture file.
 *
 * @see <a href="https://www.tcpdump.org/linktypes.html">Link-layer header types</a>
 */
public final class LinkLayer {
    /** BSD loopback: an address family of 4 bytes in the byte order of the capturing machine. */
    public static final int NULL = 0;

    /** Ethernet, with any tags of 802.1Q and 802.1ad. */
    public static final int ETHERNET = 1;

    /** An IP header comes first; its version field tells which. */
    public static final int RAW = 101;

    /** OpenBSD loopback: an address family of 4 bytes, big-endian. */
    public static final int LOOP = 108;

    /** Linux "cooked" capture, version 1. */
    public static final int LINUX_SLL = 113;

    /** An IPv4 header comes first. */
    public static final int IPV4 = 228;

    /** An IPv6 header comes first. */
    public static final int IPV6 = 229;

    /** Linux "cooked" capture, version 2: what {@code -i any} gives nowadays. */
    public static final int LINUX_SLL2 = 276;

    /** Not an offset: what the packet carries is not IP. */
    static final int NOT_IP = -1;

    /** Not an offset: the packet ends before, or contradicts itself. */
    static final int UNREADABLE = -2;

    /** Two are usual (QinQ); past this a packet is made to keep us busy. */
    private static final int MAX_VLAN_TAGS = 4;

    private static final int VLAN_TAG_LENGTH = 4;
    private static final int ETHERNET_TYPE_OFFSET = 12;
    private static final int SLL_TYPE_OFFSET = 14;
    private static final int SLL2_LENGTH = 20;
    private static final int FAMILY_LENGTH = 4;

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int ETHERTYPE_VLAN = 0x8100;
    private static final int ETHERTYPE_VLAN_SERVICE = 0x88a8;
    private static final int ETHERTYPE_VLAN_OLD_SERVICE = 0x9100;

    /** What most systems number raw IP as, in files written without a LINKTYPE_ number. */
    private static final int DLT_RAW = 12;

    /** The same on OpenBSD. */
    private static final int DLT_RAW_OPENBSD = 14;

    private LinkLayer() {}

    /** The LINKTYPE_ number for one that may be a platform's DLT_ number, as old files carry it. */
    public static int ofFile(int number) {
        return number == DLT_RAW || number == DLT_RAW_OPENBSD ? RAW : number;
    }

    /** Whether packets of this link type can be read at all. */
    public static boolean isSupported(int linkType) {
        return switch (linkType) {
            case NULL, ETHERNET, RAW, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2 -> true;
            default -> false;
        };
    }

    /**
     * Where the IP header begins, or {@link #NOT_IP}, or {@link #UNREADABLE}.
     *
     * @param end exclusive end of the captured bytes in {@code packet}
     */
    static int networkOffset(byte[] packet, int offset, int end, int linkType) {
        return switch (linkType) {
            case RAW, IPV4, IPV6 -> offset;
            case ETHERNET -> behindEtherType(packet, offset + ETHERNET_TYPE_OFFSET, end);
            case LINUX_SLL -> behindEtherType(packet, offset + SLL_TYPE_OFFSET, end);
            case LINUX_SLL2 -> behindCookedHeader(packet, offset, end);
            case NULL, LOOP -> behindFamily(packet, offset, end);
            default -> UNREADABLE;
        };
    }

    private static int behindEtherType(byte[] packet, int typeOffset, int end) {
        if (typeOffset + Short.BYTES > end) {
            return UNREADABLE;
        }
        int next = typeOffset + Short.BYTES;
        return behindTags(packet, Octets.unsignedShort(packet, typeOffset), next, end);
    }

    /** The protocol stands first in version 2, and the header behind it has a fixed length. */
    private static int behindCookedHeader(byte[] packet, int offset, int end) {
        if (offset + SLL2_LENGTH > end) {
            return UNREADABLE;
        }
        int etherType = Octets.unsignedShort(packet, offset);
        return behindTags(packet, etherType, offset + SLL2_LENGTH, end);
    }

    private static int behindTags(byte[] packet, int firstType, int firstOffset, int end) {
        int etherType = firstType;
        int next = firstOffset;
        for (int tags = 0; tags <= MAX_VLAN_TAGS; tags++) {
            switch (etherType) {
                case ETHERTYPE_IPV4, ETHERTYPE_IPV6 -> {
                    return next;
                }
                case ETHERTYPE_VLAN, ETHERTYPE_VLAN_SERVICE, ETHERTYPE_VLAN_OLD_SERVICE -> {
                    if (next + VLAN_TAG_LENGTH > end) {
                        return UNREADABLE;
                    }
                    etherType = Octets.unsignedShort(packet, next + Short.BYTES);
                    next += VLAN_TAG_LENGTH;
                }
                default -> {
                    return NOT_IP;
                }
            }
        }
        return UNREADABLE;
    }

    /**
     * The family of NULL has the byte order of the machine that captured. Families are small, so
     * the order that gives a number below 2^16 is the right one; LOOP passes through the same test,
     * since some writers confuse the two.
     */
    private static int behindFamily(byte[] packet, int offset, int end) {
        if (offset + FAMILY_LENGTH > end) {
            return UNREADABLE;
        }
        int bigEndian = Octets.integer(packet, offset);
        int family = bigEndian >>> Short.SIZE == 0 ? bigEndian : Integer.reverseBytes(bigEndian);
        return switch (family) {
            // AF_INET; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin.
            case 2, 10, 23, 24, 28, 30 -> offset + FAMILY_LENGTH;
            default -> NOT_IP;
        };
    }
}
