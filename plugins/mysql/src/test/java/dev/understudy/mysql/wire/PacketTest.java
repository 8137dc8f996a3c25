package dev.understudy.mysql.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketTest {
    private static final int LIMIT = Packet.DEFAULT_MAX_PAYLOAD_BYTES;

    private static ByteBuf hex(String bytes) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes.replace(" ", "")));
    }

    @Test
    void isWholeAtItsLastByteAndNotBefore() {
        ByteBuf whole = hex("03000005 010203 01000000 0e");
        for (int cut = 0; cut < 7; cut++) {
            Decoded<Packet> decoded = Packet.decode(whole.slice(0, cut), LIMIT);
            int missing = assertInstanceOf(Decoded.Incomplete.class, decoded).missing();
            assertEquals(cut < 4 ? 4 - cut : 7 - cut, missing, "cut at " + cut);
        }
        Decoded<Packet> decoded = Packet.decode(whole, LIMIT);
        assertEquals(new Decoded.Complete<>(new Packet(5, 5, hex("010203")), 7), decoded);
        assertEquals(0, whole.readerIndex());
    }

    @ParameterizedTest(name = "{0} bytes")
    @CsvSource({"0,1", "1,1", "16777214,1", "16777215,2", "16777216,2", "33554430,3"})
    void whatIsEncodedIsDecoded(int length, int packets) {
        ByteBuf payload = Unpooled.wrappedBuffer(new byte[length]);
        if (length > 0) {
            payload.setByte(length - 1, 0x55);
        }
        ByteBuf wire = Packet.encoded(254, payload);
        assertEquals(length + 4 * packets, wire.readableBytes());
        Packet packet = complete(Packet.decode(wire, LIMIT));
        assertEquals(254, packet.firstSequence());
        assertEquals((254 + packets - 1) & 0xFF, packet.lastSequence());
        assertEquals(payload, packet.payload());
        wire.writerIndex(wire.writerIndex() - 1);
        assertInstanceOf(Decoded.Incomplete.class, Packet.decode(wire, LIMIT));
    }

    @Test
    void aPayloadOverTheLimitIsRefusedByItsHeaderAlone() {
        assertEquals(
                new Decoded.Malformed<Packet>(0, Packet.TOO_LARGE),
                Packet.decode(hex("ffffff00"), 1000));
        assertEquals(new Decoded.Incomplete<Packet>(1000), Packet.decode(hex("e8030000"), 1000));
    }

    @Test
    void aContinuationWithAWrongSequenceIdIsMalformed() {
        ByteBuf wire = Packet.encoded(0, Unpooled.wrappedBuffer(new byte[PacketHeader.MAX_LENGTH]));
        wire.setByte(wire.writerIndex() - 1, 7);
        assertEquals(
                new Decoded.Malformed<Packet>(
                        PacketHeader.LENGTH + PacketHeader.MAX_LENGTH, Packet.OUT_OF_ORDER),
                Packet.decode(wire, LIMIT));
    }

    private static Packet complete(Decoded<Packet> decoded) {
        return switch (decoded) {
            case Decoded.Complete<Packet>(Packet packet, int _) -> packet;
            case Decoded.Incomplete<Packet> _, Decoded.Malformed<Packet> _ ->
                    throw new AssertionError(decoded);
        };
    }
}
