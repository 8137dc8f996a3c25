package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.SqlText;
import dev.understudy.mysql.wire.Capabilities;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a captured session lacks whose server is not in the capture, and how far the client's own
 * words make up for it: the ids of its prepared statements, and what the two agreed on about query
 * attributes.
 *
 * <p>Servers number the statements of a connection one after the other, those that failed and those
 * prepared by text among them, and neither a reset nor a change of user begins anew. MySQL begins
 * at 1; MariaDB goes on where another connection of the same thread has ended (tried: MySQL 9.7,
 * MariaDB 10.11 and 11.8). What a procedure prepares is not seen. So where the numbering is not
 * certain statements wait for their numbers: the only one that waits has the first unknown number
 * that the client uses, the first of several the one right behind the last; with it the others have
 * theirs. A number that could be another statement's is nobody's.
 */
final class Unheard {
    /** Statements that wait for their number; one more, and none of them gets one. */
    static final int MAX_WAITING = 64;

    private static final Pattern TAKES_NUMBERS =
            Pattern.compile("\\b(PREPARE|CALL|EXECUTE\\s+IMMEDIATE)\\b", Pattern.CASE_INSENSITIVE);

    private static final int EXECUTE_FLAGS_INDEX = 5;
    private static final int PARAMETER_COUNT_AVAILABLE = 0x08;

    private final Capabilities asked;
    private Optional<Boolean> attributes = Optional.empty();

    /** The last number that is known to be taken. */
    private long lastId;

    private boolean numbersKnown;

    /** Whether the client may use the number of a statement that waits no longer. */
    private boolean uncertain;

    /** Those prepared one right behind the other since numbers were known last. */
    private final ArrayDeque<PreparedStatement> waiting = new ArrayDeque<>();

    /**
     * @param asked what the client asked for in its login
     */
    Unheard(Capabilities asked) {
        this.asked = asked;
    }

    /** What was agreed on, as this COM_QUERY shows it: no SQL text begins as attributes do. */
    Capabilities ofQuery(byte[] payload) {
        if (asked.has(Capabilities.QUERY_ATTRIBUTES) && payload.length > 2) {
            agreed((payload[1] & 0xFF) < 0x20 && payload[2] == 1);
        }
        return agreed();
    }

    /** What was agreed on, as a query before, or else this COM_STMT_EXECUTE, shows it. */
    Capabilities ofExecute(byte[] payload) {
        if (asked.has(Capabilities.QUERY_ATTRIBUTES)
                && attributes.isEmpty()
                && payload.length > EXECUTE_FLAGS_INDEX) {
            agreed((payload[EXECUTE_FLAGS_INDEX] & PARAMETER_COUNT_AVAILABLE) != 0);
        }
        return agreed();
    }

    private Capabilities agreed() {
        return attributes.orElse(false) ? asked : asked.without(Capabilities.QUERY_ATTRIBUTES);
    }

    /** MariaDB knows no attributes, so a server that does begins its numbers at 1. */
    private void agreed(boolean onAttributes) {
        boolean first = attributes.isEmpty() && lastId == 0 && waiting.isEmpty();
        numbersKnown |= onAttributes && first;
        attributes = Optional.of(onAttributes);
    }

    /** A text was sent; it may take numbers of statements, and nobody sees how many. */
    void said(SqlText text) {
        if (TAKES_NUMBERS.matcher(text.fingerprint()).find()) {
            numbersKnown = false;
            giveUpWaiting();
        }
    }

    /** Their numbers cannot be told from those of statements that follow. */
    private void giveUpWaiting() {
        uncertain |= !waiting.isEmpty();
        waiting.clear();
    }

    /** The client asks for a statement. */
    void prepared(PreparedStatement statement, Statements statements) {
        if (numbersKnown) {
            statements.assumed(statement, ++lastId);
        } else if (waiting.size() >= MAX_WAITING) {
            giveUpWaiting();
        } else if (!uncertain) {
            waiting.add(statement);
        }
    }

    /** The statement that the client means by this id, where that is certain. */
    Optional<PreparedStatement> find(long id, Statements statements) {
        if (id == Statements.LAST_PREPARED && !waiting.isEmpty()) {
            return Optional.of(waiting.getLast());
        }
        boolean first = id == lastId + 1 || (waiting.size() == 1 && id > lastId);
        if (first && !waiting.isEmpty() && id != Statements.LAST_PREPARED) {
            lastId = id - 1;
            for (Iterator<PreparedStatement> each = waiting.iterator(); each.hasNext(); ) {
                statements.assumed(each.next(), ++lastId);
                each.remove();
            }
            numbersKnown = true;
        }
        return statements.find(id);
    }

    /** The session was reset, and its statements are gone; their numbers are not used again. */
    void reset() {
        numbersKnown &= waiting.isEmpty();
        waiting.clear();
        uncertain = false;
    }
}
