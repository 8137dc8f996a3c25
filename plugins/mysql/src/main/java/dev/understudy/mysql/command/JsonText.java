package dev.understudy.mysql.command;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads JSON as far as it takes to tell whether two texts are the same value (RFC 8259): MySQL
 * writes documents in a form of its own, MariaDB as they were stored.
 */
final class JsonText {
    /** MySQL's own limit for the depth of a document. */
    private static final int MAX_DEPTH = 100;

    private enum Word {
        TRUE,
        FALSE,
        NULL
    }

    private final String text;
    private int at;

    private JsonText(String text) {
        this.text = text;
    }

    /** Whether both are JSON, and the same but for blanks, escapes, and the order of keys. */
    static boolean sameValue(String one, String other) {
        Optional<Object> mine = new JsonText(one).whole();
        return mine.isPresent() && mine.equals(new JsonText(other).whole());
    }

    private Optional<Object> whole() {
        try {
            Object value = value(0);
            blanks();
            return at == text.length() ? Optional.of(value) : Optional.empty();
        } catch (IllegalArgumentException | IndexOutOfBoundsException _) {
            return Optional.empty();
        }
    }

    private Object value(int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("too deep");
        }
        blanks();
        return switch (text.charAt(at)) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", Word.TRUE);
            case 'f' -> word("false", Word.FALSE);
            case 'n' -> word("null", Word.NULL);
            default -> number();
        };
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> members = new HashMap<>();
        at++;
        blanks();
        if (text.charAt(at) == '}') {
            at++;
            return members;
        }
        while (true) {
            blanks();
            String key = string();
            blanks();
            expect(':');
            members.put(key, value(depth + 1));
            blanks();
            if (text.charAt(at) != ',') {
                expect('}');
                return members;
            }
            at++;
        }
    }

    private List<Object> list(int depth) {
        List<Object> items = new ArrayList<>();
        at++;
        blanks();
        if (text.charAt(at) == ']') {
            at++;
            return items;
        }
        while (true) {
            items.add(value(depth + 1));
            blanks();
            if (text.charAt(at) != ',') {
                expect(']');
                return items;
            }
            at++;
        }
    }

    private String string() {
        expect('"');
        StringBuilder out = new StringBuilder();
        for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
            out.append(c == '\\' ? escaped() : c);
        }
        return out.toString();
    }

    private char escaped() {
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                at += 4;
                yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
            }
            default -> throw new IllegalArgumentException("no escape");
        };
    }

    private Object word(String word, Word value) {
        if (!text.startsWith(word, at)) {
            throw new IllegalArgumentException("no value");
        }
        at += word.length();
        return value;
    }

    /** An exponent of many digits would make a number of many more. */
    private Object number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String number = text.substring(start, at);
        if (number.matches(".*[eE][+-]?[0-9]{4,}")) {
            return number;
        }
        BigDecimal value = new BigDecimal(number);
        return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    private void expect(char c) {
        if (text.charAt(at++) != c) {
            throw new IllegalArgumentException("no " + c);
        }
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}
