package dev.understudy.mysql.sql;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The digest of a statement as MySQL 9.7 makes it ({@code STATEMENT_DIGEST_TEXT}, {@code
 * events_statements_summary_by_digest}): literals as {@code ?}, lists and rows of them folded,
 * names in backticks, keywords under the name of their token, optimizer hints kept, other comments
 * gone. Made while the tokens are read, in bounded memory. Where MySQL's parser decides (NULL,
 * numbers of columns in ORDER BY) the tokens around are looked at.
 */
final class Digest {
    /** Characters of a digest; what is longer ends in an ellipsis. */
    static final int MAX_LENGTH = 1024;

    /** MySQL's {@code max_digest_length}: two bytes for a token, for a name its own besides. */
    private static final int MAX_BYTES = 1024;

    private static final int TOKEN_BYTES = 2;
    private static final int NAME_BYTES = 4;

    /** Stands behind what could be read of a text that could not be read to its end. */
    private static final String UNREADABLE = "(unreadable)";

    /** What is told apart of the tokens of a digest. */
    private enum Form {
        /** A keyword or a symbol, by its text. */
        TOKEN,
        /** No blank follows. */
        CLOSE,
        /** A name: what stands before it is not looked at. */
        NAME,
        /** A value, maybe many. */
        VALUE,
        VALUES,
        /** Values in brackets, maybe many times. */
        ROW,
        ROWS,
        TUPLE,
        TUPLES,
        IN_LIST,
        /** The number of a column, if no operator follows. */
        COLUMN
    }

    private record Piece(Form form, String text, int bytes) {
        private boolean is(String token) {
            return form == Form.TOKEN && text.equals(token);
        }
    }

    private static final Piece VALUE = new Piece(Form.VALUE, "?", TOKEN_BYTES);
    private static final Piece VALUES = new Piece(Form.VALUES, "?, ...", TOKEN_BYTES);
    private static final Piece ROW = new Piece(Form.ROW, "(?)", TOKEN_BYTES);
    private static final Piece ROWS = new Piece(Form.ROWS, "(?) /* , ... */", TOKEN_BYTES);
    private static final Piece TUPLE = new Piece(Form.TUPLE, "(...)", TOKEN_BYTES);
    private static final Piece TUPLES = new Piece(Form.TUPLES, "(...) /* , ... */", TOKEN_BYTES);
    private static final Piece IN_LIST = new Piece(Form.IN_LIST, "IN (...)", TOKEN_BYTES);
    private static final Piece AT = new Piece(Form.CLOSE, "@", TOKEN_BYTES);
    private static final Piece NOTHING = new Piece(Form.NAME, "", 0);

    /** Behind these a sign is a value's own. */
    private static final Set<String> BEFORE_EXPRESSIONS =
            Set.of(
                    """
                    ( , = < > <= >= != <=> | & << >> + - * / % ^ || && EVERY AT STARTS ENDS DEFAULT
                    RETURN IF ELSEIF CASE WHEN THEN ELSE WHILE UNTIL SELECT OR XOR AND NOT BETWEEN
                    LIKE RLIKE INTERVAL DIV MOD
                    """
                            .strip()
                            .split("\\s+"));

    /** With these a number goes on to be an expression. */
    private static final Set<String> OPERATORS =
            Set.of(
                    "AND", "OR", "XOR", "IS", "IN", "NOT", "BETWEEN", "LIKE", "RLIKE", "DIV", "MOD",
                    "COLLATE", "SOUNDS", "MEMBER");

    /** With these a list of columns is over. */
    private static final Set<String> BEHIND_COLUMNS =
            Set.of(
                    "LIMIT",
                    "HAVING",
                    "FOR",
                    "UNION",
                    "WITH",
                    "ROWS",
                    "RANGE",
                    "GROUPS",
                    "SELECT",
                    "SEPARATOR",
                    "WINDOW",
                    "INTO",
                    "LOCK",
                    "EXCEPT",
                    "INTERSECT",
                    "ORDER",
                    "GROUP");

    private static final Set<String> TAKE_HINTS =
            Set.of("SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE");

    private final byte[] text;
    private final int to;
    private final List<Piece> pieces = new ArrayList<>();
    private final BitSet columnsAtDepth = new BitSet();
    private int depth;
    private int bytes;
    private int lastEnd;
    private boolean full;

    /**
     * @param to index behind the last byte of the text
     */
    Digest(byte[] text, int to) {
        this.text = text;
        this.to = to;
    }

    /** Takes in the token that the lexer is at. */
    void add(Lexer lexer) {
        if (lexer.hintStart() >= 0 && TAKE_HINTS.contains(last(1).text())) {
            hint(lexer.hintStart(), lexer.hintEnd());
        }
        if (full || lexer.isOfOthers()) {
            return;
        }
        int start = lexer.start();
        int end = lexer.end();
        settle(lexer.kind(), start, end);
        switch (lexer.kind()) {
            case STRING, PARAMETER -> value();
            case LITERAL -> literal(start, end);
            case WORD -> word(start, end);
            case QUOTED_NAME -> name(unquoted(start, end));
            case USER_VARIABLE -> {
                push(AT);
                if (end - start > 1 && text[start + 1] == '`') {
                    name(unquoted(start + 1, end));
                } else {
                    value();
                }
            }
            case SYSTEM_VARIABLE -> {
                push(AT);
                push(AT);
            }
            case SYMBOL, DELIMITER -> symbol(raw(start, end));
            case END, BROKEN -> {}
        }
        lastEnd = end;
    }

    /** The number before this token is a column's, or the beginning of an expression. */
    private void settle(TokenKind kind, int start, int end) {
        if (last(1).form() != Form.COLUMN) {
            return;
        }
        boolean goesOn =
                switch (kind) {
                    case SYMBOL -> text[start] != ',' && text[start] != ')';
                    case WORD -> OPERATORS.contains(raw(start, end).toUpperCase(Locale.ROOT));
                    default -> false;
                };
        if (goesOn) {
            pop(1);
            push(VALUE);
        }
    }

    private void literal(int start, int end) {
        int c = text[start];
        if (c == 'n' || c == 'N' || c == '\\') {
            value();
            return;
        }
        if (c == '0' && !isRadix(start, end)) {
            name(raw(start, end));
            return;
        }
        boolean pointed = last(1).is(".") && last(2).form() == Form.TOKEN && lastEnd == start;
        if (pointed) {
            // The lexer takes a point behind a word for one between names.
            pop(1);
        }
        boolean column = isColumnPlace() && !pointed;
        while (isSign(last(1))
                && last(2).form() == Form.TOKEN
                && BEFORE_EXPRESSIONS.contains(last(2).text())) {
            column = last(1).is("+");
            pop(1);
            column &= isColumnPlace();
        }
        if (column && isPlainNumber(start, end) && !isInList()) {
            push(new Piece(Form.COLUMN, raw(start, end), TOKEN_BYTES));
        } else {
            value();
        }
    }

    /** Of what begins as a number in hex or binary: whether it is one, and not a name. */
    private boolean isRadix(int start, int end) {
        boolean hex = at(start + 1) == 'x';
        if (end - start < 2 || (!hex && at(start + 1) != 'b')) {
            return true;
        }
        for (int i = start + 2; i < end; i++) {
            if (Character.digit(text[i], hex ? 16 : 2) < 0) {
                return false;
            }
        }
        return end - start > 2;
    }

    private boolean isColumnPlace() {
        return last(1).is("BY") || (columnsAtDepth.get(depth) && last(1).is(","));
    }

    /** The lexer's NUM: what is longer is another token. */
    private boolean isPlainNumber(int start, int end) {
        int digits = 0;
        for (int i = start; i < end; i++) {
            if (text[i] < '0' || text[i] > '9') {
                return false;
            }
            digits++;
        }
        return digits < 10;
    }

    private boolean isInList() {
        return last(1).is(",") && isOneOf(last(2), Form.VALUE, Form.VALUES);
    }

    private static boolean isOneOf(Piece piece, Form one, Form other) {
        return piece.form() == one || piece.form() == other;
    }

    private static boolean isSign(Piece piece) {
        return piece.is("-") || piece.is("+");
    }

    private void value() {
        if (isInList()) {
            pop(2);
            push(VALUES);
        } else {
            push(VALUE);
        }
    }

    private void symbol(String symbol) {
        if (symbol.equals(")")) {
            columnsAtDepth.clear(depth);
            depth = Math.max(0, depth - 1);
            closeBracket();
            return;
        }
        if (symbol.equals("(")) {
            depth++;
            columnsAtDepth.clear(depth);
        }
        token(symbol.equals("<>") ? "!=" : symbol);
    }

    private void closeBracket() {
        boolean opened = last(2).is("(");
        if (opened && last(1).form() == Form.VALUE) {
            pop(2);
            row(ROW, ROWS);
        } else if (opened && last(1).form() == Form.VALUES) {
            pop(2);
            row(TUPLE, TUPLES);
        } else {
            token(")");
        }
    }

    private void row(Piece one, Piece many) {
        if (last(1).is(",") && isOneOf(last(2), one.form(), many.form())) {
            pop(2);
            push(many);
        } else if (last(1).is("IN")) {
            pop(1);
            push(IN_LIST);
        } else {
            push(one);
        }
    }

    private void word(int start, int end) {
        String word = raw(start, end);
        String upperCase = word.toUpperCase(Locale.ROOT);
        boolean variable = last(1).equals(AT);
        boolean qualified = last(1).is(".") && lastEnd == start;
        boolean qualifies = !variable && at(end) == '.' && isNamePart(at(end + 1));
        if (qualified || qualifies) {
            name(word);
        } else if (Keywords.isIntroducer(word.toLowerCase(Locale.ROOT))) {
            token("(_charset)");
        } else {
            Keywords.shown(upperCase, at(end) == '(')
                    .ifPresentOrElse(keyword -> keyword(keyword, end), () -> name(word));
        }
    }

    private void keyword(String keyword, int end) {
        if (keyword.equals("NULL") && isNullValue(end)) {
            value();
            return;
        }
        if (keyword.equals("BY")) {
            columnsAtDepth.set(depth);
        } else if (BEHIND_COLUMNS.contains(keyword)) {
            columnsAtDepth.clear(depth);
        }
        token(keyword);
    }

    /** In expressions NULL is a value; behind IS, and in what describes a column, it is a word. */
    private boolean isNullValue(int end) {
        Piece before = last(1);
        if (definesTable()) {
            return before.is("DEFAULT")
                    || (before.form() == Form.TOKEN
                            && !before.is(")")
                            && !Character.isLetter(before.text().charAt(0)));
        }
        boolean ofIs = before.is("IS") || (before.is("NOT") && last(2).is("IS"));
        return !ofIs
                && !follows(end, "ON", "EMPTY")
                && !follows(end, "ON", "ERROR")
                && !follows(end, "ON", "NULL");
    }

    private boolean definesTable() {
        boolean defines =
                !pieces.isEmpty() && (pieces.get(0).is("CREATE") || pieces.get(0).is("ALTER"));
        return defines
                && pieces.size() > 2
                && (pieces.get(1).is("TABLE") || pieces.get(2).is("TABLE"));
    }

    /** Whether two words stand behind this place. */
    private boolean follows(int end, String first, String second) {
        String rest = raw(end, Math.min(to, end + 24)).stripLeading().toUpperCase(Locale.ROOT);
        return rest.startsWith(first)
                && rest.substring(first.length()).startsWith(" ")
                && rest.substring(first.length()).stripLeading().startsWith(second);
    }

    /** Hints have words and names of their own. */
    private void hint(int start, int end) {
        int at = start;
        boolean open = false;
        while (at < end && !full) {
            int c = text[at];
            int begin = at;
            if (c <= ' ' && c >= 0) {
                at++;
                continue;
            }
            if (!open) {
                token("/*+");
                open = true;
            }
            if (c == '\'' || c == '"' || c == '`') {
                at++;
                while (at < end && text[at] != c) {
                    at++;
                }
                at = Math.min(at + 1, end);
                if (c == '`') {
                    hintName(unquoted(begin, at), at);
                } else {
                    value();
                }
            } else if (isNamePart(c & 0xFF)) {
                while (at < end && isNamePart(text[at] & 0xFF)) {
                    at++;
                }
                String word = raw(begin, at);
                String upperCase = word.toUpperCase(Locale.ROOT);
                if (c >= '0' && c <= '9') {
                    value();
                } else if (Keywords.isOfHint(upperCase)) {
                    token(upperCase);
                } else {
                    hintName(word, at);
                }
            } else {
                at++;
                if (c == '@') {
                    push(AT);
                } else {
                    symbol(raw(begin, at));
                }
            }
        }
        if (open) {
            token("*/");
        }
    }

    /** The name of a table may have that of its query block directly behind it. */
    private void hintName(String name, int end) {
        name(name);
        if (at(end) == '@' && last(1).form() == Form.NAME) {
            Piece named = last(1);
            pop(1);
            push(new Piece(Form.CLOSE, named.text(), named.bytes()));
        }
    }

    private void name(String name) {
        push(
                new Piece(
                        Form.NAME,
                        "`" + name + "`",
                        NAME_BYTES + name.getBytes(StandardCharsets.UTF_8).length));
    }

    private void token(String token) {
        push(new Piece(Form.TOKEN, token, TOKEN_BYTES));
    }

    private void push(Piece piece) {
        if (bytes + piece.bytes() > MAX_BYTES) {
            full = true;
            return;
        }
        bytes += piece.bytes();
        pieces.add(piece);
    }

    private void pop(int count) {
        for (int i = 0; i < count; i++) {
            bytes -= pieces.removeLast().bytes();
        }
    }

    /** The n-th piece from the end, from 1; what stands before a name is not looked at. */
    private Piece last(int n) {
        int index = pieces.size() - n;
        return index < 0 || (n > 1 && pieces.get(index + 1).form() == Form.NAME)
                ? NOTHING
                : pieces.get(index);
    }

    /**
     * The digest.
     *
     * @param whole whether the text was read to its end
     */
    String text(boolean whole) {
        StringBuilder out = new StringBuilder();
        for (Piece piece : pieces) {
            out.append(piece.text());
            if (piece.form() != Form.CLOSE) {
                out.append(' ');
            }
        }
        while (!out.isEmpty() && " ;".indexOf(out.charAt(out.length() - 1)) >= 0) {
            out.setLength(out.length() - 1);
        }
        if (!whole) {
            out.append(out.isEmpty() ? "" : " ").append(UNREADABLE);
        }
        if (out.length() > MAX_LENGTH) {
            out.setLength(MAX_LENGTH - 1);
            out.append('…');
        }
        return out.toString();
    }

    private String unquoted(int start, int end) {
        return raw(start + 1, Math.max(start + 1, end - 1)).replace("``", "`");
    }

    private String raw(int start, int end) {
        return new String(text, start, end - start, StandardCharsets.UTF_8);
    }

    /** The byte at an index, 0..255; -1 behind the end. */
    private int at(int index) {
        return index < to ? text[index] & 0xFF : -1;
    }

    private static boolean isNamePart(int c) {
        return Lexer.isAsciiNamePart(c) || c >= 0x80;
    }
}
