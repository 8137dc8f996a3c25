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

    /**
     * A name with its value, as in a query, a form, JSON or an attribute; percent-encoded where an
     * address stands within another. A value in quotes may be of several words.
     */
    private static final Pattern NAMED =
            Pattern.compile(
                    "([A-Za-z0-9_.-]{2,64})((?:[\"'\\]]|%(?:25){0,4}5[Dd]){0,2}\\s{0,4}(?:[=:]|%(?:25){0,4}3[DdAa])\\s{0,4})"
                            + "(\"(?:[^\"\\\\]++|\\\\.)*+\"?|'(?:[^'\\\\]++|\\\\.)*+'?|[^\\s&;\"'<>,#?]{1,4096})");

    /** What is left of an escape behind its percent sign, which may be escaped itself. */
    private static final Pattern ENCODED = Pattern.compile("^(?:25)*[0-9A-Fa-f]{2}");

    /** An element with text in it (XML 1.0, sections 2.7 and 3.1), maybe cut. */
    private static final Pattern ELEMENT =
            Pattern.compile(
                    "<([A-Za-z_][A-Za-z0-9_.:-]{0,63})(?:\\s[^<>]*+)?+>\\s*+(?:<!\\[CDATA\\[)?+([^<]++)");

    /** A tag, maybe cut, and in it what names the field and what is its value. */
    private static final Pattern TAG = Pattern.compile("<[A-Za-z][^<>]*+>?+");

    private static final Pattern FIELD =
            Pattern.compile(
                    "(?i)\\b(?:name|id|key|type)\\s{0,4}=\\s{0,4}(\"[^\"]*+|'[^']*+|[^\\s\"'>]++)");
    private static final Pattern FIELD_VALUE =
            Pattern.compile(
                    "(?i)(\\b(?:value|content)\\s{0,4}=\\s{0,4})(\"[^\"]*+\"?+|'[^']*+'?+|[^\\s\"'>]++)");

    private final SecretNames names;

    /** Hides what these names stand for. */
    Shown(SecretNames names) {
        this.names = names;
    }

    /** A secret's place holder. */
    static String secret(String value) {
        return "(secret, " + value.length() + " characters)";
    }

    /** A value under a name: hidden where the name speaks of a secret. */
    String value(String name, String value) {
        return names.hidden(name) ? secret(value) : text(value);
    }

    /** Text of unknown content, secrets in it hidden. */
    String text(String value) {
        String some = value.length() > 4 * MAX_VALUE ? value.substring(0, 4 * MAX_VALUE) : value;
        return "'"
                + plain(masked(some), MAX_VALUE)
                + "'"
                + (some.length() < value.length() ? "…" : "");
    }

    /** The text with a place holder for each secret that can be told for one. */
    String masked(String text) {
        String masked = JWT.matcher(text).replaceAll("(secret)");
        masked = CREDENTIAL.matcher(masked).replaceAll("$1 (secret)");
        masked =
                TAG.matcher(masked).replaceAll(tag -> Matcher.quoteReplacement(field(tag.group())));
        return elements(named(masked));
    }

    /** The value of a name may be named values again: what follows a name is looked at anew. */
    private String named(String text) {
        StringBuilder out = new StringBuilder();
        Matcher match = NAMED.matcher(text);
        int copied = 0;
        for (int from = 0; from <= text.length() && match.find(from); ) {
            boolean encoded = match.start() > 0 && text.charAt(match.start() - 1) == '%';
            String name =
                    encoded ? ENCODED.matcher(match.group(1)).replaceFirst("") : match.group(1);
            from = match.end(2);
            if (names.hidden(name)) {
                out.append(text, copied, from).append("(secret)");
                copied = match.end();
                from = copied;
            }
        }
        return out.append(text, copied, text.length()).toString();
    }

    /** A field of a form: its name and its value are two attributes. */
    private String field(String tag) {
        Matcher fields = FIELD.matcher(tag);
        while (fields.find()) {
            if (names.hidden(fields.group(1))) {
                return FIELD_VALUE.matcher(tag).replaceAll("$1(secret)");
            }
        }
        return tag;
    }

    private String elements(String text) {
        StringBuilder out = new StringBuilder();
        Matcher match = ELEMENT.matcher(text);
        int copied = 0;
        while (match.find()) {
            String name = match.group(1);
            if (names.hidden(name.substring(name.lastIndexOf(':') + 1))) {
                out.append(text, copied, match.start(2)).append("(secret)");
                copied = match.end(2);
            }
        }
        return out.append(text, copied, text.length()).toString();
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
