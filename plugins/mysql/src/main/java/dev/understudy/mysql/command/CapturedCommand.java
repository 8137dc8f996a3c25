package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Effects;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * One captured command on its way: it is announced, and then sent, skipped or lost, once each. What
 * is done with it stands in {@link #out}.
 */
final class CapturedCommand {
    /** Bytes of a payload's text that a request shows. */
    private static final int SHOWN_BYTES = 4 * Request.MAX_TEXT;

    private final Requests requests;
    private final Alignment alignment;
    private final Packet packet;
    private final byte[] payload;
    private final long timeNanos;
    private final List<SessionAction> out;
    private long ordinal;
    private Effects effects = Effects.NONE;
    private int comparedState;

    CapturedCommand(
            Requests requests,
            Alignment alignment,
            Packet packet,
            long timeNanos,
            List<SessionAction> out) {
        this.requests = requests;
        this.alignment = alignment;
        this.packet = packet;
        this.payload = ByteBufUtil.getBytes(packet.payload());
        this.timeNanos = timeNanos;
        this.out = out;
    }

    /** Its bytes, the command byte first; not to be written to. */
    byte[] payload() {
        return payload;
    }

    /** Where actions go. */
    List<SessionAction> out() {
        return out;
    }

    /** Its number among the captured requests, once it was announced. */
    long ordinal() {
        return ordinal;
    }

    /** Whether it reaches the target unless a rule keeps it back: production may have gone. */
    boolean mayGo() {
        return !requests.hasOnlineEnded();
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
        ordinal = requests.takeOrdinal();
        out.add(
                new SessionAction.Asked(
                        new Request(
                                ordinal,
                                operation,
                                fingerprint,
                                text,
                                timeNanos,
                                answerDue,
                                requests.labels(),
                                effects.locks(),
                                alignment.commits(effects))));
    }

    /** It does this on a server; said before it is announced. */
    void does(Effects known) {
        effects = known;
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
        if (requests.hasOnlineEnded()) {
            lose(command, kind, "online-ended", statement);
            return;
        }
        expectBoth(command, kind, changes, statement, cursor);
        alignment.send(
                new Outstanding(
                        ordinal,
                        command,
                        kind,
                        true,
                        Requests.sequenceBehind(encoded),
                        changes,
                        statement,
                        cursor,
                        Optional.empty(),
                        comparedState),
                Packet.encoded(0, encoded),
                effects,
                timeNanos,
                out);
    }

    /** An execute that the target gets as a text, and answers as one. */
    void sendAsText(PreparedStatement statement, ByteBuf query) {
        Command command = Command.COM_STMT_EXECUTE;
        if (requests.hasOnlineEnded()) {
            lose(command, AnswerKind.BINARY, "online-ended", Optional.of(statement));
            return;
        }
        expectOnline(
                command,
                AnswerKind.BINARY,
                true,
                statement.changes(),
                Optional.of(statement),
                Optional.empty());
        alignment.send(
                new Outstanding(
                        ordinal,
                        command,
                        AnswerKind.TEXT,
                        true,
                        Requests.sequenceBehind(query),
                        statement.changes(),
                        Optional.empty()),
                Packet.encoded(0, query),
                effects,
                timeNanos,
                out);
    }

    void sendUnanswered(ByteBuf encoded) {
        out.add(SessionAction.Send.request(ordinal, Packet.encoded(0, encoded)));
    }

    void skip(
            Command command, AnswerKind kind, String rule, Optional<PreparedStatement> statement) {
        skip(command, kind, rule, statement, Optional.empty());
    }

    void skip(
            Command command,
            AnswerKind kind,
            String rule,
            Optional<PreparedStatement> statement,
            Optional<Cursor> cursor) {
        out.add(new SessionAction.Skipped(ordinal, rule));
        requests.state().heldBack(command, effects);
        expectOnline(command, kind, false, false, statement, cursor);
    }

    void lose(
            Command command,
            AnswerKind kind,
            String reason,
            Optional<PreparedStatement> statement) {
        out.add(new SessionAction.Lost(ordinal, reason));
        requests.state().heldBack(command, effects);
        expectOnline(command, kind, false, false, statement, Optional.empty());
    }

    /** Production's answer is to be read, and held against the target's. */
    void expectBoth(
            Command command,
            AnswerKind kind,
            boolean changes,
            Optional<PreparedStatement> statement,
            Optional<Cursor> cursor) {
        comparedState = requests.state().sent(effects);
        expectOnline(command, kind, true, changes, statement, cursor);
    }

    /** What of the session's state is compared in its answers. */
    int comparedState() {
        return comparedState;
    }

    private void expectOnline(
            Command command,
            AnswerKind kind,
            boolean told,
            boolean changes,
            Optional<PreparedStatement> statement,
            Optional<Cursor> cursor) {
        if (command.isAnswered()) {
            requests.expectOnline(
                    new Outstanding(
                            ordinal,
                            command,
                            kind,
                            told,
                            (packet.lastSequence() + 1) & 0xFF,
                            changes,
                            statement,
                            cursor,
                            Optional.empty(),
                            comparedState));
        }
    }
}
