package dev.understudy.protocol;

import java.util.List;

/**
 * What {@link Protocol#conclude} has to say of a run.
 *
 * @param tables for the report, in its order
 * @param warnings what the reader should know before trusting the result
 */
public record Conclusion(List<Table> tables, List<String> warnings) {
    public Conclusion {
        tables = List.copyOf(tables);
        warnings = List.copyOf(warnings);
    }

    /** Nothing to say. */
    public static Conclusion nothing() {
        return new Conclusion(List.of(), List.of());
    }
}
