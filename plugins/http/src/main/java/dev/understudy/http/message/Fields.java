package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The field lines of a head in their order (RFC 9112, section 5). */
public record Fields(List<FieldLine> lines) {
    /**
     * In place of a name, for a line of an answer that has none that can be read. No token, so no
     * field is called so.
     */
    public static final String ODD_LINE = "(odd line)";

    /** What is read of lines that are not as they should be. */
    enum Leniency {
        /** Nothing: two readers may disagree on them. */
        NONE,
        /** Folded lines, and white space before the colon. */
        FOLDED,
        /** Any line, but for one that might say where the message ends. */
        ANY
    }

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
                    members.add(trim(member).toLowerCase(Locale.ROOT));
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
     * @param leniency of an answer's head any: a client has read it, and nothing of it is sent on
     */
    static Decoded<Fields> parse(String text, int from, Leniency leniency) {
        List<FieldLine> lines = new ArrayList<>();
        int at = from;
        while (at < text.length()) {
            int end = text.indexOf('\n', at) + 1;
            if (end == 0) {
                end = text.length();
            }
            String raw = text.substring(at, end);
            char first = raw.charAt(0);
            boolean folded = first == ' ' || first == '\t';
            boolean foldable = leniency != Leniency.NONE && !lines.isEmpty();
            // Behind an odd line it may as well be a line of its own.
            if (folded && foldable && !(lines.getLast().header().is(ODD_LINE) && mayFrame(raw))) {
                lines.add(unfolded(lines.removeLast(), raw));
            } else {
                Optional<String> fault =
                        folded ? Optional.of("a folded field line") : fault(raw, leniency);
                if (fault.isPresent() && (leniency != Leniency.ANY || mayFrame(raw))) {
                    return new Decoded.Malformed<>(at, fault.get());
                }
                lines.add(fault.isPresent() ? odd(raw) : named(raw));
            }
            at = end;
        }
        return new Decoded.Complete<>(new Fields(lines), text.length());
    }

    private static Optional<String> fault(String raw, Leniency leniency) {
        int colon = raw.indexOf(':');
        String name = colon < 0 ? "" : raw.substring(0, colon);
        if (!isToken(leniency == Leniency.NONE ? name : name.stripTrailing())) {
            return Optional.of("a field line without a name");
        }
        // Only one CR belongs to the line's end; of an answer any number, since nothing is sent on.
        String value =
                leniency == Leniency.NONE
                        ? RequestHead.withoutEnd(raw.substring(colon + 1))
                        : trim(raw.substring(colon + 1));
        return value.indexOf('\r') >= 0 || value.indexOf('\0') >= 0
                ? Optional.of("a control character in a field")
                : Optional.empty();
    }

    private static FieldLine named(String raw) {
        int colon = raw.indexOf(':');
        String name = raw.substring(0, colon).stripTrailing();
        return new FieldLine(raw, new Header(name, trim(raw.substring(colon + 1))));
    }

    private static FieldLine odd(String raw) {
        return new FieldLine(raw, new Header(ODD_LINE, trim(raw)));
    }

    private static boolean mayFrame(String raw) {
        String line = raw.toLowerCase(Locale.ROOT);
        return line.contains("content-length") || line.contains("transfer-encoding");
    }

    private static FieldLine unfolded(FieldLine before, String raw) {
        String value = (before.header().value() + " " + trim(raw)).strip();
        return new FieldLine(before.raw() + raw, new Header(before.header().name(), value));
    }

    /** Without the white space around it; of control characters only those of the line's end. */
    static String trim(String value) {
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
