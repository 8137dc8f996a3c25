package dev.understudy.mysql.sql;

/**
 * What decides where the tokens of a text end.
 *
 * @param backslashEscapes whether a backslash in a string escapes; off under NO_BACKSLASH_ESCAPES
 */
public record SqlDialect(boolean backslashEscapes, Encoding encoding) {
    /** What bytes of 0x80 and above may hide. */
    public enum Encoding {
        /** UTF-8: such bytes are letters. */
        UTF8,
        /** One byte a character: such bytes are letters, but for the space at 0xA0. */
        SINGLE_BYTE,
        /**
         * The second byte of a character may look like a quote, a backslash or a backtick (big5,
         * gbk, sjis, cp932, gb18030): a text with bytes above 0x7F cannot be read.
         */
        AMBIGUOUS;

        /** The encoding of a character set by MySQL's name; an unknown one is ambiguous. */
        public static Encoding of(String charset) {
            return switch (charset) {
                case "utf8", "utf8mb3", "utf8mb4", "ascii", "binary" -> UTF8;
                // Multi-byte, but no second byte is below 0xA1 (euckr: a letter at least).
                case "ujis", "eucjpms", "euckr", "gb2312" -> UTF8;
                case "latin1",
                        "latin2",
                        "latin5",
                        "latin7",
                        "cp850",
                        "cp852",
                        "cp866",
                        "cp1250",
                        "cp1251",
                        "cp1256",
                        "cp1257",
                        "dec8",
                        "hp8",
                        "koi8r",
                        "koi8u",
                        "greek",
                        "hebrew",
                        "tis620",
                        "armscii8",
                        "geostd8",
                        "keybcs2",
                        "macce",
                        "macroman" ->
                        SINGLE_BYTE;
                default -> AMBIGUOUS;
            };
        }
    }

    /** What servers start a session with. */
    public static SqlDialect usual() {
        return new SqlDialect(true, Encoding.UTF8);
    }
}
