package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.http.message.ContentCodings;
import dev.understudy.http.message.Header;
import dev.understudy.protocol.Direction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens in the bodies of requests, however these are framed and coded. */
final class RequestBodiesTest {
    private static final String FORM = "Content-Type: application/x-www-form-urlencoded~";
    private static final String CHUNKED =
            "POST /f HTTP/1.1~" + FORM + "Transfer-Encoding: chunked~~";
    private static final String MULTIPART =
            "POST /f HTTP/1.1~Content-Type: multipart/form-data; boundary=\"b 1\"~";

    /** A page has given the token {@code online-token}, and on the target {@code t0ken/target}. */
    private static Story.Run run(int held) {
        Story.Run run =
                Story.run(
                        Map.of(
                                "methods", List.of("*"),
                                "limits", Map.of("body-rewritten", held)));
        run.session()
                .client("GET /f HTTP/1.1~~")
                .up()
                .server(page("online-token"))
                .target(page("t0ken/target"));
        return run;
    }

    private static String page(String token) {
        String body = "<input type=hidden name=_csrf value='" + token + "'>";
        return "HTTP/1.1 200 OK~Content-Type: text/html~Content-Length: %d~~%s"
                .formatted(body.length(), body);
    }

    private static String sent(Story.Run run, String head, String body) {
        return run.session().client(head).client(body).sent();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case            | chunks as they came                            | as they are sent
                    one chunk         | 14~_csrf=online-token&a~0~~                    | 16~_csrf=t0ken%2Ftarget&a~0~~
                    cut by chunks     | 3~_cs~9~rf=online~8~-token&a~0~~               | 16~_csrf=t0ken%2Ftarget&a~0~~
                    a trailer         | 12~_csrf=online-token~0~X-Sum: 1~~             | 14~_csrf=t0ken%2Ftarget~0~X-Sum: 1~~
                    an extension      | 12;a="b;c"~_csrf=online-token~0~~              | 14~_csrf=t0ken%2Ftarget~0~~
                    none to replace   | 0004;x=1~a=bc~00~T: x~~                        | 0004;x=1~a=bc~00~T: x~~
                    another token     | 12~_csrf=other1-token~0~~                      | 12~_csrf=other1-token~0~~
                    empty             | 0~~                                            | 0~~
                    """)
    void aTokenInChunksIsTheTargetsWhereverTheBodyIsCut(String name, String came, String goes) {
        Story.Run run = run(1000);
        String wire = (CHUNKED + came + "GET /next HTTP/1.1~~").replace("~", "\r\n");
        for (int cut = 0; cut <= wire.length(); cut++) {
            Story story = run.session().client(wire.substring(0, cut)).client(wire.substring(cut));
            story.up().both("HTTP/1.1 204 No~~");
            assertEquals(CHUNKED + goes + "GET /next HTTP/1.1~~", story.sent(), "cut at " + cut);
            assertEquals("", story.leftOut());
            assertEquals(0, story.unread(Direction.FROM_CLIENT));
        }
    }

    /** However little is held, what is sent has true chunks, and the same or the target's token. */
    @Test
    void theBeginningOfALongBodyIsRewrittenAndTheRestPassesAsItCame() {
        String came = "5~a=b&_~b~csrf=online~a~-token&c=d~11;e=f~&the rest passes.~0~T: x~~";
        String goes = "a=b&_csrf=t0ken%2Ftarget&c=d&the rest passes.";
        String stays = "a=b&_csrf=online-token&c=d&the rest passes.";
        int replaced = 0;
        for (int held = 1; held <= came.replace("~", "\r\n").length() + 1; held++) {
            Story.Run run = run(held);
            Story story = run.session().client(CHUNKED).client(came).client("GET /n HTTP/1.1~~");
            story.up().both("HTTP/1.1 204 No~~");
            String sent = story.sent();
            assertTrue(sent.startsWith(CHUNKED), sent);
            assertTrue(sent.endsWith("~0~T: x~~GET /n HTTP/1.1~~"), sent);
            String content =
                    sent.substring(
                            CHUNKED.length(),
                            sent.length() - "~0~T: x~~GET /n HTTP/1.1~~".length());
            String plain = unchunked(content + "~");
            assertTrue(plain.equals(goes) || plain.equals(stays), held + ": " + sent);
            assertEquals(plain.equals(stays), sent.contains(came), held + ": " + sent);
            replaced += plain.equals(goes) ? 1 : 0;
            assertEquals("", story.leftOut());
        }
        assertTrue(replaced > 20, "replaced where " + replaced + " lengths were held");
    }

    /** The run's only token turns out equal, and is forgotten, while a body that has it waits. */
    @Test
    void aBodyThatWasLookedAtIsNeverTakenForARequest() {
        Story.Run run = Story.run(Map.of("methods", List.of("*")));
        Story page = run.session().client("GET /f HTTP/1.1~~").up().server(page("same-token1"));
        String body = "_csrf=same-token1";
        String asked =
                "POST /f HTTP/1.1~%sContent-Length: %d~~%s".formatted(FORM, body.length(), body);
        Story post = run.session().client(asked).up();
        page.target(page("same-token1"));
        post.look();
        assertEquals(asked, post.sent());
        assertEquals(1, post.asked().size());
        post.both("HTTP/1.1 204 No~~");
        assertEquals("", post.leftOut());
        assertEquals(0, post.unread(Direction.FROM_CLIENT));
    }

    /** Takes chunks apart by their sizes alone. */
    private static String unchunked(String chunks) {
        StringBuilder plain = new StringBuilder();
        int at = 0;
        while (at < chunks.length()) {
            int line = chunks.indexOf('~', at);
            int size = Integer.parseInt(chunks.substring(at, line).replaceFirst(";.*", ""), 16);
            plain.append(chunks, line + 1, line + 1 + size);
            assertEquals('~', chunks.charAt(line + 1 + size), chunks);
            at = line + 2 + size;
        }
        return plain.toString();
    }

    @Test
    void theLengthOfALongFormIsTrueWhenItsBeginningIsRewritten() {
        Story.Run run = run(30);
        String rest = "x".repeat(500);
        String form = "_csrf=online-token&_csrf=online-token&" + rest;
        String head = "POST /f HTTP/1.1~" + FORM + "Content-Length: ";
        Story story = run.session().client(head + form.length() + "~~" + form.substring(0, 29));
        assertEquals("", story.sent());
        story.client(form.substring(29));
        String moved = "_csrf=t0ken%2Ftarget&_csrf=online-token&" + rest;
        assertEquals(head + moved.length() + "~~" + moved, story.sent());
    }

    @Test
    void aFieldOfAMultipartFormIsTheTargetsAndFilesAreLeftAlone() {
        Story.Run run = run(1000);
        String body =
                """
                ignored
                --b 1
                Content-Disposition: form-data; name="_csrf"

                %s
                --b 1
                Content-Disposition: form-data; name="token"; filename="t.txt"
                Content-Type: text/plain

                online-token
                --b 1
                Content-Disposition: form-data; name="other"

                online-token
                --b 1--
                """
                        .replace("ignored\n", "")
                        .replace("\n", "\r\n");
        String came = body.formatted("online-token");
        String goes = body.formatted("t0ken/target");
        assertEquals(
                (MULTIPART + "Content-Length: " + goes.length() + "~~" + goes).replace("\r\n", "~"),
                sent(run, MULTIPART + "Content-Length: " + came.length() + "~~", came));
    }

    @Test
    void aFileBehindTheTokenOfAMultipartFormIsNotWaitedFor() {
        Story.Run run = run(200);
        String before =
                "--b 1~Content-Disposition: form-data; name=a; name_csrf=1~~online-token~"
                        + "--b 1~Content-Disposition: form-data; name=_csrf~~%s~"
                        + "--b 1~Content-Disposition: form-data; name=f; filename=f~~";
        String came = before.formatted("online-token").replace("~", "\r\n") + "y".repeat(100_000);
        String goes = before.formatted("t0ken/target").replace("~", "\r\n") + "y".repeat(100_000);
        Story story = run.session();
        story.client(MULTIPART + "Content-Length: " + came.length() + "~~");
        story.client(came.substring(0, 300));
        assertEquals(0, story.unread(Direction.FROM_CLIENT));
        story.client(came.substring(300));
        assertEquals(
                (MULTIPART + "Content-Length: " + goes.length() + "~~" + goes).replace("\r\n", "~"),
                story.sent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "zstd", "br", "gzip, br", "deflate, zstd, gzip"})
    void aCodedBodyIsCodedAnew(String coding) {
        Story.Run run = run(1000);
        List<String> codings = ContentCodings.of(List.of(new Header("Content-Encoding", coding)));
        String json = "{\"_csrf\":\"%s\",\"text\":\"again and again and again\"}";
        byte[] seed = {0x78, (byte) 0x9c};
        byte[] came =
                ContentCodings.encode(codings, seed, bytes(json.formatted("online-token")))
                        .orElseThrow();
        String head =
                "POST /f HTTP/1.1~Content-Type: application/json~Content-Encoding: %s~Content-Length: "
                        .formatted(coding);
        String sent =
                sent(run, head + came.length + "~~", new String(came, StandardCharsets.ISO_8859_1));
        String[] parts = sent.split("~~", 2);
        // CR LF within the coded bytes is shown as ~, too.
        byte[] goes = parts[1].replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(head + goes.length, parts[0]);
        assertArrayEquals(
                bytes(json.formatted("t0ken/target")),
                ContentCodings.beginning(codings, goes, 1000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "gzip, gzip", "compress", "gzip", "br, compress"})
    void aCodingThatIsNotWrittenAnewOrNotThereIsSentAsItCame(String coding) {
        Story.Run run = run(1000);
        String request =
                "POST /f HTTP/1.1~%sContent-Encoding: %s~Content-Length: 18~~_csrf=online-token"
                        .formatted(FORM, coding);
        assertEquals(request, sent(run, request, ""));
    }

    /** What a SOAP login gives is known by the names of elements, and sent back in others. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case             | as it came                                     | as it is sent
                    an element         | <s:A><token>on-line&amp;1</token></s:A>        | <s:A><token>t&lt;&amp;&gt;2-target</token></s:A>
                    with a prefix      | <w:Token a='b'> on-line&#38;1 </w:Token>       | <w:Token a='b'> t&lt;&amp;&gt;2-target </w:Token>
                    an attribute       | <a x="1" token="on-line&amp;1"/>               | <a x="1" token="t&lt;&amp;&gt;2-target"/>
                    in single quotes   | <a w:token = 'on-line&amp;1'>x</a>             | <a w:token = 't&lt;&amp;&gt;2-target'>x</a>
                    as it stands       | <token><![CDATA[on-line&1]]></token>           | <token><![CDATA[t<&>2-target]]></token>
                    another name       | <b>on-line&amp;1</b>                           | <b>on-line&amp;1</b>
                    another value      | <token>on-line&amp;2</token>                   | <token>on-line&amp;2</token>
                    in a comment       | <!-- <token>on-line&amp;1</token> --><a/>      | <!-- <token>on-line&amp;1</token> --><a/>
                    twice              | <a token='on-line&#x26;1'><token>on-line&amp;1</token></a> | <a token='t&lt;&amp;&gt;2-target'><token>t&lt;&amp;&gt;2-target</token></a>
                    """)
    void tokensInXmlAreTheTargets(String name, String came, String goes) {
        Story.Run run = Story.run(Map.of("methods", List.of("*")));
        String answer =
                "HTTP/1.1 200 OK~Content-Type: application/soap+xml; charset=utf-8~Content-Length: %d~~%s";
        String online =
                "<e:Body><e:LoginResponse><token>on-line&amp;1</token></e:LoginResponse></e:Body>";
        String target =
                "<e:Body><e:LoginResponse><token>t&lt;&amp;&gt;2-target</token></e:LoginResponse></e:Body>";
        run.session()
                .client("GET /login HTTP/1.1~~")
                .up()
                .server(answer.formatted(online.length(), online))
                .target(answer.formatted(target.length(), target));
        String head = "POST /soap HTTP/1.1~Content-Type: text/xml~Content-Length: %d~~";
        assertEquals(
                head.formatted(goes.length()) + goes,
                sent(run, head.formatted(came.length()), came));
    }

    @Test
    void aBombIsSentAsItCame() {
        Story.Run run = run(1 << 16);
        byte[] bomb =
                ContentCodings.encode(List.of("gzip"), new byte[0], new byte[8 << 20])
                        .orElseThrow();
        String text = new String(bomb, StandardCharsets.ISO_8859_1);
        String head =
                "POST /f HTTP/1.1~%sContent-Encoding: gzip~Content-Length: %d~~"
                        .formatted(FORM, bomb.length);
        assertEquals(head + text.replace("\r\n", "~"), sent(run, head, text));
    }

    @Test
    void anUploadThatWasAnsweredEarlyIsNotWaitedFor() {
        Story.Run run = run(1000);
        Story story = run.session().client(CHUNKED + "5~a=b&c~");
        assertEquals("", story.sent());
        story.server("HTTP/1.1 413 No~Content-Length: 0~~").client("3~d=e~");
        assertEquals(CHUNKED + "5~a=b&c~3~d=e~", story.sent());
    }

    @Test
    void brokenChunksAreNotSent() {
        Story.Run run = run(1000);
        Story story = run.session().client(CHUNKED + "5~a=b&cXX3~d=e~0~~");
        assertEquals("malformed-request", story.leftOut());
        assertFalse(story.sent().contains("d=e"), story.sent());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
