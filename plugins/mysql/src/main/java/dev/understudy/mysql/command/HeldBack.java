package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Leaves;
import dev.understudy.mysql.sql.Names;
import dev.understudy.mysql.sql.SqlDialect;
import dev.understudy.mysql.sql.SqlText;
import java.util.HashSet;
import java.util.Set;

/**
 * What statements that were kept from the target would have left there. A later one that needs it
 * would do something else on the target than in production, so it is kept back, too.
 */
final class HeldBack {
    /** Names of tables and variables; past that many the session is left out. */
    static final int MAX_NAMES = 1024;

    private final Set<String> names = new HashSet<>();
    private boolean transaction;
    private boolean database;

    /** Whether this text needs what the target has not got. */
    boolean isNeededBy(SqlText text, byte[] payload, int from, SqlDialect dialect) {
        if (transaction) {
            return true;
        }
        if (names.isEmpty()) {
            return false;
        }
        Set<String> needed = Names.of(payload, from, dialect);
        needed.removeAll(text.leaves().names());
        return needed.stream().anyMatch(names::contains);
    }

    /** A text was kept back. */
    void refused(Leaves leaves) {
        names.addAll(leaves.names());
        transaction |= leaves.transaction();
        database |= leaves.newDatabase().isPresent();
    }

    /** A text was sent: what it leaves is there. */
    void sent(Leaves leaves) {
        names.removeAll(leaves.names());
        database &= leaves.newDatabase().isEmpty();
    }

    /** Whether the default database was to be another one, and is not. */
    boolean isDatabase() {
        return database;
    }

    boolean isTransaction() {
        return transaction;
    }

    /** Production says that no transaction is open. */
    void noTransaction() {
        transaction = false;
    }

    void clear() {
        names.clear();
        transaction = false;
        database = false;
    }

    boolean isFull() {
        return names.size() > MAX_NAMES;
    }
}
