package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
 * What other tools were seen to lose: each request comes out once, whole, with its own answer,
 * wherever TCP cuts the streams.
 */
final class FramingAcceptanceTest {
    private static final Map<String, Object> ALL_METHODS = Map.of("methods", List.of("*"));

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                        | client                                                   | server                                                                       | statuses and bytes
                    one GET                       | GET / HTTP/1.1~~                                         | HTTP/1.1 200 OK~Content-Length: 2~~hi                                        | 200 2
                    two pipelined GETs            | GET /a HTTP/1.1~~GET /b HTTP/1.1~~                       | HTTP/1.1 200 OK~Content-Length: 2~~hiHTTP/1.1 404 No~Content-Length: 1~~x     | 200 2,404 1
                    a HEAD with Content-Length    | HEAD /a HTTP/1.1~~GET /b HTTP/1.1~~                      | HTTP/1.1 200 OK~Content-Length: 999~~HTTP/1.1 200 OK~Content-Length: 1~~x     | 200 0,200 1
                    304 with Content-Length       | GET /a HTTP/1.1~~GET /b HTTP/1.1~~                       | HTTP/1.1 304 Not Modified~Content-Length: 999~~HTTP/1.1 204 No~Content-Length: 3~~ | 304 0,204 0
                    until the close               | GET / HTTP/1.1~~                                         | HTTP/1.1 200 OK~~to the end                                                  | 200 10
                    chunked                       | GET / HTTP/1.1~~                                         | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~hi~0~~                          | 200 2
                    chunk data like an end        | GET / HTTP/1.1~~                                         | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~7~xx0~~~2~hi~0~~                  | 200 9
                    a long request line           | GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1~~ | HTTP/1.1 200 OK~Content-Length: 0~~                                        | 200 0
                    a method of an extension      | PROPFIND / HTTP/1.1~Content-Length: 3~~abcMKCOL / HTTP/1.1~~ | HTTP/1.1 207 Multi~Content-Length: 1~~xHTTP/1.1 201 ~Content-Length: 0~~  | 207 1,201 0
                    a status nobody knows         | GET / HTTP/1.1~~                                         | HTTP/1.1 299 ~Content-Length: 1~~x                                           | 299 1
                    trailers without Trailer      | POST / HTTP/1.1~Transfer-Encoding: chunked~~1~a~0~X: y~~GET / HTTP/1.1~~ | HTTP/1.1 200 OK~Transfer-Encoding: chunked~~1~a~0~X: y~~HTTP/1.1 200 OK~Content-Length: 0~~ | 200 1,200 0
                    a coding that is not chunked  | GET / HTTP/1.1~~                                         | HTTP/1.1 200 OK~Transfer-Encoding: gzip~~chunked                             | 200 7
                    early hints and 100           | GET / HTTP/1.1~~                                         | HTTP/1.1 100 Go on~~HTTP/1.1 103 ~Link: </a>~~HTTP/1.1 102 ~~HTTP/1.1 200 OK~Content-Length: 1~~x | 200 1
                    no length and keep-alive      | OPTIONS * HTTP/1.1~~                                     | HTTP/1.1 200 OK~Content-Length: 0~Content-Length: 0~~                        | 200 0
                    """)
    void eachRequestComesOutOnceWithItsOwnAnswer(
            String name, String client, String server, String answers) {
        List<String> wanted = List.of(answers.split(","));
        int length = Math.max(client.length(), server.length()) + 20;
        for (int cut = 0; cut <= length; cut++) {
            Story story = Story.run(ALL_METHODS).session();
            story.client(part(client, 0, cut)).client(part(client, cut, length)).up();
            story.server(part(server, 0, cut)).server(part(server, cut, length));
            // A client that does not pipeline is told by its own story; here all is sent at once.
            story.target(part(server, 0, cut)).target(part(server, cut, length));
            story.clientEnds().serverEnds(StreamEnd.FIN).targetEnds("closed");
            String where = name + ", cut at " + cut;
            assertEquals("", story.leftOut(), where);
            assertEquals(client, story.sent(), where);
            assertEquals(wanted, brief(story, Side.ONLINE), where);
            assertEquals(wanted, brief(story, Side.TARGET), where);
            assertEquals(0, story.unread(Direction.FROM_CLIENT), where);
        }
    }

    private static String part(String shown, int from, int to) {
        String text = shown.replace("~", "\r\n");
        int begin = Math.min(from, text.length());
        return text.substring(begin, Math.min(to, text.length()));
    }

    private static List<String> brief(Story story, Side side) {
        return story.answered(side).stream()
                .map(answer -> answer.replaceFirst("^\\d+: (\\d+)[^,]*, (\\d+) bytes.*", "$1 $2"))
                .toList();
    }

    @Test
    void aRequestWhoseCodingIsNotChunkedIsAStatedError() {
        Story story = Story.run(ALL_METHODS).session();
        story.client("POST / HTTP/1.1~Transfer-Encoding: gzip~~chunked");
        assertEquals("ambiguous-framing", story.leftOut());
        assertEquals("", story.sent());
        assertEquals(1, story.asked().size());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    two framings            | POST / HTTP/1.1~Transfer-Encoding: chunked~Content-Length: 5~~ | ambiguous-framing
                    lengths that differ     | POST / HTTP/1.1~Content-Length: 5~Content-Length: 6~~           | ambiguous-framing
                    a negative length       | POST / HTTP/1.1~Content-Length: -5~~                            | ambiguous-framing
                    a huge length           | POST / HTTP/1.1~Content-Length: 99999999999999999999~~          | ambiguous-framing
                    a chunk over 2^63       | POST / HTTP/1.1~Transfer-Encoding: chunked~~ffffffffffffffff~   | malformed-request
                    a folded line           | GET / HTTP/1.1~A: b~ c~~                                        | malformed-request
                    HTTP/0.9                | GET /~~                                                         | malformed-request
                    no HTTP at all          | hello world~~                                                   | malformed-request
                    HTTP/2                  | PRI * HTTP/2.0~~SM~~                                            | http2
                    """)
    void whatCannotBeReadWithCertaintyIsLeftOut(String name, String client, String reason) {
        String text = client.replace("~", "\r\n");
        for (int cut = 0; cut <= text.length(); cut++) {
            Story story = Story.run(ALL_METHODS).session();
            story.client(text.substring(0, cut)).client(text.substring(cut));
            assertEquals(reason, story.leftOut(), "cut at " + cut);
        }
    }

    @Test
    void tlsIsToldByItsFirstByte() {
        for (String before : List.of("", "PROXY UNKNOWN~")) {
            Story story = Story.begin().client(before + "\u0016");
            assertEquals("tls", story.client("\u0003\u0001\u0002\0\u0001\0").leftOut(), before);
        }
    }

    @Test
    void ambiguousFramingIsSentWhereTheConfigurationWantsIt() {
        Story story =
                Story.run(Map.of("methods", List.of("*"), "ambiguous-framing", "send")).session();
        String request = "POST / HTTP/1.1~Transfer-Encoding: chunked~Content-Length: 5~~0~~";
        story.client(request);
        assertEquals(request, story.sent());
    }

    @Test
    void aBodyPassesAsItComes() {
        Story story = Story.run(ALL_METHODS).session();
        story.client("POST / HTTP/1.1~Content-Length: 1073741824~~").up();
        for (int i = 0; i < 1000; i++) {
            story.client("0123456789");
            assertEquals(0, story.unread(Direction.FROM_CLIENT));
        }
        assertEquals(1001, story.all(SessionAction.Send.class).size());
    }
}
