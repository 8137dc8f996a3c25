package com.example.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandReaderTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                 | bytes, ~ for CR LF     | words      | left over
                    an array               | *2~$3~GET~$1~k~        | [GET, k]   | 0
                    the next one behind it | *1~$4~PING~*1~$4~PING~ | [PING]     | 14
                    a line end in a word   | *2~$3~GET~$4~a~b~      | [GET, a~b] | 0
                    inline                 | GET  k ~               | [GET, k]   | 0
                    inline, one behind it  | PING~PING~             | [PING]     | 6
                    """)
    void readsAtEveryCut(String name, String bytes, String words, int leftOver) {
        ByteBuf whole = Wire.wire(bytes);
        int length = whole.readableBytes() - leftOver;
        for (int cut = 1; cut <= whole.readableBytes(); cut++) {
            CommandReader reader = new CommandReader();
            ByteBuf in = whole.duplicate();
            Decoded<Optional<Command>> found = reader.next(in.writerIndex(cut));
            assertEquals(cut < length, found instanceof Decoded.Incomplete, "cut at " + cut);
            if (cut < length) {
                found = reader.next(in.writerIndex(whole.writerIndex()));
            }
            assertEquals(words + ", " + length, shown(found), "cut at " + cut);
        }
    }

    private static String shown(Decoded<Optional<Command>> found) {
        return found instanceof Decoded.Complete<Optional<Command>>(var command, int length)
                ? Wire.text(Wire.wire(command.orElseThrow().words().toString())) + ", " + length
                : found.toString();
    }

    @Test
    void inlineWordsAreQuotedAsTheServerReadsThem() {
        String line = "SET \"a \\\"\\x41\\n\" 'b \\'\\n'\r\n";
        assertEquals(
                "[SET, a \"A\n, b '\\n], " + line.length(),
                shown(new CommandReader().next(Wire.wire(line))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    *2~$3~GET~:1~       | a word that is no string
                    *x~                 | no number of values
                    *1~$-5~             | no length
                    *1~$3~GETxx         | a string that does not end where it should
                    SET k "a~           | quotes that do not match
                    SET k "a"b~         | quotes that do not match
                    """)
    void whatIsNoRequestIsSaidToBeNone(String bytes, String reason) {
        var found =
                assertInstanceOf(
                        Decoded.Malformed.class, new CommandReader().next(Wire.wire(bytes)));
        assertEquals(reason, found.reason());
    }

    @Test
    void requestsWithoutWordsAreNone() {
        for (String bytes : List.of("~", "  ~", "*0~", "*-1~")) {
            assertEquals(
                    new Decoded.Complete<>(Optional.empty(), Wire.wire(bytes).readableBytes()),
                    new CommandReader().next(Wire.wire(bytes)),
                    bytes);
        }
    }

    @Test
    void aLineWithoutEndIsNotWaitedForForEver() {
        ByteBuf long_ = Wire.wire("x".repeat(RespScanner.MAX_LINE + 1));
        assertInstanceOf(Decoded.Malformed.class, new CommandReader().next(long_));
        ByteBuf array = Wire.wire("*" + "1".repeat(RespScanner.MAX_LINE + 1));
        assertInstanceOf(Decoded.Malformed.class, new CommandReader().next(array));
        ByteBuf deep = Wire.wire("*1~".repeat(200));
        assertInstanceOf(Decoded.Malformed.class, new CommandReader().next(deep));
    }
}
