package dev.understudy.mysql.sql;

/** What a token of SQL text is. */
enum TokenKind {
    /** An unquoted name or keyword. */
    WORD,
    /** A name in backticks, or in double quotes under ANSI_QUOTES. */
    QUOTED_NAME,
    /** A string literal, with nothing before its quote. */
    STRING,
    /** Any other literal: a number, a bit or hex string, a national string. */
    LITERAL,
    /** {@code @name}, the name quoted or not. */
    USER_VARIABLE,
    /** {@code @@}: the name of a system variable follows. */
    SYSTEM_VARIABLE,
    /** {@code ?} in the text of a prepared statement. */
    PARAMETER,
    /** An operator or a bracket. */
    SYMBOL,
    /** A semicolon. */
    DELIMITER,
    /** The end of the text. */
    END,
    /** What follows cannot be read: an open quote or comment, a byte that opens no token. */
    BROKEN;

    /** Whether this is a value that a fingerprint leaves out. */
    boolean isLiteral() {
        return this == STRING || this == LITERAL || this == PARAMETER;
    }
}
