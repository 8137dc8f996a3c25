package com.example.redis;

import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.Answered;
import dev.understudy.protocol.SessionAction.Asked;
import dev.understudy.protocol.SessionAction.Close;
import dev.understudy.protocol.SessionAction.Connect;
import dev.understudy.protocol.SessionAction.Hold;
import dev.understudy.protocol.SessionAction.Injected;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionAction.Lost;
import dev.understudy.protocol.SessionAction.Resume;
import dev.understudy.protocol.SessionAction.Send;
import dev.understudy.protocol.SessionAction.Skipped;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.InOrder;
import dev.understudy.protocol.session.TargetUsers.TargetUser;
import dev.understudy.protocol.session.Unread;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One connection. Both servers answer in the order of the requests, so the n-th answer of either
 * side belongs to the n-th request it was asked; a blocking command only takes its time.
 *
 * <p>What a login turns into is decided when production has answered it: one that production
 * refused is not made on the target. Until then the requests behind it stay unread.
 */
final class RedisSession implements ProtocolSession {
    /** Requests that either side may owe an answer. */
    static final int MAX_OPEN = 65_536;

    private static final String PIPELINE = "pipeline";
    private static final Duration MAX_HOLD = Duration.ofSeconds(10);

    /** The first byte of a TLS record that opens a connection. */
    private static final int TLS_HANDSHAKE = 0x16;

    private final RedisSettings settings;
    private final boolean joinedMidway;
    private final CommandReader commands = new CommandReader();
    private final Map<Side, AnswerReader> answers = new EnumMap<>(Side.class);
    private final InOrder<Pending> open = new InOrder<>(MAX_OPEN);
    private final Transaction transaction = new Transaction();
    private Optional<Login> login = Optional.empty();
    private long asked;
    private boolean connected;
    private boolean targetUp;
    private boolean targetEnded;
    private boolean held;
    private boolean unreadRequest;
    private boolean clientEnded;
    private boolean serverEnded;
    private boolean over;

    /** A request that awaits an answer. */
    private sealed interface Pending {
        /** Its answer is told. */
        record Told(long ordinal, Likeness likeness) implements Pending {}

        /** Its answer is production's alone. */
        record Untold() implements Pending {}

        /** A captured login, on the side of production. */
        record Captured() implements Pending {}

        /** A login of our own making, on the target. */
        record Own() implements Pending {}
    }

    /**
     * A captured login that production has not answered yet.
     *
     * @param onTarget what to send in its place; empty where the target wants no login
     */
    private record Login(long ordinal, Likeness likeness, Optional<Command> onTarget) {}

    RedisSession(RedisSettings settings, boolean joinedMidway) {
        this.settings = settings;
        this.joinedMidway = joinedMidway;
        for (Side side : Side.values()) {
            answers.put(side, new AnswerReader(settings.keepBytes()));
        }
    }

    @Override
    public List<SessionAction> on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>(4);
        if (!over) {
            tell(event, out);
            end(out);
        }
        if (over) {
            Unread.passOver(event);
        }
        return out;
    }

    private void tell(SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Captured _ when joinedMidway ->
                    leaveOut(
                            "joined-midway",
                            "the connection was open before the capture began, so its user and"
                                    + " database are not known",
                            out);
            case SessionEvent.Captured(
                            Direction direction,
                            ByteBuf bytes,
                            long at,
                            ByteTimes times) -> {
                switch (direction) {
                    case FROM_CLIENT -> requests(bytes, at, times, out);
                    case FROM_SERVER -> answers(Side.ONLINE, bytes, at, times, out);
                }
            }
            case SessionEvent.Target(int _, ByteBuf bytes, long at, ByteTimes times) ->
                    answers(Side.TARGET, bytes, at, times, out);
            case SessionEvent.CapturedGap gap -> {
                over = true;
                out.add(LeaveOut.at(gap));
            }
            case SessionEvent.CapturedEnd(Direction direction, StreamEnd how, long _) -> {
                boolean both = how != StreamEnd.FIN;
                clientEnded |= both || direction == Direction.FROM_CLIENT;
                serverEnded |= both || direction == Direction.FROM_SERVER;
            }
            case SessionEvent.TargetUp _ -> targetUp = true;
            case SessionEvent.TargetEnd(int _, String reason, long _) -> {
                targetEnded = true;
                if (!targetUp && !reason.equals("closed")) {
                    leaveOut("connect-" + reason, "the target could not be connected to", out);
                } else if (held) {
                    leaveOut("target-ended", "while requests waited for it: " + reason, out);
                }
            }
            case SessionEvent.Expired _ ->
                    leaveOut(
                            "too-many-open",
                            "the target owes %d answers".formatted(open.size(Side.TARGET)),
                            out);
            case SessionEvent.CapturedTlsFailed _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Wakeup _ -> {
                // Nothing that is waited for.
            }
        }
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        over = true;
        out.add(new LeaveOut(reason, detail));
    }

    /** What cannot be read: it may be too large to be waited for, or none of this protocol. */
    private void unreadable(
            Decoded<?> decoded, ByteBuf in, long at, String whose, List<SessionAction> out) {
        switch (decoded) {
            case Decoded.Complete<?> _ -> {}
            case Decoded.Incomplete<?>(int missing) -> {
                if ((long) in.readableBytes() + missing > settings.maxMessageBytes()) {
                    leaveOut(
                            "too-large",
                            "%s at byte %d has more than redis.max-message (%d bytes)"
                                    .formatted(whose, at, settings.maxMessageBytes()),
                            out);
                }
            }
            case Decoded.Malformed<?>(int where, String reason) ->
                    leaveOut(
                            "malformed",
                            "%s, in %s at byte %d".formatted(reason, whose, at + where),
                            out);
        }
    }

    // Requests.

    private void requests(ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        long base = offset - in.readerIndex();
        if (asked == 0 && in.getByte(in.readerIndex()) == TLS_HANDSHAKE) {
            leaveOut("tls", "the client encrypts: its requests cannot be read", out);
        }
        while (!over
                && in.isReadable()
                && login.isEmpty()
                && hasRoom(out)
                && takeRequest(in, base + in.readerIndex(), times, out)) {
            // One after the other.
        }
        unreadRequest = in.isReadable();
    }

    private boolean takeRequest(ByteBuf in, long at, ByteTimes times, List<SessionAction> out) {
        Decoded<Optional<Command>> decoded = commands.next(in);
        if (!(decoded instanceof Decoded.Complete<Optional<Command>>(var command, int length))) {
            unreadable(decoded, in, at, "a request", out);
            return false;
        }
        ByteBuf bytes = in.copy(in.readerIndex(), length);
        in.skipBytes(length);
        command.ifPresent(it -> request(it, bytes, times.at(at + length - 1), out));
        return true;
    }

    /** Whether another request may be read; where the target is slow, what is captured waits. */
    private boolean hasRoom(List<SessionAction> out) {
        if (open.size(Side.TARGET) >= MAX_OPEN / 2 && !held) {
            held = true;
            out.add(new Hold(PIPELINE, MAX_HOLD));
        }
        return !held && open.size(Side.ONLINE) < MAX_OPEN / 2;
    }

    private void request(Command command, ByteBuf bytes, long time, List<SessionAction> out) {
        if (targetEnded) {
            leaveOut("target-ended", "a request has none to go to", out);
            return;
        }
        long ordinal = asked++;
        out.add(
                new Asked(
                        new Request(
                                ordinal,
                                command.operation(),
                                command.fingerprint(),
                                command.text(),
                                time,
                                true)));
        Optional<String> leaves = Rules.leavesOut(command);
        Optional<String> rule = Rules.keptBack(command, settings.allow());
        Optional<String> user = Logins.user(command);
        if (leaves.isPresent()) {
            out.add(new Skipped(ordinal, leaves.get()));
            leaveOut(
                    leaves.get(),
                    "behind %s answers are not paired in order any more"
                            .formatted(command.operation()),
                    out);
        } else if (transaction.isOpen() && (rule.isPresent() || user.isPresent())) {
            leaveOut(
                    "in-transaction",
                    "%s cannot be kept back within MULTI".formatted(command.operation()),
                    out);
        } else if (rule.isPresent()) {
            out.add(new Skipped(ordinal, rule.get()));
            open.add(Side.ONLINE, new Pending.Untold());
        } else if (user.isPresent()) {
            login(command, user.get(), ordinal, out);
        } else {
            Pending pending = new Pending.Told(ordinal, transaction.likeness(command));
            connect(out);
            open.add(Side.ONLINE, pending);
            open.add(Side.TARGET, pending);
            out.add(Send.request(ordinal, bytes));
            if (command.word(0).equals("RESET")) {
                logInAlways(out);
            }
        }
    }

    private void connect(List<SessionAction> out) {
        if (connected) {
            return;
        }
        connected = true;
        out.add(Connect.toTarget());
        logInAlways(out);
    }

    private void logInAlways(List<SessionAction> out) {
        if (settings.login() == RedisSettings.Login.ALWAYS) {
            TargetUser anybody = settings.users().anybody().orElseThrow();
            open.add(Side.TARGET, new Pending.Own());
            out.add(new Injected("AUTH"));
            out.add(Send.plumbing(Logins.login(anybody).encode()));
        }
    }

    private void login(Command command, String user, long ordinal, List<SessionAction> out) {
        Optional<Command> onTarget;
        if (settings.login() != RedisSettings.Login.AS_CAPTURED) {
            onTarget =
                    command.word(0).equals("HELLO")
                            ? Optional.of(Logins.without(command))
                            : Optional.empty();
        } else {
            onTarget = settings.users().of(user).map(it -> Logins.with(command, it));
            if (onTarget.isEmpty()) {
                String shown = Command.printable(user, 40);
                leaveOut(
                        "unknown-user",
                        "no password for '%s' on the target: set redis.users.%s.password"
                                .formatted(shown, shown),
                        out);
                return;
            }
        }
        Likeness likeness = Rules.likeness(command);
        login = Optional.of(new Login(ordinal, likeness, onTarget));
        open.add(Side.ONLINE, new Pending.Captured());
    }

    // Answers.

    private void answers(
            Side side, ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        long base = offset - in.readerIndex();
        while (!over && in.isReadable()) {
            Optional<Pending> next = open.next(side);
            if (next.isEmpty() && !AnswerReader.isPush(in)) {
                if (side == Side.TARGET || !unreadRequest) {
                    leaveOut("unasked-answer", "an answer to no request, " + side, out);
                }
                return; // Its request is captured and not read yet.
            }
            long at = base + in.readerIndex();
            Likeness likeness =
                    switch (next.orElseGet(Pending.Untold::new)) {
                        case Pending.Told told -> told.likeness();
                        case Pending.Captured _ -> login.orElseThrow().likeness();
                        case Pending.Untold _, Pending.Own _ -> new Likeness.Exact();
                    };
            Decoded<Optional<RedisReply>> decoded = answers.get(side).next(in, likeness);
            if (!(decoded
                    instanceof Decoded.Complete<Optional<RedisReply>>(var reply, int length))) {
                unreadable(decoded, in, at, "an answer", out);
                return;
            }
            in.skipBytes(length);
            if (reply.isPresent()) {
                open.take(side);
                answered(side, next.orElseThrow(), reply.get(), times.at(at + length - 1), out);
            }
        }
    }

    private void answered(
            Side side, Pending pending, RedisReply reply, long time, List<SessionAction> out) {
        switch (pending) {
            case Pending.Told(long ordinal, Likeness _) ->
                    out.add(new Answered(ordinal, side, reply, time));
            case Pending.Untold _ -> {}
            case Pending.Captured _ -> decide(login.orElseThrow(), reply, time, out);
            case Pending.Own _ -> {
                if (AnswerReader.isFailure(reply)) {
                    leaveOut("login-refused", "the target: " + reply.describe(), out);
                }
            }
        }
        if (held && side == Side.TARGET && open.size(Side.TARGET) < MAX_OPEN / 4) {
            held = false;
            out.add(new Resume());
        }
    }

    /** Production has answered a login. */
    private void decide(Login decided, RedisReply reply, long time, List<SessionAction> out) {
        login = Optional.empty();
        if (AnswerReader.isFailure(reply)) {
            out.add(new Skipped(decided.ordinal(), "login-refused-online"));
            return;
        }
        if (decided.onTarget().isEmpty()) {
            out.add(new Skipped(decided.ordinal(), "login"));
            return;
        }
        connect(out);
        out.add(new Answered(decided.ordinal(), Side.ONLINE, reply, time));
        open.add(Side.TARGET, new Pending.Told(decided.ordinal(), decided.likeness()));
        out.add(Send.request(decided.ordinal(), decided.onTarget().get().encode()));
    }

    /** Once everybody has gone, and the target owes no more than production still does, it ends. */
    private void end(List<SessionAction> out) {
        if (over || !clientEnded) {
            return;
        }
        if (serverEnded && login.isPresent()) {
            out.add(new Lost(login.get().ordinal(), "online-ended"));
            login = Optional.empty();
        }
        int owed = open.size(Side.TARGET);
        boolean settled = owed == 0 || (serverEnded && owed <= open.size(Side.ONLINE));
        if (connected && !targetEnded && settled) {
            targetEnded = true;
            out.add(new Close(SessionAction.MAIN_LANE));
        }
        over = serverEnded && (targetEnded || !connected);
    }
}
