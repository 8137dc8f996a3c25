package dev.understudy.mysql.sql;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A text that is one KILL of one thread by its number.
 *
 * @param from where the number begins, in bytes from the beginning of the text
 * @param to behind its last byte, likewise
 * @param thread unsigned 64 bits
 * @see "MySQL manual, KILL Statement; MariaDB documentation, KILL"
 */
public record Kill(int from, int to, long thread) {
    private static final int MAX_DIGITS = 20;

    /** Reads a text that is nothing else, and that begins at this index of the bytes. */
    static Optional<Kill> of(Tokens tokens, byte[] text, int begin) {
        int at = 0;
        if (!tokens.whole() || !tokens.is(at++, "KILL")) {
            return Optional.empty();
        }
        if (tokens.is(at, "HARD") || tokens.is(at, "SOFT")) {
            at++;
        }
        if (tokens.is(at, "CONNECTION") || tokens.is(at, "QUERY")) {
            at++;
        }
        boolean last =
                at + 1 == tokens.size()
                        || (at + 2 == tokens.size() && tokens.kind(at + 1) == TokenKind.DELIMITER);
        if (tokens.kind(at) != TokenKind.LITERAL || !last) {
            return Optional.empty();
        }
        int from = tokens.start(at);
        int to = tokens.end(at);
        String number = new String(text, from, to - from, StandardCharsets.ISO_8859_1);
        boolean digits =
                number.length() <= MAX_DIGITS && number.chars().allMatch(c -> c >= '0' && c <= '9');
        try {
            return digits
                    ? Optional.of(
                            new Kill(from - begin, to - begin, Long.parseUnsignedLong(number)))
                    : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** Bytes that hold the text from this index on, with another number in it. */
    public byte[] with(byte[] bytes, int begin, long other) {
        byte[] number = Long.toUnsignedString(other).getBytes(StandardCharsets.ISO_8859_1);
        byte[] out = new byte[bytes.length - (to - from) + number.length];
        int behind = begin + to;
        System.arraycopy(bytes, 0, out, 0, begin + from);
        System.arraycopy(number, 0, out, begin + from, number.length);
        System.arraycopy(bytes, behind, out, begin + from + number.length, bytes.length - behind);
        return out;
    }
}
