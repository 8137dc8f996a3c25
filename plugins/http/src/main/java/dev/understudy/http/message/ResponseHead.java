package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import java.util.Optional;

/**
 * The head of an answer (RFC 9112, section 4).
 *
 * @param status any three digits, 100 to 999
 * @param reason may be empty
 */
public record ResponseHead(int minor, int status, String reason, Fields fields) {
    private static final int VERSION_LENGTH = 8;

    /** {@code HTTP/1.1 200}: what every status line has. */
    private static final int LEAST_LENGTH = 12;

    /** Reads a head whose end was found. */
    public static Decoded<ResponseHead> parse(String text) {
        int begin = 0;
        while (begin < text.length() && "\r\n".indexOf(text.charAt(begin)) >= 0) {
            begin++;
        }
        int lineEnd = text.indexOf('\n', begin) + 1;
        String line = RequestHead.withoutEnd(text.substring(begin, lineEnd));
        Optional<Integer> minor =
                line.length() < LEAST_LENGTH
                        ? Optional.empty()
                        : RequestHead.minor(line.substring(0, VERSION_LENGTH));
        if (minor.isEmpty() || line.charAt(VERSION_LENGTH) != ' ') {
            return new Decoded.Malformed<>(begin, "no status line");
        }
        int status = 0;
        for (int i = VERSION_LENGTH + 1; i < LEAST_LENGTH; i++) {
            int digit = line.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return new Decoded.Malformed<>(begin, "a status that is no number");
            }
            status = status * 10 + digit;
        }
        boolean reasonFollows = line.length() > LEAST_LENGTH;
        if (status < 100 || (reasonFollows && line.charAt(LEAST_LENGTH) != ' ')) {
            return new Decoded.Malformed<>(begin, "a status that is none");
        }
        String reason = reasonFollows ? line.substring(LEAST_LENGTH + 1) : "";
        int known = status;
        int fieldsEnd = text.endsWith("\r\n") ? text.length() - 2 : text.length() - 1;
        return switch (Fields.parse(text.substring(0, fieldsEnd), lineEnd, Fields.Leniency.ANY)) {
            case Decoded.Complete<Fields>(Fields fields, int _) ->
                    new Decoded.Complete<>(
                            new ResponseHead(minor.get(), known, reason, fields), text.length());
            case Decoded.Incomplete<Fields>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<Fields>(int offset, String why) ->
                    new Decoded.Malformed<>(offset, why);
        };
    }

    /** Whether another answer to the same request follows: 1xx, but for the change of protocol. */
    public boolean isInterim() {
        return status < 200 && status != 101;
    }

    /** Whether the connection stays open for further requests (RFC 9112, section 9.3). */
    public boolean persists() {
        var options = fields.members("connection");
        return !options.contains("close") && (minor > 0 || options.contains("keep-alive"));
    }

    @Override
    public String toString() {
        return status + " (" + fields.lines().size() + " fields)";
    }
}
