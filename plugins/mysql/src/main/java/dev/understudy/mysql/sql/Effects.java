package dev.understudy.mysql.sql;

import java.util.Set;

/**
 * What a text has to do with the state that sessions have in common, or that a server makes up. Of
 * several statements in one text: any of them.
 *
 * @param locks whether it may wait for locks of other sessions. What is not known does
 * @param releases whether it ends a transaction, or gives up locks, whatever went before
 * @param inserts whether it is one INSERT or REPLACE and nothing else
 * @param conditional of an insert: whether rows that are there may keep it from making new ones
 * @param asksClock whether it asks for the time
 * @param looksBack whether it asks what became of the statement before it, in warnings or rows
 * @param setsOwn whether it sets the time or the next generated id itself
 * @param settles whether a transaction is open behind it does not hang on what went before
 * @param setsMode whether it sets the SQL mode, by which texts behind it are read
 * @param setsAutocommit whether it says if each statement is a transaction of its own
 */
public record Effects(
        boolean locks,
        boolean releases,
        boolean inserts,
        boolean conditional,
        boolean asksClock,
        boolean looksBack,
        boolean setsOwn,
        boolean settles,
        boolean setsAutocommit,
        boolean setsMode) {
    /** Of what is no text. */
    public static final Effects NONE =
            new Effects(false, false, false, false, false, false, false, false, false, false);

    /** Of a command that ends transactions and is no text. */
    public static final Effects RELEASE =
            new Effects(false, true, false, false, false, false, false, true, true, false);

    /** Collects them. */
    static final class Found {
        /** These wait for nobody's row locks, and end no transaction, but for words within. */
        private static final Set<String> QUIET =
                Set.of(
                        """
                        SELECT VALUES TABLE WITH DO SHOW DESCRIBE DESC EXPLAIN HELP USE SAVEPOINT
                        RELEASE PREPARE DEALLOCATE SIGNAL RESIGNAL GET KILL
                        """
                                .strip()
                                .split("\\s+"));

        private static final Set<String> CLOCKS =
                Set.of(
                        """
                        NOW CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP CURDATE CURRENT_DATE CURTIME
                        CURRENT_TIME UNIX_TIMESTAMP UTC_DATE UTC_TIME UTC_TIMESTAMP
                        """
                                .strip()
                                .split("\\s+"));

        private static final Set<String> BACKWARD =
                Set.of("ROW_COUNT", "FOUND_ROWS", "WARNINGS", "ERRORS", "DIAGNOSTICS");

        private static final Set<String> COUNTS = Set.of("warning_count", "error_count");

        private static final Set<String> OWN = Set.of("timestamp", "insert_id", "last_insert_id");

        private static final Set<String> BEGINNING = Set.of("WORK", "TRANSACTION");

        private int statements;
        private boolean locks;
        private boolean releases;
        private boolean inserts;
        private boolean conditional;
        private boolean asksClock;
        private boolean looksBack;
        private boolean setsOwn;
        private boolean settles;
        private boolean setsAutocommit;
        private boolean setsMode;

        /** Looks at a statement that begins here. */
        void in(Tokens tokens, int lead, int to) {
            statements++;
            String word = tokens.word(lead);
            settles |= settles(tokens, lead, to);
            switch (word) {
                case "INSERT", "REPLACE" -> {
                    locks = true;
                    inserts = true;
                }
                case "UPDATE", "DELETE" -> locks = true;
                case "COMMIT", "ROLLBACK", "UNLOCK" -> releases = true;
                case "BEGIN", "START" -> {
                    // It ends the last one. A body of statements, or a replica, may do more.
                    releases = true;
                    locks |= to > lead + 1 && !BEGINNING.contains(tokens.word(lead + 1));
                }
                case "XA" ->
                        releases |=
                                tokens.is(lead + 1, "COMMIT") || tokens.is(lead + 1, "ROLLBACK");
                case "SET" -> set(tokens, lead, to);
                default -> {
                    locks |= !QUIET.contains(word);
                    releases |= !QUIET.contains(word);
                }
            }
            for (int i = lead; i < to; i++) {
                within(tokens, i, word);
            }
        }

        private static boolean settles(Tokens tokens, int lead, int to) {
            return switch (tokens.word(lead)) {
                case "COMMIT" -> true;
                case "ROLLBACK" -> !tokens.is(lead + 1, "TO") && !tokens.is(lead + 2, "TO");
                case "BEGIN" -> to == lead + 1 || tokens.is(lead + 1, "WORK");
                case "START" -> tokens.is(lead + 1, "TRANSACTION");
                default -> false;
            };
        }

        private void set(Tokens tokens, int lead, int to) {
            locks |= tokens.is(lead + 1, "STATEMENT");
            for (int i = lead + 1; i < to; i++) {
                boolean autocommit = tokens.name(i).equals("autocommit");
                releases |= autocommit;
                setsAutocommit |= autocommit;
                setsMode |= tokens.name(i).equals("sql_mode");
                setsOwn |= OWN.contains(tokens.name(i));
            }
        }

        private void within(Tokens tokens, int i, String first) {
            String word = tokens.word(i);
            switch (word) {
                case "UPDATE" -> {
                    locks |= first.equals("WITH") || tokens.is(i - 1, "FOR");
                    conditional |= tokens.is(i - 1, "KEY");
                }
                case "DELETE", "INSERT" -> locks |= first.equals("WITH");
                case "SHARE" -> locks |= tokens.is(i - 1, "FOR") || tokens.is(i - 1, "IN");
                case "GET_LOCK", "SERVICE_GET_WRITE_LOCKS", "SERVICE_GET_READ_LOCKS" ->
                        locks = true;
                case "RELEASE_LOCK", "RELEASE_ALL_LOCKS", "SERVICE_RELEASE_LOCKS" ->
                        releases = true;
                case "IGNORE" -> conditional = true;
                default -> {
                    asksClock |= CLOCKS.contains(word);
                    looksBack |= BACKWARD.contains(word) || COUNTS.contains(tokens.name(i));
                }
            }
        }

        Effects whole() {
            return new Effects(
                    locks,
                    releases,
                    inserts && statements == 1,
                    conditional,
                    asksClock,
                    looksBack,
                    setsOwn,
                    settles,
                    setsAutocommit,
                    setsMode);
        }
    }
}
