package dev.understudy.protocol;

import java.util.List;

/**
 * Figures of a protocol's own for the report of a run, as the hit rate of both servers.
 *
 * @param title a few words
 * @param rows as many texts each as there are columns; no secret
 */
public record Table(String title, List<String> columns, List<List<String>> rows) {
    /** Rows kept; those past it are left away, so the telling ones come first. */
    public static final int MAX_ROWS = 1_000;

    public Table {
        columns = List.copyOf(columns);
        int width = columns.size();
        rows = rows.stream().limit(MAX_ROWS).map(List::copyOf).toList();
        if (rows.stream().anyMatch(row -> row.size() != width)) {
            throw new IllegalArgumentException(
                    "a row of '%s' has not %d columns".formatted(title, width));
        }
    }
}
