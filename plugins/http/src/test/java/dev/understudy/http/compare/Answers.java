package dev.understudy.http.compare;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.understudy.http.message.Header;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Answers and comparisons for tests. */
final class Answers {
    static final int KEEP = 256 * 1024;
    static final Verdict SAME = new Verdict.Same();

    private Answers() {}

    /** Fields as {@code name: value}, one a line. */
    static List<Header> headers(String lines) {
        List<Header> headers = new ArrayList<>();
        for (String line : lines.split("\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.add(
                        new Header(line.substring(0, colon), line.substring(colon + 1).strip()));
            }
        }
        return headers;
    }

    static HttpReply reply(int status, String headers, String body) {
        return reply(KEEP, status, headers, body.getBytes(UTF_8));
    }

    static HttpReply reply(int keep, int status, String headers, byte[] body) {
        return new HttpReply.Builder(keep, CompareSettings.defaults(), status, "", headers(headers))
                .body(Unpooled.wrappedBuffer(body))
                .end(HttpReply.Outcome.WHOLE);
    }

    static HttpReply json(String body) {
        return reply(200, "Content-Type: application/json", body);
    }

    static HttpReply latin(int status, String headers, String body) {
        return reply(KEEP, status, headers, body.getBytes(ISO_8859_1));
    }

    static HttpReply ended(HttpReply.Outcome outcome, int status, String body) {
        return new HttpReply.Builder(
                        KEEP,
                        CompareSettings.defaults(),
                        status,
                        "",
                        headers("content-type: text/plain"))
                .body(Unpooled.copiedBuffer(body, UTF_8))
                .end(outcome);
    }

    static Request request(String operation) {
        return new Request(0, operation, operation + " /x", operation + " /x", 0, true);
    }

    static Exchange exchange(String operation, HttpReply online, HttpReply target) {
        return new Exchange(request(operation), online, target, 0, 0, 0);
    }

    static CompareSettings settings(Map<String, ?> values) {
        return CompareSettings.of(Settings.of("http.compare", values));
    }

    static Verdict compare(HttpReply online, HttpReply target) {
        return compare(CompareSettings.defaults(), online, target);
    }

    static Verdict compare(CompareSettings settings, HttpReply online, HttpReply target) {
        return new Comparison(settings).compare(exchange("GET", online, target));
    }

    /** The kind of a difference, {@code same}, or the reason not to compare in brackets. */
    static String word(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Same _ -> "same";
            case Verdict.Different different -> different.kind();
            case Verdict.NotCompared(String reason) -> "(" + reason + ")";
        };
    }
}
