package dev.understudy.memcached.binary;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryPacketTest {
    private static final BinaryLimits LIMITS = new BinaryLimits(250, 1000);

    /** The Add of doc/protocol-binary.xml: key Hello, value World, flags deadbeef, an hour. */
    private static final String ADD =
            "80020005 08000000 00000012 00000000 00000000 00000000 deadbeef 00000e10"
                    + " 48656c6c6f 576f726c64";

    private static ByteBuf hex(String bytes) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes.replace(" ", "")));
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.copiedBuffer(text, ISO_8859_1);
    }

    @Test
    void isWholeAtItsLastByteAndNotBefore() {
        ByteBuf whole = hex(ADD);
        for (int cut = 0; cut < whole.readableBytes(); cut++) {
            Decoded<BinaryPacket> decoded =
                    BinaryPacket.decode(whole.slice(0, cut), Magic.REQUEST, LIMITS);
            int missing = assertInstanceOf(Decoded.Incomplete.class, decoded).missing();
            assertEquals(cut < 24 ? 24 - cut : 42 - cut, missing, "cut at " + cut);
        }
        BinaryPacket packet = complete(BinaryPacket.decode(whole, Magic.REQUEST, LIMITS), 42);
        assertEquals(0, whole.readerIndex());
        assertEquals(Optional.of(Opcode.ADD), packet.header().knownOpcode());
        assertEquals(hex("deadbeef 00000e10"), packet.extras());
        assertEquals("Hello", packet.key().toString(ISO_8859_1));
        assertEquals("World", packet.value().toString(ISO_8859_1));
        assertEquals(whole, packet.encoded());
    }

    @Test
    void aHeadIsWholeBeforeItsValueHasCome() {
        ByteBuf whole = hex(ADD);
        for (int cut = 0; cut < 37; cut++) {
            Decoded<PacketHead> decoded =
                    PacketHead.decode(whole.slice(0, cut), Magic.REQUEST, LIMITS);
            int missing = assertInstanceOf(Decoded.Incomplete.class, decoded).missing();
            assertEquals(cut < 24 ? 24 - cut : 37 - cut, missing, "cut at " + cut);
        }
        for (int cut = 37; cut <= 42; cut++) {
            PacketHead head =
                    complete(PacketHead.decode(whole.slice(0, cut), Magic.REQUEST, LIMITS), 37);
            assertEquals(5, head.header().valueLength());
            assertEquals("Hello", head.key().toString(ISO_8859_1));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case             | offset | why                                         | bytes
                    no magic           | 0      | first byte is neither 0x80 nor 0x81         | 67
                    the other side     | 0      | packet of the other side                    | 81
                    body < key         | 8      | body is shorter than its extras and key     | 80000005 00000000 00000004 00000000 0000000000000000
                    body < extras+key  | 8      | body is shorter than its extras and key     | 80020005 08000000 0000000c 00000000 0000000000000000
                    key of 251         | 2      | key is longer than the limit                | 800000fb 00000000 000000fb 00000000 0000000000000000
                    key of 65535       | 2      | key is longer than the limit                | 8000ffff 00000000 000000ff 00000000 0000000000000000
                    body of 1001       | 8      | body is longer than the limit               | 80010005 08000000 000003e9 00000000 0000000000000000
                    body of 4 GiB      | 8      | body is longer than the limit               | 80010005 08000000 ffffffff 00000000 0000000000000000
                    """)
    void whatCannotBeIsNamedByItsHeaderAlone(String name, int offset, String why, String bytes) {
        assertEquals(
                new Decoded.Malformed<BinaryPacket>(offset, why),
                BinaryPacket.decode(hex(bytes), Magic.REQUEST, LIMITS),
                name);
        assertEquals(
                new Decoded.Malformed<PacketHead>(offset, why),
                PacketHead.decode(hex(bytes), Magic.REQUEST, LIMITS),
                name);
    }

    @Test
    void theLargestLegalLengthsAreNotMalformed() {
        ByteBuf head = hex("80010006 08000000 40000000 00000000 0000000000000000");
        assertEquals(
                new Decoded.Incomplete<BinaryPacket>(1 << 30),
                BinaryPacket.decode(head, Magic.REQUEST, BinaryLimits.MEMCACHED));
        ByteBuf key = hex("800000fa 00000000 000000fa 00000000 0000000000000000");
        assertEquals(
                new Decoded.Incomplete<PacketHead>(250),
                PacketHead.decode(key, Magic.REQUEST, LIMITS));
    }

    @Test
    void anAnswerKeepsStatusOpaqueAndCas() {
        ByteBuf wire =
                BinaryPacket.answer(
                                Opcode.GETK.code(),
                                Status.SUCCESS,
                                0xCAFEBABE,
                                0xFEDCBA9876543210L,
                                hex("00000007"),
                                ascii("k"),
                                ascii("v"))
                        .encoded();
        assertEquals(
                "810c00010400000000000006cafebabefedcba9876543210000000076b76",
                ByteBufUtil.hexDump(wire));
        BinaryPacket packet = complete(BinaryPacket.decode(wire, Magic.ANSWER, LIMITS), 30);
        assertEquals(Optional.of(Status.SUCCESS), packet.header().knownStatus());
        assertEquals(0xFEDCBA9876543210L, packet.header().cas());
        assertEquals(7, packet.header().withOpaque(7).opaque());
        assertEquals(7, packet.header().withCas(7).cas());
        assertEquals(packet, complete(BinaryPacket.decode(wire, Magic.ANSWER, LIMITS), 30));
    }

    @Test
    void partsThatDoNotFitTheirFieldAreRefused() {
        ByteBuf none = Unpooled.EMPTY_BUFFER;
        ByteBuf extras = Unpooled.wrappedBuffer(new byte[256]);
        assertThrows(
                IllegalArgumentException.class,
                () -> BinaryPacket.of(Magic.REQUEST, 0, 0, 0, 0, extras, none, none));
        ByteBuf key = Unpooled.wrappedBuffer(new byte[65536]);
        assertThrows(IllegalArgumentException.class, () -> BinaryPacket.request(0, 0, key, none));
    }

    private static <M> M complete(Decoded<M> decoded, int length) {
        return switch (decoded) {
            case Decoded.Complete<M>(M message, int spent) -> {
                assertEquals(length, spent);
                yield message;
            }
            case Decoded.Incomplete<M> _, Decoded.Malformed<M> _ ->
                    throw new AssertionError(decoded);
        };
    }
}
