package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Odd and hostile bytes on either side: a session ends by its stated reason, and nothing that two
 * servers might read in two ways goes to the target.
 */
final class HostileCapturesTest {
    private static final Map<String, Object> ALL_METHODS = Map.of("methods", List.of("*"));
    private static final String SMUGGLED = "GET /smuggled HTTP/1.1~~";

    private static String wire(String shown) {
        return shown.replace("~", "\r\n")
                .replace("{vt}", "\u000b")
                .replace("{ff}", "\f")
                .replace("{lf}", "\n")
                .replace("{cr}", "\r")
                .replace("{nul}", "\0")
                .replace("{sp}", " ")
                .replace("{tab}", "\t");
    }

    /** Whatever a server makes of the head, {@link #SMUGGLED} behind it is body or a request. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                           | head                                                              | reason
                    CL and TE                        | Content-Length: 4~Transfer-Encoding: chunked~~                    | ambiguous-framing
                    TE behind a vertical tab         | Transfer-Encoding:{vt}chunked~~                                   | ambiguous-framing
                    TE before a form feed            | Transfer-Encoding: chunked{ff}~~                                  | ambiguous-framing
                    a coding like chunked            | Transfer-Encoding: xchunked~~                                     | ambiguous-framing
                    chunked twice                    | Transfer-Encoding: chunked~Transfer-Encoding: chunked~~           | ambiguous-framing
                    chunked not last                 | Transfer-Encoding: chunked, gzip~~                                | ambiguous-framing
                    chunked with a parameter         | Transfer-Encoding: chunked;a=b~~                                  | ambiguous-framing
                    identity                         | Transfer-Encoding: identity~~                                     | ambiguous-framing
                    an empty TE                      | Transfer-Encoding:~Content-Length: 4~~                            | ambiguous-framing
                    a space before the colon         | Transfer-Encoding : chunked~~                                     | malformed-request
                    a space before the name          | A: b~ Transfer-Encoding: chunked~~                                | malformed-request
                    a fold in the value              | Transfer-Encoding:~ chunked~~                                     | malformed-request
                    a tab folds the first line       | {tab}Content-Length: 4~~                                          | malformed-request
                    a plus sign                      | Content-Length: +4~~                                              | ambiguous-framing
                    a minus sign                     | Content-Length: -1~~                                              | ambiguous-framing
                    hexadecimal                      | Content-Length: 0x4~~                                             | ambiguous-framing
                    a fraction                       | Content-Length: 4.0~~                                             | ambiguous-framing
                    a list that differs              | Content-Length: 4, 5~~                                            | ambiguous-framing
                    a list with a hole               | Content-Length: 4,,4~~                                            | ambiguous-framing
                    two words                        | Content-Length: 4 4~~                                             | ambiguous-framing
                    no digits                        | Content-Length:~~                                                 | ambiguous-framing
                    2^63                             | Content-Length: 9223372036854775808~~                             | ambiguous-framing
                    a form feed in a length          | Content-Length: {ff}4~~                                           | ambiguous-framing
                    a length behind a bare LF        | A: b{lf}Content-Length: 24~~                                      | ambiguous-framing
                    a bare LF before the end         | A: b{lf}~                                                         | ambiguous-framing
                    a length behind a bare CR        | A: b{cr}Content-Length: 24~~                                      | malformed-request
                    two CR                           | Content-Length: 24{cr}~~                                          | malformed-request
                    NUL in a value                   | A: b{nul}c~~                                                      | malformed-request
                    NUL in a name                    | A{nul}: b~~                                                       | malformed-request
                    a line without a colon           | Content-Length 24~~                                               | malformed-request
                    """)
    void nothingIsSentOfARequestThatIsReadInTwoWays(String name, String head, String reason) {
        String bytes = wire("POST / HTTP/1.1~" + head + SMUGGLED);
        for (int cut = 0; cut <= bytes.length(); cut++) {
            Story story = Story.run(ALL_METHODS).session();
            story.client(bytes.substring(0, cut)).client(bytes.substring(cut));
            assertEquals(reason, story.leftOut(), "cut at " + cut);
            assertEquals("", story.sent(), "cut at " + cut);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    two spaces             | GET  / HTTP/1.1~~
                    tabs                   | GET{tab}/{tab}HTTP/1.1~~
                    a space in the target  | GET /a b HTTP/1.1~~
                    a CR in the target     | GET /a{cr}b HTTP/1.1~~
                    a trailing space       | GET / HTTP/1.1{sp}~~
                    HTTP/1.10              | GET / HTTP/1.10~~
                    HTTP/2.0               | GET / HTTP/2.0~~
                    http in small letters  | GET / http/1.1~~
                    a colon in the method  | GET: / HTTP/1.1~~
                    no method              | {sp}/ HTTP/1.1~~
                    """)
    void aRequestLineThatIsNoneIsNotSent(String name, String line) {
        Story story = Story.run(ALL_METHODS).session().client(wire(line));
        assertEquals("malformed-request", story.leftOut());
        assertEquals("", story.sent());
    }

    /** Of a body whose chunks cannot be read nothing behind the fault is sent. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    0x                      | 0x1~a~0~~
                    a plus sign             | +1~a~0~~
                    a minus sign            | -1~a~0~~
                    2^63                    | 8000000000000000~a
                    2^64 and leading zeros  | 00010000000000000000~a
                    no size                 | ;a=b~a~0~~
                    a word behind the size  | 1 a~a~0~~
                    a vertical tab          | 1{vt};a~a~0~~
                    a bare LF               | 1{lf}a~0~~
                    a bare LF in quotes     | 1;a="{lf}"~a~0~~
                    data too long           | 1~ab~0~~
                    data too short          | 3~a~0~~
                    a bare LF behind data   | 1~a{lf}0~~
                    a nameless trailer      | 0~: a~~
                    NUL in a trailer        | 0~A: {nul}~~
                    """)
    void chunksThatAreNoneEndTheSession(String name, String chunks) {
        String head = "POST / HTTP/1.1~Transfer-Encoding: chunked~~";
        Story story = Story.run(ALL_METHODS).session().client(wire(head + chunks + SMUGGLED));
        assertEquals("malformed-request", story.leftOut());
        assertFalse(story.sent().contains("smuggled"), story.sent());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    leading zeros and an extension   | 0001;a="b;c\\"d";e~a~000;x~T: y~~
                    white space before the extension | 1 {tab};a~a~0~~
                    capital letters                  | a~0123456789~0~~
                    a last chunk within the data     | A~a~0~~bc~0~~
                    """)
    void oddChunksPassToTheLetter(String name, String chunks) {
        String request = wire("POST / HTTP/1.1~Transfer-Encoding: chunked~~" + chunks);
        for (int cut = 0; cut <= request.length(); cut++) {
            Story story = Story.run(ALL_METHODS).session();
            story.client(request.substring(0, cut)).client(request.substring(cut)).up();
            story.both("HTTP/1.1 204 No~~");
            assertEquals(request.replace("\r\n", "~"), story.sent(), "cut at " + cut);
            assertEquals(List.of("0: 204 No, 0 bytes"), story.answered(Side.TARGET));
        }
    }

    @Test
    void linesThatAllEndWithLfAloneAreOneWayToRead() {
        String request = "POST / HTTP/1.1\nContent-Length: 2\n\nab";
        Story story = Story.run(ALL_METHODS).session().client(request).up();
        assertEquals("", story.both("HTTP/1.1 204 No~~").leftOut());
        assertEquals(request, story.sent());
    }

    @Test
    void aHugeLengthIsARequestThatTheClientBrokeOff() {
        Story story = Story.run(ALL_METHODS).session();
        story.client("PUT / HTTP/1.1~Content-Length: 9223372036854775807~~abc").up().clientEnds();
        assertEquals(List.of("0: cut-request"), story.lost());
        assertTrue(story.sent().endsWith("~~abc"), story.sent());
    }

    @Test
    void aHeadThatDoesNotEndIsGivenUpAtItsLimit() {
        Story lines = Story.run(ALL_METHODS).session().client("GET / HTTP/1.1~");
        Story line = Story.run(ALL_METHODS).session().client("GET /");
        for (int i = 0; i < 70; i++) {
            lines.client("A: " + "b".repeat(1000) + "~");
            line.client("c".repeat(1000));
        }
        for (Story story : List.of(lines, line)) {
            assertEquals("malformed-request", story.leftOut());
            assertEquals(0, story.unread(Direction.FROM_CLIENT));
            assertEquals("", story.sent());
        }
    }

    // Answers.

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                    | answer of the online server                              | reason
                    to no request             | HTTP/1.1 204 No~~HTTP/1.1 204 No~~                       | out-of-step
                    a body of HEAD            | HTTP/1.1 200 OK~Content-Length: 2~~hi                    | malformed-answer
                    100 to no request         | HTTP/1.1 204 No~~HTTP/1.1 100 Go~~                       | out-of-step
                    101 that nobody asked for | HTTP/1.1 101 Go~Upgrade: websocket~~                     | out-of-step
                    lengths that differ       | HTTP/1.1 200 OK~Content-Length: 2, 3~~hi                 | malformed-answer
                    a plus sign               | HTTP/1.1 200 OK~Content-Length: +2~~hi                   | malformed-answer
                    a negative length         | HTTP/1.1 200 OK~Content-Length: -2~~hi                   | malformed-answer
                    a chunk over 2^63         | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~ffffffffffffffff~ | malformed-answer
                    four digits               | HTTP/1.1 2000 OK~~                                       | malformed-answer
                    a status below 100        | HTTP/1.1 099 OK~~                                        | malformed-answer
                    another protocol          | ICY 200 OK~~                                             | malformed-answer
                    a length in an odd line   | HTTP/1.1 200 OK~Content-Length 2~~hi                     | malformed-answer
                    """)
    void answersThatCannotBeReadEndTheSession(String name, String answer, String reason) {
        String method = name.contains("HEAD") ? "HEAD" : "GET";
        String bytes = wire(answer + (name.contains("HEAD") ? "~~" : ""));
        for (int cut = 0; cut <= bytes.length(); cut++) {
            Story story = Story.run(ALL_METHODS).session();
            story.client(method + " / HTTP/1.1~~").up();
            story.server(bytes.substring(0, cut)).server(bytes.substring(cut));
            assertEquals(reason, story.leftOut(), "cut at " + cut);
            assertEquals(0, story.unread(Direction.FROM_SERVER));
        }
    }

    @Test
    void interimAnswersWithoutEndAreReadAndForgotten() {
        Story story = Story.run(ALL_METHODS).session();
        story.client("GET / HTTP/1.1~~").up();
        for (int i = 0; i < 2000; i++) {
            story.both("HTTP/1.1 10" + (i % 2 == 0 ? 0 : 3) + " ~Link: </a>~~");
        }
        story.both("HTTP/1.1 204 No~~");
        assertEquals(List.of("0: 204 No, 0 bytes"), story.answered(Side.ONLINE));
        assertEquals(List.of("0: 204 No, 0 bytes"), story.answered(Side.TARGET));
        assertEquals(0, story.unread(Direction.FROM_SERVER));
    }

    @Test
    void pipelinedRequestsThatAreAnsweredEarlyHaveTheirOwnAnswers() {
        Story story = Story.run(ALL_METHODS).session();
        story.client("PUT /a HTTP/1.1~Content-Length: 4~~ab").up();
        story.both("HTTP/1.1 413 No~Content-Length: 1~~x");
        story.client("cdGET /b HTTP/1.1~~").client("HEAD /c HTTP/1.1~~");
        story.both("HTTP/1.1 200 OK~Content-Length: 3~~yes");
        story.both("HTTP/1.1 304 Not~Content-Length: 7~~");
        List<String> answers =
                List.of("0: 413 No, 1 bytes", "1: 200 OK, 3 bytes", "2: 304 Not, 0 bytes");
        assertEquals(answers, story.answered(Side.ONLINE));
        assertEquals(answers, story.answered(Side.TARGET));
        assertEquals("", story.leftOut());
    }

    /** What the target says that fits nothing is told of its requests, and costs no session. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    101 that nobody asked for | HTTP/1.1 101 Go~Upgrade: websocket~~  | 0: 101 Go, 0 bytes
                    no HTTP                   | SSH-2.0-x~~                           | 0: malformed
                    lengths that differ       | HTTP/1.1 200 OK~Content-Length: 1, 2~~ | 0: malformed
                    chunks that are none      | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~x~ | 0: malformed
                    """)
    void aTargetThatSaysWhatFitsNothingIsTold(String name, String answer, String told) {
        Story story = Story.run(ALL_METHODS).session();
        story.client("GET /a HTTP/1.1~~GET /b HTTP/1.1~~").up();
        story.server("HTTP/1.1 204 No~~HTTP/1.1 204 No~~").target(wire(answer));
        assertEquals("", story.leftOut());
        assertEquals(told, story.answered(Side.TARGET).getFirst());
        assertEquals(2, story.answered(Side.TARGET).size(), () -> "" + story.answered(Side.TARGET));
        assertEquals(1, story.all(SessionAction.Close.class).size());
        // The connection is made anew for what follows.
        story.client("GET /c HTTP/1.1~~").up().both("HTTP/1.1 204 No~~");
        assertEquals("2: 204 No, 0 bytes", story.answered(Side.TARGET).getLast());
        story.clientEnds().serverEnds(StreamEnd.FIN);
        assertEquals("", story.leftOut());
    }
}
