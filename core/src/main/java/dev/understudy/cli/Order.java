package dev.understudy.cli;

import java.util.Locale;

/** What order requests keep across sessions. */
enum Order {
    /** None. */
    SESSION,
    /** Behind all that production had answered before. */
    CAUSAL,
    /** So, and what takes locks behind all that production had committed before. */
    COMMIT;

    static Order parse(String text) {
        return switch (text) {
            case "causal" -> CAUSAL;
            case "commit" -> COMMIT;
            case "session" -> SESSION;
            default ->
                    throw new IllegalArgumentException(
                            "'%s' is no order: write causal, commit or session".formatted(text));
        };
    }

    /** As the option takes it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
