package dev.understudy.http.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.http.message.BodyReader.Progress;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BodyReaderTest {
    private static final MessageLimits LIMITS = new MessageLimits(40, 80, 30);

    private final StringBuilder body = new StringBuilder();

    private void sink(ByteBuf piece) {
        body.append(piece.toString(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                     | bytes, with ~ for CR LF              | body    | trailers | left over
                    one chunk                  | 2~hi~0~~                             | hi      | 0        | 0
                    chunk extension            | 2;name=value~hi~0~~                  | hi      | 0        | 0
                    extension behind a space   | 2 ;n="a;b"~hi~0;last~~               | hi      | 0        | 0
                    leading zeros              | 0000000000000000000002~hi~000~~      | hi      | 0        | 0
                    hexadecimal, both cases    | 0a~0123456789~A~0123456789~0~~       | 01234567890123456789 | 0 | 0
                    trailers, not announced    | 2~hi~0~X-Sum: 1~Y: 2~~               | hi      | 2        | 0
                    an end within chunk data   | 5~0~~~0~~                | '0~~'   | 0        | 0
                    next message behind        | 2~hi~0~~GET                          | hi      | 0        | 3
                    no chunk but the last      | 0~~                                  | ''      | 0        | 0
                    """)
    void chunksEndAtTheRightByte(
            String name, String bytes, String expected, int trailers, int leftOver) {
        ByteBuf whole = Wire.bytes(bytes);
        for (int cut = 0; cut <= whole.readableBytes(); cut++) {
            body.setLength(0);
            BodyReader reader = new BodyReader(new Framing.Chunked(), LIMITS);
            ByteBuf in = whole.duplicate();
            reader.read(in.writerIndex(cut), this::sink);
            Progress end = reader.read(in.writerIndex(whole.writerIndex()), this::sink);
            List<Header> found =
                    assertInstanceOf(Progress.Ended.class, end, "cut at " + cut).trailers();
            assertEquals(trailers, found.size(), "trailers, cut at " + cut);
            assertEquals(Wire.text(expected), body.toString(), "body, cut at " + cut);
            assertEquals(leftOver, in.readableBytes(), "bytes left, cut at " + cut);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case              | bytes                                     | reason
                    over 2^63           | 8000000000000000~                         | 2^63
                    17 digits           | 10000000000000000~                        | 2^63
                    negative            | -2~hi~                                    | without a size
                    a prefix            | 0x2~hi~                                   | without a size
                    no size             | ;a=b~                                     | without a size
                    a bare LF           | 2^hi~                                     | without CR
                    too much data       | 2~hip~                                    | where it should
                    CR without LF       | 2~hi%X                                    | where it should
                    a long line         | 2;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa~   | more than 30
                    a long trailer      | 0~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1~ | more than 40
                    many trailers       | 0~aaaaaaaaaaaaaaaaaaaaaaaaaa: 1~aaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1~aaaaaaaaaaaaaaaaaaa: 1~~ | more than 80
                    nameless trailer    | 0~: 1~~                                   | without a name
                    """)
    void whatIsNoChunkIsSaidToBeNone(String name, String bytes, String reason) {
        ByteBuf whole = Wire.bytes(bytes.replace("%", "\r"));
        for (int cut = 0; cut <= whole.readableBytes(); cut++) {
            BodyReader reader = new BodyReader(new Framing.Chunked(), LIMITS);
            ByteBuf in = whole.duplicate();
            reader.read(in.writerIndex(cut), this::sink);
            Progress end = reader.read(in.writerIndex(whole.writerIndex()), this::sink);
            String why = assertInstanceOf(Progress.Malformed.class, end, "cut at " + cut).reason();
            assertTrue(why.contains(reason), why);
        }
    }

    @Test
    void theLargestChunkIsWaitedForAndNotAllocated() {
        BodyReader reader = new BodyReader(new Framing.Chunked(), LIMITS);
        Progress more = reader.read(Wire.bytes("7fffffffffffffff~hi"), this::sink);
        assertInstanceOf(Progress.More.class, more);
        assertEquals("hi", body.toString());
    }

    @Test
    void aLengthIsKeptToTheByte() {
        ByteBuf whole = Wire.bytes("hello, GET");
        for (int cut = 0; cut <= whole.readableBytes(); cut++) {
            body.setLength(0);
            BodyReader reader = new BodyReader(new Framing.Length(5), LIMITS);
            ByteBuf in = whole.duplicate();
            reader.read(in.writerIndex(cut), this::sink);
            Progress end = reader.read(in.writerIndex(whole.writerIndex()), this::sink);
            assertInstanceOf(Progress.Ended.class, end, "cut at " + cut);
            assertEquals("hello", body.toString());
            assertEquals(5, in.readableBytes());
        }
    }

    @Test
    void untilTheCloseNothingEndsIt() {
        BodyReader reader = new BodyReader(new Framing.UntilClose(), LIMITS);
        assertInstanceOf(Progress.More.class, reader.read(Wire.bytes("0~~"), this::sink));
        assertTrue(reader.untilClose());
    }

    @Test
    void bytesThatTheCaptureLacksAreCountedWhereTheyLieWithinTheBody() {
        BodyReader length = new BodyReader(new Framing.Length(10), LIMITS);
        length.read(Wire.bytes("hel"), this::sink);
        assertTrue(length.skip(5));
        assertInstanceOf(Progress.Ended.class, length.read(Wire.bytes("lo"), this::sink));

        BodyReader chunked = new BodyReader(new Framing.Chunked(), LIMITS);
        chunked.read(Wire.bytes("a~hel"), this::sink);
        assertTrue(chunked.skip(7));
        assertInstanceOf(Progress.Ended.class, chunked.read(Wire.bytes("~0~~"), this::sink));

        BodyReader past = new BodyReader(new Framing.Length(10), LIMITS);
        past.read(Wire.bytes("hel"), this::sink);
        assertEquals(false, past.skip(8));
    }
}
