package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Silence;
import dev.understudy.memcached.couchbase.AnswerSink;
import dev.understudy.memcached.couchbase.ClusterSession;
import dev.understudy.memcached.couchbase.CouchbaseTarget;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The target's side of a conversation where the target is a Couchbase cluster: requests are handed
 * over whole, and answers come with the request that they belong to.
 */
final class ClusterSide implements AnswerSink {
    /** The rule of requests that have no counterpart in Couchbase. */
    static final String UNSUPPORTED = "couchbase-unsupported";

    /** The rule of values that no Couchbase stores. */
    static final String TOO_LARGE = "couchbase-value-limit";

    /**
     * The rule of what concerns the connection alone: barriers, questions for the version, quit.
     */
    static final String NO_COUNTERPART = "couchbase-no-counterpart";

    private final Teller teller;
    private final ClusterSession session;
    private final Map<Long, Pending> open = new HashMap<>();

    /** Requests that the cluster has not answered, and production has. */
    private final Set<Long> answeredOnline = new HashSet<>();

    /** Requests that were lost before production answered them. */
    private final Set<Long> lostEarly = new HashSet<>();

    private Optional<Upload> upload = Optional.empty();

    /** What becomes known of requests. */
    interface Teller {
        /** The cluster has answered. */
        void answered(Pending request, Answer answer, long timeNanos, List<SessionAction> out);

        /** It will not answer. */
        void lost(Pending request, String reason, List<SessionAction> out);
    }

    /** A request of which a part is there. */
    private record Upload(Ask ask, long ordinal, ByteBuf head, ByteBuf body) {}

    ClusterSide(CouchbaseTarget target, int keepBytes, Teller teller) {
        this.teller = teller;
        this.session = target.open(this, keepBytes);
    }

    /**
     * The rule by which a request is not sent; empty if it is.
     *
     * @param head the request without its value
     */
    static Optional<String> rule(Ask ask, ByteBuf head) {
        if (ask.kind() == Kind.BARRIER || ask.kind() == Kind.VERSION || ask.kind() == Kind.QUIT) {
            return Optional.of(NO_COUNTERPART);
        }
        if (ask.bodyBytes() > ClusterSession.MAX_VALUE_BYTES) {
            return Optional.of(TOO_LARGE);
        }
        return ClusterSession.takes(ask, head) ? Optional.empty() : Optional.of(UNSUPPORTED);
    }

    /** Whether no request may be added now. */
    boolean isFull() {
        return session.isFull();
    }

    /**
     * A request that will be sent is to be answered.
     *
     * @param online whether production has answered it already
     */
    void owe(Pending request, boolean online) {
        open.put(request.ordinal(), request);
        if (online) {
            answeredOnline.add(request.ordinal());
        }
    }

    /**
     * Sends a request, or keeps what is there of it until it is whole.
     *
     * @param body what is there of its value
     */
    void send(Ask ask, long ordinal, ByteBuf head, ByteBuf body, List<SessionAction> out) {
        if (body.readableBytes() == ask.bodyBytes()) {
            session.ask(ordinal, ask, head, body, out);
        } else {
            upload =
                    Optional.of(
                            new Upload(
                                    ask,
                                    ordinal,
                                    Unpooled.copiedBuffer(head),
                                    Unpooled.buffer().writeBytes(body.duplicate())));
        }
    }

    /** More of the value of the request that was sent last; it goes when it is whole. */
    void append(ByteBuf more, List<SessionAction> out) {
        Upload part = upload.orElseThrow();
        part.body().writeBytes(more);
        if (part.body().readableBytes() == part.ask().bodyBytes()) {
            upload = Optional.empty();
            session.ask(part.ordinal(), part.ask(), part.head(), part.body(), out);
        }
    }

    /** Takes in an event of the target's side; says whether it was one. */
    boolean on(SessionEvent event, List<SessionAction> out) {
        return session.on(event, out);
    }

    @Override
    public void answered(long ordinal, Answer answer, long timeNanos, List<SessionAction> out) {
        Pending request = open.remove(ordinal);
        answeredOnline.remove(ordinal);
        // The client wanted no answer, and another server would have given none.
        boolean unsaid =
                request.ask().silence() == Silence.UNSAID && !(answer instanceof Answer.Failed);
        teller.answered(request, unsaid ? new Answer.Silent() : answer, timeNanos, out);
    }

    @Override
    public void lost(long ordinal, String reason, List<SessionAction> out) {
        if (!answeredOnline.remove(ordinal)) {
            lostEarly.add(ordinal);
        }
        teller.lost(open.remove(ordinal), reason, out);
    }

    /** Production has answered; says whether the request was lost before. */
    boolean answeredOnline(long ordinal) {
        if (lostEarly.remove(ordinal)) {
            return true;
        }
        if (open.containsKey(ordinal)) {
            answeredOnline.add(ordinal);
        }
        return false;
    }

    /** Closes what is open once all is answered. */
    void finish(List<SessionAction> out) {
        session.finish(out);
    }

    /** Closes what is open at once. */
    void abandon(List<SessionAction> out) {
        session.abandon(out);
    }

    /** Whether nothing is open any more, and nothing will be. */
    boolean isOver() {
        return session.isOver();
    }
}
