package dev.understudy.mysql.join;

import dev.understudy.mysql.command.Bystander;
import dev.understudy.mysql.command.CommandPhase;
import dev.understudy.mysql.wire.Collation;
import dev.understudy.protocol.SessionAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives a session on the target the state that the captured one has: variables, user variables,
 * prepared statements, and what was seen since. Each statement of it is injected.
 */
public final class Restoring {
    /** Statements that are prepared on the target for one session. */
    static final int MAX_STATEMENTS = 1024;

    /** The operation that these statements are counted under. */
    public static final String OPERATION = "restore-state";

    /** Without one of these the same statement may do, or answer, something else. */
    private static final Set<String> ESSENTIAL =
            Set.of(
                    "autocommit",
                    "character_set_client",
                    "character_set_results",
                    "collation_connection",
                    "collation_server",
                    "character_set_server",
                    "default_collation_for_utf8mb4",
                    "foreign_key_checks",
                    "sql_auto_is_null",
                    "sql_mode",
                    "sql_safe_updates",
                    "sql_select_limit",
                    "time_zone",
                    "transaction_isolation",
                    "transaction_read_only",
                    "tx_isolation",
                    "tx_read_only",
                    "unique_checks",
                    "div_precision_increment",
                    "group_concat_max_len",
                    "auto_increment_increment",
                    "auto_increment_offset",
                    "last_insert_id",
                    "lc_time_names");

    private static final Set<String> OF_THE_CHARACTER_SET =
            Set.of("character_set_client", "character_set_results", "collation_connection");

    private final CommandPhase commands;
    private final List<SessionAction> out;
    private int adopted;

    /** Restores into a session whose target has just let it in. */
    public Restoring(CommandPhase commands, List<SessionAction> out) {
        this.commands = commands;
        this.out = out;
    }

    /**
     * Restores.
     *
     * @param loggedInAs the collation that the login on the target gave
     * @param later what was seen since the state was read
     * @return what could not be restored, each to be counted
     */
    public List<String> restore(
            OpenSession state, Collation loggedInAs, List<Bystander.Change> later) {
        List<String> missing = new ArrayList<>(state.lacks());
        state.variables()
                .forEach(
                        (name, value) -> {
                            boolean known =
                                    OF_THE_CHARACTER_SET.contains(name) || isUnset(name, value);
                            if (!known && !set(name, value)) {
                                missing.add("variables not restored: mysql.read-only forbids it");
                            }
                        });
        characterSets(state.variables(), loggedInAs);
        state.userVariables()
                .forEach(
                        (name, value) ->
                                say(
                                        "SET @`%s` = %s"
                                                .formatted(
                                                        name.replace("`", "``"),
                                                        value.map(Restoring::literal)
                                                                .orElse("NULL"))));
        statements(state, later, missing);
        return missing;
    }

    private static boolean isUnset(String name, String value) {
        return name.equals("last_insert_id") && value.equals("0");
    }

    private boolean set(String name, String value) {
        return commands.inject(
                OPERATION,
                "SET SESSION %s = %s"
                        .formatted(name, literal(value))
                        .getBytes(StandardCharsets.UTF_8),
                ESSENTIAL.contains(name),
                out);
    }

    private void say(String sql) {
        commands.inject(OPERATION, sql.getBytes(StandardCharsets.UTF_8), true, out);
    }

    /** The three differ from what the login gave where the client asked for something later. */
    private void characterSets(Map<String, String> variables, Collation loggedInAs) {
        String charset = loggedInAs.charset();
        String client = variables.getOrDefault("character_set_client", charset);
        String results = variables.getOrDefault("character_set_results", charset);
        String collation = variables.getOrDefault("collation_connection", loggedInAs.name());
        commands.clientSpeaks(client);
        if (client.equals(charset)
                && results.equals(charset)
                && collation.equals(loggedInAs.name())) {
            return;
        }
        say(
                "SET character_set_client = %s, character_set_results = %s, collation_connection = %s"
                        .formatted(client, results.isEmpty() ? "NULL" : results, collation));
    }

    private void statements(OpenSession state, List<Bystander.Change> later, List<String> missing) {
        Set<Long> closed = new HashSet<>();
        for (Bystander.Change change : later) {
            if (change instanceof Bystander.Change.Closed(long id, long _, long _)) {
                closed.add(id);
            }
        }
        for (OpenSession.Statement statement : state.statements()) {
            if (statement.name().isPresent()) {
                named(statement, missing);
            } else if (!statement.isWhole()) {
                missing.add(
                        "statements not restored: performance_schema keeps 1023 bytes of a text");
            } else if (!closed.contains(statement.id())) {
                adopt(statement.id(), statement.sql().getBytes(StandardCharsets.UTF_8), missing);
            }
        }
        // In their order: what a statement means depends on the database it is prepared in.
        for (Bystander.Change change : later) {
            switch (change) {
                case Bystander.Change.Said(byte[] sql, long _, long _) ->
                        commands.repeat(OPERATION, sql, out);
                case Bystander.Change.Database(byte[] name, long _, long _) ->
                        commands.repeat(OPERATION, use(name), out);
                case Bystander.Change.Prepared(long id, byte[] sql, long _, long _) -> {
                    if (!closed.contains(id)) {
                        adopt(id, sql, missing);
                    }
                }
                case Bystander.Change.Closed _ -> {
                    // It was not prepared.
                }
            }
        }
    }

    private void adopt(long id, byte[] sql, List<String> missing) {
        if (adopted++ < MAX_STATEMENTS) {
            commands.adopt(OPERATION, id, sql, out);
        } else if (adopted == MAX_STATEMENTS + 1) {
            missing.add("statements not restored: more than %d are open".formatted(MAX_STATEMENTS));
        }
    }

    private void named(OpenSession.Statement statement, List<String> missing) {
        if (!statement.isWhole() || statement.sql().indexOf('\\') >= 0) {
            missing.add("statements not restored: prepared by text, and not to be quoted");
            return;
        }
        commands.repeat(
                OPERATION,
                "PREPARE `%s` FROM '%s'"
                        .formatted(
                                statement.name().orElseThrow().replace("`", "``"),
                                statement.sql().replace("'", "''"))
                        .getBytes(StandardCharsets.UTF_8),
                out);
    }

    private static byte[] use(byte[] name) {
        return ("USE `" + new String(name, StandardCharsets.UTF_8).replace("`", "``") + "`")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** A number as one, all else as text; what needs escaping as bytes. */
    private static String literal(String value) {
        if (value.matches("-?(0|[1-9]\\d{0,18})(\\.\\d{1,30})?")) {
            return value;
        }
        return value.matches("[\\x20-\\x26\\x28-\\x5B\\x5D-\\x7E]*")
                ? "'" + value + "'"
                : "CONVERT(X'%s' USING utf8mb4)"
                        .formatted(
                                HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8)));
    }
}
