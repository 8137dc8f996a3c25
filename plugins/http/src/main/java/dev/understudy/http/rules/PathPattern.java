package dev.understudy.http.rules;

import dev.understudy.protocol.SettingsException;
import java.util.regex.Pattern;

/**
 * A pattern of paths: {@code *} stands for any characters but a slash, {@code **} for any at all.
 * The query of a request is not looked at.
 */
public final class PathPattern {
    private final String text;
    private final Pattern pattern;

    private PathPattern(String text, Pattern pattern) {
        this.text = text;
        this.pattern = pattern;
    }

    /**
     * Reads a pattern.
     *
     * @param setting names the setting in the exception, should it be wrong
     */
    static PathPattern of(String setting, String text) {
        if (!text.startsWith("/") && !text.startsWith("*")) {
            throw new SettingsException(
                    "%s: '%s' is no path: it begins with / or *".formatted(setting, text));
        }
        return new PathPattern(text, Pattern.compile(regex(text), Pattern.DOTALL));
    }

    /** The stars of a path, or of a part of one, as a regular expression has them. */
    public static String regex(String text) {
        StringBuilder regex = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            if (text.startsWith("**", at)) {
                regex.append(".*");
                at += 2;
            } else if (text.charAt(at) == '*') {
                regex.append("[^/]*");
                at++;
            } else {
                regex.append(Pattern.quote(text.substring(at, at + 1)));
                at++;
            }
        }
        return regex.toString();
    }

    boolean matches(String path) {
        return pattern.matcher(path).matches();
    }

    @Override
    public String toString() {
        return text;
    }
}
