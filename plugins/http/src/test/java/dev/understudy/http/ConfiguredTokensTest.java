package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.understudy.http.compare.Comparison;
import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.message.Header;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Verdict;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names that {@code http.token-fields} and {@code http.token-headers} add. */
class ConfiguredTokensTest {
    private static final String ANSWERS =
            """
            application/json | {"door-key": "%s"}                     | X-A
            application/json | {"user": {"DoorKey": ["%s"]}}          | X-A
            application/json | {"form_key": "%s"}                     | X-A
            application/xml  | <a><door-key>%s</door-key></a>         | X-A
            text/html        | <input name="door-key" value="%s">     | X-A
            text/html        | <input name="javax.faces.ViewState" value="%s"> | X-A
            text/plain       | a=b&door-key=%s&c=d                    | X-A
            text/plain       | a=b&user[door-key]=%s&c=d              | X-A
            text/plain       | the same                               | X-Door
            text/plain       | the same                               | Location
            """;

    private final HttpSettings settings = settings();

    private static HttpSettings settings() {
        InetSocketAddress address = InetSocketAddress.createUnresolved("target.test", 8080);
        Map<String, Object> given =
                Map.of(
                        "token-fields", List.of("door-key", "\u9375"),
                        "token-headers", List.of("X-Door"));
        return HttpSettings.of(
                new RunContext(
                        Settings.of("http", given),
                        address,
                        address,
                        RunContext.DEFAULT_REPLY_KEEP_BYTES),
                Instant.EPOCH);
    }

    private HttpReply reply(String type, String body, String header, String value) {
        String said = header.equals("Location") ? "/in?door-key=" + value : value;
        return new HttpReply.Builder(
                        1024,
                        settings.compare(),
                        header.equals("Location") ? 302 : 200,
                        "",
                        List.of(
                                new Header("Content-Type", type),
                                new Header(header, header.equals("X-A") ? "a" : said)))
                .body(Story.bytes(body.formatted(value)))
                .end(HttpReply.Outcome.WHOLE);
    }

    private Verdict compare(String type, String body, String header, String mine, String theirs) {
        return new Comparison(settings.compare())
                .compare(
                        new Exchange(
                                new Request(0, "GET", "GET /x", "GET /x", 0, true),
                                reply(type, body, header, mine),
                                reply(type, body, header, theirs),
                                0,
                                0,
                                0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = ANSWERS)
    void whatDiffersIsNotShown(String type, String body, String header) {
        Verdict verdict = compare(type, body, header, "hunter2", "other77x");
        String told = assertInstanceOf(Verdict.Different.class, verdict).toString();
        assertFalse(told.contains("hunter2"), told);
        assertFalse(told.contains("other77x"), told);
    }

    /** As for the names that are known without a configuration: both have drawn one. */
    @ParameterizedTest
    @CsvSource({
        "application/json, {\"door-key\": \"%s\"}, X-A",
        "application/json, {\"form_key\": \"%s\"}, X-A",
        "application/xml, <a><door-key>%s</door-key></a>, X-A",
        "text/html, <input name='javax.faces.ViewState' value='%s'>, X-A",
        "text/plain, the same, X-Door",
        "text/plain, the same, Location"
    })
    void whatEachServerDrawsIsComparedByItsShape(String type, String body, String header) {
        assertEquals(
                new Verdict.Same(),
                compare(type, body, header, "9fK3xQ7bT2mZ8vL1pR4s", "7aP0cV5nM1qW8rT3yU6e"));
    }

    @Test
    void requestsAreShownWithoutThem() {
        assertEquals(
                "/go?door-key=***&user[Door_Key]=***&\u9375=***&\u9580=b&monkey=c",
                RequestText.target(
                        "/go?door-key=a&user[Door_Key]=a&\u9375=a&\u9580=b&monkey=c",
                        settings.names()));
    }
}
