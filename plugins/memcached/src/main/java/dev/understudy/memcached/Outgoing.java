package dev.understudy.memcached;

import dev.understudy.memcached.KeyNotes.Effect;
import dev.understudy.memcached.MemcachedSettings.CasPolicy;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.command.Silence;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.ValueMapping;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Sends one connection's captured requests so that the target's state becomes production's. What
 * depends on an item's version is sent with the target's own; and what depends on an item that the
 * target may lack is sent once production's answer says what came of it.
 */
final class Outgoing {
    /** A request that may not be sent before production answered stays unread up to this size. */
    static final int MAX_DEFERRED_BYTES = 4 << 20;

    private static final String CAS_MAPPED =
            "cas value: the target's own in the place of production's";

    private static final String CAS_UNKNOWN = "cas-unknown";
    private static final String COLD = "cold";

    private final MemcachedSettings settings;
    private final Dialect dialect;
    private final OpenRequests open;
    private final KeyNotes notes;
    private final ValueMapping cas;
    private final Optional<ClusterSide> cluster;

    private Optional<Deferred> deferred = Optional.empty();
    private Optional<Body> body = Optional.empty();
    private long nextOrdinal;
    private boolean connected;
    private final boolean requestsOnly;
    private boolean proven;
    private boolean quit;

    /**
     * A captured request that is whole, or whose head is.
     *
     * @param length bytes of its head, from {@code in}'s reader index on
     */
    record Heard(Ask ask, int length, ByteBuf in, long timeNanos) {
        private ByteBuf head() {
            return in.slice(in.readerIndex(), length);
        }
    }

    /** A request that was told and is not sent before production has answered it. */
    private static final class Deferred {
        private final Ask ask;
        private final long ordinal;
        private Optional<Answer> online = Optional.empty();

        private Deferred(Ask ask, long ordinal) {
            this.ask = ask;
            this.ordinal = ordinal;
        }
    }

    /** The rest of a value that passes in pieces. */
    private record Body(long left, long ordinal, boolean sent) {}

    /** What became of a request that was shown. */
    enum Sent {
        /** It was read. */
        YES,
        /** It stays unread until something is known. */
        LATER,
        /** Whether it is a request at all is not certain. */
        DOUBTFUL
    }

    /**
     * Nothing is sent yet.
     *
     * @param proven whether the first request begins with the first byte
     * @param requestsOnly whether production's answers are never heard: no request waits for one
     */
    Outgoing(
            MemcachedSettings settings,
            Dialect dialect,
            OpenRequests open,
            KeyNotes notes,
            ValueMapping cas,
            Optional<ClusterSide> cluster,
            boolean proven,
            boolean requestsOnly) {
        this.settings = settings;
        this.dialect = dialect;
        this.open = open;
        this.notes = notes;
        this.cas = cas;
        this.cluster = cluster;
        this.proven = proven;
        this.requestsOnly = requestsOnly;
    }

    /** Whether it is certain where requests begin. */
    boolean proven() {
        return proven;
    }

    /** Whether there is a connection to the target, or to a cluster what stands for it. */
    boolean connected() {
        return connected;
    }

    /** Whether the client has asked the server to close. */
    boolean quit() {
        return quit;
    }

    /** Opens the connection, once. */
    void connect(List<SessionAction> out) {
        if (!connected) {
            connected = true;
            // A cluster's connections are opened when a key is its node's.
            if (cluster.isEmpty()) {
                out.add(SessionAction.Connect.toTarget());
            }
        }
    }

    // Values in pieces.

    /** Whether the next bytes are those of a value. */
    boolean isInValue() {
        return body.isPresent();
    }

    /** Whether they are those of a value that the target gets. */
    boolean isSendingValue() {
        return body.isPresent() && body.get().sent;
    }

    /** Sends what there is of a large value. */
    void passOn(ByteBuf in, List<SessionAction> out) {
        Body part = body.orElseThrow();
        int now = (int) Math.min(part.left, in.readableBytes());
        if (part.sent && cluster.isPresent()) {
            cluster.get().append(in.slice(in.readerIndex(), now), out);
        } else if (part.sent) {
            out.add(SessionAction.Send.request(part.ordinal, in.copy(in.readerIndex(), now)));
        }
        in.skipBytes(now);
        begin(new Body(part.left - now, part.ordinal, part.sent));
    }

    private void begin(Body part) {
        body = part.left > 0 ? Optional.of(part) : Optional.empty();
    }

    // Requests.

    /** Announces a request; gives its ordinal. */
    long asked(Ask ask, long time, List<SessionAction> out) {
        long ordinal = nextOrdinal++;
        out.add(
                new SessionAction.Asked(
                        new Request(
                                ordinal,
                                ask.operation(),
                                ask.fingerprint(),
                                ask.text(),
                                time,
                                !(ask.shape() instanceof Shape.None))));
        return ordinal;
    }

    /** Keeps a request from the target by the rule that it bears. */
    Sent skip(Ask ask, Heard request, List<SessionAction> out) {
        if (!proven) {
            return Sent.DOUBTFUL;
        }
        long ordinal = asked(ask, request.timeNanos, out);
        out.add(new SessionAction.Skipped(ordinal, ask.rule().orElseThrow()));
        if (!(ask.shape() instanceof Shape.None)) {
            open.add(Side.ONLINE, Pending.untold(ask, ordinal));
        }
        if (ask.kind().writes()) {
            ask.keys().forEach(notes::lost);
        }
        request.in.skipBytes(request.length);
        begin(new Body(ask.bodyBytes(), ordinal, false));
        return Sent.YES;
    }

    /** Sends a request now, or leaves it unread because of what is not known yet. */
    Sent send(Heard request, List<SessionAction> out) {
        Ask ask = request.ask;
        if (deferred.isPresent()) {
            Deferred decided = deferred.get();
            deferred = Optional.empty();
            proven = true;
            sendDecided(decided, request, out);
            return Sent.YES;
        }
        if (!proven) {
            boolean proves =
                    !requestsOnly
                            && ask.proper()
                            && ask.kind() != Kind.UNKNOWN
                            && ask.silence() == Silence.NEVER
                            && !(ask.shape() instanceof Shape.None);
            return proves ? defer(request, out) : Sent.DOUBTFUL;
        }
        if (ask.cas().isPresent()) {
            return sendWithCas(ask.cas().get(), request, out);
        }
        return dependsOnWhatMayBeMissing(ask) && mayWait(request)
                ? defer(request, out)
                : sendAs(request.head(), request, Optional.empty(), out);
    }

    /**
     * An add that production refused would be stored by a target that lacks the item, and a counter
     * that production went on with would begin anew.
     */
    private boolean dependsOnWhatMayBeMissing(Ask ask) {
        return (ask.kind() == Kind.ADD || (ask.kind() == Kind.COUNT && ask.creates()))
                && notes.mayBeMissing(ask);
    }

    /** Of a request that is always answered, and is not too large to stay unread until then. */
    private boolean mayWait(Heard request) {
        return !requestsOnly
                && request.ask.silence() == Silence.NEVER
                && request.ask.proper()
                && request.length + request.ask.bodyBytes() <= MAX_DEFERRED_BYTES;
    }

    private Sent sendWithCas(CasUse use, Heard request, List<SessionAction> out) {
        return switch (cas.find(slot(request.ask), use.bytes(), out)) {
            case ValueMapping.Found.Awaited() -> Sent.LATER;
            case ValueMapping.Found.Known(byte[] value) -> {
                cas.used();
                if (!Arrays.equals(value, use.bytes())) {
                    out.add(new SessionAction.Rewritten(nextOrdinal, CAS_MAPPED));
                }
                ByteBuf head = dialect.withCas(request.head(), use, CasUse.of(value));
                yield sendAs(head, request, Optional.empty(), out);
            }
            case ValueMapping.Found.Unknown(), ValueMapping.Found.Expired() -> {
                cas.used();
                yield sendWithUnknownCas(request, out);
            }
        };
    }

    private static String slot(Ask ask) {
        return "cas/" + (ask.keys().isEmpty() ? "" : ask.keys().getFirst());
    }

    private Sent sendWithUnknownCas(Heard request, List<SessionAction> out) {
        if (!request.ask.kind().writes() || settings.cas() == CasPolicy.AS_IS) {
            return sendAs(request.head(), request, Optional.of(CAS_UNKNOWN), out);
        }
        return settings.cas() == CasPolicy.UNCONDITIONAL && mayWait(request)
                ? defer(request, out)
                : skip(request.ask.under(CAS_UNKNOWN), request, out);
    }

    // What waits for production's answer.

    private Sent defer(Heard request, List<SessionAction> out) {
        long ordinal = asked(request.ask, request.timeNanos, out);
        deferred = Optional.of(new Deferred(request.ask, ordinal));
        open.add(Side.ONLINE, Pending.of(request.ask, ordinal, request.timeNanos));
        return Sent.LATER;
    }

    /** Whether a request waits for production's answer. */
    boolean waitsForOnline() {
        return deferred.isPresent() && deferred.get().online.isEmpty();
    }

    /** Whether one has waited for it, and is due. */
    boolean isDecided() {
        return deferred.isPresent() && deferred.get().online.isPresent();
    }

    /** Production has answered a request. */
    void onlineAnswered(long ordinal, Answer answer) {
        deferred.filter(waiting -> waiting.ordinal == ordinal)
                .ifPresent(waiting -> waiting.online = Optional.of(answer));
    }

    /** Production will not answer any more; gives the ordinal of a request that waited for it. */
    Optional<Long> abandon() {
        Optional<Long> waited = deferred.map(waiting -> waiting.ordinal);
        deferred = Optional.empty();
        return waited;
    }

    /** Production has answered: it is known what to send. */
    private void sendDecided(Deferred decided, Heard request, List<SessionAction> out) {
        Ask ask = decided.ask;
        Answer online = decided.online.orElseThrow();
        ByteBuf head = request.head();
        if (ask.cas().isPresent()) {
            boolean stored =
                    is(online, Answer.done(ask.kind())) || online instanceof Answer.Counted;
            // Production's own number might be the target's by chance.
            ByteBuf sent =
                    stored
                            ? dialect.withoutCas(head, ask, ask.cas().get())
                            : dialect.withCas(head, ask.cas().get(), CasUse.NONE_HAS);
            Effect effect = stored ? Effect.AS_PRODUCTION_DID : Effect.NONE;
            transmit(ask, decided.ordinal, sent, Optional.of(CAS_UNKNOWN), effect, request, out);
            return;
        }
        Effect effect = Effect.AS_PRODUCTION_DID;
        Optional<String> reservation = Optional.empty();
        if (dependsOnWhatMayBeMissing(ask)) {
            if (ask.kind() == Kind.ADD && (is(online, "NOT_STORED") || is(online, "EXISTS"))) {
                Dialect.Rewritten refused = dialect.refusedAdd(head, ask);
                ask = refused.ask();
                head = refused.head();
                effect = Effect.NONE;
            } else if (online instanceof Answer.Counted(String digits, String _, long _)
                    && !digits.isEmpty()) {
                Optional<ByteBuf> other = dialect.startingAt(head, digits);
                // It gives the number that it was given: nothing to compare.
                reservation = other.map(_ -> COLD);
                head = other.orElse(head);
            } else if (ask.kind() == Kind.COUNT) {
                effect = Effect.AS_ASKED;
            }
        }
        transmit(ask, decided.ordinal, head, reservation, effect, request, out);
    }

    private static boolean is(Answer answer, String word) {
        return answer instanceof Answer.Status(String said, String _, long _) && said.equals(word);
    }

    // Sending.

    private Sent sendAs(
            ByteBuf head, Heard request, Optional<String> reservation, List<SessionAction> out) {
        Ask ask = request.ask;
        long ordinal = asked(ask, request.timeNanos, out);
        if (!(ask.shape() instanceof Shape.None)) {
            Pending pending =
                    notes.sending(ask, ordinal, reservation, Effect.AS_ASKED, request.timeNanos);
            open.add(Side.ONLINE, pending);
            owe(pending, false);
        }
        quit |= ask.kind() == Kind.QUIT;
        write(ask, ordinal, head, request, out);
        return Sent.YES;
    }

    private void transmit(
            Ask ask,
            long ordinal,
            ByteBuf head,
            Optional<String> reservation,
            Effect effect,
            Heard request,
            List<SessionAction> out) {
        owe(notes.sending(ask, ordinal, reservation, effect, request.timeNanos), true);
        quit |= ask.kind() == Kind.QUIT;
        write(ask, ordinal, head, request, out);
    }

    /** The target will owe an answer; production may have given its own. */
    private void owe(Pending pending, boolean online) {
        if (cluster.isPresent()) {
            open.expect(Side.TARGET, pending);
            cluster.get().owe(pending, online);
        } else {
            open.add(Side.TARGET, pending);
        }
    }

    /** Sends a head, and what is there of the value behind the captured one. */
    private void write(
            Ask ask, long ordinal, ByteBuf head, Heard request, List<SessionAction> out) {
        connect(out);
        ByteBuf in = request.in;
        int now = (int) Math.min(ask.bodyBytes(), in.readableBytes() - request.length);
        ByteBuf value = in.slice(in.readerIndex() + request.length, now);
        if (cluster.isPresent()) {
            cluster.get().send(ask, ordinal, head, value, out);
        } else {
            ByteBuf bytes =
                    Unpooled.buffer(head.readableBytes() + now)
                            .writeBytes(head, head.readerIndex(), head.readableBytes())
                            .writeBytes(value);
            out.add(SessionAction.Send.request(ordinal, bytes));
        }
        in.skipBytes(request.length + now);
        begin(new Body(ask.bodyBytes() - now, ordinal, true));
    }

    /** Sends a request of our own; not to be called in the middle of another. */
    void sendOwn(Dialect.Own own, List<SessionAction> out) {
        owe(own.pending(), false);
        out.add(SessionAction.Send.plumbing(own.bytes()));
    }
}
