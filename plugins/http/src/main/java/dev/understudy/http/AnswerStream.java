package dev.understudy.http;

import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.compare.HttpReply.Outcome;
import dev.understudy.http.message.BodyReader;
import dev.understudy.http.message.Framing;
import dev.understudy.http.message.HeadReader;
import dev.understudy.http.message.Header;
import dev.understudy.http.message.MessageLimits;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.http.state.AnswerValues;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.InOrder;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;

/**
 * Reads the answers of one server, each by the request that it belongs to (RFC 9112, section 6.3).
 * Bodies pass through; nothing of them is kept beyond the record and the values they give.
 */
final class AnswerStream {
    /** Something that a server said. */
    sealed interface Said {
        /** An interim answer: another follows. */
        record Interim(OpenRequest request, ResponseHead head) implements Said {}

        /** A head was read; its body follows. */
        record Begun(OpenRequest request, ResponseHead head) implements Said {}

        /**
         * A whole answer, or as much as there will be of it.
         *
         * @param doubtful its framing lets readers disagree, or bytes of it were not captured
         */
        record Answer(
                OpenRequest request,
                ResponseHead head,
                HttpReply reply,
                Outcome how,
                Optional<String> doubtful,
                AnswerValues values,
                long timeNanos)
                implements Said {}

        /** An answer that no request asked for. */
        record OutOfStep(ResponseHead head) implements Said {}

        /** These bytes are no answer. */
        record Malformed(String reason) implements Said {}
    }

    /** An answer whose body is being read. */
    private static final class Current {
        private final OpenRequest request;
        private final ResponseHead head;
        private final HttpReply.Builder record;
        private final BodyReader body;
        private final AnswerValues values;
        private Optional<String> doubtful;

        private Current(
                OpenRequest request,
                ResponseHead head,
                HttpReply.Builder record,
                BodyReader body,
                AnswerValues values,
                Optional<String> doubtful) {
            this.request = request;
            this.head = head;
            this.record = record;
            this.body = body;
            this.values = values;
            this.doubtful = doubtful;
        }

        private void piece(ByteBuf piece) {
            record.body(piece);
            values.body(piece);
        }

        private Said.Answer end(Outcome how, List<Header> trailers, long timeNanos) {
            return new Said.Answer(
                    request,
                    head,
                    record.trailers(trailers).end(how),
                    how,
                    doubtful,
                    values,
                    timeNanos);
        }
    }

    private final Side side;
    private final InOrder<OpenRequest> requests;
    private final Replies replies;
    private final AnswerValues.Reading reading;
    private final MessageLimits limits;
    private final HeadReader heads;
    private Optional<Current> current = Optional.empty();

    AnswerStream(
            Side side,
            InOrder<OpenRequest> requests,
            Replies replies,
            AnswerValues.Reading reading,
            MessageLimits limits) {
        this.side = side;
        this.requests = requests;
        this.replies = replies;
        this.reading = reading;
        this.limits = limits;
        this.heads = new HeadReader(limits);
    }

    /** Whether an answer has begun that has not ended. */
    boolean within() {
        return current.isPresent();
    }

    /**
     * Reads on to the next thing said, and takes an answer's request out when it is whole. Empty
     * where more bytes are needed.
     *
     * @param offset stream offset of the byte at index {@code base}
     */
    Optional<Said> next(ByteBuf in, int base, long offset, ByteTimes times) {
        if (current.isPresent()) {
            return body(current.get(), in, base, offset, times);
        }
        return switch (heads.read(in)) {
            case Decoded.Incomplete<String> _ -> Optional.empty();
            case Decoded.Malformed<String>(int _, String reason) ->
                    Optional.of(new Said.Malformed(reason));
            case Decoded.Complete<String>(String text, int length) -> {
                in.skipBytes(length);
                yield switch (ResponseHead.parse(text)) {
                    case Decoded.Complete<ResponseHead>(ResponseHead head, int _) ->
                            Optional.of(head(head));
                    case Decoded.Incomplete<ResponseHead> _ ->
                            Optional.of(new Said.Malformed("a head without its end"));
                    case Decoded.Malformed<ResponseHead>(int _, String reason) ->
                            Optional.of(new Said.Malformed(reason));
                };
            }
        };
    }

    private Said head(ResponseHead head) {
        Optional<OpenRequest> asked = requests.next(side);
        if (asked.isEmpty()) {
            return new Said.OutOfStep(head);
        }
        OpenRequest request = asked.get();
        if (head.isInterim()) {
            return new Said.Interim(request, head);
        }
        return switch (Framing.of(head, request.method())) {
            case Framing.Said.Plainly(Framing framing) ->
                    begin(request, head, framing, Optional.empty());
            case Framing.Said.Doubtfully(Framing framing, String _) ->
                    begin(request, head, framing, Optional.of("ambiguous-framing"));
            case Framing.Said.Unreadably(String why) -> new Said.Malformed(why);
        };
    }

    private Said begin(
            OpenRequest request, ResponseHead head, Framing framing, Optional<String> doubtful) {
        current =
                Optional.of(
                        new Current(
                                request,
                                head,
                                replies.begin(head),
                                new BodyReader(framing, limits),
                                reading.begin(head, request.head(), request.authorization()),
                                doubtful));
        return new Said.Begun(request, head);
    }

    private Optional<Said> body(
            Current answer, ByteBuf in, int base, long offset, ByteTimes times) {
        return switch (answer.body.read(in, answer::piece)) {
            case BodyReader.Progress.More() -> Optional.empty();
            case BodyReader.Progress.Malformed(String reason) ->
                    Optional.of(new Said.Malformed(reason));
            case BodyReader.Progress.Ended(List<Header> trailers) -> {
                current = Optional.empty();
                requests.take(side);
                long time = times.at(Math.max(offset, offset + in.readerIndex() - base - 1));
                yield Optional.of(answer.end(Outcome.WHOLE, trailers, time));
            }
        };
    }

    /**
     * Passes over bytes that were not captured.
     *
     * @return whether the answer's end is known all the same
     */
    boolean skip(long bytes) {
        if (current.isEmpty() || !current.get().body.skip(bytes)) {
            return false;
        }
        current.get().doubtful = Optional.of("gap");
        return true;
    }

    /**
     * The server says nothing more. What had begun ends with that.
     *
     * @param inOrder by FIN, and with all bytes before it seen
     */
    Optional<Said.Answer> ended(boolean inOrder, Outcome otherwise, long timeNanos) {
        if (current.isEmpty()) {
            return Optional.empty();
        }
        Current answer = current.get();
        current = Optional.empty();
        requests.take(side);
        Outcome how = inOrder && answer.body.untilClose() ? Outcome.UNTIL_CLOSE : otherwise;
        return Optional.of(answer.end(how, List.of(), timeNanos));
    }

    /** Begins with another connection; what had begun is forgotten. */
    void anew() {
        current = Optional.empty();
        heads.reset();
    }
}
