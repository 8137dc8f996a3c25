package dev.understudy.mysql.command;

/** How the answer to a command is built: the same bytes mean different things in each. */
enum AnswerKind {
    /** OK, ERR, or result sets whose values are text. */
    TEXT,
    /** The same, values in binary. */
    BINARY,
    /** A statement id with the definitions of parameters and columns. */
    PREPARE,
    /** Column definitions and an end. */
    FIELD_LIST,
    /** A bare text. */
    STATISTICS
}
