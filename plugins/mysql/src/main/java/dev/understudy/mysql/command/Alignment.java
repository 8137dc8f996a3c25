package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Effects;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps the writes of a session as production's: a command that locks, or ends a transaction, is
 * not sent before production's own answer to it is there, so that what came to nothing there is not
 * done here, and generated ids and times are given to it.
 *
 * <p>One command waits at a time; those behind it are not read meanwhile.
 */
final class Alignment {
    /** The rule by which what production rolled back is not sent. */
    static final String ROLLED_BACK = "rolled-back-online";

    /** What our own statements are counted under. */
    static final String INJECTED = "align";

    private static final int LOCK_WAIT_TIMEOUT = 1205;

    /** The whole transaction is gone: a dead lock, or a conflict found at its commit. */
    private static final Set<Integer> ROLLS_BACK = Set.of(1213, 3101);

    private static final long MICROS_PER_SECOND = 1_000_000;

    private final CommandSettings settings;
    private final Requests requests;
    private final OwnStatements own;
    private final boolean requestsOnly;

    /** Whether a transaction was open when production answered last, as far as it told. */
    private boolean inTransaction;

    /** Whether the target's clock was set, and stands still. */
    private boolean clockSet;

    /** Whether the client sets clock or ids itself: then nobody else does. */
    private boolean clientSets;

    private Optional<Waiting> waiting = Optional.empty();

    /** A command that waits for production's answer. */
    private record Waiting(Outstanding request, ByteBuf packets, Effects effects, long timeNanos) {}

    /**
     * @param requestsOnly whether production is never heard: then nothing waits for its answers
     */
    Alignment(
            CommandSettings settings, Requests requests, OwnStatements own, boolean requestsOnly) {
        this.requestsOnly = requestsOnly;
        this.settings = settings;
        this.requests = requests;
        this.own = own;
    }

    /** Whether a command waits: none behind it is to be read. */
    boolean isWaiting() {
        return waiting.isPresent();
    }

    /** Whether a command gives up locks when it is done. */
    boolean commits(Effects effects) {
        return effects.releases() || (effects.locks() && !inTransaction);
    }

    /** The status of an answer of the captured side. */
    void serverSaid(int status) {
        inTransaction =
                (status & OkPacket.STATUS_IN_TRANSACTION) != 0
                        || (status & OkPacket.STATUS_AUTOCOMMIT) == 0;
    }

    /** COM_RESET_CONNECTION: clock and transaction are as at the beginning. */
    void reset() {
        clockSet = false;
        clientSets = false;
        inTransaction = false;
    }

    /**
     * Sends a command, now or when production has answered it.
     *
     * @param timeNanos when it was captured, since the epoch
     */
    void send(
            Outstanding request,
            ByteBuf packets,
            Effects effects,
            long timeNanos,
            List<SessionAction> out) {
        Waiting command = new Waiting(request, packets, effects, timeNanos);
        boolean ordered = settings.commitOrder() && (effects.locks() || effects.releases());
        boolean wantsId = settings.align().contains(Align.INSERT_ID) && effects.inserts();
        // Of a cursor's rows the first come with the execute, and are no whole answer.
        if (!requestsOnly && (ordered || wantsId) && request.cursor().isEmpty()) {
            waiting = Optional.of(command);
        } else {
            send(command, 0, out);
        }
    }

    /**
     * Takes in production's answer before it is told.
     *
     * @return whether the command came to nothing there: it is skipped, and its answer not told
     */
    boolean cameToNothing(Outstanding request, Answer answer, List<SessionAction> out) {
        if (!settings.commitOrder() || !isOf(request)) {
            return false;
        }
        Optional<Answer.Result.Failed> failure = OwnStatements.failure(answer);
        boolean first =
                !(answer instanceof Answer.Results results) || results.results().size() == 1;
        // What stands before the failure in the same text was committed, outside of transactions.
        if (failure.isEmpty() || !(first || inTransaction)) {
            return false;
        }
        boolean rolledBack = ROLLS_BACK.contains(failure.get().number());
        if (!rolledBack && failure.get().number() != LOCK_WAIT_TIMEOUT) {
            return false;
        }
        waiting = Optional.empty();
        out.add(new SessionAction.Skipped(request.ordinal(), ROLLED_BACK));
        requests.state().heldBack(Command.COM_QUERY, Effects.NONE);
        if (rolledBack) {
            inTransaction = false;
            own.inject("rollback", "ROLLBACK".getBytes(StandardCharsets.US_ASCII), false, out);
        }
        return true;
    }

    /** Sends the command that waited for this answer of production's; whether one did. */
    boolean answered(Outstanding request, Answer answer, List<SessionAction> out) {
        boolean ours = isOf(request);
        if (ours) {
            Waiting command = waiting.get();
            waiting = Optional.empty();
            send(command, generatedId(command.effects(), answer), out);
        }
        return ours;
    }

    /** Production wants a file first, or will not answer any more: waiting would be in vain. */
    void goOn(List<SessionAction> out) {
        Optional<Waiting> command = waiting;
        waiting = Optional.empty();
        command.ifPresent(each -> send(each, 0, out));
    }

    private boolean isOf(Outstanding request) {
        return waiting.filter(each -> each.request().ordinal() == request.ordinal()).isPresent();
    }

    /** The id that production generated for the first row, unsigned; 0 for none. */
    private long generatedId(Effects effects, Answer answer) {
        boolean one =
                answer instanceof Answer.Results results
                        && results.results().size() == 1
                        && results.results().getFirst() instanceof Answer.Result.Done;
        if (!settings.align().contains(Align.INSERT_ID)
                || !effects.inserts()
                || clientSets
                || !one) {
            return 0;
        }
        var done = (Answer.Result.Done) ((Answer.Results) answer).results().getFirst();
        // More than one: rows that were there were changed, and it is their id that is told.
        boolean made = !effects.conditional() || done.affectedRows() == 1;
        return made ? done.lastInsertId() : 0;
    }

    private void send(Waiting command, long insertId, List<SessionAction> out) {
        clientSets |= command.effects().setsOwn();
        String values = values(command, insertId);
        if (!values.isEmpty()) {
            byte[] set = ("SET " + values).getBytes(StandardCharsets.US_ASCII);
            own.inject(INJECTED, set, false, out);
        }
        requests.expectTarget(command.request());
        out.add(SessionAction.Send.request(command.request().ordinal(), command.packets()));
    }

    /** What has to be set before a command; empty for nothing. */
    private String values(Waiting command, long insertId) {
        Effects effects = command.effects();
        if (clientSets || effects.looksBack()) {
            // A SET makes warnings and counts of rows be forgotten.
            return "";
        }
        String id = insertId == 0 ? "" : "INSERT_ID=" + Long.toUnsignedString(insertId);
        boolean clock = settings.align().contains(Align.TIMESTAMP);
        boolean timed = clock && (effects.asksClock() || effects.locks());
        if (timed) {
            clockSet = true;
            long micros = command.timeNanos() / 1_000;
            String time =
                    "TIMESTAMP=%d.%06d"
                            .formatted(micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
            return id.isEmpty() ? time : time + "," + id;
        }
        boolean sql =
                command.request().command() == Command.COM_QUERY
                        || command.request().command() == Command.COM_STMT_EXECUTE;
        if (clockSet && sql && !effects.releases()) {
            // A view or function in it may ask a clock that has stood still.
            clockSet = false;
            return "TIMESTAMP=DEFAULT";
        }
        return id;
    }
}
