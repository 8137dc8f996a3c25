package dev.understudy.wire;

import java.nio.ByteBuffer;

/** Packets within packets. Checksums are left 0; addresses are those of two tunnel ends. */
public final class Tunnels {
    private static final byte[] NEAR = {(byte) 192, 0, 2, 1};
    private static final byte[] FAR = {(byte) 192, 0, 2, 2};

    private Tunnels() {}

    /** An IPv4 packet, with 4 bytes of options, that carries {@code content}. */
    public static byte[] over4(int protocol, byte[] content) {
        ByteBuffer out = ByteBuffer.allocate(24 + content.length);
        out.put((byte) 0x46).put((byte) 0).putShort((short) (24 + content.length)).putInt(0);
        out.put((byte) 64).put((byte) protocol).putShort((short) 0);
        return out.put(NEAR).put(FAR).putInt(0x01010101).put(content).array();
    }

    /** An IPv6 packet that carries {@code content}. */
    public static byte[] over6(int protocol, byte[] content) {
        return new Frame(Frame.Peer.v6(1, 1), Frame.Peer.v6(2, 1), 0, 0, 0, new byte[0])
                .ipv6(protocol, content);
    }

    /** A UDP datagram with its header. */
    public static byte[] udp(int port, byte[] payload) {
        ByteBuffer out = ByteBuffer.allocate(8 + payload.length);
        out.putShort((short) 54_321).putShort((short) port);
        out.putShort((short) (8 + payload.length)).putShort((short) 0);
        return out.put(payload).array();
    }

    /** The payload of a datagram of VXLAN. */
    public static byte[] vxlan(int vni, byte[] ethernet) {
        ByteBuffer out = ByteBuffer.allocate(8 + ethernet.length);
        return out.putInt(0x0800_0000).putInt(vni << 8).put(ethernet).array();
    }

    /**
     * The payload of a datagram of GENEVE.
     *
     * @param type of what it carries: 0x6558 for Ethernet
     */
    public static byte[] geneve(int vni, int type, int optionBytes, byte[] content) {
        ByteBuffer out = ByteBuffer.allocate(8 + optionBytes + content.length);
        out.put((byte) (optionBytes / 4)).put((byte) 0).putShort((short) type).putInt(vni << 8);
        return out.position(8 + optionBytes).put(content).array();
    }

    /** The frame with a tag of 802.1Q. */
    public static byte[] tagged(byte[] ethernet) {
        ByteBuffer out = ByteBuffer.allocate(ethernet.length + 4);
        out.put(ethernet, 0, 12).putInt(0x8100_0064);
        return out.put(ethernet, 12, ethernet.length - 12).array();
    }
}
