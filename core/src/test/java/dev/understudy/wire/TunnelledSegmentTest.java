package dev.understudy.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.wire.TcpSegment.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Segments within tunnels. */
class TunnelledSegmentTest {
    private static final Frame V4 = Frame.text(100, 7, Frame.ACK, "hello");
    private static final Frame V6 =
            new Frame(
                    Frame.Peer.v6(1, 40_000),
                    Frame.Peer.v6(7, 3306),
                    100,
                    7,
                    Frame.ACK,
                    "hello".getBytes(StandardCharsets.US_ASCII));

    private final TcpSegment segment = new TcpSegment();

    /** Each from its first IP header on. */
    private static final Map<String, byte[]> PACKETS = new LinkedHashMap<>();

    static {
        PACKETS.put("IPv4 in IPv4", Tunnels.over4(4, V4.ip()));
        PACKETS.put("IPv6 in IPv4", Tunnels.over4(41, V6.ip()));
        PACKETS.put("IPv4 in IPv6", Tunnels.over6(4, V4.ip()));
        PACKETS.put("IPv6 in IPv6", Tunnels.over6(41, V6.ip()));
        PACKETS.put("VXLAN", vxlan(V4.ethernet()));
        PACKETS.put("VXLAN with a tag inside", vxlan(Tunnels.tagged(V4.ethernet())));
        PACKETS.put(
                "VXLAN over IPv6, IPv6 inside",
                Tunnels.over6(17, Tunnels.udp(4789, Tunnels.vxlan(9, V6.ethernet()))));
        PACKETS.put("GENEVE", geneve(0x6558, 0, V4.ethernet()));
        PACKETS.put("GENEVE with options", geneve(0x6558, 252, V6.ethernet()));
        PACKETS.put("GENEVE without Ethernet", geneve(0x0800, 8, V4.ip()));
        PACKETS.put("a mirrored load balancer", vxlan(onEthernet(Tunnels.over4(4, V4.ip()))));
        PACKETS.put(
                "as deep as is read",
                Tunnels.over4(4, Tunnels.over4(4, Tunnels.over4(4, Tunnels.over4(41, V6.ip())))));
    }

    private static byte[] vxlan(byte[] ethernet) {
        return Tunnels.over4(17, Tunnels.udp(4789, Tunnels.vxlan(9, ethernet)));
    }

    private static byte[] geneve(int type, int optionBytes, byte[] content) {
        return Tunnels.over4(17, Tunnels.udp(6081, Tunnels.geneve(9, type, optionBytes, content)));
    }

    private static byte[] onEthernet(byte[] ip) {
        byte[] frame = Arrays.copyOf(V4.ethernet(), 14 + ip.length);
        System.arraycopy(ip, 0, frame, 14, ip.length);
        return frame;
    }

    static Stream<String> packets() {
        return PACKETS.keySet().stream();
    }

    private Kind wrap(byte[] packet, int captured, int original) {
        return segment.wrap(packet, 0, captured, original, LinkLayer.RAW);
    }

    private void assertHello(byte[] packet) {
        assertEquals(40_000, segment.sourcePort());
        assertEquals(3306, segment.destinationPort());
        assertEquals(100, segment.sequence());
        assertEquals(5, segment.payloadLength());
        assertEquals(
                "hello".substring(0, segment.payloadCaptured()),
                new String(
                        packet,
                        segment.payloadOffset(),
                        segment.payloadCaptured(),
                        StandardCharsets.US_ASCII));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("packets")
    void isReadLikeOneOutside(String name) {
        byte[] packet = PACKETS.get(name);
        assertEquals(Kind.TCP, wrap(packet, packet.length, packet.length));
        assertHello(packet);
        assertEquals(5, segment.payloadCaptured());
        assertTrue(segment.source().toString().matches("10.0.0.1|fd00:0:0:0:0:0:0:1"));
        byte[] padded = Arrays.copyOf(packet, packet.length + 20);
        assertEquals(Kind.TCP, wrap(padded, padded.length, padded.length));
        assertHello(padded);
    }

    /** A jumbo length near 2^31 is added to a place in the packet. */
    @Test
    void aLengthThatOverflowsReadsNothingBehindThePacket() {
        byte[] jumbo = {4, 0, (byte) 0xc2, 4, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
        byte[] inner = Arrays.copyOf(jumbo, jumbo.length + V4.ip().length);
        System.arraycopy(V4.ip(), 0, inner, jumbo.length, V4.ip().length);
        byte[] ip = V6.ipv6(0, inner);
        ip[4] = 0;
        ip[5] = 0;
        byte[] frame = Arrays.copyOf(V6.ethernet(), 14 + ip.length);
        System.arraycopy(ip, 0, frame, 14, ip.length);
        byte[] whole = vxlan(frame);
        int begin = whole.length - V4.ip().length;
        for (int end = begin; end < whole.length; end++) {
            byte[] cut = Arrays.copyOf(whole, end);
            Kind kind = wrap(cut, end, whole.length);
            assertTrue(
                    kind != Kind.TCP || segment.payloadOffset() + segment.payloadCaptured() <= end,
                    "cut at " + end);
            // The same with another packet behind it.
            byte[] among = Arrays.copyOf(whole, whole.length + 70_000);
            assertEquals(kind, wrap(among, end, whole.length), "cut at " + end);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("packets")
    void isCutByTheCaptureAtAnyByte(String name) {
        byte[] packet = PACKETS.get(name);
        for (int cut = 0; cut < packet.length; cut++) {
            byte[] captured = Arrays.copyOf(packet, cut);
            Kind kind = wrap(captured, cut, packet.length);
            int payload = cut - (packet.length - 5);
            if (payload >= 0) {
                assertEquals(Kind.TCP, kind, "cut at " + cut);
                assertHello(captured);
                assertEquals(payload, segment.payloadCaptured(), "cut at " + cut);
            } else {
                assertTrue(
                        cut < packet.length - 25 ? kind != Kind.TCP : kind == Kind.MALFORMED,
                        "cut at " + cut + ": " + kind);
            }
        }
    }

    /** What a mirror leaves away is lost; the packet's own header tells how much it was. */
    @Test
    void isCutByItsMirror() {
        for (int left = 0; left <= 5; left++) {
            byte[] inner = Arrays.copyOf(V4.ethernet(), V4.ethernet().length - 5 + left);
            byte[] packet = vxlan(inner);
            assertEquals(Kind.TCP, wrap(packet, packet.length, packet.length));
            assertHello(packet);
            assertEquals(left, segment.payloadCaptured());
        }
    }

    @Test
    void isNotReadDeeperThanItIsBounded() {
        byte[] packet = PACKETS.get("as deep as is read");
        for (int i = 0; i < 3; i++) {
            packet = Tunnels.over4(4, packet);
            assertEquals(Kind.MALFORMED, wrap(packet, packet.length, packet.length));
        }
        byte[] overlays = V4.ethernet();
        for (int i = 0; i <= TcpSegment.MAX_TUNNELS; i++) {
            overlays = onEthernet(vxlan(overlays));
        }
        assertEquals(
                Kind.MALFORMED,
                segment.wrap(overlays, 0, overlays.length, overlays.length, LinkLayer.ETHERNET));
    }

    @Test
    void aDatagramsPayloadIsReadByTheNumberOfItsOverlay() {
        for (Overlay overlay : Overlay.values()) {
            byte[] payload =
                    overlay == Overlay.VXLAN
                            ? Tunnels.vxlan(0xabcdef, V4.ethernet())
                            : Tunnels.geneve(0xabcdef, 0x6558, 4, V4.ethernet());
            assertEquals(0xabcdef, overlay.networkId(payload, 0, payload.length));
            int type = overlay.linkType();
            assertEquals(Kind.TCP, segment.wrap(payload, 0, payload.length, payload.length, type));
            assertHello(payload);
            for (int cut = 0; cut < payload.length - 25; cut++) {
                byte[] captured = Arrays.copyOf(payload, cut);
                assertTrue(segment.wrap(captured, 0, cut, cut, type) != Kind.TCP, "cut " + cut);
            }
        }
    }

    private Kind of(byte[] packet) {
        return wrap(packet, packet.length, packet.length);
    }

    private static byte[] changed(byte[] packet, int at, int value) {
        byte[] other = packet.clone();
        other[at] = (byte) value;
        return other;
    }

    @Test
    void lyingHeadersAreNoSegment() {
        byte[] ipip = PACKETS.get("IPv4 in IPv4");
        assertEquals(Kind.MALFORMED, of(changed(ipip, 24, 0x65)), "IPv6 where IPv4 is announced");
        assertEquals(Kind.MALFORMED, of(changed(ipip, 24 + 3, 0xff)), "longer than the outer one");
        assertEquals(Kind.MALFORMED, of(Tunnels.over4(4, new byte[0])), "nothing inside");
        assertEquals(Kind.FRAGMENT, of(changed(ipip, 6, 0x20)), "a piece of the outer packet");
        assertEquals(Kind.NOT_TCP, of(changed(ipip, 24 + 9, 47)), "GRE inside");
        byte[] vxlan = PACKETS.get("VXLAN");
        assertEquals(Kind.MALFORMED, of(changed(vxlan, 24 + 4, 0x7f)), "longer than IP says");
        assertEquals(Kind.MALFORMED, of(changed(vxlan, 24 + 5, 7)), "shorter than its header");
        assertEquals(Kind.MALFORMED, of(changed(vxlan, 24 + 5, 15)), "no room for VXLAN");
        assertEquals(Kind.NOT_TCP, of(changed(vxlan, 32, 0)), "VXLAN without a number");
        assertEquals(Kind.NOT_TCP, of(changed(vxlan, 24 + 3, 0x44)), "another port");
        assertEquals(Kind.FRAGMENT, of(changed(vxlan, 6, 0x20)), "the first piece");
        assertEquals(Kind.NOT_TCP, of(changed(vxlan, 7, 1)), "any other piece of a datagram");
        byte[] geneve = PACKETS.get("GENEVE");
        assertEquals(Kind.NOT_TCP, of(changed(geneve, 32, 0x40)), "another version");
        assertEquals(Kind.NOT_TCP, of(changed(geneve, 33, 0x80)), "a control packet");
        assertEquals(Kind.NOT_TCP, of(changed(geneve, 34, 0)), "another content");
        assertEquals(Kind.MALFORMED, of(changed(geneve, 32, 0x3f)), "options past the end");
    }

    /** No byte makes it throw or show bytes that are not there. */
    @Test
    void anyBytesAreSafe() {
        Random random = new Random(4789);
        for (byte[] packet : PACKETS.values()) {
            for (int i = 0; i < 20_000; i++) {
                byte[] other = packet.clone();
                for (int n = random.nextInt(4); n >= 0; n--) {
                    other[random.nextInt(other.length)] = (byte) random.nextInt();
                }
                int length = random.nextInt(other.length + 1);
                if (wrap(other, length, length + random.nextInt(3)) == Kind.TCP) {
                    assertTrue(
                            segment.payloadCaptured() == 0
                                    || segment.payloadOffset() + segment.payloadCaptured()
                                            <= length);
                    assertTrue(segment.payloadCaptured() <= segment.payloadLength());
                }
            }
        }
    }
}
