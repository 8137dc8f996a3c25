package dev.understudy.http.message;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HeadTest {
    private static final MessageLimits LIMITS = new MessageLimits(100, 300, 100);

    private static Decoded<RequestHead> request(String shown) {
        return RequestHead.parse(Wire.text(shown));
    }

    private static RequestHead complete(String shown) {
        return assertInstanceOf(Decoded.Complete.class, request(shown)).message()
                        instanceof RequestHead head
                ? head
                : new RequestHead("", "", 0, "", new Fields(List.of()), "");
    }

    private static ResponseHead answer(String shown) {
        return assertInstanceOf(Decoded.Complete.class, ResponseHead.parse(Wire.text(shown)))
                                .message()
                        instanceof ResponseHead head
                ? head
                : new ResponseHead(0, 0, "", new Fields(List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1~Host: a~~",
                "~~GET / HTTP/1.1~Host: a~~",
                "GET / HTTP/1.1^Host:   a  ^^",
                "PROPFIND /a?b=c%20d HTTP/1.0~hOsT:a~X: ~~",
                "OPTIONS * HTTP/1.1~~",
            })
    void aHeadEndsAtItsEmptyLineAndIsWrittenAsItCame(String shown) {
        ByteBuf whole = Wire.bytes(shown + "rest");
        int length = whole.readableBytes() - 4;
        for (int cut = 0; cut < length; cut++) {
            HeadReader reader = new HeadReader(LIMITS);
            ByteBuf in = whole.duplicate();
            assertInstanceOf(
                    Decoded.Incomplete.class, reader.read(in.writerIndex(cut)), "cut at " + cut);
            Decoded<String> end = reader.read(in.writerIndex(whole.writerIndex()));
            assertEquals(new Decoded.Complete<>(Wire.text(shown), length), end, "cut at " + cut);
        }
        assertEquals(Wire.text(shown), complete(shown).text());
    }

    @Test
    void limitsAreNamed() {
        String line = "GET /" + "a".repeat(100) + " HTTP/1.1~~";
        assertEquals(
                new Decoded.Malformed<String>(0, "a line of more than 100 bytes"),
                new HeadReader(LIMITS).read(Wire.bytes(line)));
        String head = "GET / HTTP/1.1~" + "a: bbbbbbbbbbbbbbbbb~".repeat(20);
        assertInstanceOf(
                Decoded.Malformed.class, new HeadReader(LIMITS).read(Wire.bytes(head + "~")));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    HTTP/0.9             | GET /~~
                    another version      | GET / HTTP/2.0~~
                    no version           | GET / FTP/1.1~~
                    a space in the path  | GET /a b HTTP/1.1~~
                    no method            | ' / HTTP/1.1~~'
                    a control character  | GET /\u0001 HTTP/1.1~~
                    a folded line        | GET / HTTP/1.1~a: b~ c~~
                    a space before colon | GET / HTTP/1.1~a : b~~
                    no colon             | GET / HTTP/1.1~ab~~
                    a NUL                | GET / HTTP/1.1~a: b\u0000c~~
                    """)
    void whatTwoReadersMayReadInTwoWaysIsRefused(String name, String shown) {
        assertInstanceOf(Decoded.Malformed.class, request(shown));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    HTTP/1.1 200 OK~~            | 200 | OK
                    HTTP/1.1 299 ~~              | 299 | ''
                    HTTP/1.1 299~~               | 299 | ''
                    HTTP/1.0 404 Not Found here~~ | 404 | Not Found here
                    """)
    void anyThreeDigitsAreAStatus(String shown, int status, String reason) {
        ResponseHead head = answer(shown);
        assertEquals(status, head.status());
        assertEquals(reason, head.reason());
    }

    @Test
    void answersAreReadLeniently() {
        ResponseHead head = answer("HTTP/1.1 200 OK~A : b~C: d~ e~~");
        assertEquals("b", head.fields().first("a").orElseThrow());
        assertEquals("d e", head.fields().first("C").orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no colon",
                "a b: c",
                ": no name",
                " folded first",
                "x: a\u0000b",
                "y: a\rb"
            })
    void oddLinesOfAnAnswerAreKept(String line) {
        ResponseHead head = answer("HTTP/1.1 200 OK~" + line + "~Content-Length: 2~~");
        assertEquals(line.strip(), head.fields().first(Fields.ODD_LINE).orElseThrow());
        assertEquals("2", head.fields().first("content-length").orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length 2",
                " content-length: 2",
                "X odd\r\n Content-Length: 2",
                "Content-Length: 2\u0000",
                "X Transfer-Encoding: chunked"
            })
    void anOddLineThatMayFrameIsRefused(String line) {
        assertInstanceOf(
                Decoded.Malformed.class,
                ResponseHead.parse(Wire.text("HTTP/1.1 200 OK~" + line + "~a: b~~")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/2 200~~", "HTTP/1.1 2x0 OK~~", "HTTP/1.1 2000~~", "ICY 200 OK~~"})
    void whatIsNoStatusLineIsNone(String shown) {
        assertInstanceOf(Decoded.Malformed.class, ResponseHead.parse(Wire.text(shown)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # fields                                            | framing
                    ''                                                  | None[]
                    Content-Length: 5~                                  | Length[bytes=5]
                    Content-Length: 5, 5~                               | Length[bytes=5]
                    Content-Length: 5~Content-Length: 5~                | Length[bytes=5]
                    Content-Length: 0~                                  | None[]
                    Content-Length: 5~Content-Length: 6~                | that differ
                    Content-Length: 5, 6~                               | that differ
                    Content-Length: -1~                                 | no number
                    Content-Length: +5~                                 | no number
                    Content-Length: 0x5~                                | no number
                    Content-Length:~                                    | no number
                    Content-Length: 9223372036854775807~                | Length[bytes=9223372036854775807]
                    Content-Length: 9223372036854775808~                | 2^63
                    Transfer-Encoding: chunked~                         | Chunked[]
                    Transfer-Encoding: gzip, Chunked~                   | Chunked[]
                    Transfer-Encoding: gzip~Transfer-Encoding: chunked~ | Chunked[]
                    Transfer-Encoding: gzip~                            | without chunked
                    Transfer-Encoding: chunked, gzip~                   | without chunked
                    Transfer-Encoding: xchunked~                        | without chunked
                    Transfer-Encoding: chunked, chunked~                | without chunked
                    Transfer-Encoding:~                                 | empty
                    Transfer-Encoding: chunked~Content-Length: 5~       | together
                    """)
    void requestsAreFramedByTheRules(String fields, String framing) {
        Framing.Said said = Framing.of(complete("POST / HTTP/1.1~" + fields + "~"));
        assertTrue(said.toString().contains(framing), said.toString());
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    GET     | 200 | ''                                            | UntilClose[]
                    GET     | 200 | Content-Length: 5~                            | Length[bytes=5]
                    GET     | 200 | Transfer-Encoding: chunked~                   | Chunked[]
                    GET     | 200 | Transfer-Encoding: gzip~                      | UntilClose[]
                    GET     | 200 | Transfer-Encoding: chunked~Content-Length: 5~ | together
                    GET     | 200 | Transfer-Encoding: gzip~Content-Length: 5~    | together
                    GET     | 200 | Content-Length: 5~Content-Length: 6~          | that differ
                    HEAD    | 200 | Content-Length: 5~                            | None[]
                    HEAD    | 200 | Transfer-Encoding: chunked~                   | None[]
                    GET     | 100 | Content-Length: 5~                            | None[]
                    GET     | 204 | Content-Length: 5~                            | None[]
                    GET     | 304 | Content-Length: 5~                            | None[]
                    CONNECT | 200 | Content-Length: 5~                            | None[]
                    CONNECT | 407 | Content-Length: 5~                            | Length[bytes=5]
                    """)
    void answersAreFramedByTheirRequest(
            String method, String status, String fields, String framing) {
        Framing.Said said = Framing.of(answer("HTTP/1.1 " + status + " x~" + fields + "~"), method);
        assertTrue(said.toString().contains(framing), said.toString());
    }

    @Test
    void http10HasNoTransferEncoding() {
        Framing.Said said = Framing.of(complete("POST / HTTP/1.0~Transfer-Encoding: chunked~~"));
        assertInstanceOf(Framing.Said.Unreadably.class, said);
        // An answer can be read, and not everybody reads it so.
        assertEquals(
                new Framing.Said.Doubtfully(
                        new Framing.Chunked(), "Transfer-Encoding in an answer of HTTP/1.0"),
                Framing.of(answer("HTTP/1.0 200 x~Transfer-Encoding: chunked~~"), "GET"));
    }

    @Test
    void connectionsPersistByVersionAndOption() {
        assertTrue(answer("HTTP/1.1 200 OK~~").persists());
        assertFalse(answer("HTTP/1.1 200 OK~Connection: x, Close~~").persists());
        assertFalse(answer("HTTP/1.0 200 OK~~").persists());
        assertTrue(answer("HTTP/1.0 200 OK~Connection: Keep-Alive~~").persists());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    GET / HTTP/1.1~~                                 | 0
                    PROPFIND / HTTP/1.1~~                            | 0
                    ~~GET / HTTP/1.1~~                               | 0
                    PROXY TCP4 1.2.3.4 5.6.7.8 9 10~GET /            | 33
                    PROXY UNKNOWN~GET /                              | 15
                    ~~\u0000~QUIT^!\u0011\u0000\u0002abGET /    | 18
                    """)
    void aProxyPrefixEndsAtTheRightByte(String shown, int length) {
        ByteBuf whole = Wire.bytes(shown);
        Decoded<ProxyPrefix> found = ProxyPrefix.decode(whole);
        assertEquals(new Decoded.Complete<>(new ProxyPrefix(length), length), found);
        for (int cut = 0; cut < length; cut++) {
            Decoded<ProxyPrefix> early = ProxyPrefix.decode(whole.duplicate().writerIndex(cut));
            assertTrue(
                    cut == 0 || early instanceof Decoded.Incomplete,
                    "cut at " + cut + ": " + early);
        }
    }
}
