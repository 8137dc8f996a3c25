package dev.understudy.mysql.sql;

import java.util.Set;

/** Statements that answer otherwise on every call or server. */
final class ChangingAnswers {
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

    private ChangingAnswers() {}

    /** Whether the answer changes from call to call, or from server to server. */
    static boolean among(Tokens tokens) {
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
}
