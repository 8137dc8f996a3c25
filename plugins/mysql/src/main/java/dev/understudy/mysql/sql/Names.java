package dev.understudy.mysql.sql;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** The names in a text, in lower case: words, quoted names, and user variables with their at. */
public final class Names {
    private Names() {}

    /** All names of a text that begins here; of one that cannot be read, those before that. */
    public static Set<String> of(byte[] text, int from, SqlDialect dialect) {
        Set<String> names = new HashSet<>();
        Lexer lexer = new Lexer(text, from, text.length, dialect);
        TokenKind kind = lexer.next();
        while (kind != TokenKind.END && kind != TokenKind.BROKEN) {
            if (kind == TokenKind.WORD
                    || kind == TokenKind.QUOTED_NAME
                    || kind == TokenKind.USER_VARIABLE
                    || kind == TokenKind.STRING) {
                String raw =
                        new String(
                                text,
                                lexer.start(),
                                lexer.end() - lexer.start(),
                                java.nio.charset.StandardCharsets.UTF_8);
                // In double quotes it may be a name.
                if (kind != TokenKind.STRING || raw.startsWith("\"")) {
                    names.add(plain(raw));
                }
            }
            kind = lexer.next();
        }
        return names;
    }

    /** A name without its quotes, in lower case. */
    static String plain(String raw) {
        String at = raw.startsWith("@") ? "@" : "";
        String name = raw.substring(at.length());
        boolean quoted =
                name.length() >= 2
                        && "`'\"".indexOf(name.charAt(0)) >= 0
                        && name.charAt(0) == name.charAt(name.length() - 1);
        if (quoted) {
            String quote = name.substring(0, 1);
            name = name.substring(1, name.length() - 1).replace(quote + quote, quote);
        }
        return at + name.toLowerCase(Locale.ROOT);
    }
}
