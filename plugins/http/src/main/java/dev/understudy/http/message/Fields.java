package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The field lines of a head in their order (RFC 9112, section 5). */
public record Fields(List<FieldLine> lines) {
    /** Characters of a token besides letters and digits (RFC 9110, section 5.6.2). */
    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    public Fields {
        lines = List.copyOf(lines);
    }

    /** The headers alone. */
    public List<Header> headers() {
        return lines.stream().map(FieldLine::header).toList();
    }

    /** The value of the first field of this name. */
    public Optional<String> first(String name) {
        for (FieldLine line : lines) {
            if (line.header().is(name)) {
                return Optional.of(line.header().value());
            }
        }
        return Optional.empty();
    }

    /** The values of all fields of this name. */
    public List<String> all(String name) {
        List<String> values = new ArrayList<>(1);
        for (FieldLine line : lines) {
            if (line.header().is(name)) {
                values.add(line.header().value());
            }
        }
        return values;
    }

    /** The members of a field that is a list, in lower case; empty ones are passed over. */
    public List<String> members(String name) {
        List<String> members = new ArrayList<>(2);
        for (String value : all(name)) {
            for (String member : value.split(",", -1)) {
                if (!member.isBlank()) {
                    members.add(member.strip().toLowerCase(Locale.ROOT));
                }
            }
        }
        return members;
    }

    /** Whether characters are a token, as names and methods are. */
    public static boolean isToken(String text) {
        if (text.isEmpty()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && TOKEN_MARKS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Reads the lines from {@code from} to the end of the text, the empty line excluded.
     *
     * @param strict refuses what lets two readers disagree: folded lines, and white space before
     *     the colon. Answers are read leniently, since nothing of them is sent on
     */
    static Decoded<Fields> parse(String text, int from, boolean strict) {
        List<FieldLine> lines = new ArrayList<>();
        int at = from;
        while (at < text.length()) {
            int end = text.indexOf('\n', at) + 1;
            if (end == 0) {
                end = text.length();
            }
            String raw = text.substring(at, end);
            char first = raw.charAt(0);
            if (first == ' ' || first == '\t') {
                if (strict || lines.isEmpty()) {
                    return new Decoded.Malformed<>(at, "a folded field line");
                }
                lines.add(unfolded(lines.removeLast(), raw));
            } else {
                int colon = raw.indexOf(':');
                String name = colon < 0 ? "" : raw.substring(0, colon);
                if (!strict) {
                    name = name.stripTrailing();
                }
                if (!isToken(name)) {
                    return new Decoded.Malformed<>(at, "a field line without a name");
                }
                String value = trim(raw.substring(colon + 1));
                if (value.indexOf('\r') >= 0 || value.indexOf('\0') >= 0) {
                    return new Decoded.Malformed<>(at, "a control character in a field");
                }
                lines.add(new FieldLine(raw, new Header(name, value)));
            }
            at = end;
        }
        return new Decoded.Complete<>(new Fields(lines), text.length());
    }

    private static FieldLine unfolded(FieldLine before, String raw) {
        String value = (before.header().value() + " " + trim(raw)).strip();
        return new FieldLine(before.raw() + raw, new Header(before.header().name(), value));
    }

    /** Without the white space around it; of control characters only those of the line's end. */
    private static String trim(String value) {
        int start = 0;
        int end = value.length();
        while (end > start && " \t\r\n".indexOf(value.charAt(end - 1)) >= 0) {
            end--;
        }
        while (start < end && " \t".indexOf(value.charAt(start)) >= 0) {
            start++;
        }
        return value.substring(start, end);
    }
}
