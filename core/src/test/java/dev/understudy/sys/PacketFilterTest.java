package dev.understudy.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.wire.Frame;
import dev.understudy.wire.Tunnels;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketFilterTest {
    private static final int HOST = 0;
    private static final int OUTGOING = 4;
    private static final int ETHERNET = 1;
    private static final int LOOPBACK = 772;
    private static final int TCP = 6;
    private static final int UDP = 17;

    /** "10.0.0.1:80" or "::1:80"; several with spaces between. */
    private static List<InetSocketAddress> servers(String text) {
        return Stream.of(text.split(" ")).filter(s -> !s.isEmpty()).map(s -> end(s)).toList();
    }

    private static InetSocketAddress end(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                InetAddress.ofLiteral(text.substring(0, colon)),
                Integer.parseInt(text.substring(colon + 1)));
    }

    private static byte[] packet(String from, String to, int protocol) {
        InetSocketAddress source = end(from);
        InetSocketAddress destination = end(to);
        byte[] address = source.getAddress().getAddress();
        ByteBuffer packet = ByteBuffer.allocate(100);
        if (address.length == 4) {
            // With four bytes of options, so that the ports are not where they are most often.
            packet.put(0, (byte) 0x46).put(9, (byte) protocol).put(12, address);
            packet.put(16, destination.getAddress().getAddress());
            packet.putShort(24, (short) source.getPort());
            packet.putShort(26, (short) destination.getPort());
        } else {
            packet.put(0, (byte) 0x60).put(6, (byte) protocol).put(8, address);
            packet.put(24, destination.getAddress().getAddress());
            packet.putShort(40, (short) source.getPort());
            packet.putShort(42, (short) destination.getPort());
        }
        return packet.array();
    }

    private static int etherType(byte[] packet) {
        return packet[0] >> 4 == 4 ? 0x0800 : 0x86dd;
    }

    private static boolean passes(PacketFilter filter, byte[] packet) {
        return new BpfMachine(etherType(packet), HOST, ETHERNET).run(filter, packet) > 0;
    }

    @ParameterizedTest(name = "{0}: {1} > {2} {3}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # servers                        | from              | to                | passes
                    10.0.0.1:80                      | 10.0.0.9:5000     | 10.0.0.1:80       | true
                    10.0.0.1:80                      | 10.0.0.1:80       | 10.0.0.9:5000     | true
                    10.0.0.1:80                      | 10.0.0.1:5000     | 10.0.0.9:80       | false
                    10.0.0.1:80                      | 10.0.0.9:80       | 10.0.0.1:5000     | false
                    10.0.0.1:80                      | 10.0.0.9:5000     | 10.0.0.1:81       | false
                    10.0.0.1:80                      | 10.0.0.9:5000     | 10.0.0.2:80       | false
                    255.255.255.254:65535            | 10.0.0.9:5000     | 255.255.255.254:65535 | true
                    10.0.0.1:80 10.0.0.2:81          | 10.0.0.9:5000     | 10.0.0.2:81       | true
                    10.0.0.1:80 10.0.0.2:81          | 10.0.0.9:5000     | 10.0.0.2:80       | false
                    10.0.0.1:80 2001:db8::1:80       | 2001:db8::9:5000  | 2001:db8::1:80    | true
                    2001:db8::1:80                   | 2001:db8::1:80    | 2001:db8::9:5000  | true
                    2001:db8::1:80                   | 2001:db8::1:5000  | 2001:db8::9:80    | false
                    2001:db8::1:80                   | 2001:db8::9:5000  | 2001:db8:0:1::1:80 | false
                    2001:db8::1:80                   | 2001:db8::9:5000  | 2001:db9::1:80    | false
                    2001:db8::1:80                   | 10.0.0.9:5000     | 10.0.0.1:80       | false
                    0.0.0.0:80                       | 10.0.0.9:5000     | 10.0.0.1:80       | true
                    0.0.0.0:80                       | 2001:db8::1:80    | 2001:db8::9:5000  | true
                    :::80                            | 10.0.0.1:80       | 10.0.0.9:5000     | true
                    :::80                            | 10.0.0.1:81       | 10.0.0.9:5000     | false
                    ''                               | 10.0.0.1:81       | 10.0.0.9:5000     | true
                    ''                               | 2001:db8::1:81    | 2001:db8::9:5000  | true
                    """)
    void letsTheServersPassInBothDirections(
            String servers, String from, String to, boolean passes) {
        PacketFilter filter = PacketFilter.of(servers(servers));
        assertEquals(passes, passes(filter, packet(from, to, TCP)));
        // Of another transport only where all IP is asked for.
        assertEquals(servers.isEmpty(), passes(filter, packet(from, to, UDP)));
    }

    @Test
    void takesAsManyServersAsItSays() {
        List<InetSocketAddress> servers = new ArrayList<>();
        for (int i = 1; i <= PacketFilter.MAX_SERVERS; i++) {
            servers.add(end("2001:db8::" + i + ":" + (1000 + i)));
        }
        PacketFilter filter = PacketFilter.of(servers);
        assertTrue(passes(filter, packet("2001:db8::90:1090", "::9:5", TCP)));
        assertTrue(passes(filter, packet("::9:5", "2001:db8::1:1001", TCP)));
        servers.add(end("10.0.0.1:80"));
        assertThrows(IllegalArgumentException.class, () -> PacketFilter.of(servers));
    }

    @Test
    void readsPortsOfFirstFragmentsOnly() {
        PacketFilter filter = PacketFilter.of(servers("10.0.0.1:80"));
        byte[] packet = packet("10.0.0.9:5000", "10.0.0.1:80", TCP);
        packet[6] = 0x20;
        assertTrue(passes(filter, packet), "first of several");
        packet[7] = 1;
        assertEquals(false, passes(filter, packet), "second");
    }

    @Test
    void readsNothingPastTheEnd() {
        PacketFilter filter = PacketFilter.of(servers("10.0.0.1:80 2001:db8::1:80"));
        for (String side : List.of("10.0.0.", "2001:db8::")) {
            byte[] packet = packet(side + "9:5000", side + "1:80", TCP);
            int needed = side.startsWith("1") ? 28 : 44;
            for (int cut = 0; cut <= packet.length; cut++) {
                BpfMachine machine = new BpfMachine(etherType(packet), HOST, ETHERNET);
                boolean passes = machine.run(filter, Arrays.copyOf(packet, cut)) > 0;
                assertEquals(cut >= needed, passes, "cut at " + cut);
            }
        }
    }

    @ParameterizedTest(name = "packet type {0} on hardware {1}: {2}")
    @CsvSource({"0, 772, true", "4, 772, false", "4, 1, true", "0, 1, true", "4, 65534, true"})
    void leavesOutTheOutgoingSightingOnLoopback(int type, int hardware, boolean passes) {
        byte[] packet = packet("10.0.0.9:5000", "10.0.0.1:80", TCP);
        for (String servers : List.of("", "10.0.0.1:80")) {
            PacketFilter filter = PacketFilter.of(servers(servers));
            assertEquals(passes, new BpfMachine(0x0800, type, hardware).run(filter, packet) > 0);
        }
    }

    private static byte[] tagged(byte[] packet, int... outerTypes) {
        ByteBuffer tagged = ByteBuffer.allocate(4 * (outerTypes.length + 1) + packet.length);
        for (int type : outerTypes) {
            tagged.putShort((short) 0x4064).putShort((short) type);
        }
        tagged.putShort((short) 0x0064).putShort((short) etherType(packet));
        return tagged.put(packet).array();
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.9:5000, 10.0.0.1:80", "2001:db8::9:5000, 2001:db8::1:80"})
    void readsOverVlanTagsLeftInside(String from, String to) {
        byte[] packet = packet(from, to, TCP);
        PacketFilter filter = PacketFilter.of(servers("10.0.0.1:80 2001:db8::1:80"));
        PacketFilter other = PacketFilter.of(servers("10.0.0.2:80 2001:db8::2:80"));
        for (int outer : List.of(0x8100, 0x88a8, 0x9100)) {
            BpfMachine in = new BpfMachine(outer, HOST, ETHERNET);
            BpfMachine out = new BpfMachine(outer, OUTGOING, ETHERNET);
            assertTrue(in.run(filter, tagged(packet)) > 0, "one tag inside");
            assertTrue(in.run(filter, tagged(packet, 0x8100)) > 0, "two tags inside");
            assertTrue(out.run(filter, packet) > 0, "tag before the network header");
            assertTrue(out.run(filter, tagged(packet)) > 0, "forwarded with its tag");
            assertEquals(0, in.run(other, tagged(packet)));
            assertEquals(0, out.run(other, packet));
        }
    }

    /** Of the same servers, so that nothing else of an overlay network fills the ring. */
    @Test
    void looksAtWhatTunnelsCarry() {
        PacketFilter filter = PacketFilter.of(servers("10.0.0.7:3306 fd00::7:3306"));
        PacketFilter other = PacketFilter.of(servers("10.0.0.8:3306 fd00::7:3307"));
        byte[] none = new byte[0];
        Frame v4 = Frame.text(1, 1, Frame.ACK, "hello");
        Frame v6 = new Frame(Frame.Peer.v6(7, 3306), Frame.Peer.v6(1, 5), 1, 1, Frame.ACK, none);
        byte[] mirrored = Tunnels.vxlan(7, Tunnels.tagged(v6.ethernet()));
        for (byte[] packet :
                List.of(
                        Tunnels.over4(4, v4.ip()),
                        Tunnels.over4(41, v6.ip()),
                        Tunnels.over6(4, v4.ip()),
                        Tunnels.over6(41, v6.ip()),
                        Tunnels.over4(4, Tunnels.over4(41, v6.ip())),
                        Tunnels.over4(17, Tunnels.udp(4789, Tunnels.vxlan(7, v4.ethernet()))),
                        Tunnels.over6(17, Tunnels.udp(4789, mirrored)),
                        Tunnels.over4(
                                17,
                                Tunnels.udp(6081, Tunnels.geneve(7, 0x6558, 20, v4.ethernet()))),
                        Tunnels.over4(17, Tunnels.udp(6081, Tunnels.geneve(7, 0x86dd, 0, v6.ip()))),
                        Tunnels.over4(
                                4,
                                Tunnels.over4(
                                        17, Tunnels.udp(4789, Tunnels.vxlan(7, v4.ethernet())))))) {
            assertTrue(passes(filter, packet));
            assertEquals(false, passes(other, packet));
            for (int cut = 0; cut < packet.length - 25; cut++) {
                assertEquals(false, passes(filter, Arrays.copyOf(packet, Math.max(1, cut))));
            }
        }
        byte[] elsewhere = Tunnels.udp(4790, Tunnels.vxlan(7, v4.ethernet()));
        assertEquals(false, passes(filter, Tunnels.over4(17, elsewhere)));
        byte[] piece = Tunnels.over4(4, v4.ip());
        piece[7] = 1;
        assertEquals(false, passes(filter, piece));
    }

    @Test
    void leavesOutWhatIsNotIp() {
        PacketFilter all = PacketFilter.of(Collections.emptyList());
        assertEquals(0, new BpfMachine(0x0806, HOST, ETHERNET).run(all, new byte[60]), "ARP");
        assertEquals(0, new BpfMachine(0x8100, HOST, ETHERNET).run(all, new byte[60]), "tagged");
        assertEquals(
                0, new BpfMachine(0x0800, HOST, LOOPBACK).run(PacketFilter.NOTHING, new byte[60]));
    }
}
