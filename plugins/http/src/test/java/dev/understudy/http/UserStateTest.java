package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** What the servers gave their users: cookies, tokens, validators, challenges, credentials. */
final class UserStateTest {
    private static final Map<String, Object> LOGIN = Map.of("login", List.of("POST /login"));
    private static final String LOG_IN = "POST /login HTTP/1.1~Content-Length: 0~~";
    private static final String EMPTY = "HTTP/1.1 200 OK~Content-Length: 0~~";

    private static String get(String path, String fields) {
        return "GET " + path + " HTTP/1.1~" + fields + "~";
    }

    private static String gives(String fields, String body) {
        return "HTTP/1.1 200 OK~" + fields + "Content-Length: " + body.length() + "~~" + body;
    }

    private static String cookie(String value) {
        return gives("Set-Cookie: sid=" + value + "; Path=/; HttpOnly~", "");
    }

    private static String sentBy(Story.Run run, String request) {
        return run.session().client(request).sent();
    }

    // Cookies.

    @Test
    void aCookieGoesToTheTargetAsTheTargetGaveIt() {
        Story.Run run = Story.run(LOGIN);
        run.session().client(LOG_IN).up().server(cookie("online1")).target(cookie("target1"));
        assertEquals(
                get("/", "Cookie: lang=en; sid=target1; x=online1~"),
                sentBy(run, get("/", "Cookie: lang=en; sid=online1; x=online1~")));
    }

    @Test
    void aRequestWaitsForTheCookieThatTheTargetHasNotGivenYet() {
        Story.Run run = Story.run(LOGIN);
        Story login = run.session().client(LOG_IN).up().server(cookie("online1"));
        Story next = run.session().client(get("/", "Cookie: sid=online1~"));
        assertTrue(next.held());
        assertEquals("", next.sent());
        login.target(cookie("target1"));
        next.look();
        assertFalse(next.held());
        assertEquals(get("/", "Cookie: sid=target1~"), next.sent());
    }

    @Test
    void aValueThatTheTargetDoesNotGiveInTimeIsNotCompared() {
        Story.Run run = Story.run(LOGIN);
        run.session().client(LOG_IN).up().server(cookie("online1"));
        Story next = run.session().client(get("/", "Cookie: sid=online1~"));
        next.on(new SessionEvent.Expired("auth-state", 9)).up().server(EMPTY);
        assertEquals(get("/", "Cookie: sid=online1~"), next.sent());
        assertEquals(List.of("0: auth-state-expired"), next.unjudged());
    }

    @Test
    void aCookieThatNoAnswerGaveIsSentAsItIs() {
        Story story = Story.begin().client(get("/", "Cookie: sid=older~"));
        assertEquals(get("/", "Cookie: sid=older~"), story.sent());
        assertEquals(List.of(), story.all(SessionAction.Hold.class));
    }

    @Test
    void whatBothServersGiveAlikeIsMappedNoMore() {
        Story.Run run = Story.run(LOGIN);
        run.session().client(LOG_IN).up().both(cookie("en"));
        Story second = run.session().client(LOG_IN).up().both(cookie("en"));
        assertEquals(List.of(), second.all(SessionAction.Announce.class));
        assertEquals(
                List.of(),
                run.session().client(get("/", "Cookie: sid=en~")).all(SessionAction.Await.class));
    }

    @Test
    void aSessionOfALoginThatWasNotCopiedIsNoLostLogin() {
        Story.Run run = Story.run(Map.of());
        Story login = run.session().client(LOG_IN).server(cookie("online1"));
        assertEquals(List.of("0: method POST"), login.skipped());
        Story next = run.session().client(get("/", "Cookie: sid=online1~")).up();
        next.server(cookie("online2")).target("HTTP/1.1 401 No~Content-Length: 0~~");
        assertEquals(List.of("0: login-not-copied"), next.unjudged());
        Story after = run.session().client(get("/", "Cookie: sid=online2~")).up().both(EMPTY);
        assertEquals(List.of("0: login-not-copied"), after.unjudged());
    }

    @Test
    void stateIsLeftAloneWhereTheConfigurationWantsIt() {
        Story.Run run = Story.run(Map.of("login", List.of("POST /login"), "auth-state", false));
        run.session().client(LOG_IN).up().server(cookie("online1")).target(cookie("target1"));
        assertEquals(
                get("/", "Cookie: sid=online1~"), sentBy(run, get("/", "Cookie: sid=online1~")));
    }

    // Tokens.

    private static final String JSON = "Content-Type: application/json~";
    private static final String HTML = "Content-Type: text/html; charset=utf-8~";
    private static final String FORM = "Content-Type: application/x-www-form-urlencoded~";

    @Test
    void aBearerTokenOfALoginIsTheTargets() {
        Story.Run run = Story.run(LOGIN);
        run.session()
                .client(LOG_IN)
                .up()
                .server(gives(JSON, "{\"access_token\" : \"online-token\",\"expires\":1}"))
                .target(gives(JSON, "{\"expires\":1,\"access_token\":\"target\\/token\"}"));
        assertEquals(
                get("/me", "Authorization: Bearer target/token~"),
                sentBy(run, get("/me", "Authorization: Bearer online-token~")));
        assertEquals(
                get("/me?a=1&access_token=target%2Ftoken&b=2", ""),
                sentBy(run, get("/me?a=1&access_token=online-token&b=2", "")));
    }

    @Test
    void aCsrfTokenInAFormIsTheTargetsAndTheLengthIsTrue() {
        Story.Run run = Story.run(Map.of("methods", List.of("GET", "POST")));
        run.session()
                .client(get("/form", ""))
                .up()
                .server(
                        gives(
                                HTML,
                                "<form><input type=hidden name='_csrf' value='on&#43;line'></form>"))
                .target(gives(HTML, "<input value=\"target/token\" name=\"_csrf\">"));
        String before = "POST /form HTTP/1.1~" + FORM;
        assertEquals(
                before + "Content-Length: 26~~_csrf=target%2Ftoken&a=b+c",
                sentBy(run, before + "Content-Length: 21~~_csrf=on%2Bline&a=b+c"));
        assertEquals(
                "POST /form HTTP/1.1~X-CSRF-Token: target/token~Content-Length: 0~~",
                sentBy(run, "POST /form HTTP/1.1~X-CSRF-Token: on+line~Content-Length: 0~~"));
    }

    @Test
    void aTokenInJsonIsTheTargetsWhereverTheBodyIsCut() {
        Story.Run run = Story.run(Map.of("methods", List.of("GET", "POST")));
        run.session()
                .client(get("/form", ""))
                .up()
                .server(gives(HTML, "<meta name=csrf-token content=online-token>"))
                .target(gives(HTML, "<meta content='the \"target\"' name=csrf-token>"));
        String before = "POST /api HTTP/1.1~" + JSON;
        String body = "{\"csrfToken\":\"online-token\",\"v\":\"online-token\"}";
        String request = before + "Content-Length: " + body.length() + "~~" + body;
        String wire = request.replace("~", "\r\n");
        String moved = body.replace(":\"online-token\",", ":\"the \\\"target\\\"\",");
        String sent = before + "Content-Length: " + moved.length() + "~~" + moved;
        for (int cut = 0; cut <= wire.length(); cut++) {
            Story story = run.session().client(wire.substring(0, cut)).client(wire.substring(cut));
            assertEquals(sent, story.sent(), "cut at " + cut);
        }
    }

    @Test
    void ofALargeBodyTheBeginningAloneIsHeld() {
        Story.Run run =
                Story.run(
                        Map.of(
                                "login", List.of("POST /login"),
                                "methods", List.of("POST"),
                                "limits", Map.of("body-rewritten", 5)));
        run.session().client(LOG_IN).up().server(cookie("online1")).target(cookie("target1"));
        String begin = "POST / HTTP/1.1~" + FORM + "Content-Length: 11~~_csr";
        assertEquals("", sentBy(run, begin));
        assertEquals(begin + "f", sentBy(run, begin + "f"));
    }

    // Ids.

    private static final Map<String, Object> ORDERS =
            Map.of(
                    "methods",
                    List.of("*"),
                    "ids",
                    Map.of(
                            "order",
                            Map.of(
                                    "from",
                                    List.of(
                                            "POST /orders location",
                                            "POST /orders json:$.order.id"),
                                    "in",
                                    List.of(
                                            "/orders/{}",
                                            "/orders/{}/**",
                                            "query:order",
                                            "field:orderId"))));

    private static String made(String location, String id) {
        String body = "{\"order\":{\"id\":" + id + "}}";
        return "HTTP/1.1 201 Made~Location: %s~Content-Type: application/json~Content-Length: %d~~%s"
                .formatted(location, body.length(), body);
    }

    private static final String ORDER = "POST /orders HTTP/1.1~Content-Length: 0~~";

    @Test
    void anIdThatTheConfigurationNamesIsTheTargets() {
        Story.Run run = Story.run(ORDERS);
        Story first = run.session().client(ORDER).up();
        first.server(made("http://target.test:8080/orders/17", "1700"))
                .target(made("/orders/230", "2300"));
        assertEquals("json", kind(first));
        assertEquals(get("/orders/230", ""), sentBy(run, get("/orders/17", "")));
        assertEquals(
                get("/orders/230/items?order=2300&n=17", ""),
                sentBy(run, get("/orders/17/items?order=1700&n=17", "")));
        // Another path, another id, one that is only alike.
        for (String path : List.of("/items/17", "/orders/18", "/orders/017", "/orders/17x")) {
            assertEquals(get(path, ""), sentBy(run, get(path, "")));
        }
        String json = "POST /pay HTTP/1.1~" + JSON + "Content-Length: ";
        assertEquals(
                json + "45~~{\"orderId\": 230, \"orderId\":\"2300\",\"other\":17}",
                sentBy(run, json + "44~~{\"orderId\": 17, \"orderId\":\"1700\",\"other\":17}"));
        String form = "POST /pay HTTP/1.1~" + FORM + "Content-Length: ";
        assertEquals(form + "16~~orderId=230&a=17", sentBy(run, form + "15~~orderId=17&a=17"));
    }

    private static String kind(Story story) {
        return story.verdict(0) instanceof dev.understudy.protocol.Verdict.Different different
                ? different.kind()
                : story.verdict(0).toString();
    }

    @Test
    void anIdOfAnotherKindIsNoPair() {
        Story.Run run = Story.run(ORDERS);
        run.session()
                .client(ORDER)
                .up()
                .server(made("/orders/17", "\"ab\""))
                .target(made("/orders/x7", "\"abc\""));
        assertEquals(get("/orders/17", ""), sentBy(run, get("/orders/17", "")));
        assertEquals(get("/orders/ab", ""), sentBy(run, get("/orders/ab", "")));
    }

    @Test
    void anIdIsAwaitedAsACookieIs() {
        Story.Run run = Story.run(ORDERS);
        Story first = run.session().client(ORDER).up().server(made("/orders/17", "1"));
        Story next = run.session().client(get("/orders/17", ""));
        assertTrue(next.held());
        first.target(made("/orders/18", "1"));
        assertEquals(get("/orders/18", ""), next.look().sent());
    }

    private static final Map<String, Object> LISTED =
            Map.of(
                    "methods",
                    List.of("*"),
                    "ids",
                    Map.of(
                            "order",
                            Map.of(
                                    "from",
                                    List.of(
                                            "POST /orders location",
                                            "GET /orders json:$.pages[*].orders[*].id"),
                                    "in",
                                    List.of("/orders/{}"))));

    private static String listed(String pages) {
        String body = "{\"pages\":" + pages + "}";
        return "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: %d~~%s"
                .formatted(body.length(), body);
    }

    @Test
    void idsInListsArePairsWhereTheListsAreAsLong() {
        Story.Run run = Story.run(LISTED);
        run.session()
                .client(get("/orders", ""))
                .up()
                .server(
                        listed(
                                "[{\"orders\":[{\"id\":17},{\"id\":18}]},{\"orders\":[{\"id\":19}]},{\"orders\":[{\"id\":20}]}]"))
                .target(
                        listed(
                                "[{\"orders\":[{\"id\":230},{\"id\":231}]},{\"orders\":[{\"id\":232}]},{\"orders\":[{\"id\":233},{\"id\":234}]}]"));
        assertEquals(get("/orders/230", ""), sentBy(run, get("/orders/17", "")));
        assertEquals(get("/orders/231", ""), sentBy(run, get("/orders/18", "")));
        assertEquals(get("/orders/232", ""), sentBy(run, get("/orders/19", "")));
        // One order here and two there: which of them it is would be a guess.
        assertEquals(get("/orders/20", ""), sentBy(run, get("/orders/20", "")));
    }

    @Test
    void aListOfOtherLengthTakesNothingFromAnIdThatWasGivenAlone() {
        Story.Run run = Story.run(LISTED);
        run.session()
                .client(ORDER)
                .up()
                .server(made("/orders/17", "1"))
                .target(made("/orders/230", "1"));
        run.session()
                .client(get("/orders", ""))
                .up()
                .server(listed("[{\"orders\":[{\"id\":17}]}]"))
                .target(listed("[{\"orders\":[{\"id\":3},{\"id\":230}]}]"));
        assertEquals(get("/orders/230", ""), sentBy(run, get("/orders/17", "")));
    }

    // Logins by redirects.

    @Test
    void theCodeAndTheStateOfARedirectAreTheTargets() {
        Story.Run run = Story.run(Map.of("methods", List.of("GET", "POST")));
        String redirect =
                "HTTP/1.1 302 Found~Location: https://app.test/cb?a=1&code=%s&state=%s#x~Content-Length: 0~~";
        run.session()
                .client(get("/authorize", ""))
                .up()
                .server(redirect.formatted("online-code", "on%2Bline-state"))
                .target(redirect.formatted("target-code", "target-state"));
        assertEquals(
                get("/cb?a=1&code=target-code&state=target-state&x=online-code", ""),
                sentBy(
                        run,
                        get("/cb?a=1&code=online-code&state=on%2Bline-state&x=online-code", "")));
        String before = "POST /token HTTP/1.1~" + FORM;
        assertEquals(
                before + "Content-Length: 16~~code=target-code",
                sentBy(run, before + "Content-Length: 16~~code=online-code"));
    }

    @Test
    void aStateThatIsAWordIsNotMapped() {
        Story.Run run = Story.run(Map.of());
        String redirect = "HTTP/1.1 302 Found~Location: /list?state=%s~Content-Length: 0~~";
        run.session()
                .client(get("/", ""))
                .up()
                .server(redirect.formatted("pending"))
                .target(redirect.formatted("closed"));
        assertEquals(get("/l?state=pending", ""), sentBy(run, get("/l?state=pending", "")));
    }

    // Validators.

    @Test
    void aValidatorIsTheTargetsForItsPathAlone() {
        Story.Run run = Story.run(Map.of());
        run.session()
                .client(get("/a", ""))
                .up()
                .server(gives("ETag: \"on\"~", ""))
                .target(gives("ETag: W/\"target\"~", ""));
        assertEquals(
                get("/a", "If-None-Match: W/\"target\", \"other\"~"),
                sentBy(run, get("/a", "If-None-Match: \"on\", \"other\"~")));
        assertEquals(
                get("/b", "If-None-Match: \"on\"~"),
                sentBy(run, get("/b", "If-None-Match: \"on\"~")));
    }

    // Credentials.

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void basicCredentialsAreMapped() {
        Story.Run run =
                Story.run(
                        Map.of(
                                "users",
                                Map.of("app", Map.of("as", "rehearsal", "password", "pw"))));
        assertEquals(
                get("/", "Authorization: Basic " + base64("rehearsal:pw") + "~"),
                sentBy(run, get("/", "Authorization: Basic " + base64("app:secret") + "~")));
        String other = get("/", "Authorization: Basic " + base64("other:secret") + "~");
        assertEquals(other, sentBy(run, other));
    }

    /** The example of RFC 7616, section 3.9.1, with the target in the place of its server. */
    @Test
    void digestIsComputedAfreshForTheTargetsChallenge() {
        Story.Run run =
                Story.run(Map.of("users", Map.of("Mufasa", Map.of("password", "Circle of Life"))));
        String target =
                "HTTP/1.1 401 No~WWW-Authenticate: Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"~Content-Length: 0~~";
        String online =
                "HTTP/1.1 401 No~WWW-Authenticate: Digest realm=\"r\", nonce=\"on\", qop=\"auth\"~Content-Length: 0~~";
        Story story = run.session();
        story.client(get("/dir/index.html", "")).up().server(online).target(target);
        story.client(
                get(
                        "/dir/index.html",
                        "Authorization: Digest username=\"Mufasa\", realm=\"r\", uri=\"/dir/index.html\", nonce=\"on\", nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"0\"~"));
        assertTrue(
                story.sent().contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""),
                story.sent());
        assertTrue(story.sent().contains("qop=auth, nc=00000001"), story.sent());
    }

    private static final String ASKS =
            "HTTP/1.1 401 No~WWW-Authenticate: Digest realm=\"r\", qop=\"%s\", nonce=\"%s\"~Content-Length: 0~~";

    private static String digest(String nonce, String count, String quality) {
        return "Authorization: Digest username=\"u\", realm=\"r\", uri=\"/\", nonce=\"%s\", nc=%s, cnonce=\"c\", qop=%s, response=\"0\"~"
                .formatted(nonce, count, quality);
    }

    private static String md5(String text) throws Exception {
        return java.util.HexFormat.of()
                .formatHex(
                        java.security.MessageDigest.getInstance("MD5")
                                .digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theNonceOfTheNextRequestIsTheTargets() throws Exception {
        Story.Run run = Story.run(Map.of("users", Map.of("u", Map.of("password", "p"))));
        Story story = run.session().client(get("/", "")).up();
        story.server(ASKS.formatted("auth", "on1")).target(ASKS.formatted("auth", "to1"));
        String info =
                "HTTP/1.1 200 OK~Authentication-Info: qop=auth, nextnonce=\"%s\"~Content-Length: 0~~";
        story.client(get("/", digest("on1", "00000001", "auth")))
                .server(info.formatted("on2"))
                .target(info.formatted("to2"));
        // The next request comes on another connection.
        String sent = sentBy(run, get("/", digest("on2", "00000001", "auth")));
        String response = md5(md5("u:r:p") + ":to2:00000001:c:auth:" + md5("GET:/"));
        assertTrue(sent.contains("nonce=\"to2\""), sent);
        assertTrue(sent.contains("response=\"" + response + "\""), sent);
    }

    @Test
    void aDigestOfTheBodyIsMadeOfTheBodyThatIsSent() throws Exception {
        Story.Run run =
                Story.run(
                        Map.of(
                                "methods", List.of("*"),
                                "users", Map.of("u", Map.of("password", "p"))));
        Story story = run.session().client(get("/", "")).up();
        story.server(ASKS.formatted("auth,auth-int", "on1"))
                .target(ASKS.formatted("auth-int, auth", "to1"));
        String post = "POST / HTTP/1.1~" + digest("on1", "00000001", "auth-int");
        story.client(post + "Transfer-Encoding: chunked~~2~bo~").client("2~dy~0~~");
        String response =
                md5(md5("u:r:p") + ":to1:00000001:c:auth-int:" + md5("POST:/:" + md5("body")));
        assertTrue(story.sent().contains("response=\"" + response + "\""), story.sent());
        assertTrue(story.sent().endsWith("~~2~bo~2~dy~0~~"), story.sent());
    }

    @Test
    void aDigestWithoutAPasswordIsNotCompared() {
        Story.Run run = Story.run(Map.of());
        String challenge =
                "HTTP/1.1 401 No~WWW-Authenticate: Digest realm=\"r\", nonce=\"%s\"~Content-Length: 0~~";
        Story story = run.session().client(get("/", "")).up();
        story.server(challenge.formatted("on")).target(challenge.formatted("off"));
        story.client(get("/", "Authorization: Digest username=\"u\", nonce=\"on\"~")).both(EMPTY);
        assertEquals(List.of("1: digest-not-made"), story.unjudged());
    }

    @Test
    void aJwtIsSignedAnewWithTheTargetsKey() throws Exception {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String head =
                encoder.encodeToString(
                        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8));
        String payload =
                encoder.encodeToString(
                        "{\"sub\":\"7\",\"exp\":5,\"iss\":\"a\"}".getBytes(StandardCharsets.UTF_8));
        Story.Run run = Story.run(Map.of("jwt", Map.of("key", "k", "claims", Map.of("iss", "b"))));
        String sent =
                sentBy(run, get("/", "Authorization: Bearer " + head + "." + payload + ".xyz~"));
        String token = sent.replaceFirst("(?s).*Bearer ([^~]+)~.*", "$1");
        String[] parts = token.split("\\.", -1);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("k".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String signature =
                encoder.encodeToString(
                        mac.doFinal((parts[0] + "." + parts[1]).getBytes(StandardCharsets.UTF_8)));
        assertEquals(signature, parts[2]);
        String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
        assertTrue(claims.contains("\"sub\":\"7\"") && claims.contains("\"iss\":\"b\""), claims);
        assertFalse(claims.contains("\"exp\":5"), claims);
    }

    @Test
    void aBearerTokenIsReplacedByTheConfiguredOne() {
        Story.Run run = Story.run(Map.of("bearer", "fixed"));
        assertEquals(
                get("/", "Authorization: Bearer fixed~"),
                sentBy(run, get("/", "Authorization: Bearer whatever~")));
    }

    @Test
    void aValueWithALineEndIsNotWritten() {
        Story.Run run = Story.run(LOGIN);
        run.session()
                .client(LOG_IN)
                .up()
                .server(gives(JSON, "{\"token\":\"online-token\"}"))
                .target(gives(JSON, "{\"token\":\"a\\r\\nX: evil\"}"));
        Story story = run.session().client(get("/", "Authorization: Bearer online-token~")).up();
        assertEquals(get("/", "Authorization: Bearer online-token~"), story.sent());
        story.both(EMPTY);
        assertEquals(List.of("0: auth-state-unusable"), story.unjudged());
        assertEquals(1, story.answered(Side.TARGET).size());
    }
}
