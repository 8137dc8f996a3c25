package dev.understudy.mysql;

import dev.understudy.mysql.command.CommandPhase;
import dev.understudy.mysql.login.CapturedLogin;
import dev.understudy.mysql.login.LoginAttempts;
import dev.understudy.mysql.login.LoginReply;
import dev.understudy.mysql.login.OnlineLogin;
import dev.understudy.mysql.login.TargetLogin;
import dev.understudy.mysql.login.TargetUser;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.mysql.wire.ForReaders;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.Filters;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A login: the captured one is followed to its end, then one of our own is made on the target while
 * captured events are held. It opens a connection, or is the second one of a connection that is
 * open, by COM_CHANGE_USER; then answers to what was asked before it go where they went.
 */
final class LoginPhase {
    /** The longest payload in a captured login: one that carries 64 KiB of attributes, and more. */
    private static final int MAX_LOGIN_PAYLOAD_BYTES = 256 * 1024;

    private static final int TOO_MANY_CONNECTIONS = 1040;
    private static final int NO_ACCESS_TO_DATABASE = 1044;
    private static final int NO_SUCH_DATABASE = 1049;

    /** Both sides logged in, and how they got there. */
    record Seated(CommandPhase commands, CapturedLogin captured, TargetLogin target) {}

    private sealed interface Phase {
        /** The captured login is being followed. */
        record Online(CapturedLogin login) implements Phase {}

        /** Others are trying the same user, whom the target has not let in yet. */
        record Waiting(CapturedLogin captured, OnlineLogin online, TargetUser user, int round)
                implements Phase {}

        /** The target has yet to answer what came before a change of user. */
        record Draining(CapturedLogin captured, OnlineLogin online, TargetUser user)
                implements Phase {}

        /** The target is being logged in to. */
        record Target(
                CapturedLogin captured, OnlineLogin online, TargetUser user, TargetLogin login)
                implements Phase {}

        /** Both sides are logged in. */
        record Done(Seated seated) implements Phase {}

        /** Production did not change the user; its session may go on. */
        record Unchanged() implements Phase {}

        /** Nothing that follows is of interest. */
        record Over() implements Phase {}
    }

    private final MysqlSettings settings;
    private final LoginAttempts attempts;
    private final String client;
    private final Filters.Who who;
    private final boolean requestsOnly;
    private final Optional<Seated> before;
    private final long ordinal;
    private final List<SessionEvent.CapturedEnd> ends = new ArrayList<>();
    private Phase phase;
    private long readOfServer;
    private boolean asked;
    private boolean targetUp;
    private Optional<OnlineLogin> acceptedOnline = Optional.empty();

    /**
     * @param before the login that this one takes the place of
     */
    LoginPhase(
            MysqlSettings settings,
            LoginAttempts attempts,
            SessionContext context,
            Optional<Seated> before) {
        this(
                settings,
                attempts,
                context,
                before,
                before.map(seated -> seated.commands().takeOrdinal()).orElse(0L));
    }

    /**
     * The login of a connection that was open before the capture: it begins on the target at once.
     */
    static LoginPhase ofOpen(
            MysqlSettings settings,
            LoginAttempts attempts,
            SessionContext context,
            OnlineLogin online,
            List<SessionAction> out) {
        LoginPhase phase =
                new LoginPhase(
                        settings, attempts, context, Optional.empty(), SessionAction.NO_ORDINAL);
        if (phase.isToBeCopied(online.user(), out)) {
            phase.logIn(CapturedLogin.ofOpen(online), online, out);
        }
        if (!phase.isOver()) {
            out.add(new SessionAction.Injected("login"));
        }
        return phase;
    }

    private LoginPhase(
            MysqlSettings settings,
            LoginAttempts attempts,
            SessionContext context,
            Optional<Seated> before,
            long ordinal) {
        this.settings = settings;
        this.attempts = attempts;
        this.client =
                context.client().isUnresolved()
                        ? context.client().getHostString()
                        : context.client().getAddress().getHostAddress();
        this.who = Filters.Who.of(context);
        this.requestsOnly = context.requestsOnly();
        this.before = before;
        this.ordinal = ordinal;
        this.phase =
                new Phase.Online(
                        before.map(seated -> seated.captured().change())
                                .orElseGet(
                                        () ->
                                                requestsOnly
                                                        ? CapturedLogin.ofRequestsOnly()
                                                        : new CapturedLogin()));
    }

    /** What the login came to, once it is over well. */
    Optional<Seated> seated() {
        return switch (phase) {
            case Phase.Done(Seated seated) -> Optional.of(seated);
            case Phase.Unchanged() -> before;
            case Phase.Online _, Phase.Waiting _, Phase.Draining _, Phase.Target _, Phase.Over() ->
                    Optional.empty();
        };
    }

    boolean isOver() {
        return phase instanceof Phase.Over;
    }

    /** Captured ends that came during the login, and are still to be told to the commands. */
    List<SessionEvent.CapturedEnd> ends() {
        return ends;
    }

    /** The captured login, once production has accepted it. */
    Optional<OnlineLogin> acceptedOnline() {
        return acceptedOnline;
    }

    void on(SessionEvent event, List<SessionAction> out) {
        switch (phase) {
            case Phase.Online(CapturedLogin login) -> online(login, event, out);
            case Phase.Waiting waiting -> waiting(waiting, event, out);
            case Phase.Draining draining -> draining(draining, event, out);
            case Phase.Target target -> target(target, event, out);
            case Phase.Done _, Phase.Unchanged(), Phase.Over() -> {}
        }
    }

    private void online(CapturedLogin login, SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Captured captured -> follow(login, captured, out);
            case SessionEvent.CapturedGap gap -> leaveOutForGap(gap, out);
            case SessionEvent.CapturedEnd end -> endedBeforeLogin(end, out);
            case SessionEvent.Target _, SessionEvent.TargetEnd _ -> toThoseBefore(event, out);
            case SessionEvent.TargetUp _,
                    SessionEvent.CapturedTlsFailed _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private void toThoseBefore(SessionEvent event, List<SessionAction> out) {
        before.ifPresent(
                seated -> {
                    seated.commands().on(event, out);
                    if (seated.commands().isOver()) {
                        over();
                    }
                });
    }

    private void follow(
            CapturedLogin login, SessionEvent.Captured captured, List<SessionAction> out) {
        ByteBuf bytes = captured.bytes();
        int start = bytes.readerIndex();
        if (captured.direction() == Direction.FROM_SERVER && isOwed(Side.ONLINE)) {
            toThoseBefore(captured, out);
            if (isOwed(Side.ONLINE)) {
                return;
            }
        }
        while (phase instanceof Phase.Online
                && login.reads(captured.direction())
                && bytes.isReadable()) {
            switch (Packet.decode(bytes, MAX_LOGIN_PAYLOAD_BYTES)) {
                case Decoded.Incomplete<Packet> _ -> {
                    return;
                }
                case Decoded.Malformed<Packet>(int _, String reason) ->
                        malformed(login, captured, reason, out);
                case Decoded.Complete<Packet>(Packet packet, int length) -> {
                    int end = bytes.readerIndex() + length - start;
                    CapturedLogin.Step step = login.on(captured.direction(), packet);
                    bytes.skipBytes(length);
                    long timeNanos = captured.times().at(captured.offset() + end - 1);
                    if (captured.direction() == Direction.FROM_SERVER) {
                        readOfServer = captured.offset() + end;
                    }
                    if (step instanceof CapturedLogin.Step.Tls) {
                        turnToTls(captured.offset() + end, out);
                        return;
                    }
                    step(login, step, captured, timeNanos, out);
                }
            }
        }
    }

    /** Behind the request for TLS both directions are inside it, and the login begins anew. */
    private void turnToTls(long readOfClient, List<SessionAction> out) {
        out.add(new SessionAction.CapturedTls(Direction.FROM_CLIENT, readOfClient));
        out.add(new SessionAction.CapturedTls(Direction.FROM_SERVER, readOfServer));
    }

    /** Whether a side has yet to answer what came before a change of user. */
    private boolean isOwed(Side side) {
        return before.map(seated -> seated.commands().outstanding(side) > 0).orElse(false);
    }

    private void step(
            CapturedLogin login,
            CapturedLogin.Step step,
            SessionEvent.Captured captured,
            long timeNanos,
            List<SessionAction> out) {
        switch (step) {
            case CapturedLogin.Step.Going(), CapturedLogin.Step.Tls() -> {}
            // No request was made, so there is none to copy.
            case CapturedLogin.Step.NotGreeted() -> over();
            case CapturedLogin.Step.Asked question -> asked(question, timeNanos, out);
            case CapturedLogin.Step.Accepted(OnlineLogin online) ->
                    accepted(login, online, timeNanos, out);
            case CapturedLogin.Step.Unanswered(OnlineLogin online) -> {
                asked(
                        new CapturedLogin.Step.Asked(online.user(), online.database()),
                        timeNanos,
                        out);
                if (asked) {
                    logIn(login, online, out);
                }
            }
            case CapturedLogin.Step.Unreadable(String reason, String detail) ->
                    leaveOut(reason, detail, out);
            case CapturedLogin.Step.Refused(ErrorPacket _) -> {
                out.add(new SessionAction.Skipped(ordinal, "login-refused-online"));
                before.ifPresentOrElse(this::goOnUnchanged, this::over);
            }
            case CapturedLogin.Step.Malformed(String reason) ->
                    malformed(login, captured, reason, out);
        }
    }

    private void goOnUnchanged(Seated seated) {
        seated.commands().loginRefused();
        phase = new Phase.Unchanged();
    }

    /**
     * Tells whose session it is, and whether it is to be copied: a change of user alters nothing.
     */
    private boolean isToBeCopied(String user, List<SessionAction> out) {
        if (before.isPresent()) {
            return true;
        }
        out.add(new SessionAction.OfUser(user));
        Optional<String> refusal = settings.commands().filters().refusesSession(who.as(user));
        refusal.ifPresent(
                rule -> {
                    out.add(new SessionAction.PassOver(rule));
                    over();
                });
        return refusal.isEmpty();
    }

    private void asked(CapturedLogin.Step.Asked question, long timeNanos, List<SessionAction> out) {
        if (!isToBeCopied(question.user(), out)) {
            return;
        }
        asked = true;
        String database = question.database();
        String operation = before.isPresent() ? "COM_CHANGE_USER" : "login";
        out.add(
                new SessionAction.Asked(
                        new Request(
                                ordinal,
                                operation,
                                operation,
                                "login of '%s'%s"
                                        .formatted(
                                                question.user(),
                                                database.isEmpty()
                                                        ? ""
                                                        : " to database '" + database + "'"),
                                timeNanos,
                                true,
                                CommandPhase.labels(question.user(), database),
                                false,
                                before.isPresent())));
    }

    private void accepted(
            CapturedLogin captured, OnlineLogin online, long timeNanos, List<SessionAction> out) {
        out.add(
                new SessionAction.Answered(
                        ordinal, Side.ONLINE, new LoginReply.Accepted(""), timeNanos));
        logIn(captured, online, out);
    }

    private void logIn(CapturedLogin captured, OnlineLogin online, List<SessionAction> out) {
        acceptedOnline = Optional.of(online);
        Optional<TargetUser> user = settings.login().user(online.user(), client);
        if (user.isEmpty()) {
            leaveOut(
                    "unknown-user",
                    "no password for '%s' on the target: set mysql.users.%s.password"
                            .formatted(online.user(), online.user()),
                    out);
            return;
        }
        TargetUser known = user.get();
        if (known.onlinePasswords().stream().anyMatch(online::contradicts)) {
            leaveOut(
                    "online-password-mismatch",
                    "mysql.users.%s.online-password is not the password that '%s' used"
                            .formatted(online.user(), online.user()),
                    out);
            return;
        }
        if (requestsOnly && known.hash().isPresent()) {
            leaveOut(
                    "no-challenge",
                    "mysql.users.%s.hash needs the online server's challenge, which a capture of requests alone lacks: set a password"
                            .formatted(online.user()),
                    out);
            return;
        }
        if (online.lacksKeyFor(known)) {
            leaveOut(
                    "online-password-mismatch",
                    "mysql.users.%s.hash is not that of the password that '%s' used with mysql_native_password: set the hash that the online server stores, or a password"
                            .formatted(online.user(), online.user()),
                    out);
            return;
        }
        switch (attempts.admit(known.name())) {
            case TRY -> {
                out.add(new SessionAction.Hold(MysqlSession.LOGIN_HOLD, MysqlSession.MAX_LOGIN));
                begin(captured, online, known, out);
            }
            case WAIT -> {
                out.add(new SessionAction.Hold(MysqlSession.LOGIN_HOLD, MysqlSession.MAX_LOGIN));
                waitForOthers(captured, online, known, 1, out);
            }
            case STOP -> leaveOutStopped(online, known, out);
        }
    }

    private void waitForOthers(
            CapturedLogin captured,
            OnlineLogin online,
            TargetUser user,
            int round,
            List<SessionAction> out) {
        phase = new Phase.Waiting(captured, online, user, round);
        out.add(new SessionAction.WakeIn(round, MysqlSession.WAIT_ROUND));
    }

    private void waiting(Phase.Waiting waiting, SessionEvent event, List<SessionAction> out) {
        CapturedLogin captured = waiting.captured();
        OnlineLogin online = waiting.online();
        TargetUser user = waiting.user();
        if (event instanceof SessionEvent.CapturedGap gap) {
            leaveOutForGap(gap, out);
        } else if (event instanceof SessionEvent.Expired) {
            leaveOutExpired(out);
        } else if (event instanceof SessionEvent.Target
                || event instanceof SessionEvent.TargetEnd) {
            toThoseBefore(event, out);
        } else if (event instanceof SessionEvent.Wakeup) {
            switch (attempts.admit(user.name())) {
                case TRY -> begin(captured, online, user, out);
                case WAIT -> {
                    // Whoever tries may have been cut off without a word: do not wait for ever.
                    if (waiting.round() < MysqlSession.MAX_WAIT_ROUNDS) {
                        waitForOthers(captured, online, user, waiting.round() + 1, out);
                    } else {
                        begin(captured, online, user, out);
                    }
                }
                case STOP -> leaveOutStopped(online, user, out);
            }
        }
    }

    private void begin(
            CapturedLogin captured, OnlineLogin online, TargetUser user, List<SessionAction> out) {
        if (isOwed(Side.TARGET)) {
            phase = new Phase.Draining(captured, online, user);
            draining((Phase.Draining) phase, out);
        } else if (before.isPresent()) {
            change(before.get(), captured, online, user, out);
        } else {
            boolean tls = settings.login().targetTls();
            phase = new Phase.Target(captured, online, user, new TargetLogin(online, user, tls));
            out.add(SessionAction.Connect.toTarget());
        }
    }

    private void draining(Phase.Draining draining, SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Target _, SessionEvent.TargetEnd _ -> {
                toThoseBefore(event, out);
                if (phase instanceof Phase.Draining) {
                    draining(draining, out);
                }
            }
            case SessionEvent.Expired expired when expired.what().equals(MysqlSession.LOGIN_HOLD) ->
                    leaveOutExpired(out);
            case SessionEvent.CapturedGap gap -> leaveOutForGap(gap, out);
            case SessionEvent.CapturedEnd end -> ends.add(end);
            case SessionEvent.TargetUp _,
                    SessionEvent.Captured _,
                    SessionEvent.CapturedTlsFailed _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private void draining(Phase.Draining draining, List<SessionAction> out) {
        boolean ended = before.map(seated -> seated.commands().hasTargetEnded()).orElse(false);
        if (ended || !isOwed(Side.TARGET)) {
            change(
                    before.orElseThrow(),
                    draining.captured(),
                    draining.online(),
                    draining.user(),
                    out);
        }
    }

    private void change(
            Seated seated,
            CapturedLogin captured,
            OnlineLogin online,
            TargetUser user,
            List<SessionAction> out) {
        if (seated.commands().hasTargetEnded()) {
            phase = new Phase.Draining(captured, online, user);
            leaveOut("target-ended", "the target closed before a change of user", out);
            return;
        }
        TargetLogin login = seated.target().change(online, user, out);
        targetUp = true;
        phase = new Phase.Target(captured, online, user, login);
        login.unchanged().ifPresent(failed -> leaveOut(failed.reason(), failed.detail(), out));
    }

    private void malformed(
            CapturedLogin login,
            SessionEvent.Captured captured,
            String reason,
            List<SessionAction> out) {
        leaveOut(
                login.isGreeted() ? "malformed" : "not-mysql",
                "%s, before byte %d of %s"
                        .formatted(
                                reason,
                                captured.offset() + captured.bytes().readableBytes(),
                                sender(captured.direction())),
                out);
    }

    private void endedBeforeLogin(SessionEvent.CapturedEnd end, List<SessionAction> out) {
        ends.add(end);
        if (ends.size() < 2 && end.how() != StreamEnd.RESET) {
            return;
        }
        if (asked) {
            out.add(new SessionAction.Lost(ordinal, "no-answer-online"));
        }
        before.ifPresentOrElse(this::goOnUnchanged, this::over);
    }

    private void target(Phase.Target target, SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.TargetUp _ -> targetUp = true;
            case SessionEvent.Target bytes -> logIn(target, bytes, out);
            case SessionEvent.TargetEnd end ->
                    leaveOut(
                            targetUp ? "target-ended" : "connect-" + end.reason(),
                            "the target's connection ended before its login did: " + end.reason(),
                            out);
            case SessionEvent.Expired expired when expired.what().equals(MysqlSession.LOGIN_HOLD) ->
                    leaveOutExpired(out);
            case SessionEvent.CapturedGap gap -> leaveOutForGap(gap, out);
            // What is held comes again after the hold.
            case SessionEvent.CapturedEnd end -> ends.add(end);
            case SessionEvent.Captured _,
                    SessionEvent.CapturedTlsFailed _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private void logIn(Phase.Target target, SessionEvent.Target event, List<SessionAction> out) {
        ByteBuf bytes = event.bytes();
        int start = bytes.readerIndex();
        while (phase instanceof Phase.Target && bytes.isReadable()) {
            switch (Packet.decode(bytes, TargetLogin.MAX_PAYLOAD_BYTES)) {
                case Decoded.Incomplete<Packet> _ -> {
                    return;
                }
                case Decoded.Malformed<Packet>(int _, String reason) ->
                        leaveOut("target-malformed", "the target's login: " + reason, out);
                case Decoded.Complete<Packet>(Packet packet, int length) -> {
                    TargetLogin.Progress progress = target.login().on(packet, out);
                    bytes.skipBytes(length);
                    long last = event.offset() + bytes.readerIndex() - start - 1;
                    progress(target, progress, event.times().at(last), out);
                }
            }
        }
    }

    private void progress(
            Phase.Target target,
            TargetLogin.Progress progress,
            long timeNanos,
            List<SessionAction> out) {
        switch (progress) {
            case TargetLogin.Progress.Going() -> {}
            case TargetLogin.Progress.Accepted(
                            ServerSide side,
                            String note,
                            Optional<String> afterReset) -> {
                attempts.accepted(target.user().name());
                out.add(
                        new SessionAction.Rewritten(
                                ordinal,
                                "login made anew as '%s' with the target's own challenge%s"
                                        .formatted(
                                                target.user().name(),
                                                note.isEmpty() ? "" : "; " + note)));
                answered(new LoginReply.Accepted(note), timeNanos, out);
                out.add(new SessionAction.Resume());
                CommandPhase commands =
                        new CommandPhase(
                                target.online().server(),
                                side,
                                settings.commands(),
                                ordinal + 1,
                                requestsOnly);
                if (!requestsOnly) {
                    commands.capturedStatus(target.online().status());
                }
                afterReset.ifPresent(commands::afterReset);
                phase = new Phase.Done(new Seated(commands, target.captured(), target.login()));
            }
            case TargetLogin.Progress.Refused(ErrorPacket error) -> {
                attempts.refused(target.user().name(), error);
                phase = new Phase.Over();
                answered(new LoginReply.Refused(error), timeNanos, out);
                leaveOutRefused(target.online(), target.user(), error, out);
            }
            case TargetLogin.Progress.Failed(String reason, String detail) ->
                    leaveOut(reason, detail, out);
        }
    }

    /** The target has answered a login that was captured; others are our own. */
    private void answered(LoginReply reply, long timeNanos, List<SessionAction> out) {
        if (ordinal != SessionAction.NO_ORDINAL) {
            out.add(new SessionAction.Answered(ordinal, Side.TARGET, reply, timeNanos));
        }
    }

    private void leaveOutExpired(List<SessionAction> out) {
        leaveOut(
                "hold-expired",
                "the login on the target took more than %d s"
                        .formatted(MysqlSession.MAX_LOGIN.toSeconds()),
                out);
    }

    private void leaveOutForGap(SessionEvent.CapturedGap gap, List<SessionAction> out) {
        leaveOut("gap", MysqlSession.describe(gap), out);
    }

    private void leaveOutRefused(
            OnlineLogin online, TargetUser user, ErrorPacket error, List<SessionAction> out) {
        String mapped = user.name().equals(online.user()) ? "" : " as '" + user.name() + "'";
        leaveOut(
                "login-refused",
                "the target refused the login of '%s'%s (%s): %s"
                        .formatted(online.user(), mapped, error, advice(online.user(), error)),
                out);
    }

    private void leaveOutStopped(OnlineLogin online, TargetUser user, List<SessionAction> out) {
        ErrorPacket first =
                attempts.firstRefusal(user.name()).orElse(new ErrorPacket(0, "", "refused"));
        leaveOutRefused(online, user, first, out);
    }

    private static String advice(String user, ErrorPacket error) {
        return switch (error.number()) {
            case NO_ACCESS_TO_DATABASE, NO_SUCH_DATABASE ->
                    "make the database there, and let the user see it";
            case TOO_MANY_CONNECTIONS -> "raise max_connections there";
            default -> "set mysql.users.%s.password, and look at the user there".formatted(user);
        };
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        out.add(new SessionAction.LeaveOut(reason, ForReaders.line(detail)));
        over();
    }

    /** A try that ends here says nothing of the user. */
    private void over() {
        if (phase instanceof Phase.Target target) {
            attempts.abandoned(target.user().name());
        } else if (phase instanceof Phase.Draining draining) {
            attempts.abandoned(draining.user().name());
        }
        phase = new Phase.Over();
    }

    private static String sender(Direction direction) {
        return MysqlSession.sender(direction);
    }
}
