package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.SAME;
import static dev.understudy.http.compare.Answers.compare;
import static dev.understudy.http.compare.Answers.ended;
import static dev.understudy.http.compare.Answers.exchange;
import static dev.understudy.http.compare.Answers.json;
import static dev.understudy.http.compare.Answers.reply;
import static dev.understudy.http.compare.Answers.settings;
import static dev.understudy.http.compare.Answers.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.http.compare.HttpReply.Outcome;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ComparisonTest {
    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    WHOLE        | WHOLE        | same
                    WHOLE        | UNTIL_CLOSE  | same
                    WHOLE        | CUT          | transport
                    WHOLE        | RESET        | transport
                    UNTIL_CLOSE  | TIMEOUT      | transport
                    WHOLE        | MALFORMED    | transport
                    CUT          | WHOLE        | (online-cut)
                    RESET        | UNTIL_CLOSE  | (online-cut)
                    CUT          | RESET        | (cut-on-both)
                    """)
    void howAnAnswerEndedComesFirst(Outcome online, Outcome target, String word) {
        assertEquals(word, word(compare(ended(online, 200, "text"), ended(target, 200, "text"))));
    }

    @Test
    void anAnswerThatNeverCameIsNoDifferenceOfFields() {
        Verdict verdict = compare(json("{}"), HttpReply.none(Outcome.CLOSED_EARLY));
        Verdict.Different different = assertInstanceOf(Verdict.Different.class, verdict);
        assertEquals("transport", different.kind());
        assertEquals("answer: closed without an answer", different.target());
        assertEquals(
                "(online-cut)", word(compare(HttpReply.none(Outcome.CLOSED_EARLY), json("{}"))));
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    200 | 200 | same
                    200 | 401 | login-lost
                    200 | 403 | login-lost
                    304 | 401 | login-lost
                    404 | 403 | login-lost
                    401 | 403 | status
                    401 | 200 | status
                    401 | 401 | same
                    200 | 304 | state
                    304 | 200 | state
                    304 | 404 | status
                    200 | 500 | status
                    200 | 201 | status
                    302 | 200 | status
                    """)
    void statuses(int online, int target, String word) {
        assertEquals(word, word(compare(reply(online, "", ""), reply(target, "", ""))));
    }

    @ParameterizedTest(name = "{1} against {3}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    200 | -           | 302 | /login?next=%2F  | login-lost
                    302 | /home       | 302 | /user/login      | login-lost
                    302 | /home       | 303 | /login.php       | login-lost
                    302 | /login      | 302 | /login           | same
                    302 | /login?a=1  | 302 | /login?a=2       | location
                    404 | -           | 302 | /login           | status
                    200 | -           | 302 | /elsewhere       | status
                    200 | -           | 302 | /loginless       | status
                    """)
    void aRedirectToALoginIsALostLogin(
            int online, String onlineTo, int target, String targetTo, String word) {
        assertEquals(word, word(compare(redirect(online, onlineTo), redirect(target, targetTo))));
    }

    private static HttpReply redirect(int status, String to) {
        return reply(status, to.equals("-") ? "" : "Location: " + to, "");
    }

    @Test
    void loginPagesCanBeNamedOrSwitchedOff() {
        HttpReply page = reply(200, "", "");
        HttpReply elsewhere = redirect(302, "/members/enter");
        CompareSettings named = settings(Map.of("login-pages", List.of("/Enter")));
        assertEquals("login-lost", word(compare(named, page, elsewhere)));
        CompareSettings none = settings(Map.of("login-pages", List.of()));
        assertEquals("status", word(compare(none, page, redirect(302, "/login"))));
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    https://www.example.com/a      | https://staging:8443/a       | same
                    https://www.example.com/a      | /a                           | same
                    https://www.example.com:443/a  | https://STAGING:8443/a       | same
                    https://www.example.com/a      | http://staging:8443/a        | location
                    https://www.example.com/a      | https://other.example.com/a  | location
                    https://other/a                | https://other:443/a          | same
                    http://other                   | http://other:80/             | same
                    /a?x=1&y=2                     | /a?y=2&x=1                   | same
                    /a?x=1                         | /a?x=2                       | location
                    /cb?code=11aa22bb&state=qwertyui | /cb?code=22bb33cc&state=wertyuio | same
                    /cb?code=11aa22bb&state=qwertyui | /cb?code=22bb33cc        | location
                    /cb?code=11aa22bb              | /cb?code=                    | location
                    /error?code=404                | /error?code=500              | location
                    /tax?state=NY                  | /tax?state=CA                | location
                    /a#top                         | /a#end                       | location
                    /a#access_token=11aa22bb33&x=1 | /a#access_token=22bb33cc44&x=1 | same
                    /a#access_token=11aa22bb33&x=1 | /a#access_token=22bb33cc44&x=2 | location
                    /a#access_token=11aa22bb33     | /a#access_token=             | location
                    /o/7e1f3a5c-0000-4000-8000-0123456789ab | /o/11111111-0000-4000-8000-0123456789ab | likely-noise
                    /o/17                          | /o/18                        | location
                    /a                             | -                            | location
                    """)
    void locationsLeadToTheSamePlace(String online, String target, String word) {
        CompareSettings settings =
                settings(Map.of("hosts", Map.of("www.example.com", "staging:8443")));
        assertEquals(word, word(compare(settings, redirect(302, online), redirect(302, target))));
    }

    @Test
    void theGravestDifferenceNamesTheVerdictAndAllAreListed() {
        Verdict verdict =
                compare(
                        reply(200, "Content-Type: application/json\nX-A: 1", "{\"a\":1,\"b\":2}"),
                        reply(200, "Content-Type: application/json\nX-A: 2", "{\"a\":1,\"b\":3}"));
        assertEquals(
                new Verdict.Different(
                        "json", "json:$.b: 2\nheader:x-a: '1'", "json:$.b: 3\nheader:x-a: '2'"),
                verdict);
    }

    @Test
    void anotherTypeIsToldAndTheBodiesAreNotHeldAgainstEachOther() {
        Verdict verdict = compare(json("{}"), reply(200, "content-type: text/html", "<html>"));
        assertEquals(
                new Verdict.Different(
                        "type",
                        "header:content-type: application/json",
                        "header:content-type: text/html"),
                verdict);
    }

    @Test
    void headHasNoBodyAndItsLengthCounts() {
        Comparison comparison = new Comparison(CompareSettings.defaults());
        HttpReply ten = reply(200, "content-length: 10", "");
        assertEquals(SAME, comparison.compare(exchange("HEAD", ten, ten)));
        assertEquals(
                "header",
                word(
                        comparison.compare(
                                exchange("HEAD", ten, reply(200, "content-length: 11", "")))));
        assertEquals(SAME, comparison.compare(exchange("HEAD", ten, reply(200, "", ""))));
        HttpReply zipped = reply(200, "content-length: 7\ncontent-encoding: gzip", "");
        assertEquals(SAME, comparison.compare(exchange("HEAD", ten, zipped)));
    }

    @Test
    void partsOfAContentAreComparedAsBytesAndRangesAsHeaders() {
        String range = "content-type: application/json\ncontent-range: bytes 0-3/9";
        String other = "content-type: application/json\ncontent-range: bytes 0-3/8";
        assertEquals(SAME, compare(reply(206, range, "{\"a\""), reply(206, range, "{\"a\"")));
        assertEquals(
                "body", word(compare(reply(206, range, "{\"a\""), reply(206, range, "{\"b\""))));
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(reply(206, range, "{\"a\""), reply(206, other, "{\"b\"")));
        assertEquals("header", different.kind());
        assertEquals("header:content-range: 'bytes 0-3/9'", different.online());
    }

    @Test
    void partsWithAnotherBoundaryAreTheSame() {
        HttpReply online =
                reply(
                        206,
                        "content-type: multipart/byteranges; boundary=AAA",
                        "--AAA\r\nx\r\n--AAA--");
        HttpReply target =
                reply(
                        206,
                        "content-type: multipart/byteranges; boundary=\"b7\"",
                        "--b7\r\nx\r\n--b7--");
        assertEquals(SAME, compare(online, target));
    }

    @Test
    void noMoreDifferencesThanAllowedAreListedAndThatThereAreMoreIsSaid() {
        CompareSettings two = settings(Map.of("max-differences", 2));
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(
                                two,
                                json("{\"id\":\"0123456789abcdef\",\"a\":1,\"b\":1,\"c\":1}"),
                                json("{\"id\":\"fedcba9876543210\",\"a\":2,\"b\":2,\"c\":2}")));
        assertEquals("json:$.a: 1\njson:$.b: 1\nand more", different.online());
    }

    @Test
    void looksLikeNoiseIsAKindOfItsOwnThatCanBeSilenced() {
        HttpReply online = json("{\"at\":\"2026-11-23T10:00:00Z\"}");
        HttpReply target = json("{\"at\":\"2026-11-23T10:00:01Z\"}");
        assertEquals("likely-noise", word(compare(online, target)));
        assertEquals(SAME, compare(settings(Map.of("likely-noise", "ignore")), online, target));
        // Beside a certain difference it is told, after that one.
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(
                                json("{\"at\":\"2026-11-23T10:00:00Z\",\"n\":1}"),
                                json("{\"at\":\"2026-11-23T10:00:01Z\",\"n\":2}")));
        assertEquals("json:$.n: 1", different.online());
    }

    @Test
    void answersOfAnotherProtocolAreAMistakeOfTheProgram() {
        Exchange odd = new Exchange(Answers.request("GET"), () -> "x", () -> "y", 0, 0, 0);
        Comparison comparison = new Comparison(CompareSettings.defaults());
        assertThrows(IllegalArgumentException.class, () -> comparison.compare(odd));
    }

    @Test
    void whatAnAnswerSaysOfItselfHoldsNoSecret() {
        HttpReply reply =
                reply(
                        200,
                        "Set-Cookie: sid=topsecret\nContent-Type: text/html; charset=x",
                        "topsecret");
        assertEquals("200, text/html, 9 bytes", reply.describe());
        assertFalse(reply.toString().contains("topsecret"));
        assertTrue(HttpReply.none(Outcome.RESET).describe().contains("reset"));
    }
}
