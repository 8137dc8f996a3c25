package dev.understudy.wire;

/**
 * How packets of one network are carried in UDP datagrams of another; mirrors of clouds send what
 * they see so. Of GENEVE's options none is needed, and all are passed over.
 *
 * @see "RFC 7348 (VXLAN), RFC 8926 (GENEVE)"
 */
public enum Overlay {
    VXLAN(4789, 0x1_0000 + 4789),
    GENEVE(6081, 0x1_0000 + 6081);

    /** Not a number of a network: no datagram of this kind. */
    public static final int NONE = -1;

    static final int HEADER_BYTES = 8;

    private static final int NETWORK_ID_AT = 4;
    private static final int VXLAN_HAS_ID = 0x08;
    private static final int GENEVE_OPTION_WORDS = 0x3f;
    private static final int GENEVE_CONTROL = 0x80;
    private static final int TRANSPARENT_ETHERNET = 0x6558;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;

    private final int port;
    private final int linkType;

    Overlay(int port, int linkType) {
        this.port = port;
        this.linkType = linkType;
    }

    /** The UDP port that datagrams of it are sent to. */
    public int port() {
        return port;
    }

    /** Stands in the place of a LINKTYPE_ number for "a datagram's payload"; in no file. */
    public int linkType() {
        return linkType;
    }

    /** Whether datagrams to {@code port} are of one of them. */
    static boolean isPort(int port) {
        return port == VXLAN.port || port == GENEVE.port;
    }

    static Overlay ofPort(int port) {
        return port == VXLAN.port ? VXLAN : GENEVE;
    }

    static boolean isLinkType(int linkType) {
        return linkType == VXLAN.linkType || linkType == GENEVE.linkType;
    }

    static Overlay ofLinkType(int linkType) {
        return linkType == VXLAN.linkType ? VXLAN : GENEVE;
    }

    /**
     * The number of the network (VNI, 24 bits) that the packet within belongs to, or {@link #NONE}
     * where the bytes are no header of this kind, or one without a packet.
     *
     * @param at the first byte of the datagram's payload
     * @param end exclusive end of what is there
     */
    public int networkId(byte[] in, int at, int end) {
        if (end - at < HEADER_BYTES) {
            return NONE;
        }
        int first = Octets.unsignedByte(in, at);
        boolean fits =
                switch (this) {
                    case VXLAN -> (first & VXLAN_HAS_ID) != 0;
                    case GENEVE ->
                            first >> 6 == 0
                                    && (Octets.unsignedByte(in, at + 1) & GENEVE_CONTROL) == 0;
                };
        return fits ? Octets.integer(in, at + NETWORK_ID_AT) >>> Byte.SIZE : NONE;
    }

    /** Bytes before the packet within; only of a header that has a {@link #networkId}. */
    int headerLength(byte[] in, int at) {
        return switch (this) {
            case VXLAN -> HEADER_BYTES;
            case GENEVE ->
                    HEADER_BYTES
                            + (Octets.unsignedByte(in, at) & GENEVE_OPTION_WORDS) * Integer.BYTES;
        };
    }

    /** How the packet within begins, as a LINKTYPE_ number, or {@link #NONE}. */
    int innerLinkType(byte[] in, int at) {
        return switch (this) {
            case VXLAN -> LinkLayer.ETHERNET;
            case GENEVE ->
                    switch (Octets.unsignedShort(in, at + Short.BYTES)) {
                        case TRANSPARENT_ETHERNET -> LinkLayer.ETHERNET;
                        case ETHERTYPE_IPV4, ETHERTYPE_IPV6 -> LinkLayer.RAW;
                        default -> NONE;
                    };
        };
    }
}
