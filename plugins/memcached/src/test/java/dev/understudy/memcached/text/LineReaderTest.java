package dev.understudy.memcached.text;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineReaderTest {
    private static final int MAX_BYTES = 32;

    private static ByteBuf bytes(String text) {
        return Unpooled.buffer().writeBytes(text.getBytes(ISO_8859_1));
    }

    @Test
    void whatWasLookedAtIsNotLookedAtAgain() {
        LineReader lines = new LineReader(MAX_BYTES);
        ByteBuf in = bytes("get one");
        assertEquals(new Decoded.Incomplete<Line>(1), lines.next(in));
        // An end that was not there when these bytes were searched: who finds it has searched
        // again.
        in.setByte(3, '\n');
        assertEquals(new Decoded.Incomplete<Line>(1), lines.next(in));
        in.setByte(3, ' ').writeBytes(bytes(" two\r\nget three\n"));
        assertEquals(
                new Decoded.Complete<>(
                        new Line(List.of("get", "one", "two"), List.of(0, 4, 8)), 13),
                lines.next(in));
        in.skipBytes(13);
        assertEquals(
                new Decoded.Complete<>(new Line(List.of("get", "three"), List.of(0, 4)), 10),
                lines.next(in));
    }

    @Test
    void aLineEndsAtTheRightByteHoweverItIsCut() {
        ByteBuf whole = bytes(" get  a\r\n\n\r\nb\n");
        for (int cut = 0; cut <= whole.readableBytes(); cut++) {
            LineReader lines = new LineReader(MAX_BYTES);
            ByteBuf in = whole.duplicate();
            in.writerIndex(cut);
            StringBuilder found = new StringBuilder();
            read(lines, in, found);
            read(lines, in.writerIndex(whole.writerIndex()), found);
            assertEquals("[get, a][][][b]", found.toString(), "cut at " + cut);
        }
    }

    private static void read(LineReader lines, ByteBuf in, StringBuilder found) {
        while (lines.next(in) instanceof Decoded.Complete<Line>(Line line, int length)) {
            found.append(line.words());
            in.skipBytes(length);
        }
    }

    @Test
    void theLimitCountsFromTheLinesFirstByte() {
        String longest = "k".repeat(MAX_BYTES - 1) + "\n";
        LineReader lines = new LineReader(MAX_BYTES);
        ByteBuf in = bytes(longest + longest.replace("\n", "k\n"));
        assertInstanceOf(Decoded.Complete.class, lines.next(in));
        in.skipBytes(MAX_BYTES);
        assertEquals(
                new Decoded.Malformed<Line>(0, LineReader.TOO_LONG), lines.next(in), "a byte more");
    }
}
