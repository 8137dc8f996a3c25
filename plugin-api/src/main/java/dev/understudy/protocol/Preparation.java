package dev.understudy.protocol;

import java.util.List;

/**
 * What {@link Protocol#prepare} found.
 *
 * @param problems what stops the run, each with its next step
 * @param warnings what the user should know before trusting the result
 */
public record Preparation(List<String> problems, List<String> warnings) {
    public Preparation {
        problems = List.copyOf(problems);
        warnings = List.copyOf(warnings);
    }

    /** Nothing to say. */
    public static Preparation nothing() {
        return new Preparation(List.of(), List.of());
    }
}
