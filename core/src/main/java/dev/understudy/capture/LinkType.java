package dev.understudy.capture;

/**
 * How captured packets begin: the LINKTYPE_ numbers of the pcap standard that Understudy reads.
 * Plain numbers, not an enum: a file may hold any number, and what is not in this list is counted
 * by who parses it, not refused here.
 *
 * @see "https://www.tcpdump.org/linktypes.html"
 */
public final class LinkType {
    /** BSD loopback: a 4-byte address family in the byte order of the capturing host, then IP. */
    public static final int NULL = 0;

    /** Ethernet, possibly with VLAN tags. */
    public static final int ETHERNET = 1;

    /** An IPv4 or IPv6 packet; its first four bits tell which. */
    public static final int RAW = 101;

    /** OpenBSD loopback: as {@link #NULL}, the family big-endian. */
    public static final int LOOP = 108;

    /** Linux cooked, version 1: a 16-byte header, the EtherType in its last two bytes. */
    public static final int LINUX_SLL = 113;

    /** An IPv4 packet. */
    public static final int IPV4 = 228;

    /** An IPv6 packet. */
    public static final int IPV6 = 229;

    /** Linux cooked, version 2: a 20-byte header, the EtherType in its first two bytes. */
    public static final int LINUX_SLL2 = 276;

    private LinkType() {}

    /**
     * The LINKTYPE_ number for one that may be a platform's DLT_ number: raw IP is 12 on most
     * systems and 14 on OpenBSD, and old files carry those.
     */
    static int ofFile(int number) {
        return number == 12 || number == 14 ? RAW : number;
    }
}
