package dev.understudy.mysql.command;

import java.util.Optional;

/**
 * A request of which an answer is still to come.
 *
 * @param told whether its answers are told: not where it was skipped or lost
 * @param firstSequence the sequence id its answer begins with
 * @param statement prepared or executed by it
 * @param cursor that it asks for, or fetches from
 * @param bulk that it is a row of
 * @param comparedState what of the session's state in its answer is compared, as {@link
 *     ComparedState}
 */
record Outstanding(
        long ordinal,
        Command command,
        AnswerKind kind,
        boolean told,
        int firstSequence,
        boolean changes,
        Optional<PreparedStatement> statement,
        Optional<Cursor> cursor,
        Optional<UnrolledBulk> bulk,
        int comparedState) {

    /** A request that is no part of anything. */
    Outstanding(
            long ordinal,
            Command command,
            AnswerKind kind,
            boolean told,
            int firstSequence,
            boolean changes,
            Optional<PreparedStatement> statement) {
        this(
                ordinal,
                command,
                kind,
                told,
                firstSequence,
                changes,
                statement,
                Optional.empty(),
                Optional.empty(),
                0);
    }
}
