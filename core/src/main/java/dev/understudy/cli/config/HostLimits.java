package dev.understudy.cli.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a live copy may take of the host it runs on, which may be production's: shares of the time
 * of all its processors, 0..1.
 *
 * @param cpuLimit that the copier may take
 * @param pauseAbove that all programs may take until the copier makes room
 */
public record HostLimits(Optional<Double> cpuLimit, Optional<Double> pauseAbove) {
    /** No limits. */
    public static final HostLimits NONE = new HostLimits(Optional.empty(), Optional.empty());

    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,2})?)%");

    /** Whether there is any. */
    public boolean any() {
        return cpuLimit.isPresent() || pauseAbove.isPresent();
    }

    /**
     * Reads {@code 10%} or {@code 2.5%}: more than 0, at most 100.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static double share(String text) {
        Matcher matcher = PERCENT.matcher(text);
        double percent = matcher.matches() ? Double.parseDouble(matcher.group(1)) : 0;
        if (percent <= 0 || percent > 100) {
            throw new IllegalArgumentException(
                    "'%s' is no share of the host's processors: write 10%% or 2.5%%, more than 0 and at most 100%%"
                            .formatted(text));
        }
        return percent / 100;
    }
}
