package dev.understudy.mysql.sql;

import java.util.Locale;
import java.util.Set;

/**
 * Finds the statements of a text that fall under a {@link Rule}, by the keywords that open them. A
 * statement whose keyword it does not know is {@link Rule#UNCLASSIFIED}.
 *
 * <p>Bodies of stored programs, and MariaDB's compound statements, are looked at too: defining a
 * procedure that does what a rule forbids falls under that rule, since the CALL that runs it cannot
 * be told from others. What a routine that was there before the capture does is not seen.
 */
final class Classifier {
    /** Statements that change rows, settings of the session, or nothing. */
    private static final Set<String> HARMLESS =
            Set.of(
                    """
                    SELECT VALUES TABLE WITH INSERT REPLACE UPDATE DELETE DO SHOW DESCRIBE DESC
                    EXPLAIN ANALYZE HANDLER TRUNCATE USE COMMIT ROLLBACK SAVEPOINT RELEASE XA CHECK
                    CHECKSUM OPTIMIZE REPAIR CACHE DEALLOCATE HELP SIGNAL RESIGNAL GET
                    """
                            .strip()
                            .split("\\s+"));

    /** What else may open a statement inside a stored program. */
    private static final Set<String> PROGRAM_WORDS =
            Set.of(
                    """
                    END DECLARE IF ELSE ELSEIF WHILE LOOP REPEAT UNTIL CASE WHEN LEAVE ITERATE
                    RETURN OPEN FETCH CLOSE FOR EXIT CONTINUE GOTO RAISE NULL THEN BEGIN EXCEPTION
                    PROCEDURE FUNCTION TYPE CURSOR
                    """
                            .strip()
                            .split("\\s+"));

    /** Behind these words, in a stored program, a statement begins. */
    private static final Set<String> BEFORE_STATEMENT =
            Set.of("BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "ROW", "ATOMIC", "HANDLER");

    /** MariaDB runs these outside of stored programs. */
    private static final Set<String> COMPOUND =
            Set.of("IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR");

    /** In the head of a one-statement program these begin it. */
    private static final Set<String> ROW_CHANGES =
            Set.of("INSERT", "UPDATE", "DELETE", "REPLACE", "SELECT");

    /** A stored program of more tokens is not read: looking at each place costs their square. */
    private static final int MAX_PROGRAM_TOKENS = 1 << 14;

    private static final Set<String> SYSTEM_SCHEMAS = Set.of("mysql", "performance_schema", "sys");

    private static final Set<String> SYSTEM_SCHEMA_WRITERS =
            Set.of("INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "CALL", "WITH", "LOAD");

    /** Session variables that decide what goes to the binary log, and as whose. */
    private static final Set<String> REPLICATION_VARIABLES =
            Set.of(
                    "sql_log_bin",
                    "gtid_next",
                    "gtid_next_list",
                    "gtid_domain_id",
                    "gtid_seq_no",
                    "server_id",
                    "pseudo_slave_mode",
                    "pseudo_replica_mode",
                    "skip_replication");

    private final Tokens tokens;
    private final byte[] text;
    private final int begin;
    private final SqlDialect dialect;
    private final int depth;
    private final SqlText.Findings findings;

    /** Whether a stored program has begun: from there on semicolons no longer end statements. */
    private boolean inProgram;

    /**
     * @param begin index of the text's first byte
     */
    Classifier(
            Tokens tokens,
            byte[] text,
            int begin,
            SqlDialect dialect,
            int depth,
            SqlText.Findings findings) {
        this.tokens = tokens;
        this.text = text;
        this.begin = begin;
        this.dialect = dialect;
        this.depth = depth;
        this.findings = findings;
    }

    void classify() {
        if (!tokens.whole()) {
            findings.refuse(Rule.UNCLASSIFIED, "text that cannot be read to its end");
            findings.refuse(Rule.READ_ONLY, "text that cannot be read to its end");
        }
        int from = 0;
        while (from < tokens.size()) {
            int to = from;
            while (to < tokens.size() && tokens.kind(to) != TokenKind.DELIMITER) {
                to++;
            }
            if (to > from) {
                statement(from, to);
            }
            from = to + 1;
        }
    }

    private void statement(int from, int to) {
        int lead = from;
        while (lead < to && tokens.is(lead, '(')) {
            lead++;
        }
        scanAnywhere(from, to);
        new Writes(tokens, begin, findings).statement(lead, to);
        findings.leaves().in(tokens, lead, to);
        findings.effects().in(tokens, lead, to);
        findings.begins(tokens.word(lead));
        if (inProgram) {
            programStatement(lead, to);
        } else {
            leading(lead, to);
        }
    }

    /** What is refused wherever in a statement it stands. */
    private void scanAnywhere(int from, int to) {
        for (int i = from; i < to; i++) {
            if (tokens.is(i - 1, '.')) {
                continue;
            }
            String function = tokens.function(i);
            if (function.startsWith("GROUP_REPLICATION_")
                    || function.startsWith("ASYNCHRONOUS_CONNECTION_FAILOVER_")) {
                refuse(Rule.REPLICATION, function.toLowerCase(Locale.ROOT) + "()");
            }
            if (tokens.is(i, "OUTFILE") && tokens.is(i - 1, "INTO")) {
                refuse(Rule.SERVER_FILES, "SELECT ... INTO OUTFILE");
            } else if (tokens.is(i, "DUMPFILE")
                    && tokens.is(i - 1, "INTO")
                    && (i + 1 >= to || tokens.kind(i + 1).isLiteral())) {
                refuse(Rule.SERVER_FILES, "SELECT ... INTO DUMPFILE");
            }
        }
    }

    /** A statement by its first word; the index may be that of a word inside a stored program. */
    private void leading(int lead, int to) {
        String word = tokens.word(lead);
        switch (word) {
            case "GRANT", "REVOKE" -> refuse(Rule.ACCOUNTS, word);
            case "KILL" -> refuse(Rule.KILL, word);
            case "SHUTDOWN", "RESTART" -> refuse(Rule.SHUTDOWN, word);
            case "CHANGE", "PURGE", "BINLOG", "STOP" -> refuse(Rule.REPLICATION, word);
            case "INSTALL", "UNINSTALL" -> refuse(Rule.SERVER_CODE, word);
            case "CLONE", "BACKUP" -> refuse(Rule.SERVER_WIDE, word);
            case "IMPORT" -> refuse(Rule.SERVER_FILES, word);
            case "START" -> start(lead);
            case "RESET" -> reset(lead);
            case "FLUSH" -> flush(lead, to);
            case "SET" -> set(lead, to);
            case "LOAD" -> load(lead, to);
            case "LOCK", "UNLOCK" -> lock(lead);
            case "CREATE", "ALTER", "DROP", "RENAME" -> definition(lead, to);
            case "PREPARE" -> prepare(lead, to);
            case "EXECUTE" -> execute(lead, to);
            case "BEGIN" -> begin(lead, to);
            case "CALL" -> writesSystemSchema(lead, to);
            default -> {
                if (COMPOUND.contains(word) || isLabel(lead)) {
                    program(lead, to);
                } else if (!HARMLESS.contains(word)) {
                    refuse(Rule.UNCLASSIFIED, "a statement that begins with no known keyword");
                } else if (SYSTEM_SCHEMA_WRITERS.contains(word)) {
                    writesSystemSchema(lead, to);
                }
            }
        }
    }

    private boolean isLabel(int i) {
        return tokens.kind(i) == TokenKind.WORD && tokens.is(i + 1, ':');
    }

    private void start(int lead) {
        if (!tokens.is(lead + 1, "TRANSACTION")) {
            refuse(Rule.REPLICATION, "START of a replica or group");
        }
    }

    private void reset(int lead) {
        if (tokens.is(lead + 1, "PERSIST")) {
            refuse(Rule.GLOBAL_SETTINGS, "RESET PERSIST");
        } else if (tokens.is(lead + 1, "QUERY")) {
            refuse(Rule.SERVER_WIDE, "RESET QUERY CACHE");
        } else {
            refuse(Rule.REPLICATION, "RESET");
        }
    }

    /** Every FLUSH is felt by all sessions, but that of named tables without a lock. */
    private void flush(int lead, int to) {
        int what = lead + 1;
        if (tokens.is(what, "LOCAL") || tokens.is(what, "NO_WRITE_TO_BINLOG")) {
            what++;
        }
        boolean tables = tokens.is(what, "TABLE") || tokens.is(what, "TABLES");
        boolean named = tables && what + 1 < to && !tokens.is(what + 1, "WITH");
        for (int i = what + 1; i < to; i++) {
            named &= !tokens.is(i, "WITH") && !tokens.is(i, "FOR");
        }
        if (!named) {
            refuse(Rule.SERVER_WIDE, "FLUSH");
        }
    }

    private void load(int lead, int to) {
        if (tokens.is(lead + 1, "INDEX")) {
            return;
        }
        writesSystemSchema(lead, to);
        for (int i = lead + 1; i < to && i < lead + 4; i++) {
            if (tokens.is(i, "LOCAL")) {
                return;
            }
        }
        refuse(Rule.SERVER_FILES, "LOAD of a file of the server");
    }

    private void lock(int lead) {
        if (tokens.is(lead + 1, "INSTANCE")) {
            refuse(Rule.SERVER_WIDE, "LOCK INSTANCE");
        } else if (!tokens.is(lead + 1, "TABLE") && !tokens.is(lead + 1, "TABLES")) {
            refuse(Rule.UNCLASSIFIED, "LOCK of something unknown");
        }
    }

    private void begin(int lead, int to) {
        if (tokens.is(lead + 1, "NOT")) {
            program(lead, to);
        } else if (lead + 1 < to && !tokens.is(lead + 1, "WORK")) {
            program(lead, to);
        }
    }

    private void prepare(int lead, int to) {
        findings.prepares(tokens.name(lead + 1));
        if (tokens.is(lead + 2, "FROM")) {
            inner(lead + 3, to);
        } else {
            refuse(Rule.UNCLASSIFIED, "PREPARE without FROM");
        }
    }

    private void execute(int lead, int to) {
        if (tokens.is(lead + 1, "IMMEDIATE") && lead + 2 < to && !tokens.is(lead + 2, "USING")) {
            inner(lead + 2, to);
        } else {
            findings.executes(tokens.name(lead + 1));
        }
    }

    /** A statement in a string literal; anything but one plain literal cannot be read. */
    private void inner(int literal, int to) {
        boolean alone = literal + 1 >= to || tokens.is(literal + 1, "USING");
        if (tokens.kind(literal) != TokenKind.STRING || !alone) {
            refuse(Rule.UNCLASSIFIED, "a statement whose text is not a plain literal");
            refuse(Rule.READ_ONLY, "a statement whose text is not a plain literal");
            return;
        }
        byte[] sql = StringLiteral.value(text, tokens.start(literal), tokens.end(literal), dialect);
        findings.add(sql, SqlText.read(sql, 0, sql.length, dialect, depth + 1));
    }

    private void definition(int lead, int to) {
        int at = Definitions.object(tokens, lead, to);
        String verb = tokens.word(lead);
        switch (tokens.word(at)) {
            case "USER", "ROLE" -> refuse(Rule.ACCOUNTS, verb + " " + tokens.word(at));
            case "SERVER", "INSTANCE", "RESOURCE", "LOGFILE", "UNDO" ->
                    refuse(Rule.SERVER_WIDE, verb + " " + tokens.word(at));
            case "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE" -> {
                if (anywhere(at, to, "SONAME")) {
                    refuse(Rule.SERVER_CODE, "CREATE FUNCTION ... SONAME");
                } else if (!verb.equals("DROP") && !verb.equals("RENAME")) {
                    program(at, to);
                }
            }
            case "TABLE" -> {
                writesSystemSchema(at, to);
                if (verb.equals("ALTER")
                        && anywhere(at, to, "TABLESPACE")
                        && (anywhere(at, to, "IMPORT") || anywhere(at, to, "DISCARD"))) {
                    refuse(Rule.SERVER_FILES, "ALTER TABLE ... TABLESPACE");
                }
            }
            case "" -> refuse(Rule.UNCLASSIFIED, verb + " of something unknown");
            case "DATABASE", "SCHEMA" -> {
                for (int i = at + 1; i < to; i++) {
                    if (SYSTEM_SCHEMAS.contains(tokens.name(i))) {
                        refuse(Rule.SERVER_WIDE, verb + " of a system schema");
                    }
                }
            }
            default -> writesSystemSchema(at, to);
        }
    }

    private boolean anywhere(int from, int to, String word) {
        for (int i = from; i < to; i++) {
            if (tokens.is(i, word)) {
                return true;
            }
        }
        return false;
    }

    /** Grants and settings are rows of the system schemas, too. */
    private void writesSystemSchema(int from, int to) {
        for (int i = from; i + 1 < to; i++) {
            if (tokens.is(i + 1, '.')
                    && !tokens.is(i - 1, '.')
                    && SYSTEM_SCHEMAS.contains(tokens.name(i))) {
                refuse(Rule.SERVER_WIDE, "a change in a system schema");
                return;
            }
        }
    }

    private void set(int lead, int to) {
        int first = lead + 1;
        if (tokens.is(first, "STATEMENT")) {
            setStatement(first, to);
            return;
        }
        if (tokens.is(first, "DEFAULT") && tokens.is(first + 1, "ROLE")) {
            refuse(Rule.ACCOUNTS, "SET DEFAULT ROLE");
            return;
        }
        if (tokens.is(first, "RESOURCE") && tokens.is(first + 1, "GROUP")) {
            refuse(Rule.SERVER_WIDE, "SET RESOURCE GROUP");
            return;
        }
        assignments(first, to);
    }

    /** MariaDB's SET STATEMENT a = 1, b = 2 FOR another statement. */
    private void setStatement(int at, int to) {
        for (int i = at + 1, nested = 0; i < to; i++) {
            nested += tokens.is(i, '(') ? 1 : tokens.is(i, ')') ? -1 : 0;
            if (nested == 0 && tokens.is(i, "FOR")) {
                assignments(at + 1, i);
                if (tokens.is(i + 1, "SET")) {
                    refuse(Rule.UNCLASSIFIED, "SET STATEMENT ... FOR SET");
                } else {
                    leading(i + 1, to);
                }
                return;
            }
        }
        refuse(Rule.UNCLASSIFIED, "SET STATEMENT without FOR");
    }

    private void assignments(int from, int to) {
        int nested = 0;
        boolean begins = true;
        for (int i = from; i < to; i++) {
            if (begins) {
                assignment(i);
            }
            nested += tokens.is(i, '(') ? 1 : tokens.is(i, ')') ? -1 : 0;
            begins = nested == 0 && tokens.is(i, ',');
        }
    }

    private void assignment(int at) {
        int name = at;
        if (tokens.kind(name) == TokenKind.SYSTEM_VARIABLE) {
            name++;
        }
        switch (tokens.word(name)) {
            case "GLOBAL", "PERSIST", "PERSIST_ONLY" -> {
                refuse(Rule.GLOBAL_SETTINGS, "SET " + tokens.word(name));
                return;
            }
            case "SESSION", "LOCAL" -> name += tokens.is(name + 1, '.') ? 2 : 1;
            case "PASSWORD" -> {
                refuse(Rule.ACCOUNTS, "SET PASSWORD");
                return;
            }
            default -> {
                // A variable without a scope is the session's.
            }
        }
        String variable = tokens.name(name);
        if (tokens.kind(name) == TokenKind.SYSTEM_VARIABLE) {
            // SET SESSION @@x is no SQL, but it costs nothing to look.
            variable = tokens.name(name + 1);
        }
        if (REPLICATION_VARIABLES.contains(variable)) {
            refuse(Rule.REPLICATION, "SET " + variable);
        }
        charset(name, variable);
    }

    private void charset(int name, String variable) {
        int value =
                switch (variable) {
                    case "names", "charset" -> name + 1;
                    case "character", "char" -> name + 2;
                    case "character_set_client" -> name + 2;
                    default -> -1;
                };
        if (value < 0) {
            return;
        }
        String charset =
                tokens.kind(value) == TokenKind.STRING
                        ? tokens.raw(value).replaceAll("^.|.$", "")
                        : tokens.is(value, "DEFAULT") || tokens.kind(value) == TokenKind.LITERAL
                                ? "default"
                                : tokens.name(value);
        findings.speaks(charset.toLowerCase(Locale.ROOT));
    }

    /**
     * Looks at each statement of a stored program; what follows in the text counts as part of it.
     */
    private void program(int from, int to) {
        if (inProgram) {
            return;
        }
        inProgram = true;
        if (tokens.size() > MAX_PROGRAM_TOKENS) {
            refuse(Rule.UNCLASSIFIED, "a stored program too long to be read");
            return;
        }
        // Its head may end anywhere: SET GLOBAL right behind a comment clause is a whole body.
        for (int i = from + 1; i < to; i++) {
            if (tokens.is(i, "BEGIN")) {
                programStatement(i, to);
                return;
            }
            if (ROW_CHANGES.contains(tokens.word(i)) && !isTriggerEvent(i)) {
                // Its own SET assigns columns.
                leading(i, to);
                return;
            }
            if (mayBegin(i)) {
                inProgramBody(i, to);
            }
        }
    }

    /** As in {@code AFTER INSERT ON}, or MariaDB's {@code INSERT OR UPDATE}. */
    private boolean isTriggerEvent(int i) {
        return tokens.is(i - 1, "BEFORE") || tokens.is(i - 1, "AFTER") || tokens.is(i - 1, "OR");
    }

    /**
     * In a program's head, a name that reads like a keyword is preceded by one of its own words.
     */
    private boolean mayBegin(int i) {
        return tokens.kind(i) == TokenKind.WORD
                && !tokens.is(i - 1, '.')
                && !tokens.is(i - 1, ',')
                && !tokens.is(i - 1, '(')
                && !tokens.is(i - 1, '=')
                && !tokens.is(i - 1, "EXISTS");
    }

    /** From a semicolon of a program to the next. */
    private void programStatement(int from, int to) {
        String word = tokens.word(from);
        boolean assignment =
                tokens.raw(from + 1).equals(":=")
                        || (tokens.is(from + 1, '.') && !tokens.name(from + 2).isEmpty());
        if (!PROGRAM_WORDS.contains(word) && !isLabel(from) && !assignment) {
            leading(from, to);
        }
        for (int i = from + 1; i < to; i++) {
            if (BEFORE_STATEMENT.contains(tokens.word(i - 1)) || tokens.is(i - 1, ':')) {
                inProgramBody(i, to);
            }
        }
    }

    /** A word where a statement may begin, but need not: only what a rule forbids counts. */
    private void inProgramBody(int i, int to) {
        switch (tokens.word(i)) {
            case "GRANT",
                    "REVOKE",
                    "KILL",
                    "SHUTDOWN",
                    "RESTART",
                    "CHANGE",
                    "PURGE",
                    "BINLOG",
                    "STOP",
                    "INSTALL",
                    "UNINSTALL",
                    "CLONE",
                    "BACKUP",
                    "FLUSH",
                    "SET",
                    "RESET",
                    "LOAD",
                    "PREPARE",
                    "EXECUTE",
                    "CREATE",
                    "ALTER",
                    "DROP",
                    "INSERT",
                    "UPDATE",
                    "DELETE",
                    "REPLACE",
                    "CALL",
                    "TRUNCATE" ->
                    leading(i, to);
            case "START" -> {
                if (!tokens.is(i + 1, "TRANSACTION") && tokens.kind(i + 1) == TokenKind.WORD) {
                    leading(i, to);
                }
            }
            default -> {
                // Not the beginning of anything refused.
            }
        }
    }

    private void refuse(Rule rule, String reason) {
        findings.refuse(rule, reason);
    }
}
