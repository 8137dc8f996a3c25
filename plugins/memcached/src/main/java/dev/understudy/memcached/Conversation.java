package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Answers.Found;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CacheReply;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.Filters;
import dev.understudy.protocol.session.ValueMapping;
import io.netty.buffer.ByteBuf;
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
    /** Requests of up to this size are read and sent in one piece, in bytes. */
    static final int WHOLE_BYTES = 64 * 1024;

    /** {@code noreply} requests behind which an older one is taken for unanswered. */
    static final int SILENT_WINDOW = 1024;

    private static final String LOGIN_ANEW = "login made anew with the target's user";

    /** How long a request may wait for the target's cas value. */
    static final Duration MAX_CAS_HOLD = Duration.ofSeconds(10);

    /** How long a target may take to close before we do. */
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private static final long CLOSE_TOKEN = 0x434C4F53;
    private static final String HOLD_PIPELINE = "pipeline";
    private static final Duration MAX_PIPELINE_HOLD = Duration.ofSeconds(10);

    private final MemcachedSettings settings;
    private final Dialect dialect;
    private final OpenRequests open;
    private final Outgoing outgoing;
    private final KeyNotes notes;
    private final HitRates hitRates;
    private final Warming warming;
    private final Login login;
    private final ValueMapping cas = new ValueMapping("cas", MAX_CAS_HOLD);
    private final Optional<ClusterSide> cluster;

    private final boolean requestsOnly;
    private Filters.Who who;
    private boolean unreadRequest;
    private boolean pipelineHold;
    private boolean clientEnded;
    private boolean serverEnded;
    private boolean targetUp;
    private boolean targetEnded;
    private String targetEnd = "";
    private boolean closing;
    private boolean over;

    /** Ends the session with a reason. */
    @FunctionalInterface
    interface LeavingOut {
        void because(String reason, String detail, List<SessionAction> out);
    }

    Conversation(SessionContext context, Shared shared, Dialect dialect, OpenRequests open) {
        this.settings = shared.settings();
        this.requestsOnly = context.requestsOnly();
        this.who = Filters.Who.of(context);
        this.dialect = dialect;
        this.open = open;
        this.notes = new KeyNotes(shared.keys(), context.copies());
        this.hitRates = shared.hitRates();
        this.warming = new Warming(shared, dialect);
        this.login = new Login(shared, dialect instanceof BinaryDialect, open);
        this.cluster =
                shared.cluster()
                        .map(
                                target ->
                                        new ClusterSide(
                                                target, settings.keepBytes(), new ClusterTeller()));
        this.outgoing =
                new Outgoing(
                        settings,
                        dialect,
                        open,
                        notes,
                        cas,
                        cluster,
                        !context.joinedMidway(),
                        context.requestsOnly());
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
            open.done(Side.TARGET, request);
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
            boolean guess = !outgoing.proven() && !reason.equals("gap");
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
            if (outgoing.isInValue()) {
                outgoing.passOn(in, out);
                warm(out);
                continue;
            }
            if (login.isGoing() || pipelineHold || outgoing.waitsForOnline()) {
                break;
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

    /** Takes a request in; says whether the next one may be read. */
    private boolean take(
            Ask ask, int length, ByteBuf in, long at, ByteTimes times, List<SessionAction> out) {
        long whole = length + ask.bodyBytes();
        if (whole <= WHOLE_BYTES && in.readableBytes() < whole) {
            return false;
        }
        if (login.awaitsOnline() && ask.kind() != Kind.LOGIN) {
            return false;
        }
        if (targetEnded) {
            leaveOut("target-ended", "a request has none to go to: " + targetEnd, out);
            return false;
        }
        long time = times.at(at + Math.min(whole, in.readableBytes()) - 1);
        trim(Side.ONLINE, time, out);
        trim(Side.TARGET, time, out);
        if (open.isCrowded(Side.ONLINE)) {
            // Its answers are captured behind what was read: not to be held up.
            return false;
        }
        if (open.isCrowded(Side.TARGET)) {
            pipelineHold = true;
            out.add(new SessionAction.Hold(HOLD_PIPELINE, MAX_PIPELINE_HOLD));
            makeItSpeak(out);
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
            outgoing.connect(out);
            login.begin(out);
            return false;
        }
        Outgoing.Heard request = new Outgoing.Heard(ask, length, in, time);
        Optional<String> rule =
                ask.rule()
                        .filter(word -> !settings.allow().contains(word))
                        .or(() -> settings.filters().refuses(who, ask))
                        .or(() -> clusterRule(ask, in.slice(in.readerIndex(), length)));
        if (rule.isEmpty() && cluster.isPresent() && cluster.get().isFull()) {
            return false;
        }
        Outgoing.Sent sent =
                rule.isPresent()
                        ? outgoing.skip(ask.under(rule.get()), request, out)
                        : outgoing.send(request, out);
        if (sent == Outgoing.Sent.DOUBTFUL) {
            leaveOut("joined-midway", "", out);
        } else if (rule.filter("watch"::equals).isPresent()) {
            leaveOut("watch", "the connection watches the server from here on", out);
        }
        return sent == Outgoing.Sent.YES;
    }

    private Optional<String> clusterRule(Ask ask, ByteBuf head) {
        return cluster.flatMap(_ -> ClusterSide.rule(ask, head));
    }

    private void sendOwn(Dialect.Own own, List<SessionAction> out) {
        if (!targetEnded && !closing && !open.isFull(Side.TARGET)) {
            out.add(new SessionAction.Injected("warm"));
            outgoing.sendOwn(own, out);
        }
    }

    private void warm(List<SessionAction> out) {
        if (!outgoing.isSendingValue()) {
            warming.flush(this::sendOwn, out);
        }
    }

    // Logins.

    private boolean logIn(Ask ask, int length, ByteBuf in, long time, List<SessionAction> out) {
        if (!outgoing.proven()) {
            leaveOut("joined-midway", "", out);
            return false;
        }
        if (requestsOnly) {
            return logInUnheard(ask, length, in, time, out);
        }
        Login.Captured step = login.captured(ask, in, length);
        long ordinal = step.asks() ? outgoing.asked(step.shown(), time, out) : login.ordinal();
        login.ordinal(ordinal);
        if (step.skipped()) {
            out.add(new SessionAction.Skipped(ordinal, "login-step"));
        }
        open.add(Side.ONLINE, Pending.untold(step.shown(), ordinal));
        in.skipBytes((int) (length + ask.bodyBytes()));
        return true;
    }

    /** Whether production let its client in is not in the capture. */
    private boolean logInUnheard(
            Ask ask, int length, ByteBuf in, long time, List<SessionAction> out) {
        if (settings.login() == MemcachedSettings.LoginMode.AS_CAPTURED) {
            leaveOut(
                    "login-unheard",
                    "what came of a login is not in a capture of requests alone: set memcached.login to always",
                    out);
            return false;
        }
        out.add(new SessionAction.Skipped(outgoing.asked(ask, time, out), "login-not-copied"));
        in.skipBytes((int) (length + ask.bodyBytes()));
        return true;
    }

    /** Takes note of whose the connection is now, and says whether the run copies it. */
    private boolean isToBeCopied(String user, List<SessionAction> out) {
        if (user.isEmpty()) {
            return true;
        }
        if (who.user().isEmpty()) {
            out.add(new SessionAction.OfUser(user));
        }
        who = who.as(user);
        Optional<String> refusal =
                outgoing.connected() ? Optional.empty() : settings.filters().refusesSession(who);
        refusal.ifPresent(
                rule -> {
                    over = true;
                    out.add(new SessionAction.PassOver(rule));
                });
        return refusal.isEmpty();
    }

    /** Production has answered a step of a login. */
    private void onlineLogin(Ask step, Answer answer, long time, List<SessionAction> out) {
        Login.Outcome outcome = login.onlineAnswered(step, answer);
        if (outcome.isIn() && !isToBeCopied(login.user(), out)) {
            return;
        }
        switch (outcome) {
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
                outgoing.connect(out);
                login.begin(out);
            }
        }
    }

    /** The target's login has come to an end. */
    private void loggedIn(Login.Step step, long time, List<SessionAction> out) {
        switch (step) {
            case Login.Step.More() -> {}
            case Login.Step.Done() -> {
                out.add(new SessionAction.Rewritten(login.ordinal(), LOGIN_ANEW));
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
                case Found.Broken(String reason, String detail) -> {
                    if (side == Side.ONLINE && open.size(side) == 0 && unreadRequest) {
                        tooManyOpen(out);
                    } else {
                        leaveOut(reason, detail, out);
                    }
                }
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
        return !outgoing.isDecided()
                && !login.isGoing()
                && (open.size(Side.ONLINE) > 0 || !unreadRequest);
    }

    private void tell(
            Side side, Pending request, Answer answer, long time, List<SessionAction> out) {
        Ask ask = request.ask();
        open.done(side, request);
        if (side == Side.TARGET && login.awaits(request)) {
            loggedIn(login.answered(answer, out), time, out);
            return;
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
            if (ask.givesCas() && !requestsOnly) {
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
            if (!requestsOnly) {
                warming.answered(side, request, answer, time);
                warm(out);
            }
            if (side == Side.ONLINE) {
                outgoing.onlineAnswered(request.ordinal(), answer);
            }
        }
        if (pipelineHold && open.hasRoom(Side.TARGET)) {
            pipelineHold = false;
            out.add(new SessionAction.Resume());
        } else if (pipelineHold && side == Side.TARGET && !targetEnded) {
            makeItSpeak(out);
        }
    }

    /** A target that misses all that it was asked in silence would never say so. */
    private void makeItSpeak(List<SessionAction> out) {
        if (open.loud(Side.TARGET) == 0) {
            out.add(new SessionAction.Injected("barrier"));
            outgoing.sendOwn(dialect.barrier(), out);
        }
    }

    /** Of very many requests without an answer the oldest will have none. */
    private void trim(Side side, long time, List<SessionAction> out) {
        for (Optional<Pending> oldest = open.takeUnsaid(side, SILENT_WINDOW);
                oldest.isPresent();
                oldest = open.takeUnsaid(side, SILENT_WINDOW)) {
            tell(side, oldest.get(), Answer.ofSilence(oldest.get().ask()), time, out);
        }
    }

    /** The side says nothing more: what need not be answered was not. */
    private void silentToTheEnd(Side side, long time, List<SessionAction> out) {
        for (Optional<Pending> next = open.takeSilent(side);
                next.isPresent();
                next = open.takeSilent(side)) {
            tell(side, next.get(), Answer.ofSilence(next.get().ask()), time, out);
        }
    }

    // The end.

    private void captured(SessionEvent.CapturedEnd end, List<SessionAction> out) {
        boolean both = end.how() != StreamEnd.FIN;
        clientEnded |= both || end.direction() == Direction.FROM_CLIENT;
        serverEnded |= both || end.direction() == Direction.FROM_SERVER;
        if (serverEnded) {
            silentToTheEnd(Side.ONLINE, end.timeNanos(), out);
            if (outgoing.waitsForOnline()) {
                // Production never said what became of it.
                out.add(new SessionAction.Lost(outgoing.abandon().orElseThrow(), "online-ended"));
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

    private void tooManyOpen(List<SessionAction> out) {
        leaveOut(
                "too-many-open",
                "more than %,d requests, or %d MiB of them, waited for answers"
                        .formatted(OpenRequests.CROWD, OpenRequests.CROWD_BYTES >> 20),
                out);
    }

    private void expired(String what, List<SessionAction> out) {
        if (what.equals(HOLD_PIPELINE) && pipelineHold) {
            tooManyOpen(out);
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
        boolean idle =
                !login.isGoing()
                        && !outgoing.waitsForOnline()
                        && !outgoing.isDecided()
                        && !cas.isAwaiting()
                        && !pipelineHold;
        if (!over
                && clientEnded
                && outgoing.connected()
                && !targetEnded
                && !closing
                && idle
                && (open.loud(Side.TARGET) == 0 || outgoing.isSendingValue())) {
            closing = true;
            if (cluster.isPresent()) {
                cluster.get().finish(out);
            } else if (open.size(Side.TARGET) == 0 && !outgoing.quit()) {
                close(0, out);
            } else {
                if (!outgoing.quit()) {
                    out.add(new SessionAction.HalfClose(SessionAction.MAIN_LANE));
                }
                // A target that is owed the rest of a value ends by itself, when it has answered.
                if (!outgoing.isSendingValue()) {
                    out.add(new SessionAction.WakeIn(CLOSE_TOKEN, CLOSE_WAIT));
                }
            }
        }
        targetEnded |= cluster.isPresent() && cluster.get().isOver();
        over |= clientEnded && serverEnded && (targetEnded || !outgoing.connected());
    }

    private void close(long time, List<SessionAction> out) {
        targetEnded = true;
        silentToTheEnd(Side.TARGET, time, out);
        out.add(new SessionAction.Close(SessionAction.MAIN_LANE));
    }
}
