package dev.understudy.cli.config;

import java.util.Comparator;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Where the settings of a configuration file stand.
 *
 * @param file as the user named it; empty where there is none
 * @param lines of settings by path, from 1
 */
public record Places(String file, Map<String, Integer> lines) {
    static final Places NONE = new Places("", Map.of());

    public Places {
        lines = Map.copyOf(lines);
    }

    /** Puts file and line before a message about a setting, by the longest path that it names. */
    public String locate(String message) {
        if (file.isEmpty()) {
            return message;
        }
        return lines.entrySet().stream()
                .filter(place -> names(message, place.getKey()))
                .max(Comparator.comparingInt(place -> place.getKey().length()))
                .map(
                        place ->
                                "configuration %s, line %d: %s"
                                        .formatted(file, place.getValue(), message))
                .orElseGet(() -> "configuration %s: %s".formatted(file, message));
    }

    /** The same for a message that may be of something else, which then stays as it is. */
    public String locateIfSetting(String message) {
        return lines.keySet().stream().anyMatch(path -> path.contains(".") && names(message, path))
                ? locate(message)
                : message;
    }

    private static boolean names(String message, String path) {
        return Pattern.compile("(?<![\\w.-])" + Pattern.quote(path) + "(?![\\w-])")
                .matcher(message)
                .find();
    }
}
