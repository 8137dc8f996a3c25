package dev.understudy.http.message;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where the body of a message ends (RFC 9112, section 6.3). */
public sealed interface Framing {
    /** There is no body. */
    record None() implements Framing {}

    /** So many bytes, at least 1. */
    record Length(long bytes) implements Framing {}

    /** Chunks, the last of them empty, and a trailer section. */
    record Chunked() implements Framing {}

    /** All that comes until the server closes. */
    record UntilClose() implements Framing {}

    /** What a head says of its body. */
    sealed interface Said {
        /** The one way to read it. */
        record Plainly(Framing framing) implements Said {}

        /** RFC 9112 has a rule, and readers are known that follow another. */
        record Doubtfully(Framing framing, String why) implements Said {}

        /** No rule tells where the body ends. */
        record Unreadably(String why) implements Said {}
    }

    /** How the body of this request is framed. */
    static Said of(RequestHead request) {
        Said said = byFields(request);
        return said instanceof Said.Plainly(Framing framing) && request.mixesLineEnds()
                ? new Said.Doubtfully(framing, "lines that end with CR LF, and with LF alone")
                : said;
    }

    private static Said byFields(RequestHead request) {
        List<String> codings = request.fields().members("transfer-encoding");
        if (!codings.isEmpty()) {
            if (request.minor() == 0) {
                return new Said.Unreadably("Transfer-Encoding in HTTP/1.0");
            }
            if (!endsChunked(codings)) {
                return new Said.Unreadably("Transfer-Encoding of a request without chunked");
            }
            return withCodings(new Chunked(), request.fields());
        }
        if (!request.fields().all("transfer-encoding").isEmpty()) {
            return new Said.Unreadably("an empty Transfer-Encoding");
        }
        return request.fields().all("content-length").isEmpty()
                ? new Said.Plainly(new None())
                : byLength(request.fields());
    }

    /**
     * How the body of this answer is framed.
     *
     * @param method of the request that it answers
     */
    static Said of(ResponseHead answer, String method) {
        int status = answer.status();
        boolean none = method.equals("HEAD") || status < 200 || status == 204 || status == 304;
        if (none || (method.equals("CONNECT") && status < 300)) {
            return new Said.Plainly(new None());
        }
        List<String> codings = answer.fields().members("transfer-encoding");
        if (!codings.isEmpty()) {
            Framing framing = endsChunked(codings) ? new Chunked() : new UntilClose();
            return answer.minor() == 0
                    ? new Said.Doubtfully(framing, "Transfer-Encoding in an answer of HTTP/1.0")
                    : withCodings(framing, answer.fields());
        }
        return answer.fields().all("content-length").isEmpty()
                ? new Said.Plainly(new UntilClose())
                : byLength(answer.fields());
    }

    private static boolean endsChunked(List<String> codings) {
        return codings.indexOf("chunked") == codings.size() - 1;
    }

    private static Said withCodings(Framing framing, Fields fields) {
        return fields.all("content-length").isEmpty()
                ? new Said.Plainly(framing)
                : new Said.Doubtfully(framing, "Transfer-Encoding together with Content-Length");
    }

    private static Said byLength(Fields fields) {
        Set<Long> lengths = new HashSet<>();
        for (String value : fields.all("content-length")) {
            for (String one : value.split(",", -1)) {
                String digits = Fields.trim(one);
                if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    return new Said.Unreadably("a Content-Length that is no number");
                }
                try {
                    lengths.add(Long.parseLong(digits));
                } catch (NumberFormatException _) {
                    return new Said.Unreadably("a Content-Length of more than 2^63 bytes");
                }
            }
        }
        if (lengths.size() > 1) {
            return new Said.Unreadably("Content-Lengths that differ");
        }
        long bytes = lengths.iterator().next();
        return new Said.Plainly(bytes == 0 ? new None() : new Length(bytes));
    }
}
