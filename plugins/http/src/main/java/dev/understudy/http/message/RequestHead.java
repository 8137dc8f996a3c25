package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import java.util.Optional;

/**
 * The head of a request (RFC 9112, section 3).
 *
 * @param method any token, in its own case
 * @param target as it was sent: a path, an absolute URI, an authority or {@code *}
 * @param minor the minor version: HTTP/1.0 or HTTP/1.1
 * @param startLine the request line as it was sent, with its end and any empty lines before it
 * @param end the empty line that ends the head
 */
public record RequestHead(
        String method, String target, int minor, String startLine, Fields fields, String end) {

    /**
     * Reads a head whose end was found.
     *
     * @param text all of it, with its line ends
     */
    public static Decoded<RequestHead> parse(String text) {
        int begin = 0;
        while (begin < text.length() && "\r\n".indexOf(text.charAt(begin)) >= 0) {
            begin++;
        }
        int lineEnd = text.indexOf('\n', begin) + 1;
        String line = withoutEnd(text.substring(begin, lineEnd));
        int first = line.indexOf(' ');
        int second = first < 0 ? -1 : line.indexOf(' ', first + 1);
        if (second < 0) {
            return new Decoded.Malformed<>(begin, "a request line of fewer than three parts");
        }
        String method = line.substring(0, first);
        String target = line.substring(first + 1, second);
        if (!Fields.isToken(method) || target.isEmpty() || !isVisible(target)) {
            return new Decoded.Malformed<>(begin, "a request line that is none");
        }
        Optional<Integer> minor = minor(line.substring(second + 1));
        if (minor.isEmpty()) {
            return new Decoded.Malformed<>(begin, "a version other than HTTP/1");
        }
        int fieldsEnd = text.endsWith("\r\n") ? text.length() - 2 : text.length() - 1;
        String end = text.substring(fieldsEnd);
        String startLine = text.substring(0, lineEnd);
        return switch (Fields.parse(text.substring(0, fieldsEnd), lineEnd, Fields.Leniency.NONE)) {
            case Decoded.Complete<Fields>(Fields fields, int _) ->
                    new Decoded.Complete<>(
                            new RequestHead(method, target, minor.get(), startLine, fields, end),
                            text.length());
            case Decoded.Incomplete<Fields>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<Fields>(int offset, String reason) ->
                    new Decoded.Malformed<>(offset, reason);
        };
    }

    /** This head with other fields. */
    public RequestHead with(Fields others) {
        return new RequestHead(method, target, minor, startLine, others, end);
    }

    /** This head with another target, and so with a start line made anew. */
    public RequestHead withTarget(String other) {
        int at = startLine.indexOf(' ') + 1;
        String line =
                startLine.substring(0, at) + other + startLine.substring(at + target.length());
        return new RequestHead(method, other, minor, line, fields, end);
    }

    /** The head as it is to be sent: to the letter as it came where nothing was rewritten. */
    public String text() {
        StringBuilder text = new StringBuilder(startLine);
        for (FieldLine line : fields.lines()) {
            text.append(line.raw());
        }
        return text.append(end).toString();
    }

    /** A reader that ends no line with a bare LF finds other fields here than one that does. */
    boolean mixesLineEnds() {
        boolean withCr = startLine.endsWith("\r\n");
        return end.length() > 1 != withCr
                || fields.lines().stream().anyMatch(line -> line.raw().endsWith("\r\n") != withCr);
    }

    /** Whether the client wants to hear 100 before it sends the body. */
    public boolean expectsContinue() {
        return minor > 0 && fields.members("expect").contains("100-continue");
    }

    /** Whether the connection may become another protocol's with the answer. */
    public boolean maySwitch() {
        return method.equals("CONNECT")
                || (fields.members("connection").contains("upgrade")
                        && !fields.members("upgrade").isEmpty());
    }

    /** The target's path without its query, {@code *} or an authority as they are. */
    public String path() {
        String path = target;
        int scheme = path.indexOf("://");
        if (scheme > 0 && !path.startsWith("/")) {
            int slash = path.indexOf('/', scheme + 3);
            path = slash < 0 ? "/" : path.substring(slash);
        }
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    static Optional<Integer> minor(String version) {
        boolean one = version.length() == 8 && version.startsWith("HTTP/1.");
        char minor = one ? version.charAt(7) : ' ';
        return minor >= '0' && minor <= '9' ? Optional.of(minor - '0') : Optional.empty();
    }

    static String withoutEnd(String line) {
        int end = line.length();
        if (end > 0 && line.charAt(end - 1) == '\n') {
            end--;
        }
        if (end > 0 && line.charAt(end - 1) == '\r') {
            end--;
        }
        return line.substring(0, end);
    }

    private static boolean isVisible(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) == 0x7f) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return method + " (" + fields.lines().size() + " fields)";
    }
}
