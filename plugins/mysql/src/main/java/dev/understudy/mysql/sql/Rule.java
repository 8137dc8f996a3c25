package dev.understudy.mysql.sql;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Why a statement is not sent to the target. Users allow rules by their {@link #id}. */
public enum Rule {
    /** Accounts, roles, privileges and passwords. */
    ACCOUNTS("accounts"),
    /** KILL: the captured thread id is somebody else's on the target. */
    KILL("kill"),
    /** SHUTDOWN and RESTART. */
    SHUTDOWN("shutdown"),
    /** Variables of the whole server: SET GLOBAL, PERSIST, PERSIST_ONLY, RESET PERSIST. */
    GLOBAL_SETTINGS("global-settings"),
    /** Replication, the binary log, and what keeps a session out of it. */
    REPLICATION("replication"),
    /** Files on the server's disk: LOAD DATA INFILE, INTO OUTFILE, tablespaces brought in. */
    SERVER_FILES("server-files"),
    /** Code loaded into the server: INSTALL, UNINSTALL, CREATE FUNCTION ... SONAME. */
    SERVER_CODE("server-code"),
    /** What all sessions feel: FLUSH, LOCK INSTANCE, BACKUP, CLONE, the system schemas. */
    SERVER_WIDE("server-wide"),
    /** Text that cannot be read with certainty. */
    UNCLASSIFIED("unclassified"),
    /** What needs something that was kept back before: a temporary table, a variable, BEGIN. */
    DEPENDS("depends-on-skipped"),
    /** Under {@code mysql.read-only}: what may change more than its session. */
    READ_ONLY("read-only");

    private final String id;

    Rule(String id) {
        this.id = id;
    }

    /** The word that reports count by and settings allow by. */
    public String id() {
        return id;
    }

    /** The rule of this word. */
    public static Optional<Rule> of(String id) {
        return Arrays.stream(values()).filter(rule -> rule.id.equals(id)).findFirst();
    }

    /** All words that can be allowed, for a message. */
    public static String ids() {
        return Arrays.stream(values())
                .filter(rule -> rule != READ_ONLY)
                .map(Rule::id)
                .collect(Collectors.joining(", "));
    }
}
