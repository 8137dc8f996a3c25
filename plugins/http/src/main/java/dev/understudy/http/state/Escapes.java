package dev.understudy.http.state;

import java.nio.charset.StandardCharsets;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How tokens are written in JSON, HTML, XML and forms. */
public final class Escapes {
    private static final Pattern JSON =
            Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|(.))", Pattern.DOTALL);
    private static final Pattern HTML =
            Pattern.compile("&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|quot|apos|lt|gt));");

    private Escapes() {}

    static String fromJson(String written) {
        return JSON.matcher(written)
                .replaceAll(
                        found ->
                                Matcher.quoteReplacement(
                                        found.group(1) != null
                                                ? Character.toString(
                                                        (char) Integer.parseInt(found.group(1), 16))
                                                : plainJson(found.group(2))));
    }

    private static String plainJson(String escape) {
        return switch (escape) {
            case "n" -> "\n";
            case "r" -> "\r";
            case "t" -> "\t";
            case "b" -> "\b";
            case "f" -> "\f";
            default -> escape;
        };
    }

    /** A string of JSON without its quotes. */
    static String toJson(String value) {
        StringBuilder written = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                written.append('\\').append(c);
            } else if (c < ' ') {
                written.append(String.format("\\u%04x", (int) c));
            } else {
                written.append(c);
            }
        }
        return written.toString();
    }

    /** Text for an element or an attribute (XML 1.0, section 2.4). */
    static String toXml(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    static String fromHtml(String written) {
        if (written.indexOf('&') < 0) {
            return written;
        }
        return HTML.matcher(written)
                .replaceAll(found -> Matcher.quoteReplacement(plainHtml(found)));
    }

    private static String plainHtml(MatchResult found) {
        if (found.group(3) != null) {
            return switch (found.group(3)) {
                case "amp" -> "&";
                case "quot" -> "\"";
                case "apos" -> "'";
                case "lt" -> "<";
                default -> ">";
            };
        }
        int point =
                found.group(1) != null
                        ? Integer.parseInt(found.group(1), 16)
                        : Integer.parseInt(found.group(2));
        return Character.isValidCodePoint(point) ? Character.toString(point) : found.group();
    }

    /** Undoes percent signs and plus signs; what is no escape stays as it is. */
    public static String fromForm(String written) {
        if (written.indexOf('%') < 0 && written.indexOf('+') < 0) {
            return written;
        }
        byte[] bytes = new byte[written.length()];
        int length = 0;
        for (int i = 0; i < written.length(); i++) {
            char c = written.charAt(i);
            int high = c == '%' && i + 2 < written.length() ? hex(written.charAt(i + 1)) : -1;
            int low = high < 0 ? -1 : hex(written.charAt(i + 2));
            if (low >= 0) {
                bytes[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                bytes[length++] = (byte) (c == '+' ? ' ' : c);
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static int hex(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }
}
