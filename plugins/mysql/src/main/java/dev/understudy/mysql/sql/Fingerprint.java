package dev.understudy.mysql.sql;

import java.util.Set;

/**
 * Renders tokens without their values, roughly as MySQL's digests: literals as {@code ?}, lists of
 * them as one, comments gone, blanks as the tokens need them, keywords in upper case.
 */
final class Fingerprint {
    /** Characters of a fingerprint; what is longer ends in an ellipsis. */
    static final int MAX_LENGTH = 1024;

    /** Stands behind what could be read of a text that could not be read to its end. */
    private static final String UNREADABLE = "(unreadable)";

    /** Keywords common enough to be written in either case; all reserved but a few. */
    private static final Set<String> KEYWORDS =
            Set.of(
                    """
                    ADD ALL ALTER ANALYZE AND AS ASC BEGIN BETWEEN BINARY BY CALL CASE CHARACTER
                    COLLATE COLUMN COMMIT CONSTRAINT CREATE CROSS DATABASE DEALLOCATE DEFAULT DELETE
                    DESC DESCRIBE DISTINCT DIV DO DROP DUPLICATE ELSE END EXECUTE EXISTS EXPLAIN
                    FALSE FIRST FLUSH FOR FORCE FOREIGN FROM FULL GLOBAL GRANT GROUP HAVING IF
                    IGNORE IN INDEX INNER INSERT INTERVAL INTO IS ISOLATION JOIN KEY KEYS KILL LEFT
                    LEVEL LIKE LIMIT LOAD LOCK MOD MODIFY NAMES NATURAL NOT NULL OFFSET ON OR ORDER
                    OUTER OVER PARTITION PREPARE PRIMARY PROCEDURE READ RECURSIVE REFERENCES
                    REGEXP RELEASE RENAME REPLACE RETURNING REVOKE RIGHT ROLLBACK ROW ROWS
                    SAVEPOINT SCHEMA SELECT SESSION SET SHARE SHOW START STATUS STRAIGHT_JOIN TABLE
                    TABLES TEMPORARY THEN TO TRANSACTION TRIGGER TRUE TRUNCATE UNION UNIQUE UNLOCK
                    UPDATE USE USING VALUES VARIABLES VIEW WARNINGS WHEN WHERE WINDOW WITH WORK
                    WRITE XA XOR
                    """
                            .strip()
                            .split("\\s+"));

    /** Functions, called with brackets, that answer otherwise on every call or server. */
    private static final Set<String> CHANGING_CALLS =
            Set.of(
                    "NOW",
                    "SYSDATE",
                    "CURDATE",
                    "CURTIME",
                    "UNIX_TIMESTAMP",
                    "UUID",
                    "UUID_SHORT",
                    "RAND",
                    "RANDOM_BYTES",
                    "CONNECTION_ID");

    /** The same, called without. */
    private static final Set<String> CHANGING_WORDS =
            Set.of(
                    "CURRENT_TIMESTAMP",
                    "CURRENT_TIME",
                    "CURRENT_DATE",
                    "LOCALTIME",
                    "LOCALTIMESTAMP",
                    "UTC_TIMESTAMP",
                    "UTC_TIME",
                    "UTC_DATE");

    /** Words behind SHOW that say what is shown: SHOW ENGINE x STATUS. */
    private static final int MAX_SHOW_WORDS = 3;

    private Fingerprint() {}

    /** Whether the answer changes from call to call, or from server to server. */
    static boolean changes(Tokens tokens) {
        for (int i = 0; i < tokens.size(); i++) {
            if (!tokens.is(i - 1, '.')
                    && (CHANGING_WORDS.contains(tokens.word(i))
                            || CHANGING_CALLS.contains(tokens.function(i)))) {
                return true;
            }
        }
        return tokens.is(0, "SHOW") && showsState(tokens);
    }

    /** SHOW GLOBAL STATUS, SHOW TABLE STATUS LIKE ..., SHOW FULL PROCESSLIST and their like. */
    private static boolean showsState(Tokens tokens) {
        for (int i = 1; i <= MAX_SHOW_WORDS; i++) {
            if (tokens.is(i, "STATUS") || tokens.is(i, "PROCESSLIST")) {
                return true;
            }
            if (tokens.is(i, "CREATE") || tokens.is(i, "FROM") || tokens.is(i, "IN")) {
                return false;
            }
        }
        return false;
    }

    static String of(Tokens tokens) {
        return of(tokens, 0, tokens.size());
    }

    /** Of one statement of several. */
    static String of(Tokens tokens, int from, int to) {
        StringBuilder out = new StringBuilder();
        for (int i = from; i < to && out.length() <= MAX_LENGTH; i++) {
            if (i > from && spaced(tokens, i)) {
                out.append(' ');
            }
            out.append(rendered(tokens, i));
        }
        while (!out.isEmpty() && (out.charAt(out.length() - 1) == ';' || endsInSpace(out))) {
            out.setLength(out.length() - 1);
        }
        if (!tokens.whole()) {
            out.append(out.isEmpty() ? "" : " ").append(UNREADABLE);
        }
        if (out.length() > MAX_LENGTH) {
            out.setLength(MAX_LENGTH - 1);
            out.append('…');
        }
        return out.toString();
    }

    private static boolean endsInSpace(StringBuilder out) {
        return out.charAt(out.length() - 1) == ' ';
    }

    private static String rendered(Tokens tokens, int i) {
        return switch (tokens.kind(i)) {
            case STRING, LITERAL, PARAMETER -> "?";
            case WORD -> isKeyword(tokens, i) ? tokens.word(i) : tokens.raw(i);
            case QUOTED_NAME -> plainName(tokens.raw(i));
            case USER_VARIABLE, SYSTEM_VARIABLE, SYMBOL, DELIMITER -> tokens.raw(i);
            case END, BROKEN -> "";
        };
    }

    /** Behind a dot or {@code @@} a keyword is a name. */
    private static boolean isKeyword(Tokens tokens, int i) {
        return !tokens.is(i - 1, '.')
                && tokens.kind(i - 1) != TokenKind.SYSTEM_VARIABLE
                && KEYWORDS.contains(tokens.word(i));
    }

    /** A quoted name without its backticks, where it needs none. */
    private static String plainName(String quoted) {
        for (int i = 1; i < quoted.length() - 1; i++) {
            char c = quoted.charAt(i);
            if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
                    && !(i > 1 && c >= '0' && c <= '9')) {
                return quoted;
            }
        }
        return quoted.length() > 2 ? quoted.substring(1, quoted.length() - 1) : quoted;
    }

    private static boolean spaced(Tokens tokens, int i) {
        if (tokens.is(i, '.') || tokens.is(i - 1, '.') || tokens.is(i, ',')) {
            return false;
        }
        if (tokens.is(i, ')')
                || tokens.is(i - 1, '(')
                || tokens.kind(i) == TokenKind.DELIMITER
                || tokens.kind(i - 1) == TokenKind.SYSTEM_VARIABLE) {
            return false;
        }
        return !(tokens.is(i, '(')
                && tokens.kind(i - 1) == TokenKind.WORD
                && !isKeyword(tokens, i - 1));
    }
}
