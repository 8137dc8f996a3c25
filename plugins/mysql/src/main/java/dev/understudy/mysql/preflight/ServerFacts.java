package dev.understudy.mysql.preflight;

import dev.understudy.mysql.join.ServerConnection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What one server says of itself, as far as an account may see it.
 *
 * @param variables global ones by name, lower case; none that the server lacks
 * @param columns what each column is, by {@code schema.table} and name
 * @param columnsUnread why the columns could not be read; empty if they were
 */
record ServerFacts(
        Map<String, String> variables,
        Map<String, Map<String, String>> columns,
        String columnsUnread) {
    /** Newer servers do not tell how wide an integer is shown; it bears on nothing. */
    private static final Pattern DISPLAY_WIDTH = Pattern.compile("(int|year)\\(\\d+\\)");

    /**
     * Reads them.
     *
     * @param names of variables, all of them letters and underscores
     */
    static ServerFacts of(ServerConnection server, Collection<String> names) throws SQLException {
        Map<String, String> variables = new TreeMap<>();
        server.query(
                "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
                        + names.stream().collect(Collectors.joining("', '", "('", "')")),
                row -> {
                    String value = row.getString(2);
                    if (value != null) {
                        variables.put(row.getString(1).toLowerCase(Locale.ROOT), value);
                    }
                });
        Map<String, Map<String, String>> columns = new TreeMap<>();
        try {
            server.query(
                    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME"
                            + " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN"
                            + " ('mysql', 'sys', 'performance_schema', 'information_schema')"
                            + " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
                    row ->
                            columns.computeIfAbsent(
                                            row.getString(1) + "." + row.getString(2),
                                            _ -> new LinkedHashMap<>())
                                    .put(
                                            row.getString(3),
                                            described(row.getString(4), row.getString(5))));
        } catch (SQLException e) {
            return new ServerFacts(variables, Map.of(), e.getMessage());
        }
        return new ServerFacts(variables, columns, "");
    }

    private static String described(String type, String collation) {
        String plain = DISPLAY_WIDTH.matcher(type).replaceAll("$1");
        return collation == null ? plain : plain + " " + collation;
    }
}
