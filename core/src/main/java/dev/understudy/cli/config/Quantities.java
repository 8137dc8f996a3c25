package dev.understudy.cli.config;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as users write them. */
public final class Quantities {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,9}) ?(B|KiB|MiB|GiB)");

    private static final Map<String, Duration> TIME_UNITS =
            Map.of(
                    "ms", Duration.ofMillis(1),
                    "s", Duration.ofSeconds(1),
                    "m", Duration.ofMinutes(1),
                    "h", Duration.ofHours(1));

    private static final Map<String, Long> SIZE_UNITS =
            Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);

    private Quantities() {}

    /**
     * Reads {@code 500ms}, {@code 30s}, {@code 2m} or {@code 1h}.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no duration: write a whole number with ms, s, m or h, as 30s"
                            .formatted(text));
        }
        return TIME_UNITS.get(matcher.group(2)).multipliedBy(Long.parseLong(matcher.group(1)));
    }

    /**
     * Reads {@code 64KiB}, {@code 4MiB} or a plain number of bytes followed by {@code B}.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no size: write a whole number with B, KiB, MiB or GiB, as 4MiB"
                            .formatted(text));
        }
        return Long.parseLong(matcher.group(1)) * SIZE_UNITS.get(matcher.group(2));
    }
}
