package dev.understudy.http.compare;

import dev.understudy.http.message.ContentCodings;
import dev.understudy.http.message.Header;
import dev.understudy.protocol.Reply;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * One server's final answer to one request, as much of it as a comparison needs. Interim answers
 * (1xx) are no part of it.
 */
public final class HttpReply implements Reply {
    private static final int MAX_SHOWN_REASON = 60;

    /** How an answer ended. */
    public enum Outcome {
        /** Where its framing said that it ends. */
        WHOLE("whole"),
        /** With the connection, as its framing wanted it. */
        UNTIL_CLOSE("ended with the connection"),
        /** The connection ended in order before the answer did. */
        CUT("cut short"),
        /** The connection was reset before the answer's end. */
        RESET("reset"),
        /** The connection ended before the answer began. */
        CLOSED_EARLY("closed without an answer"),
        /** No end within the time allowed. */
        TIMEOUT("no end in time"),
        /** Its framing cannot be read. */
        MALFORMED("malformed");

        private final String words;

        Outcome(String words) {
            this.words = words;
        }

        /** Whether all of the answer is there. */
        public boolean complete() {
            return this == WHOLE || this == UNTIL_CLOSE;
        }

        String words() {
            return words;
        }
    }

    private final int status;
    private final String reason;
    private final List<Header> headers;
    private final List<Header> trailers;
    private final Body body;
    private final Outcome outcome;

    private HttpReply(Builder from, Outcome outcome) {
        this.status = from.status;
        this.reason = from.reason;
        this.headers = from.headers;
        this.trailers = List.copyOf(from.trailers);
        this.body = from.intake.end();
        this.outcome = outcome;
    }

    /** An answer of which not even the head came. */
    public static HttpReply none(Outcome outcome) {
        if (outcome.complete()) {
            throw new IllegalArgumentException("a whole answer has a head");
        }
        return new Builder(0, CompareSettings.defaults(), 0, "", List.of()).end(outcome);
    }

    /** 100..599 as a rule, or 0 where no head came. */
    public int status() {
        return status;
    }

    /** The head's fields, in the order they came. */
    public List<Header> headers() {
        return headers;
    }

    /** The fields after a chunked body, in the order they came. */
    public List<Header> trailers() {
        return trailers;
    }

    /** How it ended. */
    public Outcome outcome() {
        return outcome;
    }

    /** Bytes of the body as sent, transfer coding undone. */
    public long bodyBytes() {
        return body.length();
    }

    Body body() {
        return body;
    }

    /** The value of the first field of that name. */
    Optional<String> header(String name) {
        return headers.stream().filter(header -> header.is(name)).map(Header::value).findFirst();
    }

    @Override
    public String describe() {
        if (status == 0) {
            return outcome.words();
        }
        StringBuilder text = new StringBuilder().append(status);
        if (!reason.isBlank()) {
            text.append(' ').append(Shown.plain(reason, MAX_SHOWN_REASON));
        }
        header("content-type")
                .map(MediaType::of)
                .ifPresent(type -> text.append(", ").append(Shown.plain(type.name(), 80)));
        text.append(String.format(Locale.ROOT, ", %,d bytes", body.length()));
        if (!body.codings().isEmpty()) {
            text.append(" of ").append(Shown.plain(String.join(", ", body.codings()), 40));
        }
        if (!outcome.complete()) {
            text.append(", ").append(outcome.words());
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return describe();
    }

    /** Makes an answer of its head and the pieces of its body. For one thread. */
    public static final class Builder {
        private final int status;
        private final String reason;
        private final List<Header> headers;
        private final List<Header> trailers = new ArrayList<>();
        private final Body.Intake intake;

        /**
         * @param keepBytes of the body as sent, so many are kept; of what is longer, its beginning
         *     and hashes
         * @param headers in the order they came
         */
        public Builder(
                int keepBytes,
                CompareSettings settings,
                int status,
                String reason,
                List<Header> headers) {
            if (keepBytes < 0) {
                throw new IllegalArgumentException("keepBytes " + keepBytes);
            }
            this.status = status;
            this.reason = Objects.requireNonNull(reason, "reason");
            this.headers = List.copyOf(headers);
            // A part of an encoded body (206) cannot be decoded by itself.
            List<String> codings = status == 206 ? List.of() : ContentCodings.of(headers);
            this.intake = new Body.Intake(keepBytes, settings.maxDecodedBytes(), codings);
        }

        /** Takes the next bytes of the body, transfer coding undone; the indices stay. */
        public Builder body(ByteBuf piece) {
            intake.add(piece);
            return this;
        }

        /** The fields after a chunked body. */
        public Builder trailers(List<Header> fields) {
            trailers.addAll(fields);
            return this;
        }

        /** The answer. Nothing may follow. */
        public HttpReply end(Outcome outcome) {
            return new HttpReply(this, outcome);
        }
    }
}
