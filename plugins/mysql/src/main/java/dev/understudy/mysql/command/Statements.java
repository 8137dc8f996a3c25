package dev.understudy.mysql.command;

import dev.understudy.protocol.Side;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The statements that a session has prepared, by the ids that the captured side gave. */
final class Statements {
    /** Statements open in one session: the default of MySQL's max_prepared_stmt_count. */
    static final int MAX_OPEN = 16_382;

    /** In MariaDB's pipelining: the statement prepared last. */
    static final long LAST_PREPARED = 0xFFFF_FFFFL;

    private final Map<Long, PreparedStatement> byCapturedId = new HashMap<>();
    private Optional<PreparedStatement> lastPrepared = Optional.empty();

    /** Asked for and not answered: a reset forgets them, so a late answer names nothing. */
    private final Set<PreparedStatement> awaited = new HashSet<>();

    /** A statement has been asked for. */
    void asked(PreparedStatement statement) {
        lastPrepared = Optional.of(statement);
        awaited.add(statement);
    }

    /** A statement that was there before anybody looked. */
    void opened(PreparedStatement statement) {
        byCapturedId.put(statement.id(Side.ONLINE), statement);
    }

    /** A statement has been asked for that will have this id on the captured side. */
    void assumed(PreparedStatement statement, long capturedId) {
        lastPrepared = Optional.of(statement);
        statement.opened(capturedId);
        opened(statement);
    }

    /** The captured side has answered. */
    void answered(PreparedStatement statement) {
        if (awaited.remove(statement) && statement.hasSucceeded(Side.ONLINE)) {
            byCapturedId.put(statement.id(Side.ONLINE), statement);
        }
    }

    Optional<PreparedStatement> find(long capturedId) {
        return capturedId == LAST_PREPARED
                ? lastPrepared
                : Optional.ofNullable(byCapturedId.get(capturedId));
    }

    void close(PreparedStatement statement) {
        if (statement.hasSucceeded(Side.ONLINE)) {
            byCapturedId.remove(statement.id(Side.ONLINE), statement);
        }
        lastPrepared = lastPrepared.filter(last -> last != statement);
    }

    /** The session was reset, and its statements are gone. */
    void clear() {
        byCapturedId.clear();
        awaited.clear();
        lastPrepared = Optional.empty();
    }

    boolean isFull() {
        return byCapturedId.size() + awaited.size() > MAX_OPEN;
    }
}
