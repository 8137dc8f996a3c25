package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.session.Filters;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * A session after its login: reads the captured commands, sends them to the target as the target
 * wants them, and tells the answers of both sides, each decoded by its own side's capabilities. No
 * I/O, no clock.
 *
 * <p>A command is read when all its bytes are there; until then they are core's. One that needs the
 * target's statement id waits for it unread. What is not understood ends the copy with a reason.
 */
public final class CommandPhase {
    /** How long a command may wait for the target. */
    static final Duration MAX_HOLD = Duration.ofSeconds(10);

    /** How long a target may take to close after COM_QUIT before we do. */
    private static final Duration QUIT_WAIT = Duration.ofSeconds(2);

    private static final Set<String> HOLDS =
            Set.of(
                    StatementCommands.HOLD_STATEMENT,
                    CommandIntake.HOLD_PIPELINE,
                    CommandIntake.HOLD_DATABASE,
                    CommandIntake.HOLD_DIALECT,
                    LocalFiles.HOLD,
                    Cursors.HOLD,
                    UnrolledBulk.HOLD,
                    CommandIntake.HOLD_READ_ONLY);

    /** How long a KILL may wait for the login of the session that it is for. */
    private static final Duration MAX_AWAIT = Duration.ofSeconds(5);

    private static final String HOLD_THREAD = "thread-id";

    private static final long QUIT_TOKEN = 0x51554954;

    private final CommandSettings settings;
    private final SessionText sessionText;
    private final Statements statements = new Statements();
    private final AnswerStream onlineAnswers;
    private final AnswerStream targetAnswers;
    private final CommandIntake intake;
    private final AnswerIntake answered;
    private final LocalFiles files;
    private final Cursors cursors;

    private final Requests requests;
    private final OwnStatements own;
    private final Alignment alignment;
    private final Kills kills;
    private final Optional<Unheard> unheard;

    private Optional<BooleanSupplier> holdUntil = Optional.empty();
    private Optional<String> awaits = Optional.empty();
    private boolean begun;
    private boolean clientEnded;
    private boolean serverEnded;
    private boolean targetEnded;
    private boolean closing;
    private boolean over;
    private boolean loginBegins;

    /**
     * Begins behind the login of both sides.
     *
     * @param firstOrdinal the ordinal of the first command
     * @param requestsOnly whether the capture shows what the client says, and nothing else
     */
    public CommandPhase(
            ServerSide captured,
            ServerSide target,
            CommandSettings settings,
            long firstOrdinal,
            boolean requestsOnly) {
        this.unheard =
                requestsOnly ? Optional.of(new Unheard(captured.capabilities())) : Optional.empty();
        this.settings = settings;
        this.sessionText = new SessionText(settings, captured);
        this.onlineAnswers =
                requestsOnly
                        ? AnswerStream.unheard(captured.capabilities(), settings)
                        : new AnswerStream(Side.ONLINE, captured.capabilities(), settings);
        this.targetAnswers = new AnswerStream(Side.TARGET, target.capabilities(), settings);
        this.cursors = new Cursors(targetAnswers);
        this.files = new LocalFiles(onlineAnswers, targetAnswers, settings);
        this.requests =
                new Requests(onlineAnswers, targetAnswers, firstOrdinal, sessionText::labels);
        this.kills = new Kills(captured, target);
        this.own =
                new OwnStatements(
                        target.capabilities(), settings, sessionText, statements, requests);
        this.alignment = new Alignment(settings, requests, own, requestsOnly);
        this.answered =
                new AnswerIntake(
                        targetAnswers,
                        sessionText,
                        statements,
                        own,
                        alignment,
                        files,
                        cursors,
                        requestsOnly);
        this.intake =
                new CommandIntake(
                        settings,
                        sessionText,
                        statements,
                        requests,
                        cursors,
                        own,
                        alignment,
                        new TextCommands(
                                captured,
                                target,
                                settings,
                                sessionText,
                                statements,
                                kills,
                                unheard),
                        new StatementCommands(
                                captured,
                                target,
                                sessionText,
                                statements,
                                requests,
                                cursors,
                                unheard),
                        unheard);
    }

    /** What the report counts the requests of a session under; the database may be empty. */
    public static Map<String, String> labels(String user, String database) {
        return SessionText.labels(user, database);
    }

    /**
     * Takes the status bits of the captured login's OK packet. They say how strings are escaped;
     * while no answer has said so, a text with a backslash is skipped if either way would forbid
     * it.
     */
    public void capturedStatus(int status) {
        sessionText.serverSaid(status);
        alignment.serverSaid(status);
    }

    /**
     * The session begins on both sides.
     *
     * @param threads the name of production's threads among all sessions; a thread's id follows it
     * @param who of production
     * @param database of the login; empty for none
     */
    public void begin(String threads, Filters.Who who, String database, List<SessionAction> out) {
        if (begun) {
            return;
        }
        begun = true;
        sessionText.sentBy(who, database);
        own.guard(out);
        if (unheard.isEmpty()) {
            // Production's threads are known by what its server said.
            kills.begin(threads, out);
        }
    }

    /**
     * Takes a statement, in ASCII, that the target's connection needs after each reset to be as
     * production's is then.
     */
    public void afterReset(String statement) {
        own.afterReset(statement);
    }

    /** The client speaks this character set, whatever its login said. */
    public void clientSpeaks(String charset) {
        sessionText.speaks(charset);
    }

    /**
     * Sends a statement of our own, which gives the target's connection what production's has.
     *
     * @param operation the word that it is counted under
     * @param essential whether the copy ends where the target refuses it
     * @return whether it was sent; not what would let a target write that is only to be read
     */
    public boolean inject(
            String operation, byte[] sql, boolean essential, List<SessionAction> out) {
        return own.inject(operation, sql, essential, out);
    }

    /** Says to the target what the client has said before the copy, if no rule forbids it. */
    public void repeat(String operation, byte[] sql, List<SessionAction> out) {
        own.repeat(operation, sql, out);
    }

    /** Prepares on the target what the client has prepared before the copy, under this id. */
    public void adopt(String operation, long capturedId, byte[] sql, List<SessionAction> out) {
        own.adopt(operation, capturedId, sql, out);
    }

    /** Whether the session is over: nothing that still comes leads to an action. */
    public boolean isOver() {
        return over;
    }

    /**
     * Whether the next captured command is a change of user. It was left unread, and from now on no
     * command is read, and of the online server only what was asked for before.
     */
    public boolean loginBegins() {
        return loginBegins;
    }

    /** The ordinal of the login that {@link #loginBegins}. */
    public long takeOrdinal() {
        return requests.takeOrdinal();
    }

    /** Answers that a side still owes. */
    public int outstanding(Side side) {
        return side == Side.ONLINE ? onlineAnswers.size() : targetAnswers.size();
    }

    /** Whether the connection to the target has ended. */
    public boolean hasTargetEnded() {
        return targetEnded;
    }

    /**
     * The change of user came to nothing in production. It may end the connection now, or go on
     * with a state of its own, which is left out.
     */
    public void loginRefused() {
        loginBegins = false;
        intake.refusedOnline();
    }

    /** Takes one event in and adds what is to be done to {@code out}. */
    public void on(SessionEvent event, List<SessionAction> out) {
        switch (event) {
            case SessionEvent.Captured(
                            Direction direction,
                            ByteBuf bytes,
                            long offset,
                            ByteTimes times) -> {
                if (direction == Direction.FROM_CLIENT) {
                    commands(bytes, offset, times, out);
                } else {
                    answers(onlineAnswers, Side.ONLINE, bytes, offset, times, out);
                }
            }
            case SessionEvent.Target(int _, ByteBuf bytes, long offset, ByteTimes times) ->
                    answers(targetAnswers, Side.TARGET, bytes, offset, times, out);
            case SessionEvent.CapturedGap gap -> {
                if (!over) {
                    leaveOut(
                            "gap",
                            "%d bytes are missing at byte %d of what the %s sent"
                                    .formatted(
                                            gap.length(),
                                            gap.offset(),
                                            gap.direction() == Direction.FROM_CLIENT
                                                    ? "client"
                                                    : "server"),
                            out);
                }
            }
            case SessionEvent.CapturedEnd end -> {
                boolean both = end.how() != StreamEnd.FIN;
                clientEnded |= both || end.direction() == Direction.FROM_CLIENT;
                serverEnded |= both || end.direction() == Direction.FROM_SERVER;
                if (serverEnded) {
                    requests.onlineEnded();
                    alignment.goOn(out);
                }
                if (clientEnded) {
                    cursors.abandonAll(out);
                }
            }
            case SessionEvent.TargetEnd end -> targetEnded(end.reason(), out);
            case SessionEvent.Expired expired -> expired(expired.what(), out);
            case SessionEvent.Wakeup wakeup -> {
                if (wakeup.token() == QUIT_TOKEN && !over && !targetEnded) {
                    close(out);
                }
            }
            case SessionEvent.Known(String key, ByteBuf thread) -> {
                // An answer that comes too late is of another KILL than the one that waits now.
                if (awaits.filter(key::equals).isPresent()) {
                    resolved(Optional.of(thread.getLong(thread.readerIndex())), out);
                }
            }
            case SessionEvent.Unknown(String key) -> {
                if (awaits.filter(key::equals).isPresent()) {
                    resolved(Optional.empty(), out);
                }
            }
            case SessionEvent.TargetUp _, SessionEvent.CapturedTlsFailed _ -> {
                // Of the login.
            }
        }
        closeWhenDone(out);
    }

    /**
     * The client has gone: with the target's last answer its connection may go, too. After COM_QUIT
     * the target closes it, which keeps the port from lingering on our side.
     */
    private void closeWhenDone(List<SessionAction> out) {
        // A file that has not come to its end never will.
        boolean owed = targetAnswers.size() > 0 && !files.isAwaitedByTarget();
        boolean answered = !owed && holdUntil.isEmpty() && !alignment.isWaiting();
        if (!over && clientEnded && answered && !targetEnded && !closing) {
            if (intake.hasQuit()) {
                closing = true;
                out.add(new SessionAction.WakeIn(QUIT_TOKEN, QUIT_WAIT));
            } else {
                close(out);
            }
        }
        over |= clientEnded && serverEnded && targetEnded;
    }

    private void close(List<SessionAction> out) {
        closing = true;
        targetEnded = true;
        answered.targetEnded();
        out.add(new SessionAction.Close(SessionAction.MAIN_LANE));
    }

    private void targetEnded(String reason, List<SessionAction> out) {
        targetEnded = true;
        files.targetEnded();
        answered.targetEnded();
        intake.targetEnded(reason);
        if (!over && holdUntil.isPresent()) {
            leaveOut("target-ended", "while a command waited for its answer: " + reason, out);
        }
    }

    private void resolved(Optional<Long> thread, List<SessionAction> out) {
        awaits = Optional.empty();
        kills.resolved(thread);
        resumeWhenAble(out);
    }

    private void expired(String what, List<SessionAction> out) {
        boolean awaited = awaits.filter(what::equals).isPresent();
        if (awaited || what.equals(HOLD_THREAD)) {
            resolved(Optional.empty(), out);
            return;
        }
        boolean ours = HOLDS.contains(what);
        if (!over && ours && holdUntil.isPresent()) {
            leaveOut(
                    "target-timeout",
                    "a command waited %d s for the target (%s)"
                            .formatted(MAX_HOLD.toSeconds(), what),
                    out);
        }
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        over = true;
        out.add(new SessionAction.LeaveOut(reason, detail));
    }

    // Answers.

    private void answers(
            AnswerStream stream,
            Side side,
            ByteBuf bytes,
            long offset,
            ByteTimes times,
            List<SessionAction> out) {
        int start = bytes.readerIndex();
        while (!over && bytes.isReadable() && !isOfLogin(stream)) {
            switch (stream.next(bytes)) {
                case AnswerStream.Found.Nothing() -> {
                    return;
                }
                case AnswerStream.Found.Broken(String reason, String detail) ->
                        leaveOut(reason, detail, out);
                case AnswerStream.Found.FileAsked(Outstanding request, int nextSequence) -> {
                    if (side == Side.ONLINE) {
                        alignment.goOn(out);
                    }
                    files.asked(side, request, nextSequence, out);
                    if (unheard.isPresent()) {
                        files.asked(Side.ONLINE, request, nextSequence, out);
                    }
                    resumeWhenAble(out);
                }
                case AnswerStream.Found.Whole(
                                Outstanding request,
                                Answer answer,
                                AnswerReader reader) -> {
                    long last = offset + bytes.readerIndex() - start - 1;
                    boolean waited = alignment.isWaiting();
                    answered.take(side, request, answer, reader, times.at(last), out)
                            .ifPresent(leave -> leaveOut(leave.reason(), leave.detail(), out));
                    resumeWhenAble(out);
                    if (waited && !alignment.isWaiting()) {
                        // What the client has sent behind it is read first.
                        return;
                    }
                }
            }
        }
        if (over) {
            bytes.skipBytes(bytes.readableBytes());
        }
    }

    /** Behind the last answer that is awaited, what production says is the login's. */
    private boolean isOfLogin(AnswerStream stream) {
        return loginBegins && stream == onlineAnswers && stream.size() == 0;
    }

    private void resumeWhenAble(List<SessionAction> out) {
        if (holdUntil.isPresent() && holdUntil.get().getAsBoolean()) {
            holdUntil = Optional.empty();
            out.add(new SessionAction.Resume());
        }
    }

    // Commands.

    private void commands(ByteBuf bytes, long offset, ByteTimes times, List<SessionAction> out) {
        int start = bytes.readerIndex();
        while (!over && !loginBegins && !alignment.isWaiting() && bytes.isReadable()) {
            if (files.isOpen()) {
                if (!readsFile(bytes, out)) {
                    break;
                }
                continue;
            }
            switch (Packet.decode(bytes, settings.maxPacketBytes())) {
                case Decoded.Incomplete<Packet> _ -> {
                    return;
                }
                case Decoded.Malformed<Packet>(int at, String reason) ->
                        leaveOut(
                                reason.equals(Packet.TOO_LARGE) ? "too-large" : "malformed-request",
                                "%s, at byte %d of what the client sent"
                                        .formatted(
                                                reason, offset + bytes.readerIndex() - start + at),
                                out);
                case Decoded.Complete<Packet>(Packet packet, int length)
                        when unheard.isPresent() && packet.firstSequence() != 0 -> {
                    if (!goesOn(bytes, length, out)) {
                        return;
                    }
                }
                case Decoded.Complete<Packet>(Packet packet, int length) -> {
                    long first = offset + bytes.readerIndex() - start;
                    switch (intake.take(packet, first, times.at(first + length - 1), out)) {
                        case Taken.Read() -> bytes.skipBytes(length);
                        case Taken.Login() -> {
                            loginBegins = true;
                            return;
                        }
                        case Taken.Leave(String reason, String detail) ->
                                leaveOut(reason, detail, out);
                        case Taken.Ask(String key, BooleanSupplier until) -> {
                            awaits = Optional.of(key);
                            hold(HOLD_THREAD, until, out);
                            out.add(new SessionAction.Await(key, MAX_AWAIT));
                            return;
                        }
                        case Taken.Wait(String reason, BooleanSupplier until) -> {
                            hold(reason, until, out);
                            return;
                        }
                    }
                }
            }
        }
        if (over) {
            bytes.skipBytes(bytes.readableBytes());
        }
    }

    /**
     * Takes a packet that goes on with what was said before, where the capture does not show what
     * the server said to that: the rest of a login, or a file that the target has to ask for first.
     * Says whether more may be read now.
     */
    private boolean goesOn(ByteBuf bytes, int length, List<SessionAction> out) {
        if (!requests.haveBegun()) {
            bytes.skipBytes(length);
            return true;
        }
        if (targetAnswers.size() > 0) {
            hold(LocalFiles.HOLD, () -> files.isOpen() || targetAnswers.size() == 0, out);
        } else {
            leaveOut(
                    "local-file",
                    "the client sends what looks like a file, and the target has not asked for one",
                    out);
        }
        return false;
    }

    /** Whether more of the client's bytes may be read now. */
    private boolean readsFile(ByteBuf bytes, List<SessionAction> out) {
        return switch (files.read(bytes, out)) {
            case LocalFiles.Step.Read() -> true;
            case LocalFiles.Step.More() -> false;
            case LocalFiles.Step.Wait(BooleanSupplier until) -> {
                hold(LocalFiles.HOLD, until, out);
                yield false;
            }
            case LocalFiles.Step.Broken(String reason, String detail) -> {
                leaveOut(reason, detail, out);
                yield false;
            }
        };
    }

    private void hold(String reason, BooleanSupplier until, List<SessionAction> out) {
        holdUntil = Optional.of(until);
        out.add(new SessionAction.Hold(reason, MAX_HOLD));
    }
}
