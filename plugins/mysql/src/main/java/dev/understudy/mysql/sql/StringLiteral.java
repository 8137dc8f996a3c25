package dev.understudy.mysql.sql;

import java.io.ByteArrayOutputStream;

/** The value of a string literal. */
final class StringLiteral {
    private StringLiteral() {}

    /**
     * Takes off quotes and escapes.
     *
     * @param start index of the opening quote
     * @param end index behind the closing one
     * @see "MySQL manual, String Literals, Special Character Escape Sequences"
     */
    static byte[] value(byte[] text, int start, int end, SqlDialect dialect) {
        byte quote = text[start];
        ByteArrayOutputStream value = new ByteArrayOutputStream(end - start);
        int i = start + 1;
        while (i < end - 1) {
            byte c = text[i++];
            if (c == '\\' && dialect.backslashEscapes() && i < end - 1) {
                byte escaped = text[i++];
                if (escaped == '%' || escaped == '_') {
                    // Kept for LIKE, with its backslash.
                    value.write('\\');
                }
                value.write(unescaped(escaped));
            } else {
                value.write(c);
                if (c == quote) {
                    i++;
                }
            }
        }
        return value.toByteArray();
    }

    private static int unescaped(byte c) {
        return switch (c) {
            case '0' -> 0;
            case 'b' -> '\b';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'Z' -> 0x1A;
            default -> c;
        };
    }
}
