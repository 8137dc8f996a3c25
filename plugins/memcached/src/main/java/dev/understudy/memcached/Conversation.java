package dev.understudy.memcached;

import dev.understudy.memcached.MemcachedSettings.CasPolicy;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Answers.Found;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CacheReply;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.command.Silence;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.InOrder;
import dev.understudy.protocol.session.ValueMapping;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A connection whose dialect is known: reads captured requests, sends them as the target wants
 * them, and tells the answers of both sides. No I/O, no clock.
 *
 * <p>A request is read once it is whole, or its head is and its value is large: then the value
 * passes in pieces. What has to wait for something stays unread.
 */
final class Conversation {
    /** A cas value that no item has: 2^64 - 1. */
    private static final long NO_CAS = -1;

    /** Requests that either side may owe an answer. */
    static final int MAX_OPEN = 32_768;

    /** Requests of up to this size are read and sent in one piece, in bytes. */
    static final int WHOLE_BYTES = 64 * 1024;

    /** A request that may not be sent before production answered stays unread up to this size. */
    static final int MAX_DEFERRED_BYTES = 4 << 20;

    /** {@code noreply} requests behind which an older one is taken for unanswered. */
    static final int SILENT_WINDOW = 1024;

    /** How long a request may wait for the target's cas value. */
    static final Duration MAX_CAS_HOLD = Duration.ofSeconds(10);

    /** How long a target may take to close before we do. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private static final long CLOSE_TOKEN = 0x434C4F53;
    private static final String HOLD_PIPELINE = "pipeline";
    private static final Duration MAX_PIPELINE_HOLD = Duration.ofSeconds(10);
    private static final String CAS_UNKNOWN = "cas-unknown";

    private final MemcachedSettings settings;
    private final Dialect dialect;
    private final InOrder<Pending> open;
    private final KeyNotes notes;
    private final HitRates hitRates;
    private final Warming warming;
    private final Login login;
    private final ValueMapping cas = new ValueMapping("cas", MAX_CAS_HOLD);
    private final Optional<ClusterSide> cluster;

    private Optional<Deferred> deferred = Optional.empty();
    private Optional<Body> body = Optional.empty();
    private long nextOrdinal;
    private int loudOpen;
    private boolean connected;
    private boolean proven;
    private boolean unreadRequest;
    private boolean pipelineHold;
    private boolean quit;
    private boolean clientEnded;
    private boolean serverEnded;
    private boolean targetUp;
    private boolean targetEnded;
    private String targetEnd = "";
    private boolean closing;
    private boolean over;

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

    /** Ends the session with a reason. */
    @FunctionalInterface
    interface LeavingOut {
        void because(String reason, String detail, List<SessionAction> out);
    }

    Conversation(SessionContext context, Shared shared, Dialect dialect, InOrder<Pending> open) {
        this.settings = shared.settings();
        this.dialect = dialect;
        this.open = open;
        this.notes = new KeyNotes(shared.keys(), context.copyNumber());
        this.hitRates = shared.hitRates();
        this.warming = new Warming(shared, dialect);
        this.login = new Login(shared, dialect instanceof BinaryDialect);
        this.proven = !context.joinedMidway();
        this.cluster =
                shared.cluster()
                        .map(
                                target ->
                                        new ClusterSide(
                                                target, settings.keepBytes(), new ClusterTeller()));
    }

    /** Tells what the cluster says as any target's answers are told. */
    private final class ClusterTeller implements ClusterSide.Teller {
        @Override
        public void answered(
                Pending request, Answer answer, long timeNanos, List<SessionAction> out) {
            tell(Side.TARGET, request, answer, timeNanos, out);
        }

        @Override
        public void lost(Pending request, String reason, List<SessionAction> out) {
            loudOpen -= request.ask().silence() == Silence.NEVER ? 1 : 0;
            out.add(new SessionAction.Lost(request.ordinal(), reason));
            cas.gone(request.ordinal(), out);
            if (request.ask().kind().writes()) {
                request.ask().keys().forEach(notes::lost);
            }
        }
    }

    /** Whether nothing that still comes leads to an action. */
    boolean isOver() {
        return over;
    }

    /** Takes one event in and adds what is to be done to {@code out}. */
    void on(SessionEvent event, List<SessionAction> out) {
        if (cas.on(event, out)) {
            return;
        }
        if (cluster.isPresent() && cluster.get().on(event, out)) {
            closeWhenDone(out);
            return;
        }
        switch (event) {
            case SessionEvent.Captured(
                            Direction direction,
                            ByteBuf bytes,
                            long offset,
                            ByteTimes times) -> {
                if (direction == Direction.FROM_CLIENT) {
                    requests(bytes, offset, times, out);
                } else {
                    answers(Side.ONLINE, bytes, offset, times, out);
                }
            }
            case SessionEvent.Target(int _, ByteBuf bytes, long offset, ByteTimes times) -> {
                if (!login.reads(bytes)) {
                    answers(Side.TARGET, bytes, offset, times, out);
                }
                while (!over && login.reads(bytes) && bytes.isReadable()) {
                    int start = bytes.readerIndex();
                    Login.Step step = login.onTarget(bytes, out);
                    if (step instanceof Login.Step.More) {
                        break;
                    }
                    long last = offset + bytes.readerIndex() - start - 1;
                    loggedIn(step, times.at(last), out);
                }
            }
            case SessionEvent.CapturedGap gap -> gap(gap, this::leaveOut, out);
            case SessionEvent.CapturedEnd end -> captured(end, out);
            case SessionEvent.TargetEnd end -> targetEnded(end, out);
            case SessionEvent.Expired expired -> expired(expired.what(), out);
            case SessionEvent.Wakeup wakeup -> {
                if (wakeup.token() == CLOSE_TOKEN && !targetEnded) {
                    close(wakeup.timeNanos(), out);
                }
            }
            case SessionEvent.TargetUp _ -> targetUp = true;
            case SessionEvent.CapturedTlsFailed _, SessionEvent.Known _, SessionEvent.Unknown _ -> {
                // Nothing that is waited for.
            }
        }
        closeWhenDone(out);
    }

    /** Ends a session whose capture lacks bytes. */
    static void gap(SessionEvent.CapturedGap gap, LeavingOut leaving, List<SessionAction> out) {
        leaving.because(
                "gap",
                "the capture lacks %d bytes of the %s at byte %d"
                        .formatted(
                                gap.length(),
                                gap.direction() == Direction.FROM_CLIENT ? "client" : "server",
                                gap.offset()),
                out);
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        if (!over) {
            over = true;
            boolean guess = !proven && !reason.equals("gap");
            out.add(
                    new SessionAction.LeaveOut(
                            guess ? "joined-midway" : reason,
                            guess ? "its first bytes are not the start of a request" : detail));
        }
    }

    // Requests.

    private void requests(ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        int start = in.readerIndex();
        boolean goesOn = true;
        while (goesOn && !over && in.isReadable()) {
            if (body.isPresent()) {
                goesOn = passOn(body.get(), in, out);
                continue;
            }
            long at = offset + in.readerIndex() - start;
            goesOn =
                    switch (dialect.ask(in)) {
                        case Decoded.Incomplete<Ask> _ -> false;
                        case Decoded.Malformed<Ask>(int where, String reason) -> {
                            leaveOut(
                                    "malformed-request",
                                    "%s, at byte %d of what the client sent"
                                            .formatted(reason, at + where),
                                    out);
                            yield false;
                        }
                        case Decoded.Complete<Ask>(Ask ask, int length) ->
                                take(ask, length, in, at, times, out);
                    };
        }
        unreadRequest = in.isReadable();
    }

    /** Sends what there is of a large value; says whether there may be more to read. */
    private boolean passOn(Body part, ByteBuf in, List<SessionAction> out) {
        int now = (int) Math.min(part.left, in.readableBytes());
        if (part.sent && cluster.isPresent()) {
            cluster.get().append(in.slice(in.readerIndex(), now), out);
        } else if (part.sent) {
            out.add(SessionAction.Send.request(part.ordinal, in.copy(in.readerIndex(), now)));
        }
        in.skipBytes(now);
        long left = part.left - now;
        body = left == 0 ? Optional.empty() : Optional.of(new Body(left, part.ordinal, part.sent));
        if (left == 0 && part.sent) {
            warming.flush(this::sendOwn, out);
        }
        return true;
    }

    /** Takes a request in; says whether the next one may be read. */
    private boolean take(
            Ask ask, int length, ByteBuf in, long at, ByteTimes times, List<SessionAction> out) {
        long whole = length + ask.bodyBytes();
        if (whole <= WHOLE_BYTES && in.readableBytes() < whole) {
            return false;
        }
        if (login.isGoing()
                || pipelineHold
                || waitsForOnline()
                || (login.awaitsOnline() && ask.kind() != Kind.LOGIN)) {
            return false;
        }
        if (targetEnded) {
            leaveOut("target-ended", "a request has none to go to: " + targetEnd, out);
            return false;
        }
        long time = times.at(at + Math.min(whole, in.readableBytes()) - 1);
        trim(Side.ONLINE, time, out);
        trim(Side.TARGET, time, out);
        if (open.size(Side.TARGET) >= MAX_OPEN / 2 || open.size(Side.ONLINE) >= MAX_OPEN / 2) {
            pipelineHold = true;
            out.add(new SessionAction.Hold(HOLD_PIPELINE, MAX_PIPELINE_HOLD));
            return false;
        }
        if (ask.kind() == Kind.LOGIN && whole > WHOLE_BYTES) {
            leaveOut("malformed-request", "a login of " + whole + " bytes", out);
            return false;
        }
        if (login.takes(ask, in, length)) {
            return logIn(ask, length, in, time, out);
        }
        if (login.isDueFirst() && ask.kind() != Kind.LOGIN) {
            connect(out);
            login.begin(out);
            return false;
        }
        if (ask.rule().isPresent() && !settings.allow().contains(ask.rule().get())) {
            skip(ask, length, in, time, out);
            return true;
        }
        if (cluster.isPresent()) {
            Optional<String> rule = ClusterSide.rule(ask, in.slice(in.readerIndex(), length));
            if (rule.isPresent()) {
                if (ask.kind().writes()) {
                    ask.keys().forEach(notes::lost);
                }
                skip(ask.under(rule.get()), length, in, time, out);
                return true;
            }
            if (cluster.get().isFull()) {
                return false;
            }
        }
        return sendAsDue(ask, length, in, time, out);
    }

    private boolean waitsForOnline() {
        return deferred.isPresent() && deferred.get().online.isEmpty();
    }

    private long asked(Ask ask, long time, List<SessionAction> out) {
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

    private void skip(Ask ask, int length, ByteBuf in, long time, List<SessionAction> out) {
        String rule = ask.rule().orElseThrow();
        if (!proven) {
            leaveOut("joined-midway", "", out);
            return;
        }
        long ordinal = asked(ask, time, out);
        out.add(new SessionAction.Skipped(ordinal, rule));
        if (!(ask.shape() instanceof Shape.None)) {
            open.add(Side.ONLINE, Pending.untold(ask, ordinal));
        }
        in.skipBytes(length);
        begin(new Body(ask.bodyBytes(), ordinal, false));
        if (rule.equals("watch")) {
            leaveOut("watch", "the connection watches the server from here on", out);
        }
    }

    private void begin(Body part) {
        body = part.left > 0 ? Optional.of(part) : Optional.empty();
    }

    /** Sends a request now, or leaves it unread because of its cas value or of a doubt. */
    private boolean sendAsDue(Ask ask, int length, ByteBuf in, long time, List<SessionAction> out) {
        if (deferred.isPresent()) {
            Deferred decided = deferred.get();
            deferred = Optional.empty();
            proven = true;
            sendDecided(decided, length, in, out);
            return true;
        }
        if (!proven) {
            if (!ask.proper() || ask.kind() == Kind.UNKNOWN || ask.silence() != Silence.NEVER) {
                leaveOut("joined-midway", "", out);
            } else {
                defer(ask, time, out);
            }
            return false;
        }
        if (ask.cas().isEmpty()) {
            send(
                    ask,
                    asked(ask, time, out),
                    length,
                    in,
                    in.slice(in.readerIndex(), length),
                    Optional.empty(),
                    out);
            return true;
        }
        CasUse use = ask.cas().get();
        return switch (cas.find(slot(ask), use.bytes(), out)) {
            case ValueMapping.Found.Awaited() -> false;
            case ValueMapping.Found.Known(byte[] value) -> {
                cas.used();
                ByteBuf head = in.slice(in.readerIndex(), length);
                send(
                        ask,
                        asked(ask, time, out),
                        length,
                        in,
                        dialect.withCas(head, use, CasUse.of(value)),
                        Optional.empty(),
                        out);
                yield true;
            }
            case ValueMapping.Found.Unknown(), ValueMapping.Found.Expired() -> {
                cas.used();
                yield unknownCas(ask, length, in, time, out);
            }
        };
    }

    private static String slot(Ask ask) {
        return "cas/" + (ask.keys().isEmpty() ? "" : ask.keys().getFirst());
    }

    private boolean unknownCas(
            Ask ask, int length, ByteBuf in, long time, List<SessionAction> out) {
        boolean writes = ask.kind().writes();
        if (!writes || settings.cas() == CasPolicy.AS_IS) {
            send(
                    ask,
                    asked(ask, time, out),
                    length,
                    in,
                    in.slice(in.readerIndex(), length),
                    Optional.of(CAS_UNKNOWN),
                    out);
            return true;
        }
        boolean mayWait =
                ask.silence() == Silence.NEVER && length + ask.bodyBytes() <= MAX_DEFERRED_BYTES;
        if (settings.cas() == CasPolicy.UNCONDITIONAL && mayWait) {
            defer(ask, time, out);
            return false;
        }
        ask.keys().forEach(notes::lost);
        skip(ask.under(CAS_UNKNOWN), length, in, time, out);
        return true;
    }

    private void defer(Ask ask, long time, List<SessionAction> out) {
        long ordinal = asked(ask, time, out);
        deferred = Optional.of(new Deferred(ask, ordinal));
        open.add(Side.ONLINE, Pending.of(ask, ordinal));
    }

    /** Production has answered: it is known what to send. */
    private void sendDecided(Deferred decided, int length, ByteBuf in, List<SessionAction> out) {
        Ask ask = decided.ask;
        ByteBuf head = in.slice(in.readerIndex(), length);
        boolean stored =
                decided.online.orElseThrow() instanceof Answer.Status(String word, String _, long _)
                        && word.equals(Answer.done(ask.kind()));
        Optional<String> reservation = Optional.empty();
        if (ask.cas().isPresent()) {
            reservation = Optional.of(CAS_UNKNOWN);
            if (stored || decided.online.get() instanceof Answer.Counted) {
                head = dialect.withoutCas(head, ask, ask.cas().get());
            } else {
                // Production's own number might be the target's by chance.
                head = dialect.withCas(head, ask.cas().get(), NO_CAS);
            }
        }
        owe(notes.sending(ask, decided.ordinal, reservation), true);
        transmit(ask, decided.ordinal, length, in, head, out);
    }

    private void send(
            Ask ask,
            long ordinal,
            int length,
            ByteBuf in,
            ByteBuf head,
            Optional<String> reservation,
            List<SessionAction> out) {
        if (!(ask.shape() instanceof Shape.None)) {
            Pending pending = notes.sending(ask, ordinal, reservation);
            open.add(Side.ONLINE, pending);
            owe(pending, false);
        }
        quit |= ask.kind() == Kind.QUIT;
        transmit(ask, ordinal, length, in, head, out);
    }

    /** The target will owe an answer; production may have given its own. */
    private void owe(Pending pending, boolean online) {
        loudOpen += pending.ask().silence() == Silence.NEVER ? 1 : 0;
        if (cluster.isPresent()) {
            cluster.get().owe(pending, online);
        } else {
            open.add(Side.TARGET, pending);
        }
    }

    /** Sends a head that stands for {@code length} bytes, and what is there of the value. */
    private void transmit(
            Ask ask, long ordinal, int length, ByteBuf in, ByteBuf head, List<SessionAction> out) {
        connect(out);
        int now = (int) Math.min(ask.bodyBytes(), in.readableBytes() - length);
        ByteBuf value = in.slice(in.readerIndex() + length, now);
        if (cluster.isPresent()) {
            cluster.get().send(ask, ordinal, head, value, out);
        } else {
            ByteBuf bytes =
                    Unpooled.buffer(head.readableBytes() + now)
                            .writeBytes(head, head.readerIndex(), head.readableBytes())
                            .writeBytes(value);
            out.add(SessionAction.Send.request(ordinal, bytes));
        }
        in.skipBytes(length + now);
        begin(new Body(ask.bodyBytes() - now, ordinal, true));
    }

    private void connect(List<SessionAction> out) {
        if (!connected) {
            connected = true;
            // A cluster's connections are opened when a key is its node's.
            if (cluster.isEmpty()) {
                out.add(SessionAction.Connect.toTarget());
            }
        }
    }

    private void sendOwn(Dialect.Own own, List<SessionAction> out) {
        if (targetEnded || closing || open.isFull(Side.TARGET)) {
            return;
        }
        owe(own.pending(), false);
        out.add(new SessionAction.Injected("warm"));
        out.add(SessionAction.Send.plumbing(own.bytes()));
    }

    // Logins.

    private boolean logIn(Ask ask, int length, ByteBuf in, long time, List<SessionAction> out) {
        if (!proven) {
            leaveOut("joined-midway", "", out);
            return false;
        }
        Login.Captured step = login.captured(ask, in, length);
        long ordinal = step.asks() ? asked(step.shown(), time, out) : login.ordinal();
        login.ordinal(ordinal);
        if (step.skipped()) {
            out.add(new SessionAction.Skipped(ordinal, "login-step"));
        }
        open.add(Side.ONLINE, Pending.untold(step.shown(), ordinal));
        in.skipBytes((int) (length + ask.bodyBytes()));
        return true;
    }

    /** Production has answered a step of a login. */
    private void onlineLogin(Ask step, Answer answer, long time, List<SessionAction> out) {
        switch (login.onlineAnswered(step, answer)) {
            case Login.Outcome.Going() -> {}
            case Login.Outcome.Refused() ->
                    out.add(new SessionAction.Skipped(login.ordinal(), "login-refused-online"));
            case Login.Outcome.NotCopied() ->
                    out.add(new SessionAction.Skipped(login.ordinal(), "login-not-copied"));
            case Login.Outcome.Unknown(String user) ->
                    leaveOut(
                            "unknown-user",
                            "no password for '%s' on the target: set memcached.users.%s.password"
                                    .formatted(user, user),
                            out);
            case Login.Outcome.Stopped(String user) -> leaveOutRefused(user, "before", out);
            case Login.Outcome.Accepted() -> {
                out.add(
                        new SessionAction.Answered(
                                login.ordinal(),
                                Side.ONLINE,
                                CacheReply.online(login.ask(), new Answer.Said("logged in")),
                                time));
                connect(out);
                login.begin(out);
            }
        }
    }

    /** The target's login has come to an end. */
    private void loggedIn(Login.Step step, long time, List<SessionAction> out) {
        switch (step) {
            case Login.Step.More() -> {}
            case Login.Step.Done() -> {
                if (login.ordinal() >= 0) {
                    out.add(
                            new SessionAction.Answered(
                                    login.ordinal(),
                                    Side.TARGET,
                                    CacheReply.online(login.ask(), new Answer.Said("logged in")),
                                    time));
                } else {
                    out.add(new SessionAction.Injected("login"));
                }
                out.add(new SessionAction.Resume());
            }
            case Login.Step.Refused(String user, String why) -> leaveOutRefused(user, why, out);
            case Login.Step.Failed(String reason, String why) -> leaveOut(reason, why, out);
        }
    }

    private void leaveOutRefused(String user, String why, List<SessionAction> out) {
        leaveOut(
                "login-refused",
                "the target refused the login of '%s' (%s): set memcached.users.%s.password"
                        .formatted(user, why, user),
                out);
    }

    // Answers.

    private void answers(
            Side side, ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        int start = in.readerIndex();
        while (!over && in.isReadable() && mayRead(side)) {
            Found found = dialect.answers(side).next(in);
            long last = offset + in.readerIndex() - start - 1;
            switch (found) {
                case Found.Nothing() -> {
                    return;
                }
                case Found.Broken(String reason, String detail) -> leaveOut(reason, detail, out);
                case Found.Whole(List<Pending> silent, Pending request, Answer answer) -> {
                    long time = times.at(last);
                    silent.forEach(
                            each -> tell(side, each, Answer.ofSilence(each.ask()), time, out));
                    tell(side, request, answer, time, out);
                }
            }
        }
    }

    /** An answer may be captured before we have read what it answers. */
    private boolean mayRead(Side side) {
        if (side == Side.TARGET) {
            return !login.isGoing() || open.size(Side.TARGET) > 0;
        }
        boolean decided = deferred.isPresent() && !waitsForOnline();
        return !decided && !login.isGoing() && (open.size(Side.ONLINE) > 0 || !unreadRequest);
    }

    private void tell(
            Side side, Pending request, Answer answer, long time, List<SessionAction> out) {
        Ask ask = request.ask();
        if (side == Side.TARGET && ask.silence() == Silence.NEVER) {
            loudOpen--;
        }
        if (side == Side.ONLINE && !request.told() && ask.kind() == Kind.LOGIN) {
            onlineLogin(ask, answer, time, out);
            return;
        }
        if (side == Side.ONLINE
                && answer instanceof Answer.Failed(String _, String text)
                && text.equals("unauthenticated")) {
            login.serverWantsLogin();
        }
        boolean gone =
                side == Side.ONLINE
                        && cluster.isPresent()
                        && cluster.get().answeredOnline(request.ordinal());
        if (request.told() && !gone) {
            if (ask.givesCas()) {
                answer.eachCas(
                        (key, value) ->
                                cas.gave(
                                        side,
                                        request.ordinal(),
                                        "cas/" + key,
                                        CasUse.bytes(value),
                                        out));
                cas.answered(side, request.ordinal(), out);
            }
            CacheReply reply = notes.reply(side, request, answer);
            out.add(new SessionAction.Answered(request.ordinal(), side, reply, time));
            hitRates.answered(side, request, reply);
            warming.answered(side, request, answer, time);
            if (body.isEmpty()) {
                warming.flush(this::sendOwn, out);
            }
            if (deferred.isPresent() && deferred.get().ordinal == request.ordinal()) {
                deferred.get().online = Optional.of(answer);
            }
        }
        if (pipelineHold && side == Side.TARGET && open.size(Side.TARGET) < MAX_OPEN / 4) {
            pipelineHold = false;
            out.add(new SessionAction.Resume());
        }
    }

    /** Of very many requests without an answer the oldest will have none. */
    private void trim(Side side, long time, List<SessionAction> out) {
        while (open.size(side) > SILENT_WINDOW
                && open.next(side).orElseThrow().ask().silence() == Silence.UNSAID) {
            Pending oldest = open.take(side);
            tell(side, oldest, Answer.ofSilence(oldest.ask()), time, out);
        }
    }

    /** The side says nothing more: what need not be answered was not. */
    private void silentToTheEnd(Side side, long time, List<SessionAction> out) {
        while (open.next(side).isPresent()
                && open.next(side).get().ask().silence() != Silence.NEVER) {
            Pending request = open.take(side);
            tell(side, request, Answer.ofSilence(request.ask()), time, out);
        }
    }

    // The end.

    private void captured(SessionEvent.CapturedEnd end, List<SessionAction> out) {
        boolean both = end.how() != StreamEnd.FIN;
        clientEnded |= both || end.direction() == Direction.FROM_CLIENT;
        serverEnded |= both || end.direction() == Direction.FROM_SERVER;
        if (serverEnded) {
            silentToTheEnd(Side.ONLINE, end.timeNanos(), out);
            if (waitsForOnline()) {
                // Production never said what became of it.
                out.add(new SessionAction.Lost(deferred.get().ordinal, "online-ended"));
                over = true;
                cluster.ifPresentOrElse(
                        side -> side.abandon(out),
                        () -> out.add(new SessionAction.Close(SessionAction.MAIN_LANE)));
            }
        }
    }

    private void targetEnded(SessionEvent.TargetEnd end, List<SessionAction> out) {
        targetEnded = true;
        targetEnd = end.reason();
        if (!targetUp && !end.reason().equals("closed")) {
            leaveOut(
                    "connect-" + end.reason(),
                    "the connection to the target could not be made",
                    out);
        } else if (login.isGoing()) {
            leaveOut("target-ended", "while it was logged in to: " + end.reason(), out);
        } else if (cas.isAwaiting() || pipelineHold) {
            leaveOut("target-ended", "while a request waited for it: " + end.reason(), out);
        } else if (clientEnded) {
            silentToTheEnd(Side.TARGET, end.timeNanos(), out);
        }
    }

    private void expired(String what, List<SessionAction> out) {
        if (what.equals(HOLD_PIPELINE) && pipelineHold) {
            leaveOut(
                    "too-many-open",
                    "more than " + MAX_OPEN / 2 + " requests wait for answers",
                    out);
        } else if (what.equals(Login.HOLD) && login.isGoing()) {
            leaveOut(
                    "hold-expired",
                    "the login on the target took more than %d s"
                            .formatted(Login.MAX_LOGIN.toSeconds()),
                    out);
        }
    }

    /**
     * The client has gone: with the target's last answer its connection may go, too. Where only
     * requests are open that may stay unanswered, a half-closed connection proves by its end that
     * they did.
     */
    private void closeWhenDone(List<SessionAction> out) {
        boolean idle = !login.isGoing() && deferred.isEmpty() && !cas.isAwaiting() && !pipelineHold;
        if (!over
                && clientEnded
                && connected
                && !targetEnded
                && !closing
                && idle
                && loudOpen == 0) {
            closing = true;
            if (cluster.isPresent()) {
                cluster.get().finish(out);
            } else if (open.size(Side.TARGET) == 0 && !quit) {
                close(0, out);
            } else {
                if (!quit) {
                    out.add(new SessionAction.HalfClose(SessionAction.MAIN_LANE));
                }
                out.add(new SessionAction.WakeIn(CLOSE_TOKEN, CLOSE_WAIT));
            }
        }
        targetEnded |= cluster.isPresent() && cluster.get().isOver();
        over |= clientEnded && serverEnded && (targetEnded || !connected);
    }

    private void close(long time, List<SessionAction> out) {
        targetEnded = true;
        silentToTheEnd(Side.TARGET, time, out);
        out.add(new SessionAction.Close(SessionAction.MAIN_LANE));
    }
}
