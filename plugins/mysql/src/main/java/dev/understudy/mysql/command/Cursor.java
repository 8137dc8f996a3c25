package dev.understudy.mysql.command;

import dev.understudy.protocol.Side;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One execute that asked for a cursor, and what came of it on either side: a server may open one,
 * give all rows at once, or fail. Where only one side opened one, its rows are gathered over all
 * fetches, and told as the answer to the execute.
 */
final class Cursor {
    private final long ordinal;
    private final Map<Side, Executed> executed = new EnumMap<>(Side.class);
    private final Map<Side, Hash128> fetched = new EnumMap<>(Side.class);
    private Optional<Side> gathering = Optional.empty();
    private boolean settled;
    private int injectedFetches;
    private long rowsBefore;

    /**
     * How a side answered the execute.
     *
     * @param open whether it opened a cursor
     * @param budget what is left to be kept of rows
     * @param timeNanos of its last byte so far
     */
    record Executed(boolean open, Answer.Results answer, KeepBudget budget, long timeNanos) {
        boolean failed() {
            return answer.results().getLast() instanceof Answer.Result.Failed;
        }

        /** The rows of the answer; an execute that opened a cursor has them, though none yet. */
        RowSet rows() {
            return answer.results().getLast()
                            instanceof Answer.Result.Rows(RowSet rows, int _, int _)
                    ? rows
                    : new RowSet(List.of(), true);
        }
    }

    /**
     * @param ordinal of the execute
     */
    Cursor(long ordinal) {
        this.ordinal = ordinal;
    }

    long ordinal() {
        return ordinal;
    }

    void executed(Side side, Executed answer) {
        executed.put(side, answer);
    }

    Optional<Executed> executed(Side side) {
        return Optional.ofNullable(executed.get(side));
    }

    boolean isAnswered(Side side) {
        return executed.containsKey(side);
    }

    boolean isOpen(Side side) {
        return isAnswered(side) && executed.get(side).open();
    }

    /** Whether this side answered, and has no cursor. */
    boolean isWithout(Side side) {
        return isAnswered(side) && !executed.get(side).open();
    }

    /** The side whose rows are being gathered. */
    Optional<Side> gathering() {
        return gathering;
    }

    boolean gathers(Side side) {
        return gathering.filter(side::equals).isPresent();
    }

    void gather(Side side) {
        gathering = Optional.of(side);
    }

    void gathered() {
        gathering = Optional.empty();
    }

    /** Whether it is known what either side does, and nothing of ours is under way. */
    boolean isSettled() {
        return settled && !gathers(Side.TARGET);
    }

    void settled() {
        settled = true;
    }

    /** Rows of the fetch that a side now answers. */
    RowSet rowsOfFetch(Side side, List<Column> columns) {
        return gathers(side)
                ? executed.get(side).rows()
                : RowSet.ofFetch(columns, fetched.computeIfAbsent(side, _ -> new Hash128()));
    }

    /** Counts a fetch of ours. */
    void injectedFetch() {
        injectedFetches++;
        rowsBefore = executed.get(Side.TARGET).rows().count();
    }

    int injectedFetches() {
        return injectedFetches;
    }

    /** Whether the last fetch of ours gave a row. */
    boolean hasMoved() {
        return executed.get(Side.TARGET).rows().count() > rowsBefore;
    }
}
