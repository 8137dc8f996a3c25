package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The cursors of a session. Both sides open one: their fetches are compared one by one. Production
 * alone: its fetches are not sent, and their rows together are held against those that the target
 * gave at once. The target alone: its rows are fetched by us, before the next command.
 *
 * @see "MySQL protocol manual, COM_STMT_FETCH"
 */
final class Cursors {
    static final String HOLD = "cursor";

    /** The rule by which a fetch is skipped that the target has no cursor for. */
    static final String NO_CURSOR = "no-cursor-on-target";

    /** Rows of one fetch of ours. */
    private static final int FETCH_ROWS = 10_000;

    /** Fetches of ours for one cursor; at 10,000 rows each, 40 million rows. */
    static final int MAX_INJECTED_FETCHES = 4096;

    private final AnswerStream targetAnswers;

    /** Those whose rows of production are being gathered. */
    private final Set<Cursor> gathering = new LinkedHashSet<>();

    private Optional<Cursor> last = Optional.empty();

    Cursors(AnswerStream targetAnswers) {
        this.targetAnswers = targetAnswers;
    }

    /** An execute asks for a cursor. */
    Cursor asked(long ordinal) {
        Cursor cursor = new Cursor(ordinal);
        last = Optional.of(cursor);
        return cursor;
    }

    /**
     * The cursor that the target may have opened and production has not: it is to be read to its
     * end before anything else is sent.
     */
    Optional<Cursor> unsettled() {
        return last.filter(cursor -> cursor.isWithout(Side.ONLINE) && !cursor.isSettled());
    }

    /** Takes in how a side answered an execute that asked for a cursor. */
    void executed(
            Side side,
            PreparedStatement statement,
            Cursor cursor,
            Cursor.Executed answer,
            List<SessionAction> out) {
        cursor.executed(side, answer);
        if (!cursor.isAnswered(side == Side.ONLINE ? Side.TARGET : Side.ONLINE)) {
            if (!answer.open()) {
                tell(cursor, side, out);
            }
            return;
        }
        cursor.settled();
        Cursor.Executed online = cursor.executed(Side.ONLINE).orElseThrow();
        Cursor.Executed target = cursor.executed(Side.TARGET).orElseThrow();
        if (online.open() && !target.open() && !target.failed()) {
            cursor.gather(Side.ONLINE);
            gathering.add(cursor);
            if (side == Side.TARGET) {
                tell(cursor, Side.TARGET, out);
            }
        } else if (target.open() && !online.open() && !online.failed()) {
            cursor.gather(Side.TARGET);
            if (side == Side.ONLINE) {
                tell(cursor, Side.ONLINE, out);
            }
            fetch(statement, cursor, out);
        } else {
            // What has no cursor was told when it came.
            for (Side each : Side.values()) {
                if (each == side || cursor.isOpen(each)) {
                    tell(cursor, each, out);
                }
            }
        }
    }

    private static void tell(Cursor cursor, Side side, List<SessionAction> out) {
        Cursor.Executed executed = cursor.executed(side).orElseThrow();
        out.add(
                new SessionAction.Answered(
                        cursor.ordinal(), side, executed.answer(), executed.timeNanos()));
    }

    private void fetch(PreparedStatement statement, Cursor cursor, List<SessionAction> out) {
        cursor.injectedFetch();
        targetAnswers.expect(
                new Outstanding(
                        SessionAction.NO_ORDINAL,
                        Command.COM_STMT_FETCH,
                        AnswerKind.FETCH,
                        false,
                        1,
                        false,
                        Optional.of(statement),
                        Optional.of(cursor),
                        Optional.empty(),
                        0));
        ByteBuf fetch =
                Unpooled.buffer(9)
                        .writeByte(Command.COM_STMT_FETCH.code())
                        .writeIntLE((int) statement.id(Side.TARGET))
                        .writeIntLE(FETCH_ROWS);
        out.add(new SessionAction.Injected("fetch"));
        out.add(SessionAction.Send.plumbing(Packet.encoded(0, fetch)));
    }

    /**
     * Takes in the answer to a fetch.
     *
     * @param last whether the server says that no rows are left
     * @return why the copy has to end, if it has to
     */
    Optional<AnswerStream.Found.Broken> fetched(
            Side side,
            PreparedStatement statement,
            Cursor cursor,
            Cursor.Executed answer,
            boolean last,
            List<SessionAction> out) {
        if (!cursor.gathers(side)) {
            return Optional.empty();
        }
        Cursor.Executed executed = cursor.executed(side).orElseThrow();
        if (answer.failed()) {
            cursor.executed(
                    side,
                    new Cursor.Executed(
                            true, answer.answer(), executed.budget(), answer.timeNanos()));
            end(cursor, side, out);
            return Optional.empty();
        }
        cursor.executed(
                side,
                new Cursor.Executed(
                        true, executed.answer(), executed.budget(), answer.timeNanos()));
        if (last) {
            end(cursor, side, out);
        } else if (side == Side.TARGET) {
            if (!cursor.hasMoved()) {
                return Optional.of(
                        new AnswerStream.Found.Broken(
                                "malformed-answer",
                                "the target's cursor gives no rows and does not end"));
            }
            if (cursor.injectedFetches() >= MAX_INJECTED_FETCHES) {
                return Optional.of(
                        new AnswerStream.Found.Broken(
                                "too-large",
                                "the target's cursor has more rows than %d fetches give"
                                        .formatted(MAX_INJECTED_FETCHES)));
            }
            fetch(statement, cursor, out);
        }
        return Optional.empty();
    }

    private void end(Cursor cursor, Side side, List<SessionAction> out) {
        cursor.gathered();
        gathering.remove(cursor);
        tell(cursor, side, out);
    }

    /** The client reads no more of it. */
    void abandon(Cursor cursor, List<SessionAction> out) {
        if (cursor.gathers(Side.ONLINE)) {
            cursor.executed(Side.ONLINE).orElseThrow().rows().cutShort();
            end(cursor, Side.ONLINE, out);
        }
    }

    /** All of them are closed: by a reset, or since the session ends. */
    void abandonAll(List<SessionAction> out) {
        for (Cursor cursor : List.copyOf(gathering)) {
            abandon(cursor, out);
        }
    }
}
