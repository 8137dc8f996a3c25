package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Optional;

/**
 * The commands that open with a statement id. What production calls a statement, and how its values
 * are written, is made into what the target calls it and reads.
 */
final class StatementCommands {
    static final String HOLD_STATEMENT = "statement-id";

    /** Nothing is to be closed or reset where nothing was prepared. */
    private static final String NOT_THERE = "no-statement-on-target";

    /** Command byte and statement id. */
    private static final int STATEMENT_HEAD_LENGTH = 5;

    /** Command byte, statement id, flags, number of iterations. */
    private static final int EXECUTE_HEAD_LENGTH = 10;

    /** Command byte, statement id, number of the parameter. */
    private static final int LONG_DATA_HEAD_LENGTH = 7;

    /** Command byte, statement id, number of rows. */
    private static final int FETCH_HEAD_LENGTH = 9;

    /** Servers count their statements from 1, so none of them has this id. */
    private static final int NO_STATEMENT = 0;

    private final ServerSide captured;
    private final ServerSide target;
    private final SessionText sessionText;
    private final Statements statements;
    private final Requests requests;
    private final Cursors cursors;
    private final Optional<Unheard> unheard;
    private Optional<UnrolledBulk> bulk = Optional.empty();

    StatementCommands(
            ServerSide captured,
            ServerSide target,
            SessionText sessionText,
            Statements statements,
            Requests requests,
            Cursors cursors,
            Optional<Unheard> unheard) {
        this.captured = captured;
        this.target = target;
        this.sessionText = sessionText;
        this.statements = statements;
        this.requests = requests;
        this.cursors = cursors;
        this.unheard = unheard;
    }

    /** What has to be over before another command is looked at. */
    Optional<Taken.Wait> unfinished() {
        Optional<UnrolledBulk> unrolling = bulk.filter(b -> !b.isOver());
        if (unrolling.isPresent()) {
            return Optional.of(new Taken.Wait(UnrolledBulk.HOLD, unrolling.get()::isOver));
        }
        return cursors.unsettled().map(cursor -> new Taken.Wait(Cursors.HOLD, cursor::isSettled));
    }

    /** Takes one in. */
    Taken take(Command command, CapturedCommand incoming) {
        ByteBuf payload = Unpooled.wrappedBuffer(incoming.payload());
        if (payload.readableBytes() < STATEMENT_HEAD_LENGTH) {
            return new Taken.Leave("malformed-request", command + " without a statement id");
        }
        long id = payload.getUnsignedIntLE(1);
        AnswerKind kind =
                switch (command) {
                    case COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE -> AnswerKind.BINARY;
                    case COM_STMT_FETCH -> AnswerKind.FETCH;
                    default -> AnswerKind.TEXT;
                };
        Optional<PreparedStatement> found =
                unheard.map(side -> side.find(id, statements)).orElseGet(() -> statements.find(id));
        if (found.isEmpty() && unheard.isPresent()) {
            incoming.asked(command.name(), "statement " + id, command.isAnswered());
            incoming.lose(command, kind, "statement-id-unknown", found);
            return new Taken.Read();
        }
        if (found.isEmpty()) {
            incoming.asked(command.name(), "statement " + id, command.isAnswered());
            sendForNoStatement(command, kind, incoming);
            return new Taken.Read();
        }
        PreparedStatement statement = found.get();
        if (statement.refusedBy().isPresent()) {
            incoming.askedFor(statement, command, "");
            if (command == Command.COM_STMT_EXECUTE) {
                sessionText.executed(statement, incoming.ordinal(), incoming.mayGo());
            }
            incoming.skip(command, kind, statement.refusedBy().get(), found);
        } else if (sessionText.isTransactionHeldBack()
                && command.isAnswered()
                && command != Command.COM_STMT_RESET) {
            incoming.askedFor(statement, command, "");
            incoming.skip(command, kind, Rule.DEPENDS.id(), found);
        } else if (!statement.isAnswered(Side.TARGET)) {
            return new Taken.Wait(HOLD_STATEMENT, () -> statement.isAnswered(Side.TARGET));
        } else if (statement.hasFailed(Side.TARGET)) {
            takeWithoutTarget(command, kind, statement, incoming);
        } else if (command == Command.COM_STMT_EXECUTE) {
            return execute(statement, incoming);
        } else if (command == Command.COM_STMT_BULK_EXECUTE) {
            return bulk(statement, incoming);
        } else if (command == Command.COM_STMT_FETCH) {
            return fetch(statement, incoming);
        } else {
            send(command, statement, incoming);
        }
        if (command == Command.COM_STMT_CLOSE) {
            statements.close(statement);
        }
        return new Taken.Read();
    }

    /** Takes a command for a statement that the target could not prepare. */
    private void takeWithoutTarget(
            Command command,
            AnswerKind kind,
            PreparedStatement statement,
            CapturedCommand incoming) {
        Optional<byte[]> text =
                statement
                        .textOnly()
                        .filter(_ -> command == Command.COM_STMT_EXECUTE)
                        .filter(_ -> !statement.hasFailed(Side.ONLINE))
                        // With values, attributes among them, it would be another text.
                        .filter(_ -> incoming.payload().length == EXECUTE_HEAD_LENGTH);
        if (text.isPresent()) {
            incoming.does(statement.effects());
            incoming.askedFor(statement, command, "sent as text");
            sessionText.executed(statement, incoming.ordinal(), incoming.mayGo());
            incoming.sendAsText(
                    statement, AttributePrefix.query(text.get(), target.capabilities()));
            return;
        }
        incoming.askedFor(statement, command, "");
        Optional<PreparedStatement> found = Optional.of(statement);
        if (!statement.hasSucceeded(Side.ONLINE)) {
            sendForNoStatement(command, kind, incoming);
        } else if (command == Command.COM_STMT_CLOSE || command == Command.COM_STMT_RESET) {
            incoming.skip(command, kind, NOT_THERE, found);
        } else {
            incoming.lose(command, kind, "statement-not-prepared", found);
        }
    }

    /**
     * Production has no such statement: it was closed, its prepare failed, a reset took it away.
     * The target is asked for one that it has not got either; of the command its head is enough.
     */
    private static void sendForNoStatement(Command of, AnswerKind kind, CapturedCommand incoming) {
        // Not every target knows the bulk one.
        Command command = of == Command.COM_STMT_BULK_EXECUTE ? Command.COM_STMT_EXECUTE : of;
        int length =
                switch (command) {
                    case COM_STMT_EXECUTE -> EXECUTE_HEAD_LENGTH;
                    case COM_STMT_SEND_LONG_DATA -> LONG_DATA_HEAD_LENGTH;
                    case COM_STMT_FETCH -> FETCH_HEAD_LENGTH;
                    default -> STATEMENT_HEAD_LENGTH;
                };
        ByteBuf payload =
                Unpooled.buffer(length).writeByte(command.code()).writeIntLE(NO_STATEMENT);
        if (command == Command.COM_STMT_EXECUTE) {
            payload.writeByte(0).writeIntLE(1);
        }
        payload.writeZero(length - payload.readableBytes());
        if (command.isAnswered()) {
            incoming.send(command, kind, payload, false, Optional.empty());
        } else {
            incoming.sendUnanswered(payload);
        }
    }

    private void send(Command command, PreparedStatement statement, CapturedCommand incoming) {
        ByteBuf payload = Unpooled.wrappedBuffer(incoming.payload().clone());
        payload.setIntLE(1, (int) statement.id(Side.TARGET));
        String detail = "";
        if (command == Command.COM_STMT_SEND_LONG_DATA && payload.readableBytes() >= 7) {
            int parameter = payload.getUnsignedShortLE(5);
            statement.sentLongData(parameter);
            detail = "parameter %d, %d bytes".formatted(parameter + 1, payload.readableBytes() - 7);
        } else if (command == Command.COM_STMT_RESET) {
            statement.forgetLongData();
        }
        if (command != Command.COM_STMT_SEND_LONG_DATA) {
            leaveCursor(statement, incoming.out());
        }
        incoming.askedFor(statement, command, detail);
        if (command.isAnswered()) {
            incoming.send(command, AnswerKind.TEXT, payload);
        } else {
            incoming.sendUnanswered(payload);
        }
    }

    private void leaveCursor(PreparedStatement statement, List<SessionAction> out) {
        statement.cursor().ifPresent(cursor -> cursors.abandon(cursor, out));
        statement.cursor(Optional.empty());
    }

    private Taken fetch(PreparedStatement statement, CapturedCommand incoming) {
        Optional<Cursor> cursor = statement.cursor();
        if (cursor.isPresent() && !cursor.get().isAnswered(Side.TARGET)) {
            return new Taken.Wait(Cursors.HOLD, () -> cursor.get().isAnswered(Side.TARGET));
        }
        ByteBuf payload = Unpooled.wrappedBuffer(incoming.payload().clone());
        if (payload.readableBytes() < FETCH_HEAD_LENGTH) {
            return new Taken.Leave("malformed-request", "COM_STMT_FETCH without a number of rows");
        }
        payload.setIntLE(1, (int) statement.id(Side.TARGET));
        incoming.askedFor(
                statement,
                Command.COM_STMT_FETCH,
                "fetch %d rows".formatted(payload.getUnsignedIntLE(STATEMENT_HEAD_LENGTH)));
        boolean missing =
                cursor.filter(c -> c.isWithout(Side.TARGET) && !c.isWithout(Side.ONLINE))
                        .isPresent();
        if (missing) {
            incoming.skip(
                    Command.COM_STMT_FETCH,
                    AnswerKind.FETCH,
                    Cursors.NO_CURSOR,
                    Optional.of(statement),
                    cursor);
        } else {
            incoming.send(
                    Command.COM_STMT_FETCH,
                    AnswerKind.FETCH,
                    payload,
                    statement.changes(),
                    Optional.of(statement),
                    cursor);
        }
        return new Taken.Read();
    }

    private Taken bulk(PreparedStatement statement, CapturedCommand incoming) {
        Decoded<BulkExecute> decoded = BulkExecute.decode(incoming.payload(), statement);
        if (!(decoded instanceof Decoded.Complete<BulkExecute>(BulkExecute execute, int _))) {
            return new Taken.Leave("malformed-request", "a bulk execute that cannot be read");
        }
        Command command = Command.COM_STMT_BULK_EXECUTE;
        incoming.does(statement.effects());
        incoming.askedFor(statement, command, execute.rows() + " rows");
        leaveCursor(statement, incoming.out());
        statement.bind(execute.parameters());
        if (requests.hasOnlineEnded()) {
            incoming.lose(command, AnswerKind.BINARY, "online-ended", Optional.of(statement));
        } else if (target.capabilities().has(Capabilities.MARIADB_STMT_BULK_OPERATIONS)) {
            tellId(statement, incoming);
            incoming.send(
                    command,
                    AnswerKind.BINARY,
                    execute.encode(statement.id(Side.TARGET), target.capabilities()),
                    statement.changes(),
                    Optional.of(statement));
        } else if (!execute.plain() || execute.rows() == 0) {
            incoming.lose(command, AnswerKind.BINARY, "bulk-default", Optional.of(statement));
        } else {
            incoming.expectBoth(
                    command,
                    AnswerKind.BINARY,
                    statement.changes(),
                    Optional.of(statement),
                    Optional.empty());
            UnrolledBulk unrolled =
                    new UnrolledBulk(
                            incoming.ordinal(),
                            execute,
                            statement,
                            target.capabilities(),
                            incoming.comparedState());
            bulk = Optional.of(unrolled);
            unrolled.send(requests.targetAnswers(), incoming.out());
        }
        return new Taken.Read();
    }

    private Taken execute(PreparedStatement statement, CapturedCommand incoming) {
        return switch (ExecuteRequest.decode(
                Unpooled.wrappedBuffer(incoming.payload()),
                statement,
                unheard.map(side -> side.ofExecute(incoming.payload()))
                        .orElse(captured.capabilities()))) {
            case Decoded.Complete<ExecuteRequest>(ExecuteRequest execute, int _) -> {
                incoming.does(statement.effects());
                incoming.askedFor(
                        statement,
                        Command.COM_STMT_EXECUTE,
                        execute.describeValues(statement, Request.MAX_TEXT));
                leaveCursor(statement, incoming.out());
                if (!execute.fits(statement, target.capabilities())) {
                    yield new Taken.Leave(
                            "malformed-request",
                            "query attributes behind values that cannot be told apart");
                }
                if (!execute.typed() && statement.lacksTypes()) {
                    // Bound before anybody looked: where one value ends is anybody's guess.
                    incoming.lose(
                            Command.COM_STMT_EXECUTE,
                            AnswerKind.BINARY,
                            "parameter-types-unknown",
                            Optional.of(statement));
                    yield new Taken.Read();
                }
                sessionText.executed(statement, incoming.ordinal(), incoming.mayGo());
                if (execute.typed()) {
                    statement.bind(execute.parameters());
                }
                if (execute.wantsCursor() && !requests.hasOnlineEnded()) {
                    statement.cursor(Optional.of(cursors.asked(incoming.ordinal())));
                }
                tellId(statement, incoming);
                incoming.send(
                        Command.COM_STMT_EXECUTE,
                        AnswerKind.BINARY,
                        execute.encode(statement, statement.id(Side.TARGET), target.capabilities()),
                        statement.changes(),
                        Optional.of(statement),
                        statement.cursor());
                statement.forgetLongData();
                yield new Taken.Read();
            }
            case Decoded.Malformed<ExecuteRequest>(int _, String reason) ->
                    new Taken.Leave("malformed-request", "an execute: " + reason);
            case Decoded.Incomplete<ExecuteRequest> _ ->
                    throw new IllegalStateException("a whole payload is never incomplete");
        };
    }

    private static void tellId(PreparedStatement statement, CapturedCommand incoming) {
        statement
                .renamed()
                .ifPresent(
                        what ->
                                incoming.out()
                                        .add(
                                                new SessionAction.Rewritten(
                                                        incoming.ordinal(), what)));
    }
}
