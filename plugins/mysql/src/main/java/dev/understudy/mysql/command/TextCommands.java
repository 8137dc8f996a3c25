package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Kill;
import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ServerSide;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The commands that are SQL, or stand for it: their text is read, held against the rules, and
 * written as the target wants it.
 */
final class TextCommands {
    /** Command byte and thread id. */
    private static final int KILL_LENGTH = 5;

    private final ServerSide captured;
    private final ServerSide target;
    private final CommandSettings settings;
    private final SessionText sessionText;
    private final Statements statements;
    private final Kills kills;
    private final Optional<Unheard> unheard;

    TextCommands(
            ServerSide captured,
            ServerSide target,
            CommandSettings settings,
            SessionText sessionText,
            Statements statements,
            Kills kills,
            Optional<Unheard> unheard) {
        this.captured = captured;
        this.target = target;
        this.settings = settings;
        this.sessionText = sessionText;
        this.statements = statements;
        this.kills = kills;
        this.unheard = unheard;
    }

    /** COM_QUERY. */
    Taken query(CapturedCommand incoming) {
        Capabilities agreed =
                unheard.map(side -> side.ofQuery(incoming.payload()))
                        .orElse(captured.capabilities());
        var textStart = AttributePrefix.textStart(incoming.payload(), agreed);
        if (textStart.isEmpty()) {
            return new Taken.Leave("malformed-request", "query attributes that cannot be read");
        }
        SessionText.Reading reading = sessionText.read(incoming.payload(), textStart.getAsInt());
        byte[] text = sessionText.sent(reading, incoming.payload(), textStart.getAsInt());
        Optional<String> refusedBy = reading.refusedBy();
        Optional<Long> killed = Optional.empty();
        boolean killMayGo =
                !settings.rules().isReadOnly()
                        && refusedBy.filter(rule -> !rule.equals(Rule.KILL.id())).isEmpty();
        if (reading.text().kill().isPresent() && killMayGo) {
            Kill kill = reading.text().kill().get();
            Optional<Taken> unknown = kills.unknown(kill.thread());
            if (unknown.isPresent()) {
                return unknown.get();
            }
            killed = kills.take();
            if (killed.isPresent()) {
                text = kill.with(text, textStart.getAsInt(), killed.get());
                refusedBy = Optional.empty();
            }
        }
        incoming.does(reading.text().effects());
        incoming.asked(Command.COM_QUERY, reading, textStart.getAsInt());
        sessionText.follow(reading, incoming.ordinal(), incoming.mayGo());
        unheard.ifPresent(side -> side.said(reading.text()));
        if (refusedBy.isPresent()) {
            String rule = refusedBy.get();
            incoming.skip(Command.COM_QUERY, AnswerKind.TEXT, rule, Optional.empty());
        } else {
            killed.ifPresent(thread -> tellThread(thread, incoming));
            ByteBuf payload =
                    AttributePrefix.reencoded(
                            text, textStart.getAsInt(), agreed, target.capabilities());
            incoming.send(
                    Command.COM_QUERY,
                    AnswerKind.TEXT,
                    payload,
                    reading.text().changes(),
                    Optional.empty());
        }
        return leaveWhenFull();
    }

    /** COM_PROCESS_KILL, which is sent as text: MySQL from 9 on knows no such command. */
    Taken processKill(CapturedCommand incoming) {
        if (incoming.payload().length < KILL_LENGTH) {
            return new Taken.Leave("malformed-request", "COM_PROCESS_KILL without a thread id");
        }
        long thread = Unpooled.wrappedBuffer(incoming.payload()).getUnsignedIntLE(1);
        Optional<String> filtered = sessionText.filtered(ascii("KILL " + thread));
        if (filtered.isPresent()) {
            incoming.asked(Command.COM_PROCESS_KILL.name(), "thread " + thread, true);
            incoming.skip(
                    Command.COM_PROCESS_KILL, AnswerKind.TEXT, filtered.get(), Optional.empty());
            return new Taken.Read();
        }
        Optional<Taken> unknown = kills.unknown(thread);
        if (unknown.isPresent()) {
            return unknown.get();
        }
        Optional<Long> known = kills.take();
        incoming.asked(Command.COM_PROCESS_KILL.name(), "thread " + thread, true);
        if (known.isEmpty() && !settings.rules().allows(Rule.KILL)) {
            incoming.skip(
                    Command.COM_PROCESS_KILL, AnswerKind.TEXT, Rule.KILL.id(), Optional.empty());
            return new Taken.Read();
        }
        known.ifPresent(there -> tellThread(there, incoming));
        String kill = "KILL " + Long.toUnsignedString(known.orElse(thread));
        incoming.send(
                Command.COM_PROCESS_KILL,
                AnswerKind.TEXT,
                AttributePrefix.query(ascii(kill), target.capabilities()));
        return new Taken.Read();
    }

    private static void tellThread(long there, CapturedCommand incoming) {
        incoming.out()
                .add(
                        new SessionAction.Rewritten(
                                incoming.ordinal(), "the thread is " + there + " there"));
    }

    /** COM_STMT_PREPARE. */
    Taken prepare(CapturedCommand incoming) {
        SessionText.Reading reading = sessionText.read(incoming.payload(), 1);
        String text = incoming.asked(Command.COM_STMT_PREPARE, reading, 1);
        sessionText.prepared(reading);
        PreparedStatement statement =
                new PreparedStatement(
                        reading.text().fingerprint(),
                        text,
                        reading.text().changes(),
                        reading.text().leaves(),
                        reading.text().effects(),
                        reading.refusedBy());
        unheard.ifPresentOrElse(
                side -> side.prepared(statement, statements), () -> statements.asked(statement));
        if (reading.refusedBy().isPresent()) {
            String rule = reading.refusedBy().get();
            incoming.skip(
                    Command.COM_STMT_PREPARE, AnswerKind.PREPARE, rule, Optional.of(statement));
        } else {
            byte[] payload = sessionText.sent(reading, incoming.payload(), 1);
            statement.sent(Arrays.copyOfRange(payload, 1, payload.length));
            incoming.send(
                    Command.COM_STMT_PREPARE,
                    AnswerKind.PREPARE,
                    Unpooled.wrappedBuffer(payload),
                    reading.text().changes(),
                    Optional.of(statement));
        }
        return leaveWhenFull();
    }

    /** A command that says what a statement could say as well: the same rules hold for it. */
    Taken named(Command command, AnswerKind answer, String sql, CapturedCommand incoming) {
        SessionText.Reading reading = sessionText.readNaming(sql, Command.name(incoming.payload()));
        incoming.asked(command.name(), incoming.argument(), true);
        sessionText.follow(reading, incoming.ordinal(), incoming.mayGo());
        if (reading.refusedBy().isPresent()) {
            incoming.skip(command, answer, reading.refusedBy().get(), Optional.empty());
        } else {
            incoming.send(command, answer, Unpooled.wrappedBuffer(incoming.payload()));
        }
        return leaveWhenFull();
    }

    /** A command that a rule of its own keeps back; where that is allowed, filters may yet. */
    Taken ruled(Command command, Rule rule, byte[] sql, CapturedCommand incoming) {
        incoming.asked(command.name(), "", true);
        Optional<String> refusedBy =
                settings.rules().allows(rule) ? sessionText.filtered(sql) : Optional.of(rule.id());
        if (refusedBy.isPresent()) {
            incoming.skip(command, AnswerKind.TEXT, refusedBy.get(), Optional.empty());
        } else {
            incoming.send(command, AnswerKind.TEXT, Unpooled.wrappedBuffer(incoming.payload()));
        }
        return new Taken.Read();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private Taken leaveWhenFull() {
        return statements.isFull() || sessionText.isFull()
                ? new Taken.Leave(
                        "too-many-statements",
                        "more than %d statements are open".formatted(Statements.MAX_OPEN))
                : new Taken.Read();
    }
}
