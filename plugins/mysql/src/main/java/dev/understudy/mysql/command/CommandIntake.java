package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Command.Treatment;
import dev.understudy.mysql.sql.Effects;
import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Takes captured commands in, one whole payload at a time: says what each has to wait for, where
 * the copy has to end, and who treats it.
 */
final class CommandIntake {
    static final String HOLD_PIPELINE = "pipeline";
    static final String HOLD_READ_ONLY = "read-only";
    static final String HOLD_DATABASE = "database";
    static final String HOLD_DIALECT = "sql-mode";

    private final CommandSettings settings;
    private final SessionText sessionText;
    private final Statements statements;
    private final Requests requests;
    private final Cursors cursors;
    private final OwnStatements own;
    private final Alignment alignment;
    private final TextCommands texts;
    private final StatementCommands ofStatements;
    private final Optional<Unheard> unheard;

    private boolean refusedOnline;
    private boolean quit;
    private Optional<String> targetEnded = Optional.empty();

    CommandIntake(
            CommandSettings settings,
            SessionText sessionText,
            Statements statements,
            Requests requests,
            Cursors cursors,
            OwnStatements own,
            Alignment alignment,
            TextCommands texts,
            StatementCommands ofStatements,
            Optional<Unheard> unheard) {
        this.settings = settings;
        this.sessionText = sessionText;
        this.statements = statements;
        this.requests = requests;
        this.cursors = cursors;
        this.own = own;
        this.alignment = alignment;
        this.texts = texts;
        this.ofStatements = ofStatements;
        this.unheard = unheard;
    }

    /** Production has refused a change of user. */
    void refusedOnline() {
        refusedOnline = true;
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
            new CapturedCommand(requests, alignment, packet, timeNanos, out)
                    .asked("COM_0x%02X".formatted(code), "", true);
            return new Taken.Leave(
                    "unknown-command", "command 0x%02X at byte %d".formatted(code, offset));
        }
        Command command = known.get();
        if (command.treatment() instanceof Treatment.Leave(String reason)) {
            new CapturedCommand(requests, alignment, packet, timeNanos, out)
                    .asked(command.name(), "", true);
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
        if (own.isGuardOpen()) {
            return new Taken.Wait(HOLD_READ_ONLY, () -> !own.isGuardOpen());
        }
        Optional<Taken.Wait> unfinished = ofStatements.unfinished();
        if (unfinished.isPresent()) {
            return unfinished.get();
        }
        if (sessionText.awaitsDatabase()) {
            return new Taken.Wait(HOLD_DATABASE, () -> !sessionText.awaitsDatabase());
        }
        if (sessionText.awaitsDialect()) {
            return new Taken.Wait(HOLD_DIALECT, () -> !sessionText.awaitsDialect());
        }
        if (command.treatment() instanceof Treatment.Login) {
            cursors.abandonAll(out);
            return new Taken.Login();
        }
        if (requests.isFull()) {
            return new Taken.Wait(HOLD_PIPELINE, () -> !requests.isFull());
        }
        return treat(command, new CapturedCommand(requests, alignment, packet, timeNanos, out));
    }

    private Taken treat(Command command, CapturedCommand incoming) {
        if (settings.rules().isReadOnly() && command.changesServer()) {
            incoming.asked(command.name(), "", true);
            incoming.skip(command, AnswerKind.TEXT, Rule.READ_ONLY.id(), Optional.empty());
            return new Taken.Read();
        }
        switch (command.treatment()) {
            case Treatment.Plain(AnswerKind answer) -> {
                if (command == Command.COM_RESET_CONNECTION) {
                    incoming.does(Effects.RELEASE);
                }
                incoming.asked(command.name(), incoming.argument(), true);
                incoming.send(command, answer, Unpooled.wrappedBuffer(incoming.payload()));
                if (command == Command.COM_RESET_CONNECTION) {
                    cursors.abandonAll(incoming.out());
                    statements.clear();
                    unheard.ifPresent(Unheard::reset);
                    sessionText.reset();
                    alignment.reset();
                    requests.state().reset();
                    own.reset(incoming.out());
                }
            }
            case Treatment.Silent() -> {
                incoming.asked(command.name(), "", false);
                incoming.sendUnanswered(Unpooled.wrappedBuffer(incoming.payload()));
                cursors.abandonAll(incoming.out());
                quit = true;
            }
            case Treatment.Named(String sql, AnswerKind answer) -> {
                return texts.named(command, answer, sql, incoming);
            }
            case Treatment.Ruled(Rule rule, String sql) -> {
                return texts.ruled(
                        command, rule, sql.getBytes(StandardCharsets.US_ASCII), incoming);
            }
            case Treatment.Kill() -> {
                return texts.processKill(incoming);
            }
            case Treatment.Sql() -> {
                return texts.query(incoming);
            }
            case Treatment.Prepare() -> {
                return texts.prepare(incoming);
            }
            case Treatment.Statement() -> {
                return ofStatements.take(command, incoming);
            }
            case Treatment.Leave _, Treatment.Login() ->
                    throw new IllegalStateException(command + " is no command to send");
        }
        return new Taken.Read();
    }
}
