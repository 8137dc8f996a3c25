package dev.understudy.wire;

import static dev.understudy.wire.Frame.ACK;
import static dev.understudy.wire.Frame.CLIENT;
import static dev.understudy.wire.Frame.SERVER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.wire.TcpSegment.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcpSegmentTest {
    private static final Frame V4 = Frame.text(0xfffffff0, 0x12345678, ACK, "select");
    private static final Frame V6 =
            new Frame(
                    Frame.Peer.v6(1, 40_000),
                    Frame.Peer.v6(7, 3306),
                    0xfffffff0,
                    0x12345678,
                    ACK,
                    V4.payload());

    private final TcpSegment segment = new TcpSegment();

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
    # case                | type | before the IP header                         | version | kind
    Ethernet              | 1    | 020000000001 020000000002 0800               | 4       | TCP
    Ethernet, IPv6        | 1    | 020000000001 020000000002 86dd               | 6       | TCP
    802.1Q                | 1    | 020000000001 020000000002 81000064 0800      | 4       | TCP
    802.1ad and 802.1Q    | 1    | 020000000001 020000000002 88a80001 81000064 86dd | 6   | TCP
    old QinQ              | 1    | 020000000001 020000000002 91000001 81000064 0800 | 4   | TCP
    four tags             | 1    | 020000000001 020000000002 81000001 81000001 81000001 81000001 0800 | 4 | TCP
    five tags             | 1    | 020000000001 020000000002 81000001 81000001 81000001 81000001 81000001 0800 | 4 | MALFORMED
    ARP                   | 1    | 020000000001 020000000002 0806               | 4       | NOT_TCP
    length of 802.3       | 1    | 020000000001 020000000002 0040               | 4       | NOT_TCP
    cooked                | 113  | 0000 0001 0006 0200000000010000 0800         | 4       | TCP
    cooked, IPv6          | 113  | 0004 0001 0006 0200000000010000 86dd         | 6       | TCP
    cooked, tag           | 113  | 0000 0001 0006 0200000000010000 81000064 0800 | 4      | TCP
    cooked, netlink       | 113  | 0004 0338 0000 0000000000000000 0000         | 4       | NOT_TCP
    cooked 2              | 276  | 0800 0000 00000001 0304 00 06 0000000000000000 | 4     | TCP
    cooked 2, IPv6        | 276  | 86dd 0000 00000001 0304 00 06 0000000000000000 | 6     | TCP
    cooked 2, tag         | 276  | 8100 0000 00000001 0304 00 06 0000000000000000 0064 0800 | 4 | TCP
    raw                   | 101  | ''                                           | 4       | TCP
    raw, IPv6             | 101  | ''                                           | 6       | TCP
    IPv4                  | 228  | ''                                           | 4       | TCP
    IPv6                  | 229  | ''                                           | 6       | TCP
    loopback, little      | 0    | 02000000                                     | 4       | TCP
    loopback, big         | 0    | 00000002                                     | 4       | TCP
    loopback, Darwin IPv6 | 0    | 1e000000                                     | 6       | TCP
    loopback, FreeBSD IPv6 | 0   | 0000001c                                     | 6       | TCP
    loopback, NetBSD IPv6 | 0    | 18000000                                     | 6       | TCP
    loopback, AppleTalk   | 0    | 10000000                                     | 4       | NOT_TCP
    OpenBSD loopback      | 108  | 00000002                                     | 4       | TCP
    OpenBSD, IPv6         | 108  | 00000018                                     | 6       | TCP
    unknown link type     | 105  | ''                                           | 4       | MALFORMED
    """)
    void findsTheSegmentBehindEachLinkLayer(
            String name, int linkType, String before, int version, Kind kind) {
        Frame frame = version == 4 ? V4 : V6;
        byte[] packet = join(hex(before), frame.ip());
        assertEquals(kind, wrap(packet, linkType));
        if (kind == Kind.TCP) {
            assertIsTheSegment(frame, packet, 0);
            assertSoundAtEveryCut(packet, linkType);
            assertTrue(LinkLayer.isSupported(linkType));
        }
    }

    @Test
    void readsAtAnOffset() {
        byte[] ethernet = V4.ethernet();
        byte[] batch = join(new byte[1001], ethernet, new byte[50]);
        assertEquals(Kind.TCP, segment.wrap(batch, 1001, ethernet.length, ethernet.length, 1));
        assertIsTheSegment(V4, ethernet, 1001);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
    # case                 | first | headers between                                    | kind
    hop by hop             | 0     | 0600 010400000000                                  | TCP
    destination of 16      | 60    | 0601 010c000000000000 000000000000                 | TCP
    routing                | 43    | 0600 000000000000                                  | TCP
    authentication         | 51    | 0604 0000 00000000 00000000 000000000000000000000000 | TCP
    all three              | 0     | 3c00 010400000000 2b00 010400000000 0600 000000000000 | TCP
    whole fragment         | 44    | 0600 0000 00000001                                 | TCP
    first fragment         | 44    | 0600 0001 00000001                                 | FRAGMENT
    last fragment          | 44    | 0600 00b8 00000001                                 | FRAGMENT
    fragment of UDP        | 44    | 1100 0001 00000001                                 | NOT_TCP
    no next header         | 59    | ''                                                 | NOT_TCP
    ESP                    | 50    | ''                                                 | NOT_TCP
    longer than the packet | 60    | 06ff 010400000000                                  | MALFORMED
    endless                | 0     | 0000 010400000000 0000 010400000000 0000 010400000000 0000 010400000000 0000 010400000000 0000 010400000000 0000 010400000000 0000 010400000000 0000 010400000000 0600 010400000000 | MALFORMED
    """)
    void walksExtensionHeaders(String name, int first, String between, Kind kind) {
        byte[] headers = hex(between);
        byte[] packet = V6.ipv6(first, join(headers, V6.tcp()));
        assertEquals(kind, wrap(packet, LinkLayer.RAW));
        if (kind == Kind.TCP) {
            assertIsTheSegment(V6, packet, 0);
            assertSoundAtEveryCut(packet, LinkLayer.RAW);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
    # case                      | at | bytes | kind
    header length below 20      | 0  | 44     | MALFORMED
    header length past packet   | 0  | 4f     | MALFORMED
    version 5                   | 0  | 55     | MALFORMED
    total length past packet    | 2  | 002f   | MALFORMED
    total length below header   | 2  | 0013   | MALFORMED
    total length within TCP     | 2  | 0027   | MALFORMED
    total length without payload | 2 | 0028   | TCP
    more fragments              | 6  | 2000   | FRAGMENT
    a later fragment            | 6  | 0001   | FRAGMENT
    do not fragment             | 6  | 4000   | TCP
    UDP                         | 9  | 11     | NOT_TCP
    data offset below 20        | 32 | 40     | MALFORMED
    data offset past packet     | 32 | 70     | MALFORMED
    """)
    void believesNoLengthThatLies(String name, int at, String bytes, Kind kind) {
        byte[] packet = V4.ip();
        byte[] patch = hex(bytes);
        System.arraycopy(patch, 0, packet, at, patch.length);
        assertEquals(kind, wrap(packet, LinkLayer.RAW));
    }

    @ParameterizedTest(name = "offset {0}, captured {1}, original {2}")
    @CsvSource({
        "0, 47, 47",
        "0, 46, 45",
        "-1, 46, 46",
        "0, -1, 46",
        "47, 1, 1",
        "2147483647, 46, 46",
        "1, 2147483647, 2147483647",
        "0, 0, 0",
        "0, 46, -1"
    })
    void refusesAPlaceOutsideOfTheArray(int offset, int captured, int original) {
        byte[] packet = V4.ip();
        assertEquals(46, packet.length);
        assertEquals(
                Kind.MALFORMED, segment.wrap(packet, offset, captured, original, LinkLayer.RAW));
    }

    @Test
    void skipsOptionsOfIpAndTcp() {
        byte[] ip = V4.ip();
        byte[] packet =
                join(
                        Arrays.copyOf(ip, 20),
                        hex("01010101"),
                        Arrays.copyOfRange(ip, 20, 40),
                        hex("0101080a0000000100000002"),
                        Arrays.copyOfRange(ip, 40, 46));
        packet[0] = 0x46;
        packet[3] = (byte) packet.length;
        packet[24 + 12] = (byte) 0x80;
        assertEquals(Kind.TCP, wrap(packet, LinkLayer.RAW));
        assertIsTheSegment(V4, packet, 0);
        assertSoundAtEveryCut(packet, LinkLayer.RAW);
    }

    @Test
    void leavesPaddingOfEthernetOut() {
        Frame empty = Frame.text(1, 2, ACK, "");
        byte[] packet = join(empty.ethernet(), new byte[6]);
        assertEquals(60, packet.length);
        assertEquals(Kind.TCP, wrap(packet, LinkLayer.ETHERNET));
        assertEquals(0, segment.payloadLength());
        assertEquals(0, segment.payloadCaptured());
    }

    @Test
    void takesTheLengthOfALargePacketFromTheWire() {
        byte[] v4 = V4.ip();
        v4[2] = 0;
        v4[3] = 0;
        assertEquals(Kind.TCP, wrap(v4, LinkLayer.RAW));
        assertIsTheSegment(V4, v4, 0);
        assertEquals(Kind.TCP, segment.wrap(v4, 0, v4.length, 40 + 200_000, LinkLayer.RAW));
        assertEquals(200_000, segment.payloadLength());
        assertEquals(6, segment.payloadCaptured());
        assertEquals(
                Kind.MALFORMED,
                segment.wrap(v4, 0, v4.length, Integer.MAX_VALUE, LinkLayer.RAW),
                "a payload of 2 GiB is a lie");

        byte[] v6 = V6.ip();
        v6[4] = 0;
        v6[5] = 0;
        assertEquals(Kind.TCP, wrap(v6, LinkLayer.RAW));
        assertIsTheSegment(V6, v6, 0);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
    # case               | hop-by-hop options | kind
    jumbo payload        | c2040000 0022      | TCP
    one byte too many    | c2040000 0023      | MALFORMED
    past 2 GiB           | c204ffff ffff      | MALFORMED
    cut short            | c2020000 0100      | TCP
    """)
    void takesTheLengthOfAJumbogramFromItsOption(String name, String options, Kind kind) {
        byte[] packet = V6.ipv6(0, join(hex("0600"), hex(options), V6.tcp()));
        assertEquals(0x22, packet.length - 40);
        packet[4] = 0;
        packet[5] = 0;
        assertEquals(kind, wrap(packet, LinkLayer.RAW));
    }

    @ParameterizedTest
    @CsvSource({
        "1, true, false, false, false", "2, false, true, false, false",
        "4, false, false, true, false", "16, false, false, false, true",
        "255, true, true, true, true", "232, false, false, false, false"
    })
    void readsFlags(int flags, boolean fin, boolean syn, boolean rst, boolean ack) {
        assertEquals(Kind.TCP, wrap(Frame.text(1, 2, flags, "").ip(), LinkLayer.RAW));
        assertEquals(fin, segment.fin());
        assertEquals(syn, segment.syn());
        assertEquals(rst, segment.rst());
        assertEquals(ack, segment.ack());
    }

    @Test
    void bothDirectionsHaveTheSameOwner() {
        wrap(V4.ip(), LinkLayer.RAW);
        int there = segment.flowHash();
        wrap(new Frame(SERVER, CLIENT, 1, 2, ACK, new byte[0]).ip(), LinkLayer.RAW);
        assertEquals(there, segment.flowHash());
        Frame.Peer other = new Frame.Peer(CLIENT.address(), CLIENT.port() + 1);
        wrap(new Frame(SERVER, other, 1, 2, ACK, new byte[0]).ip(), LinkLayer.RAW);
        assertFalse(there == segment.flowHash());
    }

    /** Random bytes, and packets with some bytes changed: any answer will do, but an answer. */
    @Test
    void answersToAnyBytes() {
        Random random = new Random(7);
        int[] linkTypes = {0, 1, 101, 105, 108, 113, 228, 229, 276, -1, Integer.MAX_VALUE};
        byte[][] models = {V4.ip(), V6.ip(), V4.ethernet(), V6.ethernet()};
        for (int round = 0; round < 200_000; round++) {
            byte[] packet;
            if (round % 4 == 0) {
                packet = new byte[random.nextInt(120)];
                random.nextBytes(packet);
            } else {
                packet = models[random.nextInt(models.length)].clone();
                for (int changes = random.nextInt(6); changes > 0; changes--) {
                    packet[random.nextInt(packet.length)] = (byte) random.nextInt();
                }
            }
            int captured = random.nextInt(packet.length + 1);
            int original = random.nextBoolean() ? packet.length : random.nextInt();
            int linkType = linkTypes[random.nextInt(linkTypes.length)];
            assertSound(segment.wrap(packet, 0, captured, original, linkType), captured);
        }
    }

    private void assertSound(Kind kind, int captured) {
        if (kind == Kind.TCP) {
            int there = segment.payloadCaptured();
            assertTrue(there >= 0 && there <= segment.payloadLength());
            assertTrue(segment.payloadLength() <= TcpSegment.MAX_PAYLOAD_BYTES);
            assertTrue(there == 0 || segment.payloadOffset() + there <= captured);
        }
    }

    /** A capture that keeps fewer bytes reads the same numbers, or gives up in the headers. */
    private void assertSoundAtEveryCut(byte[] packet, int linkType) {
        for (int cut = 0; cut < packet.length; cut++) {
            byte[] kept = Arrays.copyOf(packet, cut);
            Kind kind = segment.wrap(kept, 0, cut, packet.length, linkType);
            assertSound(kind, cut);
            if (cut >= packet.length - V4.payload().length) {
                assertEquals(Kind.TCP, kind, "cut at " + cut);
                assertEquals(V4.payload().length, segment.payloadLength(), "cut at " + cut);
                assertEquals(cut, segment.payloadOffset() + segment.payloadCaptured());
            }
        }
    }

    private void assertIsTheSegment(Frame frame, byte[] packet, int offset) {
        assertEquals(IpAddress.of(inet(frame.from())), segment.source());
        assertEquals(IpAddress.of(inet(frame.to())), segment.destination());
        assertEquals(inet(frame.from()), segment.source().toInetAddress());
        assertEquals(40_000, segment.sourcePort());
        assertEquals(3306, segment.destinationPort());
        assertEquals(0xfffffff0, segment.sequence());
        assertEquals(0x12345678, segment.acknowledgment());
        assertTrue(segment.ack());
        assertEquals(6, segment.payloadLength());
        assertEquals(6, segment.payloadCaptured());
        assertEquals(
                "select",
                new String(
                        packet, segment.payloadOffset() - offset, 6, StandardCharsets.ISO_8859_1));
    }

    private static java.net.InetAddress inet(Frame.Peer peer) {
        try {
            return java.net.InetAddress.getByAddress(peer.address());
        } catch (java.net.UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private Kind wrap(byte[] packet, int linkType) {
        return segment.wrap(packet, 0, packet.length, packet.length, linkType);
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    private static byte[] join(byte[]... parts) {
        ByteBuffer out = ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
        for (byte[] part : parts) {
            out.put(part);
        }
        return out.array();
    }
}
