package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.http.compare.CompareSettings;
import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.message.Header;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HttpProtocolTest {
    @TempDir private Path folder;

    private static Preparation prepare(Map<String, Object> settings) {
        InetSocketAddress address = InetSocketAddress.createUnresolved("target.test", 80);
        return new HttpProtocol()
                .prepare(new RunContext(Settings.of("http", settings), address, address, 1024));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    GET / HTTP/1.1~             | MATCH
                    ~~PURGE /a HTTP/1.0~        | MATCH
                    PRI * HTTP/2.0~             | MATCH
                    PROXY UNKNOWN~GET / HTTP/1.1~ | MATCH
                    get key~                    | NO_MATCH
                    set k 0 0 1~                | NO_MATCH
                    GET / FTP/1.1~              | NO_MATCH
                    SSH-2.0-x~                  | NO_MATCH
                    """)
    void clientsAreToldByTheirFirstLine(String shown, Detection detection) {
        ByteBuf bytes = Story.bytes(shown);
        HttpProtocol protocol = new HttpProtocol();
        assertEquals(detection, protocol.detect(Direction.FROM_CLIENT, bytes));
        for (int cut = 0; cut < bytes.readableBytes() - 1; cut++) {
            Detection early =
                    protocol.detect(Direction.FROM_CLIENT, bytes.duplicate().writerIndex(cut));
            assertTrue(early == Detection.NEED_MORE || early == detection, "cut at " + cut);
        }
    }

    @Test
    void serversAreToldByTheirStatusLine() {
        HttpProtocol protocol = new HttpProtocol();
        assertEquals(
                Detection.NEED_MORE, protocol.detect(Direction.FROM_SERVER, Story.bytes("HTT")));
        assertEquals(
                Detection.MATCH,
                protocol.detect(Direction.FROM_SERVER, Story.bytes("HTTP/1.0 200 OK~")));
        assertEquals(
                Detection.NO_MATCH, protocol.detect(Direction.FROM_SERVER, Story.bytes("J\0\0")));
    }

    @Test
    void wrongSettingsAreNamed() {
        for (Map<String, Object> wrong :
                List.<Map<String, Object>>of(
                        Map.of("metods", List.of("GET")),
                        Map.of("methods", List.of("G ET")),
                        Map.of("paths", List.of("GET /a")),
                        Map.of("paths", List.of("deny logout")),
                        Map.of("login", List.of("POST login")),
                        Map.of("host", "other"),
                        Map.of("hosts", Map.of("a", "b\r\nc")),
                        Map.of("headers", Map.of("set", Map.of("Content-Length", "5"))),
                        Map.of("headers", Map.of("remove", List.of("a b"))),
                        Map.of("rewrite", List.of("/a => /b")),
                        Map.of("tag", "a b"),
                        Map.of("users", Map.of("app", Map.of("as", "x"))),
                        Map.of("jwt", Map.of("algorithm", "none", "key", "k")),
                        Map.of("jwt", Map.of("algorithm", "RS256", "key", "k")),
                        Map.of("limits", Map.of("line", 1)),
                        Map.of("limits", Map.of("line", 4096, "head", 1024)),
                        Map.of("ambiguous-framing", "yes"),
                        Map.of("deny", Map.of("a", Map.of("path", "x"))),
                        Map.of("only", Map.of("a", Map.of("database", "x"))),
                        Map.of("compare", Map.of("nonsense", 1)))) {
            List<String> problems = prepare(wrong).problems();
            assertEquals(1, problems.size(), wrong.toString());
            assertTrue(problems.getFirst().contains("http."), problems.getFirst());
        }
    }

    @Test
    void whatIsNotSentIsSaidAtTheStart() {
        String warnings =
                String.join("\n", prepare(Map.of("paths", List.of("deny /logout"))).warnings());
        assertTrue(warnings.contains("GET, HEAD, OPTIONS, TRACE"), warnings);
        assertTrue(warnings.contains("deny /logout"), warnings);
        assertTrue(warnings.contains("login-not-copied"), warnings);
    }

    /** The control is concluded last, and takes nothing of what a target learnt. */
    @Test
    void targetsAndControlWriteOneFileOfNoise() throws IOException {
        Path file = folder.resolve("noise.jsonl");
        Settings settings =
                Settings.of("http", Map.of("compare", Map.of("noise-file", file.toString())));
        InetSocketAddress address = InetSocketAddress.createUnresolved("target.test", 80);
        Request request = new Request(0, "GET", "GET /x", "GET /x", 0, true);
        List<RunContext> runs =
                Stream.of(false, false, true)
                        .map(
                                control ->
                                        new RunContext(
                                                settings, address, address, 1024, control, false))
                        .toList();
        List<HttpProtocol> copies = runs.stream().map(_ -> new HttpProtocol()).toList();
        for (int i = 0; i < runs.size(); i++) {
            assertEquals(List.of(), copies.get(i).prepare(runs.get(i)).problems());
        }
        copies.get(0).compare(exchange(request, 1, 2), Optional.of(reply(3)));
        copies.get(1).compare(exchange(request, 1, 1), Optional.of(reply(3)));
        copies.get(2).compare(exchange(request, 1, 3), Optional.empty());
        for (int i = 0; i < runs.size(); i++) {
            assertEquals(Conclusion.nothing(), copies.get(i).conclude(runs.get(i)));
        }
        assertEquals(
                """
                {"request":"GET /x","place":"json:$.n","verdict":"difference","compared":2,"raw":1,"shaped":0,"pairs":1,"noise":1}
                """,
                Files.readString(file));
    }

    private static HttpReply reply(int n) {
        return new HttpReply.Builder(
                        1024,
                        CompareSettings.defaults(),
                        200,
                        "",
                        List.of(new Header("Content-Type", "application/json")))
                .body(Story.bytes("{\"n\":" + n + "}"))
                .end(HttpReply.Outcome.WHOLE);
    }

    private static Exchange exchange(Request request, int online, int target) {
        return new Exchange(request, reply(online), reply(target), 0, 0, 0);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    GET /v1/a?b=c HTTP/1.1~Host: www.test~~        | GET /v2/a?b=c HTTP/1.1~Host: shadow.test~N: 1~~
                    GET /old HTTP/1.1~host:www.test:8080~~         | GET /new HTTP/1.1~host: shadow.test~N: 1~~
                    GET http://www.test/v1/ HTTP/1.1~~             | GET http://shadow.test/v2/ HTTP/1.1~N: 1~~
                    GET / HTTP/1.1~Origin: https://www.test~n: x~~ | GET / HTTP/1.1~Origin: https://shadow.test~N: 1~~
                    GET / HTTP/1.1~Host:  other.test ~Secret: x~~  | GET / HTTP/1.1~Host:  other.test ~N: 1~~
                    """)
    void theConfigurationRewrites(String captured, String sent) {
        Map<String, Object> settings =
                Map.of(
                        "hosts", Map.of("www.test", "shadow.test"),
                        "headers", Map.of("set", Map.of("N", "1"), "remove", List.of("secret")),
                        "rewrite", List.of("/v1/* -> /v2/*", "/old -> /new"));
        assertEquals(sent, Story.run(settings).session().client(captured).sent());
    }

    @Test
    void theTargetsOwnNameGoesIntoHostOnRequest() {
        Story story = Story.run(Map.of("host", "target")).session();
        assertEquals(
                "GET / HTTP/1.1~Host: target.test:8080~~",
                story.client("GET / HTTP/1.1~Host: a~~").sent());
    }

    @Test
    void whatNothingRewritesPassesToTheLetter() {
        String odd = "GET /%7e?a=b&&c HTTP/1.1~hOST:a~X-Odd:   1  ~X-odd:2~COOKIE: a=b;c ; d=~~";
        assertEquals(odd, Story.begin().client(odd).sent());
    }
}
