package dev.understudy.http.compare;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What the user has decided to be noise: {@code header:NAME}, {@code header:PREFIX*}, {@code
 * trailer:NAME}, {@code cookie:NAME}, {@code json:PATH} and {@code text:REGEX}. A rule silences
 * values; what is missing, of another type or in another number is told all the same (a header or a
 * cookie may be missing). A rule that would silence more is refused.
 */
final class IgnoreRules {
    /** Rules of each run. */
    static final int MAX_RULES = 1000;

    private static final int MAX_RULE_CHARACTERS = 4000;
    private static final int LEAST_PREFIX = 3;

    /** Looks at a body's characters for each of them, before a pattern is given up. */
    private static final int MAX_LOOKS = 200;

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern JSON_PATH =
            Pattern.compile(
                    "\\$((\\.[^.\\[\\]'*\\s]+|\\[(\\d{1,9}|\\*)]|\\['([^'\\\\]|\\\\.)*'])(#\\d+)?)+");
    private static final Set<String> STRUCTURE =
            Set.of("content-type", "location", "set-cookie", "www-authenticate");
    private static final String SAMPLE = "<p id=\"x\">Understudy, 2026-11-23 {\"a\": 1}</p>";

    private final Set<String> exact;
    private final List<String> headerPrefixes;
    private final List<Pattern> texts;

    private IgnoreRules(Set<String> exact, List<String> headerPrefixes, List<Pattern> texts) {
        this.exact = Set.copyOf(exact);
        this.headerPrefixes = List.copyOf(headerPrefixes);
        this.texts = List.copyOf(texts);
    }

    static IgnoreRules of(Settings settings, String name) {
        List<String> rules = settings.texts(name);
        String path = settings.path() + "." + name;
        if (rules.size() > MAX_RULES) {
            throw new SettingsException(
                    "%s has %d rules: at most %d".formatted(path, rules.size(), MAX_RULES));
        }
        Set<String> exact = new HashSet<>();
        List<String> prefixes = new ArrayList<>();
        List<Pattern> texts = new ArrayList<>();
        for (String rule : rules) {
            if (rule.length() > MAX_RULE_CHARACTERS) {
                throw new SettingsException(
                        "%s: a rule has %d characters: at most %d"
                                .formatted(path, rule.length(), MAX_RULE_CHARACTERS));
            }
            int colon = rule.indexOf(':');
            String area = colon < 0 ? "" : rule.substring(0, colon);
            String what = rule.substring(colon + 1).strip();
            switch (area) {
                case "header" -> {
                    if (what.endsWith("*")) {
                        prefixes.add(prefix(path, rule, what));
                    } else {
                        exact.add("header:" + name(path, rule, what));
                    }
                }
                case "trailer" -> exact.add("trailer:" + name(path, rule, what));
                case "cookie" -> {
                    if (!TOKEN.matcher(what).matches()) {
                        throw refused(path, rule, "is not a cookie's name");
                    }
                    exact.add("cookie:" + what);
                }
                case "json" -> exact.add("json:" + json(path, rule, what));
                case "text" -> texts.add(text(path, rule, what));
                default ->
                        throw refused(
                                path,
                                rule,
                                "is not a rule: write header:NAME, trailer:NAME, cookie:NAME,"
                                        + " json:PATH or text:REGEX");
            }
        }
        return new IgnoreRules(exact, prefixes, texts);
    }

    private static String name(String path, String rule, String what) {
        String name = what.toLowerCase(Locale.ROOT);
        if (!TOKEN.matcher(name).matches() || name.contains("*")) {
            throw refused(path, rule, "is not a field's name");
        }
        if (STRUCTURE.contains(name) || SecretNames.neverNoise(name)) {
            throw refused(
                    path,
                    rule,
                    "is refused: a field that clients act on is never noise as a whole");
        }
        return name;
    }

    private static String prefix(String path, String rule, String what) {
        String prefix = what.substring(0, what.length() - 1).toLowerCase(Locale.ROOT);
        if (prefix.length() < LEAST_PREFIX
                || !TOKEN.matcher(prefix).matches()
                || prefix.contains("*")) {
            throw refused(
                    path,
                    rule,
                    "covers too much: " + LEAST_PREFIX + " characters or more before one *");
        }
        return prefix;
    }

    private static String json(String path, String rule, String what) {
        if (what.equals("$") || what.contains("..") || what.contains(".*")) {
            throw refused(path, rule, "covers more than one level: name each value that is noise");
        }
        if (what.endsWith(".length()") || !JSON_PATH.matcher(what).matches()) {
            throw refused(
                    path, rule, "is not the path of a value, such as json:$.items[*].updated");
        }
        return what;
    }

    private static Pattern text(String path, String rule, String what) {
        Pattern pattern;
        try {
            pattern = Pattern.compile(what);
        } catch (PatternSyntaxException e) {
            throw refused(path, rule, "is not a regular expression: " + e.getDescription());
        }
        if (pattern.matcher("").matches() || pattern.matcher(SAMPLE).replaceAll("").isEmpty()) {
            throw refused(path, rule, "covers any text: say what stands around the noise");
        }
        return pattern;
    }

    private static SettingsException refused(String path, String rule, String why) {
        return new SettingsException("%s: '%s' %s".formatted(path, rule, why));
    }

    /** Whether it is a place, as differences have it, where a value can be noise. */
    static boolean namesValue(String place) {
        if (place.length() > MAX_RULE_CHARACTERS) {
            return false;
        }
        int colon = place.indexOf(':');
        String what = place.substring(colon + 1);
        return switch (colon < 0 ? "" : place.substring(0, colon)) {
            case "json" -> JSON_PATH.matcher(what).matches();
            case "header", "trailer" ->
                    TOKEN.matcher(what).matches()
                            && !STRUCTURE.contains(what)
                            && !SecretNames.neverNoise(what);
            default -> false;
        };
    }

    /** Whether the user wants not to hear of it. */
    boolean silences(Difference difference) {
        String general = difference.general();
        if (general.startsWith("json:")) {
            return difference.value()
                    && (exact.contains(general) || exact.contains(difference.place()));
        }
        if (exact.contains(general)) {
            return true;
        }
        if (!general.startsWith("header:")) {
            return false;
        }
        String name = general.substring("header:".length());
        return !STRUCTURE.contains(name)
                && !SecretNames.neverNoise(name)
                && headerPrefixes.stream().anyMatch(name::startsWith);
    }

    /** A body's text without what the user's patterns match. */
    String masked(String text) {
        String masked = text;
        for (Pattern pattern : texts) {
            masked = without(pattern, masked);
        }
        return masked;
    }

    /** A pattern that takes time without end on this text is given up. */
    private static String without(Pattern pattern, String text) {
        try {
            return pattern.matcher(new Patience(text)).replaceAll("");
        } catch (Patience.Lost | StackOverflowError e) {
            return text;
        }
    }

    /** A text that lets itself be looked at a limited number of times. */
    private static final class Patience implements CharSequence {
        private static final class Lost extends RuntimeException {
            private static final long serialVersionUID = 1;

            Lost() {
                super("", null, false, false);
            }
        }

        private final CharSequence text;
        private long left;

        Patience(CharSequence text) {
            this.text = text;
            this.left = 10_000 + (long) MAX_LOOKS * text.length();
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (--left < 0) {
                throw new Lost();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
