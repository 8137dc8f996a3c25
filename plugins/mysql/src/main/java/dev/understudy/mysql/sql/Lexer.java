package dev.understudy.mysql.sql;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Splits SQL text into tokens as the lexers of MySQL and MariaDB do ({@code sql/sql_lex.cc} in
 * both), on bytes. Comments and optimizer hints are passed over.
 *
 * <p>What stands in a version comment ({@code /*!} and {@code /*M!}) is executed by some servers
 * and not by others. Those that every server we know executes are read through; the others are
 * numbered in the order met, by their version, and a reader may ask to have some excluded.
 */
final class Lexer {
    /** Every supported server executes version comments up to this one (MySQL 5.5). */
    private static final int ALWAYS_EXECUTED = 50500;

    private static final int VERSION_DIGITS = 5;

    /** The version of MySQL that digests are made as by: it executes no comment of later ones. */
    private static final int DIGEST_VERSION = 90704;

    private static final int NONE = -1;

    private final byte[] text;
    private final int to;
    private final SqlDialect dialect;
    private final boolean ansiQuotes;
    private final BitSet excluded;

    /** The versions of comments that not every server executes; an index here is its number. */
    private final List<String> versions;

    private int position;
    private boolean inVersionComment;
    private boolean commentOfOthers;
    private int hintStart = NONE;
    private int hintEnd;

    private TokenKind kind = TokenKind.END;
    private int start;

    Lexer(
            byte[] text,
            int from,
            int to,
            SqlDialect dialect,
            boolean ansiQuotes,
            List<String> versions,
            BitSet excluded) {
        this.text = text;
        this.position = from;
        this.to = to;
        this.dialect = dialect;
        this.ansiQuotes = ansiQuotes;
        this.versions = versions;
        this.excluded = excluded;
    }

    /** All version comments executed, double quotes are strings. */
    Lexer(byte[] text, int from, int to, SqlDialect dialect) {
        this(text, from, to, dialect, false, new ArrayList<>(), new BitSet());
    }

    /** Moves to the next token; from {@code END} and {@code BROKEN} it moves no further. */
    TokenKind next() {
        if (kind != TokenKind.BROKEN) {
            hintStart = NONE;
            kind = passBlanks() ? token() : TokenKind.BROKEN;
        }
        return kind;
    }

    /** Index of the token's first byte. */
    int start() {
        return start;
    }

    /** Index behind its last byte. */
    int end() {
        return position;
    }

    /** The kind of the token that {@link #next} moved to. */
    TokenKind kind() {
        return kind;
    }

    /** Whether the token stands in a comment that MySQL 9 does not execute. */
    boolean isOfOthers() {
        return inVersionComment && commentOfOthers;
    }

    /**
     * Where the first optimizer hint before the token begins, behind its mark; negative if none.
     */
    int hintStart() {
        return hintStart;
    }

    /** Where it ends, before its mark. */
    int hintEnd() {
        return hintEnd;
    }

    /** Whether there was no open comment before the next token. */
    private boolean passBlanks() {
        while (position < to) {
            int c = at(0);
            if (isSpace(c)) {
                position++;
            } else if (c == '#' || (c == '-' && at(1) == '-' && endsDashes(at(2)))) {
                passLine();
            } else if (c == '/' && at(1) == '*') {
                if (!openComment()) {
                    return false;
                }
            } else if (c == '*' && at(1) == '/' && inVersionComment) {
                inVersionComment = false;
                position += 2;
            } else {
                return true;
            }
        }
        return true;
    }

    /** Two dashes open a comment only before a space, a control character, or the end. */
    private boolean endsDashes(int c) {
        return c < 0 || isSpace(c) || c < ' ' || c == 0x7F;
    }

    private void passLine() {
        while (position < to && text[position] != '\n') {
            position++;
        }
    }

    private boolean openComment() {
        boolean mariaDb = (at(2) == 'M' || at(2) == 'm') && at(3) == '!';
        if (at(2) != '!' && !mariaDb) {
            boolean hint = at(2) == '+' && hintStart < 0;
            int begin = position + 3;
            position += 2;
            boolean closed = passComment(false);
            if (hint && closed && position - 2 >= begin) {
                hintStart = begin;
                hintEnd = position - 2;
            }
            return closed;
        }
        position += mariaDb ? 4 : 3;
        int digits = 0;
        while (digits <= VERSION_DIGITS && isDigit(at(digits))) {
            digits++;
        }
        if (digits < VERSION_DIGITS) {
            // Without a version every server of the flavour executes it.
            if (mariaDb && isExcluded("M")) {
                return passComment(true);
            }
            commentOfOthers = mariaDb;
        } else {
            String version = ascii(position, position + digits);
            boolean always = !mariaDb && Integer.parseInt(version) <= ALWAYS_EXECUTED;
            if (!always && isExcluded((mariaDb ? "M" : "") + version)) {
                return passComment(true);
            }
            position += digits;
            commentOfOthers = mariaDb || Integer.parseInt(version) > DIGEST_VERSION;
        }
        inVersionComment = true;
        return true;
    }

    private boolean isExcluded(String version) {
        int number = versions.indexOf(version);
        if (number < 0) {
            number = versions.size();
            versions.add(version);
        }
        return excluded.get(number);
    }

    /** Passes over a comment; one that is not executed may hold comments, once. */
    private boolean passComment(boolean nested) {
        while (position < to) {
            if (text[position] == '*' && at(1) == '/') {
                position += 2;
                return true;
            }
            if (nested && text[position] == '/' && at(1) == '*') {
                position += 2;
                if (!passComment(false)) {
                    return false;
                }
            } else {
                position++;
            }
        }
        return false;
    }

    private TokenKind token() {
        start = position;
        int c = at(0);
        if (c < 0) {
            return inVersionComment ? TokenKind.BROKEN : TokenKind.END;
        }
        if (c >= 0x80 && dialect.encoding() == SqlDialect.Encoding.AMBIGUOUS) {
            return TokenKind.BROKEN;
        }
        return switch (c) {
            case '\'' -> quoted(c, TokenKind.STRING);
            case '"' -> quoted(c, ansiQuotes ? TokenKind.QUOTED_NAME : TokenKind.STRING);
            case '`' -> quoted(c, TokenKind.QUOTED_NAME);
            case '@' -> variable();
            case '?' -> taking(1, TokenKind.PARAMETER);
            case ';' -> taking(1, TokenKind.DELIMITER);
            case '\\' -> at(1) == 'N' ? taking(2, TokenKind.LITERAL) : taking(1, TokenKind.SYMBOL);
            default -> {
                if (isDigit(c)
                        || (c == '.'
                                && isDigit(at(1))
                                && kind != TokenKind.WORD
                                && kind != TokenKind.QUOTED_NAME)) {
                    yield number();
                }
                // MySQL 9 quotes text in dollars; names that begin with one are not worth the risk.
                yield isNamePart(c) && c != '$' ? word() : symbol();
            }
        };
    }

    private TokenKind taking(int bytes, TokenKind taken) {
        position += bytes;
        return taken;
    }

    private TokenKind quoted(int quote, TokenKind quoted) {
        boolean escapes = quoted == TokenKind.STRING && dialect.backslashEscapes();
        boolean ambiguous = dialect.encoding() == SqlDialect.Encoding.AMBIGUOUS;
        position++;
        while (position < to) {
            byte c = text[position];
            if (c < 0 && ambiguous) {
                return TokenKind.BROKEN;
            }
            if (c == '\\' && escapes) {
                position += 2;
            } else if (c != quote) {
                position++;
            } else if (at(1) == quote) {
                position += 2;
            } else {
                return taking(1, quoted);
            }
        }
        position = to;
        return TokenKind.BROKEN;
    }

    private TokenKind variable() {
        if (at(1) == '@') {
            return taking(2, TokenKind.SYSTEM_VARIABLE);
        }
        position++;
        int c = at(0);
        if (c == '\'' || c == '"' || c == '`') {
            // A name, but the quotes are read as of their kind.
            TokenKind name =
                    quoted(
                            c,
                            c == '`' || (c == '"' && ansiQuotes)
                                    ? TokenKind.QUOTED_NAME
                                    : TokenKind.STRING);
            return name == TokenKind.BROKEN ? name : TokenKind.USER_VARIABLE;
        }
        while (position < to && (isNamePart(at(0)) || at(0) == '.')) {
            position++;
        }
        return TokenKind.USER_VARIABLE;
    }

    private TokenKind word() {
        int c = at(0);
        if (at(1) == '\'') {
            boolean bits = c == 'x' || c == 'X' || c == 'b' || c == 'B';
            if (bits || c == 'n' || c == 'N') {
                position++;
                TokenKind string = quoted('\'', TokenKind.STRING);
                return string == TokenKind.BROKEN ? string : TokenKind.LITERAL;
            }
        }
        while (position < to && isNamePart(at(0))) {
            position++;
        }
        return TokenKind.WORD;
    }

    /** A number, or a name that begins with digits. */
    private TokenKind number() {
        while (isDigit(at(0))) {
            position++;
        }
        if (at(0) == '.') {
            position++;
            while (isDigit(at(0))) {
                position++;
            }
        }
        if (at(0) == 'e' || at(0) == 'E') {
            int sign = at(1) == '+' || at(1) == '-' ? 1 : 0;
            if (isDigit(at(1 + sign))) {
                position += 2 + sign;
                while (isDigit(at(0))) {
                    position++;
                }
            }
        }
        boolean radix =
                position == start + 1 && text[start] == '0' && (at(0) == 'x' || at(0) == 'b');
        boolean name = false;
        while (position < to && isNamePart(at(0))) {
            position++;
            name = true;
        }
        return name && !radix ? TokenKind.WORD : TokenKind.LITERAL;
    }

    private TokenKind symbol() {
        int c = at(0);
        if (c == '$' && at(1) == '$' && position + 2 == to) {
            // The mysql client asks "select $$" to see what it is; nothing can hide behind it.
            return taking(2, TokenKind.WORD);
        }
        if (c < ' ' || c == 0x7F || c == '$') {
            return TokenKind.BROKEN;
        }
        int next = at(1);
        boolean pair =
                switch (c) {
                    case '<' -> next == '=' || next == '>' || next == '<';
                    case '>' -> next == '=' || next == '>';
                    case '!', ':' -> next == '=';
                    case '|', '&' -> next == c;
                    case '-' -> next == '>';
                    default -> false;
                };
        boolean triple =
                pair && ((c == '<' && next == '=' && at(2) == '>') || (c == '-' && at(2) == '>'));
        return taking(triple ? 3 : pair ? 2 : 1, TokenKind.SYMBOL);
    }

    private boolean isSpace(int c) {
        return c == ' '
                || (c >= '\t' && c <= '\r')
                || (c == 0xA0 && dialect.encoding() == SqlDialect.Encoding.SINGLE_BYTE);
    }

    private boolean isNamePart(int c) {
        return isAsciiNamePart(c) || (c >= 0x80 && !isSpace(c));
    }

    static boolean isAsciiNamePart(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || isDigit(c)
                || c == '_'
                || c == '$';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** The byte this far on, 0..255; -1 behind the end. */
    private int at(int ahead) {
        return position + ahead < to ? text[position + ahead] & 0xFF : -1;
    }

    private String ascii(int from, int until) {
        StringBuilder digits = new StringBuilder();
        for (int i = from; i < until; i++) {
            digits.append((char) text[i]);
        }
        return digits.toString();
    }
}
