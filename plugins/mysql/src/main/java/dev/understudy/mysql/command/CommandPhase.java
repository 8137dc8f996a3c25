package dev.understudy.mysql.command;

import dev.understudy.mysql.command.CommandIntake.Taken;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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

    private static final long QUIT_TOKEN = 0x51554954;

    private final CommandSettings settings;
    private final SessionText sessionText;
    private final Statements statements = new Statements();
    private final AnswerStream onlineAnswers;
    private final AnswerStream targetAnswers;
    private final CommandIntake intake;

    private Optional<BooleanSupplier> holdUntil = Optional.empty();
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
     */
    public CommandPhase(
            ServerSide captured, ServerSide target, CommandSettings settings, long firstOrdinal) {
        this.settings = settings;
        this.sessionText = new SessionText(settings.rules(), captured);
        this.onlineAnswers = new AnswerStream(Side.ONLINE, captured.capabilities(), settings);
        this.targetAnswers = new AnswerStream(Side.TARGET, target.capabilities(), settings);
        this.intake =
                new CommandIntake(
                        captured,
                        target,
                        settings,
                        sessionText,
                        statements,
                        onlineAnswers,
                        targetAnswers,
                        firstOrdinal);
    }

    /**
     * Takes the status bits of the captured login's OK packet. They say how strings are escaped;
     * while no answer has said so, a text with a backslash is skipped if either way would forbid
     * it.
     */
    public void capturedStatus(int status) {
        sessionText.serverSaid(status);
    }

    /**
     * Takes a statement, in ASCII, that the target's connection needs after each reset to be as
     * production's is then.
     */
    public void afterReset(String statement) {
        intake.afterReset(statement);
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
        return intake.takeOrdinal();
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
                    intake.onlineEnded();
                }
            }
            case SessionEvent.TargetEnd end -> targetEnded(end.reason(), out);
            case SessionEvent.Expired expired -> expired(expired.what(), out);
            case SessionEvent.Wakeup wakeup -> {
                if (wakeup.token() == QUIT_TOKEN && !over && !targetEnded) {
                    close(out);
                }
            }
            case SessionEvent.TargetUp _,
                    SessionEvent.CapturedTlsFailed _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _ -> {
                // Of the login, or of a protocol with more connections than one.
            }
        }
        closeWhenDone(out);
    }

    /**
     * The client has gone: with the target's last answer its connection may go, too. After COM_QUIT
     * the target closes it, which keeps the port from lingering on our side.
     */
    private void closeWhenDone(List<SessionAction> out) {
        boolean answered = targetAnswers.size() == 0 && holdUntil.isEmpty();
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
        out.add(new SessionAction.Close(SessionAction.MAIN_LANE));
    }

    private void targetEnded(String reason, List<SessionAction> out) {
        targetEnded = true;
        intake.targetEnded(reason);
        if (!over && holdUntil.isPresent()) {
            leaveOut("target-ended", "while a command waited for its answer: " + reason, out);
        }
    }

    private void expired(String what, List<SessionAction> out) {
        boolean ours =
                what.equals(CommandIntake.HOLD_STATEMENT)
                        || what.equals(CommandIntake.HOLD_PIPELINE);
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
                case AnswerStream.Found.Whole(
                                Outstanding request,
                                Answer answer,
                                AnswerReader reader) -> {
                    long last = offset + bytes.readerIndex() - start - 1;
                    answered(side, request, answer, reader, times.at(last), out);
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

    private void answered(
            Side side,
            Outstanding request,
            Answer answer,
            AnswerReader reader,
            long timeNanos,
            List<SessionAction> out) {
        if (side == Side.ONLINE) {
            reader.status().ifPresent(sessionText::serverSaid);
        }
        request.statement()
                .ifPresent(statement -> learn(side, request, statement, answer, reader, out));
        if (request.told()) {
            out.add(new SessionAction.Answered(request.ordinal(), side, answer, timeNanos));
        }
        if (holdUntil.isPresent() && holdUntil.get().getAsBoolean()) {
            holdUntil = Optional.empty();
            out.add(new SessionAction.Resume());
        }
    }

    private void learn(
            Side side,
            Outstanding request,
            PreparedStatement statement,
            Answer answer,
            AnswerReader reader,
            List<SessionAction> out) {
        if (request.command() == Command.COM_STMT_EXECUTE) {
            statement.describedAs(side, reader.columns());
        }
        if (request.command() != Command.COM_STMT_PREPARE) {
            return;
        }
        if (answer instanceof Answer.Prepared prepared) {
            statement.succeeded(side, prepared);
        } else {
            statement.failed(side);
        }
        if (side == Side.ONLINE) {
            statements.answered(statement);
        }
        if (statement.hasFailed(Side.ONLINE)
                && statement.hasSucceeded(Side.TARGET)
                && !targetEnded) {
            // Nobody will ever close it: production never had it.
            ByteBuf close = statementCommand(Command.COM_STMT_CLOSE, statement.id(Side.TARGET));
            out.add(new SessionAction.Injected("close-statement"));
            out.add(SessionAction.Send.plumbing(Packet.encoded(0, close)));
        }
    }

    private static ByteBuf statementCommand(Command command, long id) {
        return Unpooled.buffer(5).writeByte(command.code()).writeIntLE((int) id);
    }

    // Commands.

    private void commands(ByteBuf bytes, long offset, ByteTimes times, List<SessionAction> out) {
        int start = bytes.readerIndex();
        while (!over && !loginBegins && bytes.isReadable()) {
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
                        case Taken.Wait(String reason, BooleanSupplier until) -> {
                            holdUntil = Optional.of(until);
                            out.add(new SessionAction.Hold(reason, MAX_HOLD));
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
}
