package dev.understudy.mysql.sql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The tokens of a text, lists of values folded while they are read: {@code (1, 2), (3, 4)} is kept
 * as {@code (1)}. So an INSERT of 16 MiB takes a few tokens; what does not fold is bounded.
 */
final class Tokens {
    /** A text with more tokens than this after folding is not read. */
    static final int MAX_TOKENS = 1 << 17;

    private static final int FIRST_CAPACITY = 64;

    private final byte[] text;
    private TokenKind[] kinds = new TokenKind[FIRST_CAPACITY];
    private int[] bounds = new int[2 * FIRST_CAPACITY];
    private int size;

    /** Words in upper case, made when they are asked for the first time. */
    private String[] words = {};

    private boolean whole;

    private Tokens(byte[] text) {
        this.text = text;
    }

    /** Reads to the end, or to where the text cannot be read. */
    static Tokens read(byte[] text, Lexer lexer) {
        return read(text, lexer, _ -> {});
    }

    /** The same; the lexer is shown at each token, before any are folded. */
    static Tokens read(byte[] text, Lexer lexer, Consumer<Lexer> each) {
        Tokens tokens = new Tokens(text);
        TokenKind kind = lexer.next();
        while (kind != TokenKind.END && kind != TokenKind.BROKEN && tokens.size < MAX_TOKENS) {
            tokens.add(kind, lexer.start(), lexer.end());
            each.accept(lexer);
            kind = lexer.next();
        }
        tokens.whole = kind == TokenKind.END;
        return tokens;
    }

    /** Whether the text was read to its end. */
    boolean whole() {
        return whole;
    }

    int size() {
        return size;
    }

    /** The kind of a token; {@code END} behind the last. */
    TokenKind kind(int i) {
        return i >= 0 && i < size ? kinds[i] : TokenKind.END;
    }

    int start(int i) {
        return bounds[2 * i];
    }

    int end(int i) {
        return bounds[2 * i + 1];
    }

    /** The word at an index in upper case; empty where there is none. */
    String word(int i) {
        if (kind(i) != TokenKind.WORD) {
            return "";
        }
        if (words.length < size) {
            words = Arrays.copyOf(words, size);
        }
        if (words[i] == null) {
            words[i] = upperCase(i);
        }
        return words[i];
    }

    /** Keywords are ASCII; other letters stay as they are, so no name becomes one. */
    private String upperCase(int i) {
        byte[] upper = Arrays.copyOfRange(text, start(i), end(i));
        for (int at = 0; at < upper.length; at++) {
            if (upper[at] >= 'a' && upper[at] <= 'z') {
                upper[at] = (byte) (upper[at] - 32);
            }
        }
        return new String(upper, StandardCharsets.ISO_8859_1);
    }

    /**
     * The function that is called here, in upper case, whether its name is quoted or not; empty
     * where none is. Servers find their own functions by quoted names, too.
     */
    String function(int i) {
        if (!is(i + 1, '(')) {
            return "";
        }
        return switch (kind(i)) {
            case WORD -> word(i);
            case QUOTED_NAME -> name(i).toUpperCase(Locale.ROOT);
            // A name under ANSI_QUOTES, and nothing that could stand here without.
            case STRING -> raw(i).startsWith("\"") ? unquoted(raw(i)).toUpperCase(Locale.ROOT) : "";
            default -> "";
        };
    }

    /** Whether this is an unquoted word, in any case. */
    boolean is(int i, String upperCase) {
        if (kind(i) != TokenKind.WORD || end(i) - start(i) != upperCase.length()) {
            return false;
        }
        for (int at = 0; at < upperCase.length(); at++) {
            int c = text[start(i) + at];
            if ((c >= 'a' && c <= 'z' ? c - 32 : c) != upperCase.charAt(at)) {
                return false;
            }
        }
        return true;
    }

    /** Whether this is a symbol of one character. */
    boolean is(int i, char symbol) {
        return kind(i) == TokenKind.SYMBOL
                && end(i) - start(i) == 1
                && text[start(i)] == (byte) symbol;
    }

    /** A token as written, bytes as UTF-8. */
    String raw(int i) {
        return i >= 0 && i < size
                ? new String(text, start(i), end(i) - start(i), StandardCharsets.UTF_8)
                : "";
    }

    /**
     * A name, its backticks or quotes taken off, in lower case; empty where there is none. Whether
     * double quotes stand about a name or a text is up to the session's SQL mode: where a name is
     * asked for they may.
     */
    String name(int i) {
        String name =
                switch (kind(i)) {
                    case WORD -> raw(i);
                    case QUOTED_NAME -> unquoted(raw(i));
                    case STRING -> raw(i).startsWith("\"") ? unquoted(raw(i)) : "";
                    default -> "";
                };
        return name.toLowerCase(Locale.ROOT);
    }

    private static String unquoted(String quoted) {
        String quote = quoted.substring(0, 1);
        return quoted.substring(1, quoted.length() - 1).replace(quote + quote, quote);
    }

    private void add(TokenKind read, int start, int end) {
        push(read, start, end);
        TokenKind kind = read;
        if (valuePlace(size - 2) && (is(size - 1, "NULL") || is(size - 1, "DEFAULT"))) {
            kind = TokenKind.LITERAL;
        }
        if (kind.isLiteral() && isSign(size - 2) && opensOperand(size - 3)) {
            size -= 2;
            push(kind, start, end);
        } else {
            kinds[size - 1] = kind;
        }
        if (kind.isLiteral() && is(size - 2, ',') && kind(size - 3).isLiteral()) {
            size -= 2;
        } else if (is(size - 1, ')') && repeatsGroup()) {
            size -= 4;
        }
    }

    private void push(TokenKind kind, int start, int end) {
        if (size == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * size);
            bounds = Arrays.copyOf(bounds, 4 * size);
        }
        kinds[size] = kind;
        bounds[2 * size] = start;
        bounds[2 * size + 1] = end;
        size++;
    }

    /** Whether the last tokens are {@code (?), (?)}. */
    private boolean repeatsGroup() {
        return kind(size - 2).isLiteral()
                && is(size - 3, '(')
                && is(size - 4, ',')
                && is(size - 5, ')')
                && kind(size - 6).isLiteral()
                && is(size - 7, '(');
    }

    private boolean valuePlace(int i) {
        return is(i, '(') || is(i, ',') || is(i, '=');
    }

    private boolean isSign(int i) {
        return is(i, '-') || is(i, '+');
    }

    /** Whether the sign behind this symbol is a value's own, not an operator between two. */
    private boolean opensOperand(int i) {
        return kind(i) == TokenKind.SYMBOL && !is(i, ')');
    }
}
