package dev.understudy.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One TCP packet to be written: IPv4 on Ethernet unless said otherwise. Checksums are left 0.
 *
 * @param from address and port of the sender
 */
@SuppressWarnings("ArrayRecordComponent") // frames are never compared
public record Frame(
        Peer from, Peer to, int sequence, int acknowledgment, int flags, byte[] payload) {
    /** An IPv4 or IPv6 address in bytes, and a port. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Peer(byte[] address, int port) {
        /** {@code 10.0.0.last:port}. */
        public static Peer v4(int last, int port) {
            return new Peer(new byte[] {10, 0, 0, (byte) last}, port);
        }

        /** {@code fd00::last:port}. */
        public static Peer v6(int last, int port) {
            byte[] address = new byte[16];
            address[0] = (byte) 0xfd;
            address[15] = (byte) last;
            return new Peer(address, port);
        }
    }

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int ACK = 0x10;

    public static final Peer CLIENT = Peer.v4(1, 40_000);
    public static final Peer SERVER = Peer.v4(7, 3306);

    /** A segment of text from the client of these tests to their server. */
    public static Frame text(int sequence, int acknowledgment, int flags, String payload) {
        return new Frame(
                CLIENT,
                SERVER,
                sequence,
                acknowledgment,
                flags,
                payload.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** TCP header without options, and the payload. */
    public byte[] tcp() {
        ByteBuffer out = ByteBuffer.allocate(20 + payload.length);
        out.putShort((short) from.port()).putShort((short) to.port());
        out.putInt(sequence).putInt(acknowledgment);
        out.put((byte) 0x50).put((byte) flags).putShort((short) 0xffff).putInt(0);
        return out.put(payload).array();
    }

    /** From the IP header on, of the family of the addresses. */
    public byte[] ip() {
        byte[] tcp = tcp();
        if (from.address().length == 4) {
            ByteBuffer out = ByteBuffer.allocate(20 + tcp.length);
            out.put((byte) 0x45).put((byte) 0).putShort((short) (20 + tcp.length)).putInt(0);
            out.put((byte) 64).put((byte) 6).putShort((short) 0);
            return out.put(from.address()).put(to.address()).put(tcp).array();
        }
        return ipv6(6, tcp);
    }

    /** An IPv6 packet between the same addresses, whose first header and content are given. */
    public byte[] ipv6(int nextHeader, byte[] content) {
        ByteBuffer out = ByteBuffer.allocate(40 + content.length);
        out.putInt(0x6000_0000).putShort((short) content.length);
        out.put((byte) nextHeader).put((byte) 64);
        return out.put(from.address()).put(to.address()).put(content).array();
    }

    /** On Ethernet. */
    public byte[] ethernet() {
        byte[] ip = ip();
        ByteBuffer out = ByteBuffer.allocate(14 + ip.length);
        out.putLong(0x0200_0000_0001_0200L).putInt(0x0000_0002);
        out.putShort((short) (from.address().length == 4 ? 0x0800 : 0x86dd));
        return out.put(ip).array();
    }
}
