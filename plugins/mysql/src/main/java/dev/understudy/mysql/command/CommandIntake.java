package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Command.Treatment;
import dev.understudy.mysql.sql.Kill;
import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Takes captured commands in, one whole payload at a time: announces each, and sends it as the
 * target wants it, skips it by a rule, or says why the copy has to wait or to end.
 */
final class CommandIntake {
    /** Commands that the target may have to answer at a time; the next one waits. */
    static final int MAX_OUTSTANDING = 64;

    static final String HOLD_STATEMENT = "statement-id";
    static final String HOLD_PIPELINE = "pipeline";
    static final String HOLD_THREAD = "thread-id";
    static final String HOLD_READ_ONLY = "read-only";

    /** Stands behind the rules: what they let through by mistake fails on the target. */
    static final String READ_ONLY = "SET SESSION TRANSACTION READ ONLY";

    /** Bytes of a payload's text that a request shows. */
    private static final int SHOWN_BYTES = 4 * Request.MAX_TEXT;

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

    private static final Taken READ = new Taken.Read();

    private final ServerSide captured;
    private final ServerSide target;
    private final CommandSettings settings;
    private final SessionText sessionText;
    private final Statements statements;
    private final AnswerStream onlineAnswers;
    private final AnswerStream targetAnswers;
    private final Cursors cursors;

    private long nextOrdinal;
    private boolean onlineEnded;
    private boolean refusedOnline;
    private boolean quit;
    private Optional<String> targetEnded = Optional.empty();
    private Optional<String> threads = Optional.empty();
    private Optional<Outstanding> guard = Optional.empty();
    private Optional<UnrolledBulk> bulk = Optional.empty();

    /** What the thread that the command at hand kills is on the target, once that is known. */
    private Optional<Optional<Long>> killed = Optional.empty();

    private Optional<String> afterReset = Optional.empty();

    CommandIntake(
            ServerSide captured,
            ServerSide target,
            CommandSettings settings,
            SessionText sessionText,
            Statements statements,
            AnswerStream onlineAnswers,
            AnswerStream targetAnswers,
            Cursors cursors,
            long firstOrdinal) {
        this.captured = captured;
        this.target = target;
        this.settings = settings;
        this.sessionText = sessionText;
        this.statements = statements;
        this.onlineAnswers = onlineAnswers;
        this.targetAnswers = targetAnswers;
        this.cursors = cursors;
        this.nextOrdinal = firstOrdinal;
    }

    /** What became of a command. */
    sealed interface Taken {
        /** It was announced and dealt with. */
        record Read() implements Taken {}

        /** It was not looked at, and is to be shown again when this holds. */
        record Wait(String reason, BooleanSupplier until) implements Taken {}

        /** As {@link Wait}, for a value of another session's. */
        record Ask(String key, BooleanSupplier until) implements Taken {}

        /** It was not looked at: a login begins with it. */
        record Login() implements Taken {}

        /** The copy has to end. */
        record Leave(String reason, String detail) implements Taken {}
    }

    /** Threads of production's server are known to all sessions by this name and their id. */
    void begin(String name, List<SessionAction> out) {
        threads = Optional.of(name);
        guard(out);
    }

    private void guard(List<SessionAction> out) {
        if (settings.rules().isReadOnly()) {
            guard =
                    Optional.of(
                            inject(
                                    "read-only",
                                    READ_ONLY.getBytes(StandardCharsets.US_ASCII),
                                    out));
        }
    }

    /** Takes in an answer of the target; whether it is to what had to succeed, and has not. */
    @SuppressWarnings("ReferenceEquality") // others of ours are equal to it
    boolean guardFailed(Outstanding request, Answer answer) {
        boolean ours = guard.filter(last -> last == request).isPresent();
        if (ours) {
            guard = Optional.empty();
        }
        return ours && Replies.failed(answer);
    }

    /** Another session has told its thread on the target, or there is none that could. */
    void resolved(Optional<Long> targetThread) {
        killed = Optional.of(targetThread);
    }

    /** The online server sends nothing any more: what the client still says reaches nobody. */
    void onlineEnded() {
        onlineEnded = true;
    }

    /** Takes an ordinal for a request that is announced elsewhere. */
    long takeOrdinal() {
        return nextOrdinal++;
    }

    /** Production has refused a change of user. */
    void refusedOnline() {
        refusedOnline = true;
    }

    /** This has to be said to the target again after a reset. */
    void afterReset(String statement) {
        afterReset = Optional.of(statement);
    }

    /** The connection to the target has ended. */
    void targetEnded(String reason) {
        targetEnded = Optional.of(reason);
    }

    /** Whether the client has said COM_QUIT. */
    boolean hasQuit() {
        return quit;
    }

    /**
     * Takes a whole command in.
     *
     * @param offset stream offset of its first byte, for a message
     */
    Taken take(Packet packet, long offset, long timeNanos, List<SessionAction> out) {
        if (packet.firstSequence() != 0 || !packet.payload().isReadable()) {
            return new Taken.Leave("malformed-request", "no command begins at byte " + offset);
        }
        int code = packet.payload().getUnsignedByte(packet.payload().readerIndex());
        Optional<Command> known = Command.of(code);
        if (known.isEmpty()) {
            new Incoming(packet, timeNanos, out).asked("COM_0x%02X".formatted(code), "", true);
            return new Taken.Leave(
                    "unknown-command", "command 0x%02X at byte %d".formatted(code, offset));
        }
        Command command = known.get();
        if (command.treatment() instanceof Treatment.Leave(String reason)) {
            new Incoming(packet, timeNanos, out).asked(command.name(), "", true);
            return new Taken.Leave(reason, "%s at byte %d".formatted(command, offset));
        }
        if (targetEnded.isPresent()) {
            return new Taken.Leave(
                    "target-ended",
                    "%s at byte %d has none to go to: %s"
                            .formatted(command, offset, targetEnded.get()));
        }
        if (refusedOnline && command != Command.COM_QUIT) {
            return new Taken.Leave(
                    "change-user",
                    "production refused a change of user and went on: %s at byte %d finds a state that is not known"
                            .formatted(command, offset));
        }
        if (guard.isPresent()) {
            return new Taken.Wait(HOLD_READ_ONLY, () -> guard.isEmpty());
        }
        Optional<UnrolledBulk> unrolling = bulk.filter(b -> !b.isOver());
        if (unrolling.isPresent()) {
            return new Taken.Wait(UnrolledBulk.HOLD, unrolling.get()::isOver);
        }
        Optional<Cursor> unsettled = cursors.unsettled();
        if (unsettled.isPresent()) {
            return new Taken.Wait(Cursors.HOLD, unsettled.get()::isSettled);
        }
        if (command.treatment() instanceof Treatment.Login) {
            cursors.abandonAll(out);
            return new Taken.Login();
        }
        if (targetAnswers.size() >= MAX_OUTSTANDING) {
            return new Taken.Wait(HOLD_PIPELINE, () -> targetAnswers.size() < MAX_OUTSTANDING);
        }
        return treat(command, new Incoming(packet, timeNanos, out));
    }

    private Taken treat(Command command, Incoming incoming) {
        if (settings.rules().isReadOnly() && command.changesServer()) {
            incoming.asked(command.name(), "", true);
            incoming.skip(command, AnswerKind.TEXT, Rule.READ_ONLY.id(), Optional.empty());
            return READ;
        }
        switch (command.treatment()) {
            case Treatment.Plain(AnswerKind answer) -> {
                incoming.asked(command.name(), incoming.argument(), true);
                incoming.send(command, answer, Unpooled.wrappedBuffer(incoming.payload));
                if (command == Command.COM_INIT_DB) {
                    sessionText.database(incoming.argument());
                }
                if (command == Command.COM_RESET_CONNECTION) {
                    cursors.abandonAll(incoming.out);
                    statements.clear();
                    sessionText.reset();
                    afterReset.ifPresent(
                            statement ->
                                    inject(
                                            "set-names",
                                            statement.getBytes(StandardCharsets.US_ASCII),
                                            incoming.out));
                    guard(incoming.out);
                }
            }
            case Treatment.Silent() -> {
                incoming.asked(command.name(), "", false);
                incoming.sendUnanswered(Unpooled.wrappedBuffer(incoming.payload));
                cursors.abandonAll(incoming.out);
                quit = true;
            }
            case Treatment.Ruled(var rule) -> {
                incoming.asked(command.name(), "", true);
                if (settings.rules().allows(rule)) {
                    incoming.send(
                            command, AnswerKind.TEXT, Unpooled.wrappedBuffer(incoming.payload));
                } else {
                    incoming.skip(command, AnswerKind.TEXT, rule.id(), Optional.empty());
                }
            }
            case Treatment.Kill() -> {
                return processKill(incoming);
            }
            case Treatment.Sql() -> {
                return query(incoming);
            }
            case Treatment.Prepare() -> {
                return prepare(incoming);
            }
            case Treatment.Statement() -> {
                return statement(command, incoming);
            }
            case Treatment.Leave _, Treatment.Login() ->
                    throw new IllegalStateException(command + " is no command to send");
        }
        return READ;
    }

    /** Sends a statement of our own; its answer is told to nobody. */
    Outstanding inject(String operation, byte[] statement, List<SessionAction> out) {
        return inject(
                operation,
                Command.COM_QUERY,
                AnswerKind.TEXT,
                AttributePrefix.query(statement, target.capabilities()),
                Optional.empty(),
                out);
    }

    private Outstanding inject(
            String operation,
            Command command,
            AnswerKind kind,
            ByteBuf payload,
            Optional<PreparedStatement> statement,
            List<SessionAction> out) {
        int packets = payload.readableBytes() / PacketHeader.MAX_LENGTH + 1;
        Outstanding request =
                new Outstanding(
                        SessionAction.NO_ORDINAL,
                        command,
                        kind,
                        false,
                        packets & 0xFF,
                        false,
                        statement);
        targetAnswers.expect(request);
        out.add(new SessionAction.Injected(operation));
        out.add(SessionAction.Send.plumbing(Packet.encoded(0, payload)));
        return request;
    }

    /** A text that the client has said before anybody looked, where no rule keeps it back. */
    Optional<Outstanding> repeat(String operation, byte[] sql, List<SessionAction> out) {
        SessionText.Reading reading = sessionText.read(sql, 0);
        sessionText.follow(reading);
        return reading.refusedBy().isPresent()
                ? Optional.empty()
                : Optional.of(inject(operation, sql, out));
    }

    /** A statement that the client has prepared before anybody looked. */
    void adopt(String operation, long capturedId, byte[] sql, List<SessionAction> out) {
        SessionText.Reading reading = sessionText.read(sql, 0);
        String fingerprint = reading.text().fingerprint();
        PreparedStatement statement =
                new PreparedStatement(
                        fingerprint,
                        reading.text().mayHoldSecrets()
                                ? fingerprint
                                : new String(sql, StandardCharsets.UTF_8),
                        reading.text().changes(),
                        reading.refusedBy());
        statement.opened(capturedId);
        statements.opened(statement);
        if (reading.refusedBy().isEmpty()) {
            ByteBuf payload = Unpooled.buffer(1 + sql.length);
            payload.writeByte(Command.COM_STMT_PREPARE.code()).writeBytes(sql);
            inject(
                    operation,
                    Command.COM_STMT_PREPARE,
                    AnswerKind.PREPARE,
                    payload,
                    Optional.of(statement),
                    out);
        }
    }

    private Taken query(Incoming incoming) {
        var textStart = AttributePrefix.textStart(incoming.payload, captured.capabilities());
        if (textStart.isEmpty()) {
            return new Taken.Leave("malformed-request", "query attributes that cannot be read");
        }
        SessionText.Reading reading = sessionText.read(incoming.payload, textStart.getAsInt());
        byte[] text = sent(reading, incoming, textStart.getAsInt());
        Optional<String> refusedBy = reading.refusedBy();
        boolean killMayGo =
                !settings.rules().isReadOnly()
                        && refusedBy.filter(rule -> !rule.equals(Rule.KILL.id())).isEmpty();
        if (reading.text().kill().isPresent() && killMayGo) {
            Kill kill = reading.text().kill().get();
            Optional<Taken> unknown = unknownThread(kill.thread());
            if (unknown.isPresent()) {
                return unknown.get();
            }
            Optional<Long> thread = takeKilled();
            if (thread.isPresent()) {
                text = kill.with(text, textStart.getAsInt(), thread.get());
                refusedBy = Optional.empty();
            }
        }
        incoming.asked(Command.COM_QUERY, reading, textStart.getAsInt());
        sessionText.follow(reading);
        if (refusedBy.isPresent()) {
            String rule = refusedBy.get();
            incoming.skip(Command.COM_QUERY, AnswerKind.TEXT, rule, Optional.empty());
        } else {
            ByteBuf payload =
                    AttributePrefix.reencoded(
                            text,
                            textStart.getAsInt(),
                            captured.capabilities(),
                            target.capabilities());
            incoming.send(
                    Command.COM_QUERY,
                    AnswerKind.TEXT,
                    payload,
                    reading.text().changes(),
                    Optional.empty());
        }
        return leaveWhenFull();
    }

    /** Empty once it is known what a thread is on the target, or that this will not be known. */
    private Optional<Taken> unknownThread(long thread) {
        if (thread == captured.threadId()) {
            killed = Optional.of(Optional.of(target.threadId()));
        } else if (threads.isEmpty()) {
            killed = Optional.of(Optional.empty());
        }
        return killed.isPresent()
                ? Optional.empty()
                : Optional.of(new Taken.Ask(threads.get() + thread, () -> killed.isPresent()));
    }

    private Optional<Long> takeKilled() {
        Optional<Long> thread = killed.orElseThrow();
        killed = Optional.empty();
        return thread;
    }

    /** Sent as text: MySQL from 9 on knows no such command. */
    private Taken processKill(Incoming incoming) {
        if (incoming.payload.length < STATEMENT_HEAD_LENGTH) {
            return new Taken.Leave("malformed-request", "COM_PROCESS_KILL without a thread id");
        }
        long thread = Unpooled.wrappedBuffer(incoming.payload).getUnsignedIntLE(1);
        Optional<Taken> unknown = unknownThread(thread);
        if (unknown.isPresent()) {
            return unknown.get();
        }
        Optional<Long> known = takeKilled();
        incoming.asked(Command.COM_PROCESS_KILL.name(), "thread " + thread, true);
        if (known.isEmpty() && !settings.rules().allows(Rule.KILL)) {
            incoming.skip(
                    Command.COM_PROCESS_KILL, AnswerKind.TEXT, Rule.KILL.id(), Optional.empty());
            return READ;
        }
        String kill = "KILL " + Long.toUnsignedString(known.orElse(thread));
        incoming.send(
                Command.COM_PROCESS_KILL,
                AnswerKind.TEXT,
                AttributePrefix.query(
                        kill.getBytes(StandardCharsets.US_ASCII), target.capabilities()));
        return READ;
    }

    private Taken prepare(Incoming incoming) {
        SessionText.Reading reading = sessionText.read(incoming.payload, 1);
        String text = incoming.asked(Command.COM_STMT_PREPARE, reading, 1);
        PreparedStatement statement =
                new PreparedStatement(
                        reading.text().fingerprint(),
                        text,
                        reading.text().changes(),
                        reading.refusedBy());
        statements.asked(statement);
        if (reading.refusedBy().isPresent()) {
            String rule = reading.refusedBy().get();
            incoming.skip(
                    Command.COM_STMT_PREPARE, AnswerKind.PREPARE, rule, Optional.of(statement));
        } else {
            incoming.send(
                    Command.COM_STMT_PREPARE,
                    AnswerKind.PREPARE,
                    Unpooled.wrappedBuffer(sent(reading, incoming, 1)),
                    reading.text().changes(),
                    Optional.of(statement));
        }
        return leaveWhenFull();
    }

    /** The bytes of a text as the target is to have them. */
    private byte[] sent(SessionText.Reading reading, Incoming incoming, int textStart) {
        return settings.rules().isReadOnly()
                ? reading.text().readingOnly(incoming.payload, textStart)
                : incoming.payload;
    }

    private Taken leaveWhenFull() {
        return statements.isFull() || sessionText.isFull()
                ? new Taken.Leave(
                        "too-many-statements",
                        "more than %d statements are open".formatted(Statements.MAX_OPEN))
                : READ;
    }

    private Taken statement(Command command, Incoming incoming) {
        ByteBuf payload = incoming.packet.payload();
        if (payload.readableBytes() < STATEMENT_HEAD_LENGTH) {
            return new Taken.Leave("malformed-request", command + " without a statement id");
        }
        long id = payload.getUnsignedIntLE(payload.readerIndex() + 1);
        AnswerKind kind =
                switch (command) {
                    case COM_STMT_EXECUTE, COM_STMT_BULK_EXECUTE -> AnswerKind.BINARY;
                    case COM_STMT_FETCH -> AnswerKind.FETCH;
                    default -> AnswerKind.TEXT;
                };
        Optional<PreparedStatement> found = statements.find(id);
        if (found.isEmpty()) {
            incoming.asked(command.name(), "statement " + id, command.isAnswered());
            sendForNoStatement(command, kind, incoming);
            return READ;
        }
        PreparedStatement statement = found.get();
        if (statement.refusedBy().isPresent()) {
            incoming.askedFor(statement, command, "");
            incoming.skip(command, kind, statement.refusedBy().get(), found);
        } else if (sessionText.isTransactionHeldBack()
                && command.isAnswered()
                && command != Command.COM_STMT_RESET) {
            incoming.askedFor(statement, command, "");
            incoming.skip(command, kind, Rule.DEPENDS.id(), found);
        } else if (!statement.isAnswered(Side.TARGET)) {
            return new Taken.Wait(HOLD_STATEMENT, () -> statement.isAnswered(Side.TARGET));
        } else if (statement.hasFailed(Side.TARGET)) {
            incoming.askedFor(statement, command, "");
            if (statement.hasSucceeded(Side.ONLINE)) {
                incoming.lose(command, kind, "statement-not-prepared", found);
            } else {
                sendForNoStatement(command, kind, incoming);
            }
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
        return READ;
    }

    /**
     * Production has no such statement: it was closed, its prepare failed, a reset took it away.
     * The target is asked for one that it has not got either; of the command its head is enough.
     */
    private static void sendForNoStatement(Command of, AnswerKind kind, Incoming incoming) {
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

    private void send(Command command, PreparedStatement statement, Incoming incoming) {
        ByteBuf payload = Unpooled.wrappedBuffer(incoming.payload.clone());
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
            leaveCursor(statement, incoming.out);
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

    private Taken fetch(PreparedStatement statement, Incoming incoming) {
        Optional<Cursor> cursor = statement.cursor();
        if (cursor.isPresent() && !cursor.get().isAnswered(Side.TARGET)) {
            return new Taken.Wait(Cursors.HOLD, () -> cursor.get().isAnswered(Side.TARGET));
        }
        ByteBuf payload = Unpooled.wrappedBuffer(incoming.payload.clone());
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
        return READ;
    }

    private Taken bulk(PreparedStatement statement, Incoming incoming) {
        Decoded<BulkExecute> decoded = BulkExecute.decode(incoming.payload, statement);
        if (!(decoded instanceof Decoded.Complete<BulkExecute>(BulkExecute execute, int _))) {
            return new Taken.Leave("malformed-request", "a bulk execute that cannot be read");
        }
        Command command = Command.COM_STMT_BULK_EXECUTE;
        incoming.askedFor(statement, command, execute.rows() + " rows");
        leaveCursor(statement, incoming.out);
        statement.bind(execute.parameters());
        if (onlineEnded) {
            incoming.lose(command, AnswerKind.BINARY, "online-ended", Optional.of(statement));
        } else if (target.capabilities().has(Capabilities.MARIADB_STMT_BULK_OPERATIONS)) {
            incoming.send(
                    command,
                    AnswerKind.BINARY,
                    execute.encode(statement.id(Side.TARGET)),
                    statement.changes(),
                    Optional.of(statement));
        } else if (!execute.plain() || execute.rows() == 0) {
            incoming.lose(command, AnswerKind.BINARY, "bulk-default", Optional.of(statement));
        } else {
            incoming.expectOnline(
                    command,
                    AnswerKind.BINARY,
                    true,
                    statement.changes(),
                    Optional.of(statement),
                    Optional.empty());
            UnrolledBulk unrolled =
                    new UnrolledBulk(incoming.ordinal, execute, statement, target.capabilities());
            bulk = Optional.of(unrolled);
            unrolled.send(targetAnswers, incoming.out);
        }
        return READ;
    }

    private Taken execute(PreparedStatement statement, Incoming incoming) {
        return switch (ExecuteRequest.decode(
                Unpooled.wrappedBuffer(incoming.payload), statement, captured.capabilities())) {
            case Decoded.Complete<ExecuteRequest>(ExecuteRequest execute, int _) -> {
                incoming.askedFor(
                        statement,
                        Command.COM_STMT_EXECUTE,
                        execute.describeValues(statement, Request.MAX_TEXT));
                leaveCursor(statement, incoming.out);
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
                    yield READ;
                }
                if (execute.typed()) {
                    statement.bind(execute.parameters());
                }
                if (execute.wantsCursor() && !onlineEnded) {
                    statement.cursor(Optional.of(cursors.asked(incoming.ordinal)));
                }
                incoming.send(
                        Command.COM_STMT_EXECUTE,
                        AnswerKind.BINARY,
                        execute.encode(statement, statement.id(Side.TARGET), target.capabilities()),
                        statement.changes(),
                        Optional.of(statement),
                        statement.cursor());
                statement.forgetLongData();
                yield READ;
            }
            case Decoded.Malformed<ExecuteRequest>(int _, String reason) ->
                    new Taken.Leave("malformed-request", "an execute: " + reason);
            case Decoded.Incomplete<ExecuteRequest> _ ->
                    throw new IllegalStateException("a whole payload is never incomplete");
        };
    }

    /** One captured command on its way. */
    private final class Incoming {
        private final Packet packet;
        private final byte[] payload;
        private final long timeNanos;
        private final List<SessionAction> out;
        private long ordinal;

        Incoming(Packet packet, long timeNanos, List<SessionAction> out) {
            this.packet = packet;
            this.payload = ByteBufUtil.getBytes(packet.payload());
            this.timeNanos = timeNanos;
            this.out = out;
        }

        /** What stands behind the command byte, for a reader. */
        String argument() {
            return shown(1);
        }

        private String shown(int from) {
            int length = Math.min(payload.length - from, SHOWN_BYTES);
            return new String(payload, from, length, StandardCharsets.UTF_8);
        }

        void asked(String operation, String text, boolean answerDue) {
            asked(operation, operation, text, answerDue);
        }

        private void asked(String operation, String fingerprint, String text, boolean answerDue) {
            ordinal = nextOrdinal++;
            out.add(
                    new SessionAction.Asked(
                            new Request(
                                    ordinal, operation, fingerprint, text, timeNanos, answerDue)));
        }

        /** Announces a request with SQL; returns the text that is shown for it. */
        String asked(Command command, SessionText.Reading reading, int textStart) {
            String fingerprint = reading.text().fingerprint();
            String text = reading.text().mayHoldSecrets() ? fingerprint : shown(textStart);
            asked(command.name(), fingerprint, text, true);
            return text;
        }

        void askedFor(PreparedStatement statement, Command command, String detail) {
            asked(
                    command.name(),
                    statement.fingerprint(),
                    detail.isEmpty() ? statement.text() : statement.text() + " -- " + detail,
                    command.isAnswered());
        }

        void send(Command command, AnswerKind kind, ByteBuf encoded) {
            send(command, kind, encoded, command == Command.COM_PROCESS_INFO, Optional.empty());
        }

        void send(
                Command command,
                AnswerKind kind,
                ByteBuf encoded,
                boolean changes,
                Optional<PreparedStatement> statement) {
            send(command, kind, encoded, changes, statement, Optional.empty());
        }

        void send(
                Command command,
                AnswerKind kind,
                ByteBuf encoded,
                boolean changes,
                Optional<PreparedStatement> statement,
                Optional<Cursor> cursor) {
            if (onlineEnded) {
                lose(command, kind, "online-ended", statement);
                return;
            }
            int packets = encoded.readableBytes() / PacketHeader.MAX_LENGTH + 1;
            expectOnline(command, kind, true, changes, statement, cursor);
            targetAnswers.expect(
                    new Outstanding(
                            ordinal,
                            command,
                            kind,
                            true,
                            packets & 0xFF,
                            changes,
                            statement,
                            cursor,
                            Optional.empty()));
            out.add(SessionAction.Send.request(ordinal, Packet.encoded(0, encoded)));
        }

        void sendUnanswered(ByteBuf encoded) {
            out.add(SessionAction.Send.request(ordinal, Packet.encoded(0, encoded)));
        }

        void skip(
                Command command,
                AnswerKind kind,
                String rule,
                Optional<PreparedStatement> statement) {
            skip(command, kind, rule, statement, Optional.empty());
        }

        void skip(
                Command command,
                AnswerKind kind,
                String rule,
                Optional<PreparedStatement> statement,
                Optional<Cursor> cursor) {
            out.add(new SessionAction.Skipped(ordinal, rule));
            expectOnline(command, kind, false, false, statement, cursor);
        }

        void lose(
                Command command,
                AnswerKind kind,
                String reason,
                Optional<PreparedStatement> statement) {
            out.add(new SessionAction.Lost(ordinal, reason));
            expectOnline(command, kind, false, false, statement, Optional.empty());
        }

        private void expectOnline(
                Command command,
                AnswerKind kind,
                boolean told,
                boolean changes,
                Optional<PreparedStatement> statement,
                Optional<Cursor> cursor) {
            if (command.isAnswered()) {
                int firstSequence = (packet.lastSequence() + 1) & 0xFF;
                onlineAnswers.expect(
                        new Outstanding(
                                ordinal,
                                command,
                                kind,
                                told,
                                firstSequence,
                                changes,
                                statement,
                                cursor,
                                Optional.empty()));
            }
        }
    }
}
