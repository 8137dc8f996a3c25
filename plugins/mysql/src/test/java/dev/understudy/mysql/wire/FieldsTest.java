package dev.understudy.mysql.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldsTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0,00",
        "250,fa",
        "251,fcfb00",
        "65535,fcffff",
        "65536,fd000001",
        "16777215,fdffffff",
        "16777216,fe0000000100000000",
        "-1,feffffffffffffffff"
    })
    void lengthEncodedNumbersTakeTheFewestBytesAndComeBack(long value, String bytes) {
        ByteBuf out = Unpooled.buffer();
        LengthEncoded.encode(out, value);
        assertEquals(bytes, HexFormat.of().formatHex(out.array(), 0, out.writerIndex()));
        assertEquals(new Decoded.Complete<>(value, bytes.length() / 2), LengthEncoded.decode(out));
        assertEquals(value, new Fields(out).lengthEncoded());
        for (int cut = 0; cut < out.writerIndex(); cut++) {
            Fields in = new Fields(out.slice(0, cut));
            in.lengthEncoded();
            assertFalse(in.intact(), "cut at " + cut);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "fb",
        "ff",
        "05616263",
        "feffffffffffffffff61",
        "fe000000000000008061",
        "fdffffff61"
    })
    void aLyingLengthIsMalformedAndAllocatesNothing(String bytes) {
        Fields in = new Fields(Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes)));
        assertEquals(0, in.lengthEncodedBytes().length);
        assertFalse(in.intact());
        assertTrue(in.message(() -> "never") instanceof Decoded.Malformed<String>);
    }

    @Test
    void theFirstFailureIsToldWithItsPlaceAndLaterFieldsAreEmpty() {
        Fields in = new Fields(Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
        assertEquals(1, in.u8());
        assertEquals(0, in.u32());
        assertEquals(0, in.u8());
        assertEquals(0, in.remaining());
        assertArrayEquals(new byte[0], in.nulTerminated());
        assertEquals(
                new Decoded.Malformed<String>(1, "a field of 4 bytes where 2 are left"),
                in.message(() -> "never"));
    }

    @Test
    void noBytesMakeItThrow() {
        AnyBytes.eachPair(300, FieldsTest::readsWithoutThrowing);
    }

    private static void readsWithoutThrowing(byte[] bytes, byte[] plan) {
        Fields in = new Fields(Unpooled.wrappedBuffer(bytes));
        for (byte step : plan) {
            switch (step & 15) {
                case 0 -> in.u8();
                case 1 -> in.u16();
                case 2 -> in.u24();
                case 3 -> in.u32();
                case 4 -> in.u64();
                case 5 -> in.lengthEncoded();
                case 6 -> in.lengthEncodedBytes();
                case 7 -> in.lengthEncodedView();
                case 8 -> in.nulTerminated();
                case 9 -> in.nulTerminatedOrRest();
                case 10 -> in.skip(in.lengthEncoded());
                default -> in.peek();
            }
            assertTrue(in.remaining() >= 0 && in.remaining() <= bytes.length);
        }
        OkPacket.decode(Unpooled.wrappedBuffer(bytes), new Capabilities(-1));
        ErrorPacket.decode(Unpooled.wrappedBuffer(bytes));
    }
}
