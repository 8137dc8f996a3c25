package dev.understudy.mysql;

import dev.understudy.mysql.command.CommandPhase;
import dev.understudy.mysql.compression.Compression;
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
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One copied connection: the captured login is followed to its end, then a login of our own is made
 * on the target while captured events are held, then the commands have the word. The login is the
 * request with ordinal 0.
 */
final class MysqlSession implements ProtocolSession {
    /** How long a login on the target may take, TCP and TLS included. */
    static final Duration MAX_LOGIN = Duration.ofSeconds(30);

    /** Between two looks at how others fare with the same user. */
    static final Duration WAIT_ROUND = Duration.ofMillis(20);

    /** Looks before a session tries by itself; in time, 5 s. */
    static final int MAX_WAIT_ROUNDS = 250;

    /** The reason of the hold while the target is logged in to. */
    static final String LOGIN_HOLD = "login";

    /** The longest payload in a captured login: one that carries 64 KiB of attributes, and more. */
    private static final int MAX_LOGIN_PAYLOAD_BYTES = 256 * 1024;

    private static final long LOGIN_ORDINAL = 0;

    private static final int TOO_MANY_CONNECTIONS = 1040;
    private static final int NO_ACCESS_TO_DATABASE = 1044;
    private static final int NO_SUCH_DATABASE = 1049;

    private sealed interface Phase {
        /** The captured connection was open before the capture saw it. */
        record Midway() implements Phase {}

        /** The captured login is being followed. */
        record Online(CapturedLogin login) implements Phase {}

        /** Others are trying the same user, whom the target has not let in yet. */
        record Waiting(OnlineLogin online, TargetUser user, int round) implements Phase {}

        /** The target is being logged in to; captured events are held. */
        record Target(OnlineLogin online, TargetUser user, TargetLogin login) implements Phase {}

        /** Both sides are logged in. */
        record Commands(CommandPhase commands) implements Phase {}

        /** Nothing that follows is of interest. */
        record Over() implements Phase {}
    }

    private final MysqlSettings settings;
    private final LoginAttempts attempts;
    private final List<SessionEvent.CapturedEnd> endsBeforeCommands = new ArrayList<>();
    private Phase phase;
    private boolean asked;
    private boolean targetUp;
    private Optional<Compression> compression = Optional.empty();

    MysqlSession(SessionContext context, MysqlSettings settings, LoginAttempts attempts) {
        this.settings = settings;
        this.attempts = attempts;
        phase = context.joinedMidway() ? new Phase.Midway() : new Phase.Online(new CapturedLogin());
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>();
        switch (phase) {
            case Phase.Midway() ->
                    leaveOut(
                            "joined-midway",
                            "the connection was open before the capture began, so its user and"
                                    + " state are not known",
                            out);
            case Phase.Online(CapturedLogin login) -> online(login, event, out);
            case Phase.Waiting waiting -> waiting(waiting, event, out);
            case Phase.Target target -> target(target, event, out);
            case Phase.Commands(CommandPhase commands) -> commands(commands, event, out);
            case Phase.Over() -> {}
        }
        if (phase instanceof Phase.Over) {
            passOver(event);
        }
        return out;
    }

    /** What is left unread would count against the limits of the session. */
    private static void passOver(SessionEvent event) {
        if (event instanceof SessionEvent.Captured captured) {
            captured.bytes().skipBytes(captured.bytes().readableBytes());
        } else if (event instanceof SessionEvent.Target target) {
            target.bytes().skipBytes(target.bytes().readableBytes());
        }
    }

    private void online(CapturedLogin login, SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Captured captured -> follow(login, captured, out);
            case SessionEvent.CapturedGap gap -> leaveOutForGap(gap, out);
            case SessionEvent.CapturedEnd end -> endedBeforeLogin(end, out);
            case SessionEvent.CapturedTlsFailed failed -> leaveOut("tls", failed.reason(), out);
            case SessionEvent.TargetUp _,
                    SessionEvent.Target _,
                    SessionEvent.TargetEnd _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Expired _,
                    SessionEvent.Wakeup _ -> {}
        }
    }

    private void follow(
            CapturedLogin login, SessionEvent.Captured captured, List<SessionAction> out) {
        ByteBuf bytes = captured.bytes();
        int start = bytes.readerIndex();
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
                    step(login, step, captured, timeNanos, out);
                }
            }
        }
    }

    private void step(
            CapturedLogin login,
            CapturedLogin.Step step,
            SessionEvent.Captured captured,
            long timeNanos,
            List<SessionAction> out) {
        switch (step) {
            case CapturedLogin.Step.Going() -> {}
            // No request was made, so there is none to copy.
            case CapturedLogin.Step.NotGreeted() -> phase = new Phase.Over();
            case CapturedLogin.Step.Tls() ->
                    leaveOut("tls", "the client encrypts: its login cannot be read", out);
            case CapturedLogin.Step.Asked question -> asked(question, timeNanos, out);
            case CapturedLogin.Step.Accepted(OnlineLogin online) ->
                    accepted(online, timeNanos, out);
            case CapturedLogin.Step.Refused(ErrorPacket _) -> {
                out.add(new SessionAction.Skipped(LOGIN_ORDINAL, "login-refused-online"));
                phase = new Phase.Over();
            }
            case CapturedLogin.Step.Malformed(String reason) ->
                    malformed(login, captured, reason, out);
        }
    }

    private void asked(CapturedLogin.Step.Asked question, long timeNanos, List<SessionAction> out) {
        asked = true;
        String database = question.database();
        out.add(
                new SessionAction.Asked(
                        new Request(
                                LOGIN_ORDINAL,
                                "login",
                                "login",
                                "login of '%s'%s"
                                        .formatted(
                                                question.user(),
                                                database.isEmpty()
                                                        ? ""
                                                        : " to database '" + database + "'"),
                                timeNanos,
                                true)));
    }

    /** What the captured side compresses with, once all that it said in plain was read. */
    Optional<Compression> compression() {
        return compression;
    }

    private void accepted(OnlineLogin online, long timeNanos, List<SessionAction> out) {
        compression = Compression.agreed(online.server().capabilities());
        out.add(
                new SessionAction.Answered(
                        LOGIN_ORDINAL, Side.ONLINE, new LoginReply.Accepted(""), timeNanos));
        Optional<TargetUser> user = settings.login().user(online.user());
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
        switch (attempts.admit(known.name())) {
            case TRY -> {
                out.add(new SessionAction.Hold(LOGIN_HOLD, MAX_LOGIN));
                connect(online, known, out);
            }
            case WAIT -> {
                out.add(new SessionAction.Hold(LOGIN_HOLD, MAX_LOGIN));
                waitForOthers(online, known, 1, out);
            }
            case STOP -> leaveOutStopped(online, known, out);
        }
    }

    private void waitForOthers(
            OnlineLogin online, TargetUser user, int round, List<SessionAction> out) {
        phase = new Phase.Waiting(online, user, round);
        out.add(new SessionAction.WakeIn(round, WAIT_ROUND));
    }

    private void waiting(Phase.Waiting waiting, SessionEvent event, List<SessionAction> out) {
        OnlineLogin online = waiting.online();
        TargetUser user = waiting.user();
        if (event instanceof SessionEvent.CapturedGap gap) {
            leaveOutForGap(gap, out);
        } else if (event instanceof SessionEvent.Expired) {
            leaveOutExpired(out);
        } else if (event instanceof SessionEvent.Wakeup) {
            switch (attempts.admit(user.name())) {
                case TRY -> connect(online, user, out);
                case WAIT -> {
                    // Whoever tries may have been cut off without a word: do not wait for ever.
                    if (waiting.round() < MAX_WAIT_ROUNDS) {
                        waitForOthers(online, user, waiting.round() + 1, out);
                    } else {
                        connect(online, user, out);
                    }
                }
                case STOP -> leaveOutStopped(online, user, out);
            }
        }
    }

    private void connect(OnlineLogin online, TargetUser user, List<SessionAction> out) {
        phase =
                new Phase.Target(
                        online, user, new TargetLogin(online, user, settings.login().targetTls()));
        out.add(SessionAction.Connect.toTarget());
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
        endsBeforeCommands.add(end);
        if (endsBeforeCommands.size() < 2 && end.how() != StreamEnd.RESET) {
            return;
        }
        if (asked) {
            out.add(new SessionAction.Lost(LOGIN_ORDINAL, "no-answer-online"));
        }
        phase = new Phase.Over();
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
            case SessionEvent.Expired expired when expired.what().equals(LOGIN_HOLD) ->
                    leaveOutExpired(out);
            case SessionEvent.CapturedGap gap -> leaveOutForGap(gap, out);
            // What is held comes again after the hold.
            case SessionEvent.CapturedEnd end -> endsBeforeCommands.add(end);
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
                        new SessionAction.Answered(
                                LOGIN_ORDINAL,
                                Side.TARGET,
                                new LoginReply.Accepted(note),
                                timeNanos));
                out.add(new SessionAction.Resume());
                CommandPhase commands =
                        new CommandPhase(
                                target.online().server(),
                                side,
                                settings.commands(),
                                LOGIN_ORDINAL + 1);
                commands.capturedStatus(target.online().status());
                afterReset.ifPresent(commands::afterReset);
                phase = new Phase.Commands(commands);
                endsBeforeCommands.forEach(end -> commands(commands, end, out));
            }
            case TargetLogin.Progress.Refused(ErrorPacket error) -> {
                attempts.refused(target.user().name(), error);
                phase = new Phase.Over();
                out.add(
                        new SessionAction.Answered(
                                LOGIN_ORDINAL,
                                Side.TARGET,
                                new LoginReply.Refused(error),
                                timeNanos));
                leaveOutRefused(target.online(), target.user(), error, out);
            }
            case TargetLogin.Progress.Failed(String reason, String detail) ->
                    leaveOut(reason, detail, out);
        }
    }

    private void commands(CommandPhase commands, SessionEvent event, List<SessionAction> out) {
        if (event instanceof SessionEvent.CapturedGap gap) {
            leaveOutForGap(gap, out);
            return;
        }
        commands.on(event, out);
        if (commands.isOver()) {
            phase = new Phase.Over();
        }
    }

    private void leaveOutExpired(List<SessionAction> out) {
        leaveOut(
                "hold-expired",
                "the login on the target took more than %d s".formatted(MAX_LOGIN.toSeconds()),
                out);
    }

    private void leaveOutForGap(SessionEvent.CapturedGap gap, List<SessionAction> out) {
        leaveOut(
                "gap",
                "the capture lacks %d bytes of %s at byte %d"
                        .formatted(gap.length(), sender(gap.direction()), gap.offset()),
                out);
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
        if (phase instanceof Phase.Target target) {
            attempts.abandoned(target.user().name());
        }
        out.add(new SessionAction.LeaveOut(reason, ForReaders.line(detail)));
        phase = new Phase.Over();
    }

    private static String sender(Direction direction) {
        return switch (direction) {
            case FROM_CLIENT -> "the client";
            case FROM_SERVER -> "the server";
        };
    }
}
