package dev.understudy.http.compare;

import static dev.understudy.http.compare.Answers.SAME;
import static dev.understudy.http.compare.Answers.compare;
import static dev.understudy.http.compare.Answers.reply;
import static dev.understudy.http.compare.Answers.settings;
import static dev.understudy.http.compare.Answers.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.protocol.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderComparisonTest {
    /** {@code ~} parts the fields. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # what                        | online                             | target                              | word
                    equal                         | X-A: 1                             | X-A: 1                              | same
                    case of names                 | X-A: 1                             | x-a: 1                              | same
                    order of names                | X-A: 1~X-B: 2                      | X-B: 2~X-A: 1                       | same
                    order within a name           | X-A: 1~X-A: 2                      | X-A: 2~X-A: 1                       | header
                    another value                 | X-A: 1                             | X-A: 2                              | header
                    missing                       | X-A: 1                             | X-B: 1                              | header
                    case of a value               | X-A: a                             | X-A: A                              | header
                    the moment                    | Date: x~Age: 1                     | Date: y                             | same
                    who serves                    | Server: nginx~Via: 1.1 a           | Server: other                       | same
                    ids of a request              | X-Request-Id: 1~traceparent: a     | X-Request-Id: 2                     | same
                    traces                        | X-B3-TraceId: 1                    | X-B3-SpanId: 2                      | same
                    the connection                | Connection: close                  | Keep-Alive: timeout=5               | same
                    an empty value                | X-B: 1                             | X-B:                                | header
                    the framing alone             | Transfer-Encoding: chunked         | Content-Length: 0                   | same
                    a validator                   | ETag: "a"                          | ETag: W/"b"                         | same
                    age of a file                 | Last-Modified: a                   | Last-Modified: b                    | header
                    a list on two lines           | Cache-Control: no-store, private   | Cache-Control: private~Cache-Control: No-Store | same
                    a list's member               | Cache-Control: no-store            | Cache-Control: no-cache             | header
                    methods in any order          | Allow: GET, HEAD                   | Allow: HEAD,GET                     | same
                    negotiation of a coding       | Vary: Accept-Encoding, Origin      | Vary: origin                        | same
                    negotiation of the rest       | Vary: Origin                       | Vary: Cookie                        | header
                    ranges beside a coding        | Accept-Ranges: bytes               | Content-Encoding: gzip              | same
                    ranges                        | Accept-Ranges: bytes               | X-A: 1                              | header
                    expiry from its date          | Date: Mon, 23 Nov 2026 10:00:00 GMT~Expires: Mon, 23 Nov 2026 11:00:00 GMT | Date: Mon, 23 Nov 2026 10:00:07 GMT~Expires: Mon, 23 Nov 2026 11:00:08 GMT | same
                    another expiry                | Date: Mon, 23 Nov 2026 10:00:00 GMT~Expires: Mon, 23 Nov 2026 11:00:00 GMT | Date: Mon, 23 Nov 2026 10:00:00 GMT~Expires: Mon, 23 Nov 2026 12:00:00 GMT | header
                    no date for expiry            | Expires: 0                         | Expires: -1                         | header
                    a nonce in a challenge        | WWW-Authenticate: Digest realm="a", nonce="1", qop="auth" | WWW-Authenticate: Digest realm="a", nonce="2", qop="auth" | same
                    what follows from a login     | Authentication-Info: rspauth="1", nextnonce="3", nc=1 | Authentication-Info: rspauth="2", nextnonce="4", nc=1 | same
                    another count of a login      | Authentication-Info: rspauth="1", nc=1 | Authentication-Info: rspauth="1", nc=2 | header
                    no proof of the server's      | Authentication-Info: rspauth="1", nc=1 | Authentication-Info: nc=1    | header
                    a realm                       | WWW-Authenticate: Basic realm="a"  | WWW-Authenticate: Basic realm="b"   | header
                    a token, drawn                | X-CSRF-Token: 0123456789abcdefXY   | X-CSRF-Token: 99999999999999zzzz    | same
                    a token, missing              | X-CSRF-Token: 0123456789abcdefXY   | X-A: 1                              | header
                    a token, emptied              | X-CSRF-Token: 0123456789abcdefXY   | X-CSRF-Token: none                  | header
                    an echoed key                 | Idempotency-Key: 0123456789        | Idempotency-Key: 9876543210         | header
                    a uuid                        | X-Job: 7e1f3a5c-0000-4000-8000-0123456789ab | X-Job: 11111111-0000-4000-8000-0123456789ab | likely-noise
                    a link to itself              | Link: <https://www/a>; rel=next    | Link: <https://stage/a>; rel=next   | same
                    an origin                     | Access-Control-Allow-Origin: https://www | Access-Control-Allow-Origin: https://stage | same
                    """)
    void fields(String what, String online, String target, String word) {
        CompareSettings settings = settings(Map.of("hosts", Map.of("www", "stage")));
        assertEquals(
                word,
                word(
                        compare(
                                settings,
                                reply(200, online.replace('~', '\n'), ""),
                                reply(200, target.replace('~', '\n'), ""))));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    another value        | sid=1; Path=/; HttpOnly    | sid=2; httponly; path=/     | same
                    another name         | sid=1                      | tid=1                       | cookie
                    not for scripts      | sid=1; HttpOnly            | sid=1                       | cookie
                    not in clear         | sid=1; Secure              | sid=1                       | cookie
                    another path         | sid=1; Path=/              | sid=1; Path=/a              | cookie
                    case of SameSite     | sid=1; SameSite=Lax        | sid=1; SameSite=lax         | same
                    another SameSite     | sid=1; SameSite=Lax        | sid=1; SameSite=None        | cookie
                    time of expiry       | a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT | a=1; Expires=Wed, 21-Oct-2037 08:28:00 GMT | same
                    taken away           | a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT | a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT | cookie
                    another age          | a=1; Max-Age=60            | a=1; Max-Age=61             | cookie
                    drawn by each        | a=11aa22bb33cc             | a=22bb33cc44dd              | same
                    by name a secret     | sid=1                      | sid=2222222222              | same
                    empty                | sid=11aa22bb33             | sid=                        | cookie
                    empty in quotes      | sid=11aa22bb33             | sid=""                      | cookie
                    a word               | theme=dark                 | theme=light                 | cookie
                    a number             | items=1                    | items=2                     | cookie
                    quotes               | a=1                        | a="1"                       | same
                    gone for both        | a=x; Max-Age=0             | a=; Max-Age=0               | same
                    gone, written longer | a=1; Max-Age=00            | a=2; Max-Age=00             | same
                    domain of the side   | a=1; Domain=.www           | a=1; Domain=stage           | same
                    """)
    void cookiesHaveNamesAndAttributes(String what, String online, String target, String word) {
        CompareSettings settings = settings(Map.of("hosts", Map.of("www", "stage")));
        assertEquals(
                word,
                word(
                        compare(
                                settings,
                                reply(200, "Set-Cookie: " + online, ""),
                                reply(200, "Set-Cookie: " + target, ""))));
    }

    @Test
    void linesWithoutANameAreComparedAndNotShown() {
        HttpReply online = reply(200, "(odd line): Set-Cookie a=hunter2", "");
        HttpReply target = reply(200, "(odd line): Set-Cookie a=hunter3", "");
        assertEquals(SAME, compare(online, online));
        Verdict.Different different =
                assertInstanceOf(Verdict.Different.class, compare(online, target));
        assertFalse(different.online().contains("hunter2"), different.online());
        assertEquals("header", word(compare(online, reply(200, "", ""))));
    }

    @Test
    void orderOfDifferentCookiesIsFreeAndMissingOnesAreNamed() {
        HttpReply both = reply(200, "Set-Cookie: a=1\nSet-Cookie: b=2; Path=/", "");
        assertEquals(
                SAME, compare(both, reply(200, "Set-Cookie: b=2; Path=/\nSet-Cookie: a=1", "")));
        assertEquals(
                new Verdict.Different(
                        "cookie", "cookie:b: set (1 characters); path=/", "cookie:b: (absent)"),
                compare(both, reply(200, "Set-Cookie: a=1", "")));
    }

    @ParameterizedTest
    @CsvSource({
        "X-Api-Key, k-1234567890, k-0987654321",
        "X-Auth-Token, short-one-01, else-and-very-much-longer",
        "X-Session, s3cr3t-a, s3cr3t-b",
        "Authentication-Info, cnonce=deadbeef, cnonce=beefdead",
        "X-Debug, Bearer abcdefghij, Bearer jihgfedcba",
        "X-Debug, password=hunter2, password=hunter3",
        "X-Debug, eyJhbGciOiJIUzI1NiJ9.e30.abc, eyJhbGciOiJIUzI1NiJ9.e30.xyz and more",
    })
    void secretsAreComparedAndNotShown(String name, String online, String target) {
        Verdict.Different different =
                assertInstanceOf(
                        Verdict.Different.class,
                        compare(
                                reply(200, name + ": " + online, ""),
                                reply(200, name + ": " + target, "")));
        assertEquals("header", different.kind());
        String last = online.substring(online.length() - 5);
        assertFalse(different.online().contains(last), different.online());
    }

    @Test
    void fieldsAfterTheBodyAreAKindOfTheirOwn() {
        HttpReply.Builder online =
                new HttpReply.Builder(9, CompareSettings.defaults(), 200, "OK", List.of());
        HttpReply.Builder target =
                new HttpReply.Builder(9, CompareSettings.defaults(), 200, "OK", List.of());
        online.trailers(Answers.headers("X-Sum: 1\nServer-Timing: a"));
        target.trailers(Answers.headers("x-sum: 2"));
        assertEquals(
                new Verdict.Different("trailer", "trailer:x-sum: '1'", "trailer:x-sum: '2'"),
                compare(online.end(HttpReply.Outcome.WHOLE), target.end(HttpReply.Outcome.WHOLE)));
    }
}
