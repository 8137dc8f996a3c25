package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;

/**
 * Takes answers of either side in, one whole answer at a time: learns what those that follow hang
 * on, and tells each once it can be compared.
 */
final class AnswerIntake {
    private final AnswerStream targetAnswers;
    private final SessionText sessionText;
    private final Statements statements;
    private final OwnStatements own;
    private final Alignment alignment;
    private final LocalFiles files;
    private final Cursors cursors;
    private final boolean requestsOnly;
    private boolean targetEnded;

    AnswerIntake(
            AnswerStream targetAnswers,
            SessionText sessionText,
            Statements statements,
            OwnStatements own,
            Alignment alignment,
            LocalFiles files,
            Cursors cursors,
            boolean requestsOnly) {
        this.targetAnswers = targetAnswers;
        this.sessionText = sessionText;
        this.statements = statements;
        this.own = own;
        this.alignment = alignment;
        this.files = files;
        this.cursors = cursors;
        this.requestsOnly = requestsOnly;
    }

    /** Nothing is sent to the target any more. */
    void targetEnded() {
        targetEnded = true;
    }

    /** Takes one in; says why the copy has to end, if it has to. */
    Optional<Taken.Leave> take(
            Side side,
            Outstanding request,
            Answer answer,
            AnswerReader reader,
            long timeNanos,
            List<SessionAction> out) {
        sessionText.answered(side, request.ordinal(), !Replies.failed(answer));
        if (requestsOnly) {
            // Nothing else says what production made of it.
            sessionText.answered(Side.ONLINE, request.ordinal(), !Replies.failed(answer));
        }
        if (side == Side.TARGET) {
            reader.status().ifPresent(sessionText::targetSaid);
            Optional<Taken.Leave> failed = own.answered(request, answer);
            if (failed.isPresent()) {
                return failed;
            }
        }
        if (side == Side.ONLINE || requestsOnly) {
            reader.status().ifPresent(sessionText::serverSaid);
            boolean nothing = alignment.cameToNothing(request, answer, out);
            reader.status().ifPresent(alignment::serverSaid);
            if (nothing) {
                sessionText.answered(Side.TARGET, request.ordinal(), false);
                return Optional.empty();
            }
        }
        request.statement()
                .ifPresent(statement -> learn(side, request, statement, answer, reader, out));
        Optional<Taken.Leave> broken = tell(side, request, answer, reader, timeNanos, out);
        if (side == Side.ONLINE) {
            alignment.answered(request, answer, out);
        }
        files.answered(side, request, out);
        return broken;
    }

    private Optional<Taken.Leave> tell(
            Side side,
            Outstanding request,
            Answer answer,
            AnswerReader reader,
            long timeNanos,
            List<SessionAction> out) {
        if (request.bulk().isPresent()) {
            request.bulk().get().answered(answer, timeNanos, targetAnswers, out);
            return Optional.empty();
        }
        boolean ofCursor = request.cursor().isPresent() && answer instanceof Answer.Results;
        boolean executed = ofCursor && request.command() == Command.COM_STMT_EXECUTE;
        if (request.told() && (!executed || requestsOnly)) {
            out.add(new SessionAction.Answered(request.ordinal(), side, answer, timeNanos));
        }
        if (!ofCursor) {
            return Optional.empty();
        }
        Cursor cursor = request.cursor().get();
        PreparedStatement statement = request.statement().orElseThrow();
        Cursor.Executed result =
                new Cursor.Executed(
                        reader.cursorOpened(), (Answer.Results) answer, reader.budget(), timeNanos);
        if (executed && requestsOnly) {
            cursor.executed(side, result);
            return Optional.empty();
        }
        if (executed) {
            cursors.executed(side, statement, cursor, result, out);
            return Optional.empty();
        }
        return cursors.fetched(side, statement, cursor, result, reader.lastRowSent(), out)
                .map(broken -> new Taken.Leave(broken.reason(), broken.detail()));
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
            int error = OwnStatements.failure(answer).map(Answer.Result.Failed::number).orElse(0);
            statement.failed(side, error);
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
}
