package dev.understudy.mysql.command;

/** How the answer to a command is built: the same bytes mean different things in each. */
enum AnswerKind {
    /** OK, ERR, or result sets whose values are text. */
    TEXT,
    /** The same, values in binary. */
    BINARY,
    /** Rows of a cursor, values in binary, without their definitions; or ERR. */
    FETCH,
    /** A statement id with the definitions of parameters and columns. */
    PREPARE,
    /** Column definitions and an end. */
    FIELD_LIST,
    /** A bare text. */
    STATISTICS
}
