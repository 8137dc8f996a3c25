package dev.understudy.http.compare;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values for a reader: short, on one line, without what opens a door. */
final class Shown {
    /** Characters of one value. */
    static final int MAX_VALUE = 200;

    static final String ABSENT = "(absent)";

    /** Three parts of base64url, the first of which begins as an object of JSON does. */
    private static final Pattern JWT =
            Pattern.compile("eyJ[A-Za-z0-9_-]{5,}\\.[A-Za-z0-9_-]{2,}\\.?[A-Za-z0-9_-]*");

    private static final Pattern CREDENTIAL =
            Pattern.compile("(?i)\\b(basic|bearer|digest|negotiate|token) +[^\\s\"'<>,]{4,}");

    /** A name of a secret with its value, as in a query, a form, JSON or an attribute. */
    private static final Pattern NAMED =
            Pattern.compile(
                    "([A-Za-z0-9_.-]{2,64})([\"']?\\s{0,4}[=:]\\s{0,4}[\"']?)([^\\s&;\"'<>,]{1,4096})");

    private Shown() {}

    /** A secret's place holder. */
    static String secret(String value) {
        return "(secret, " + value.length() + " characters)";
    }

    /** A value under a name: hidden where the name speaks of a secret. */
    static String value(String name, String value) {
        return SecretNames.hidden(name) ? secret(value) : text(value);
    }

    /** Text of unknown content, secrets in it hidden. */
    static String text(String value) {
        String some = value.length() > 4 * MAX_VALUE ? value.substring(0, 4 * MAX_VALUE) : value;
        String masked = JWT.matcher(some).replaceAll("(secret)");
        masked = CREDENTIAL.matcher(masked).replaceAll("$1 (secret)");
        masked =
                NAMED.matcher(masked)
                        .replaceAll(
                                match ->
                                        Matcher.quoteReplacement(
                                                SecretNames.hidden(match.group(1))
                                                        ? match.group(1)
                                                                + match.group(2)
                                                                + "(secret)"
                                                        : match.group()));
        return "'" + plain(masked, MAX_VALUE) + "'" + (some.length() < value.length() ? "…" : "");
    }

    /** Text that holds no secret, on one line and cut. */
    static String plain(String text, int most) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), most) + 1);
        for (int i = 0; i < text.length() && out.length() < most; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(Character.isISOControl(c) ? '\uFFFD' : c);
            }
        }
        return text.length() > most ? out.append('…').toString() : out.toString();
    }
}
