package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Rule;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ForReaders;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/**
 * What is said to the target of our own accord: that it is to read only, what a session that is
 * joined has in production, what a reset takes away. Looks at the answers where the copy hangs on
 * them.
 */
final class OwnStatements {
    /** Stands behind the rules: what they let through by mistake fails on the target. */
    static final String READ_ONLY = "SET SESSION TRANSACTION READ ONLY";

    private final Capabilities target;
    private final CommandSettings settings;
    private final SessionText sessionText;
    private final Statements statements;
    private final Requests requests;

    /** Those whose answers are looked at; told apart by identity. */
    private final IdentityHashMap<Outstanding, Awaited> awaited = new IdentityHashMap<>();

    private Optional<Outstanding> guard = Optional.empty();
    private Optional<String> afterReset = Optional.empty();

    /**
     * @param shown the statement without its values, which nobody but its client may see
     * @param essential whether the copy ends where the target refuses it
     */
    private record Awaited(String shown, boolean essential) {}

    OwnStatements(
            Capabilities target,
            CommandSettings settings,
            SessionText sessionText,
            Statements statements,
            Requests requests) {
        this.target = target;
        this.settings = settings;
        this.sessionText = sessionText;
        this.statements = statements;
        this.requests = requests;
    }

    /** The session begins, or begins anew: where nothing may be written it says so first. */
    void guard(List<SessionAction> out) {
        if (settings.rules().isReadOnly()) {
            guard = Optional.of(send("read-only", ascii(READ_ONLY), out));
        }
    }

    /** Whether the target has yet to say that it reads only. */
    boolean isGuardOpen() {
        return guard.isPresent();
    }

    /** This, in ASCII, has to be said to the target again after a reset. */
    void afterReset(String statement) {
        afterReset = Optional.of(statement);
    }

    /** The session was reset. */
    void reset(List<SessionAction> out) {
        afterReset.ifPresent(statement -> send("set-names", ascii(statement), out));
        guard(out);
    }

    /**
     * Gives the target's connection what production's has.
     *
     * @return whether it was sent; not what would let a target write that is only to be read
     */
    boolean inject(String operation, byte[] sql, boolean essential, List<SessionAction> out) {
        SqlText text = SqlText.read(sql, 0, sql.length, SqlDialect.usual());
        if (settings.rules().isReadOnly() && text.refusals().containsKey(Rule.READ_ONLY)) {
            return false;
        }
        say(operation, sql, essential, out);
        return true;
    }

    private void say(String operation, byte[] sql, boolean essential, List<SessionAction> out) {
        String shown = SqlText.read(sql, 0, sql.length, SqlDialect.usual()).fingerprint();
        awaited.put(send(operation, sql, out), new Awaited(shown, essential));
    }

    /** A text that the client has said before anybody looked, where no rule keeps it back. */
    void repeat(String operation, byte[] sql, List<SessionAction> out) {
        SessionText.Reading reading = sessionText.read(sql, 0);
        sessionText.follow(reading);
        if (reading.refusedBy().isEmpty()) {
            say(operation, sessionText.sent(reading, sql, 0), true, out);
        }
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
                        reading.text().leaves(),
                        reading.text().effects(),
                        reading.refusedBy());
        statement.opened(capturedId);
        statements.opened(statement);
        if (reading.refusedBy().isEmpty()) {
            byte[] sent = sessionText.sent(reading, sql, 0);
            statement.sent(sent);
            ByteBuf payload = Unpooled.buffer(1 + sent.length);
            payload.writeByte(Command.COM_STMT_PREPARE.code()).writeBytes(sent);
            requests.inject(
                    operation,
                    Command.COM_STMT_PREPARE,
                    AnswerKind.PREPARE,
                    payload,
                    Optional.of(statement),
                    out);
        }
    }

    /** Takes in an answer of the target; says why the copy has to end, if it has to. */
    @SuppressWarnings("ReferenceEquality") // others of ours are equal to it
    Optional<Taken.Leave> answered(Outstanding request, Answer answer) {
        if (guard.filter(last -> last == request).isPresent()) {
            guard = Optional.empty();
            return Replies.failed(answer)
                    ? Optional.of(
                            new Taken.Leave(
                                    "read-only",
                                    "the target refused %s: %s"
                                            .formatted(READ_ONLY, answer.describe())))
                    : Optional.empty();
        }
        Awaited ours = awaited.remove(request);
        Optional<Answer.Result.Failed> error = ours == null ? Optional.empty() : failure(answer);
        if (error.isEmpty()) {
            return Optional.empty();
        }
        if (!ours.essential()) {
            settings.figures().refused(ours.shown(), error.get().number());
            return Optional.empty();
        }
        return Optional.of(
                new Taken.Leave(
                        "join-state",
                        ForReaders.line(
                                "the target refused what the session has in production, %s: error %d (%s)"
                                        .formatted(
                                                ours.shown(),
                                                error.get().number(),
                                                error.get().sqlState()))));
    }

    static Optional<Answer.Result.Failed> failure(Answer answer) {
        return answer instanceof Answer.Results results
                ? results.results().stream()
                        .filter(Answer.Result.Failed.class::isInstance)
                        .map(Answer.Result.Failed.class::cast)
                        .findFirst()
                : Optional.empty();
    }

    private Outstanding send(String operation, byte[] sql, List<SessionAction> out) {
        return requests.inject(
                operation,
                Command.COM_QUERY,
                AnswerKind.TEXT,
                AttributePrefix.query(sql, target),
                Optional.empty(),
                out);
    }

    private static byte[] ascii(String statement) {
        return statement.getBytes(StandardCharsets.US_ASCII);
    }
}
