package dev.understudy.mysql.sql;

import dev.understudy.mysql.sql.SqlDialect.Encoding;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * What a text does to the state of its session, as far as its words tell. In doubt it is {@link
 * #OPAQUE}. A stored function that assigns a user variable is not seen.
 */
public enum SessionEffect {
    /** None, but for a transaction, which the status of the answers tells of. */
    NONE,
    /** Said again on another connection it does the same: SET of plain values, USE. */
    REPEATABLE,
    /** Perhaps one that cannot be repeated: temporary tables, locks, values read from data. */
    OPAQUE;

    private static final Set<String> HARMLESS =
            Set.of(
                    "SELECT",
                    "INSERT",
                    "UPDATE",
                    "DELETE",
                    "REPLACE",
                    "SHOW",
                    "EXPLAIN",
                    "WITH",
                    "DESCRIBE",
                    "DESC",
                    "VALUES",
                    "TABLE",
                    "COMMIT",
                    "ROLLBACK",
                    "BEGIN",
                    "START",
                    "SAVEPOINT",
                    "RELEASE",
                    "CREATE",
                    "ALTER",
                    "DROP",
                    "TRUNCATE",
                    "RENAME");

    private static final Set<String> STATEFUL =
            Set.of(
                    "TEMPORARY",
                    "GET_LOCK",
                    "RELEASE_LOCK",
                    "RELEASE_ALL_LOCKS",
                    "LAST_INSERT_ID",
                    "SERVICE_GET_READ_LOCKS",
                    "SERVICE_GET_WRITE_LOCKS");

    /** Reads a text whose session's escapes and character set are not known. */
    public static SessionEffect of(byte[] text, int from) {
        List<String> versions = new ArrayList<>();
        SqlDialect dialect = new SqlDialect(true, Encoding.AMBIGUOUS);
        Tokens tokens =
                Tokens.read(
                        text,
                        new Lexer(text, from, text.length, dialect, false, versions, new BitSet()));
        if (!tokens.whole() || !versions.isEmpty() || hasMoreThanOne(tokens)) {
            return OPAQUE;
        }
        int lead = 0;
        while (tokens.is(lead, '(')) {
            lead++;
        }
        String word = tokens.word(lead);
        return switch (word) {
            case "SET" -> ofSet(tokens, lead);
            case "USE" -> REPEATABLE;
            default -> HARMLESS.contains(word) ? ofHarmless(tokens, word) : OPAQUE;
        };
    }

    private static boolean hasMoreThanOne(Tokens tokens) {
        for (int i = 0; i < tokens.size() - 1; i++) {
            if (tokens.kind(i) == TokenKind.DELIMITER) {
                return true;
            }
        }
        return false;
    }

    private static SessionEffect ofSet(Tokens tokens, int lead) {
        for (int i = lead + 1; i < tokens.size(); i++) {
            String word = tokens.word(i);
            if (tokens.is(i, '(')
                    || word.equals("SELECT")
                    || (word.equals("TRANSACTION") && i <= lead + 2)
                    || word.equals("ROLE")
                    // MariaDB's SET STATEMENT ... FOR runs the statement behind it.
                    || word.equals("STATEMENT")
                    || word.startsWith("CURRENT_")
                    || word.startsWith("LOCALTIME")) {
                return OPAQUE;
            }
        }
        return REPEATABLE;
    }

    private static SessionEffect ofHarmless(Tokens tokens, String lead) {
        boolean reads = lead.equals("SELECT") || lead.equals("WITH") || lead.equals("VALUES");
        for (int i = 0; i < tokens.size(); i++) {
            if (STATEFUL.contains(tokens.word(i))
                    || STATEFUL.contains(tokens.function(i))
                    || (reads && tokens.is(i, "INTO"))
                    || assigns(tokens, i)) {
                return OPAQUE;
            }
        }
        return NONE;
    }

    private static boolean assigns(Tokens tokens, int i) {
        return tokens.kind(i) == TokenKind.SYMBOL && tokens.raw(i).startsWith(":");
    }
}
