package dev.understudy.mysql.sql;

import java.util.Set;

/**
 * Says of a statement whether it may change anything but its own session, for {@link
 * Rule#READ_ONLY}. What is not known to read only counts as a change: CALL, and any statement that
 * begins with a keyword not named here. A stored function that a SELECT calls is not seen; the
 * target's read-only transactions stand behind this.
 */
final class Writes {
    /** These read, or concern their session alone, whatever follows but functions with effects. */
    private static final Set<String> READING =
            Set.of(
                    "SELECT",
                    "VALUES",
                    "TABLE",
                    "WITH",
                    "SHOW",
                    "DO",
                    "HANDLER",
                    "CHECKSUM",
                    "HELP",
                    "USE",
                    "COMMIT",
                    "ROLLBACK",
                    "SAVEPOINT",
                    "RELEASE",
                    "DEALLOCATE",
                    "UNLOCK",
                    "SIGNAL",
                    "RESIGNAL",
                    "GET");

    /** Functions that leave something behind: locks, numbers, keys. */
    private static final Set<String> EFFECTS =
            Set.of(
                    "GET_LOCK",
                    "NEXTVAL",
                    "SETVAL",
                    "SERVICE_GET_WRITE_LOCKS",
                    "SYS_EXEC",
                    "SYS_EVAL",
                    "SYS_SET",
                    "LOAD_REWRITE_RULES");

    private static final Set<String> EFFECT_PREFIXES =
            Set.of(
                    "KEYRING_",
                    "AUDIT_LOG_",
                    "VERSION_TOKENS_",
                    "MYSQL_FIREWALL_",
                    "SET_FIREWALL_",
                    "FIREWALL_GROUP_",
                    "SERVICE_",
                    "INNODB_REDO_LOG_",
                    "MASKING_DICTIONAR",
                    "AUDIT_API_",
                    "SPIDER_",
                    "GROUP_REPLICATION_",
                    "ASYNCHRONOUS_CONNECTION_FAILOVER_");

    /** Behind {@code @@} or SET: whether transactions may write. */
    private static final Set<String> ACCESS_MODES = Set.of("transaction_read_only", "tx_read_only");

    /** With these a transaction without any write leaves its mark in the server's binary log. */
    private static final Set<String> LOGGED =
            Set.of("gtid_next", "gtid_next_list", "gtid_seq_no", "gtid_domain_id");

    private final Tokens tokens;
    private final int begin;
    private final SqlText.Findings findings;

    /**
     * @param begin index of the text's first byte
     */
    Writes(Tokens tokens, int begin, SqlText.Findings findings) {
        this.tokens = tokens;
        this.begin = begin;
        this.findings = findings;
    }

    /** Looks at a statement that begins here, brackets passed over. */
    void statement(int lead, int to) {
        effects(lead, to);
        String word = tokens.word(lead);
        switch (word) {
            case "WITH" -> changesRows(lead, to, word);
            case "EXPLAIN", "DESCRIBE", "DESC" -> {
                if (tokens.is(lead + 1, "ANALYZE")) {
                    changesRows(lead, to, "EXPLAIN ANALYZE");
                }
            }
            case "ANALYZE" -> {
                boolean ofTable =
                        tokens.is(lead + 1, "TABLE")
                                || tokens.is(lead + 1, "TABLES")
                                || tokens.is(lead + 1, "LOCAL")
                                || tokens.is(lead + 1, "NO_WRITE_TO_BINLOG");
                if (ofTable) {
                    change(word);
                }
                changesRows(lead, to, word);
            }
            case "START" -> {
                if (tokens.is(lead + 1, "TRANSACTION")) {
                    readOnlyInstead(lead, to);
                } else {
                    change(word);
                }
            }
            case "BEGIN" -> {
                if (lead + 1 < to && !tokens.is(lead + 1, "WORK")) {
                    change(word);
                }
            }
            case "XA" -> {
                if (!tokens.is(lead + 1, "RECOVER")) {
                    change(word);
                }
            }
            case "SET" -> set(lead, to);
            // What they run is looked at by itself.
            case "PREPARE", "EXECUTE" -> {}
            default -> {
                if (!READING.contains(word)) {
                    change(word.isEmpty() ? "a statement" : word);
                }
            }
        }
    }

    /** What is no reading wherever in a statement it stands. */
    private void effects(int from, int to) {
        for (int i = from; i < to; i++) {
            String function = tokens.function(i);
            if (EFFECTS.contains(function)
                    || EFFECT_PREFIXES.stream().anyMatch(function::startsWith)) {
                change(function + "()");
            } else if (tokens.is(i - 1, '.') && tokens.name(i).equals("nextval")) {
                change("NEXTVAL");
            }
            String word = tokens.word(i);
            if (word.isEmpty()) {
                continue;
            }
            if (word.equals("NEXT") && tokens.is(i + 1, "VALUE") && tokens.is(i + 2, "FOR")) {
                change("NEXT VALUE FOR");
            } else if (word.equals("FOR") && tokens.is(i + 1, "UPDATE")) {
                change("FOR UPDATE");
            } else if (word.equals("INTO")
                    && (tokens.is(i + 1, "OUTFILE") || tokens.is(i + 1, "DUMPFILE"))) {
                change("INTO a file");
            }
        }
    }

    /** A statement may end in one that changes rows; REPLACE and INSERT are functions, too. */
    private void changesRows(int from, int to, String what) {
        for (int i = from, nested = 0; i < to; i++) {
            nested += tokens.is(i, '(') ? 1 : tokens.is(i, ')') ? -1 : 0;
            boolean verb =
                    tokens.is(i, "UPDATE")
                            || tokens.is(i, "DELETE")
                            || ((tokens.is(i, "INSERT") || tokens.is(i, "REPLACE"))
                                    && !tokens.is(i + 1, '('));
            if (nested == 0 && verb) {
                change(what + " " + tokens.word(i));
            }
        }
    }

    /** READ WRITE is sent as READ ONLY: the transaction is there, and changes nothing. */
    private void readOnlyInstead(int from, int to) {
        for (int i = from; i + 1 < to; i++) {
            if (tokens.is(i, "READ") && tokens.is(i + 1, "WRITE")) {
                findings.sendsReadOnlyAt(tokens.start(i + 1) - begin);
            }
        }
    }

    private void set(int lead, int to) {
        int first = lead + 1;
        if (tokens.is(first, "STATEMENT")) {
            for (int i = first; i < to; i++) {
                if (tokens.is(i, "FOR")) {
                    statement(i + 1, to);
                    break;
                }
            }
        }
        boolean scoped = tokens.is(first, "SESSION") || tokens.is(first, "LOCAL");
        if (tokens.is(first, "TRANSACTION") || (scoped && tokens.is(first + 1, "TRANSACTION"))) {
            readOnlyInstead(lead, to);
        }
        if (tokens.is(first, "PASSWORD")
                || tokens.is(first, "DEFAULT")
                || tokens.is(first, "RESOURCE")) {
            change("SET " + tokens.word(first));
        }
        for (int i = first; i < to; i++) {
            boolean wide =
                    tokens.is(i, "GLOBAL")
                            || tokens.is(i, "PERSIST")
                            || tokens.is(i, "PERSIST_ONLY");
            boolean begins =
                    i == first
                            || tokens.is(i - 1, ',')
                            || tokens.kind(i - 1) == TokenKind.SYSTEM_VARIABLE;
            if (wide && begins && !isRead(i, first)) {
                change("SET " + tokens.word(i));
            }
            boolean fixed =
                    ACCESS_MODES.contains(tokens.name(i)) || LOGGED.contains(tokens.name(i));
            if (fixed && (tokens.is(i + 1, '=') || tokens.raw(i + 1).equals(":="))) {
                change("SET " + tokens.name(i));
            }
        }
    }

    /** As the value of {@code SET x = @@global.y}: what is set stands first, or behind a comma. */
    private boolean isRead(int i, int first) {
        return tokens.kind(i - 1) == TokenKind.SYSTEM_VARIABLE
                && i - 1 > first
                && !tokens.is(i - 2, ',');
    }

    private void change(String what) {
        findings.refuse(Rule.READ_ONLY, what + " changes more than its session");
    }
}
