package dev.understudy.http;

/** How an answer came to its end. */
enum AnswerEnd {
    /** Where its framing says. */
    WHOLE,
    /** With the connection, as its framing wants it. */
    UNTIL_CLOSE,
    /** The connection ended in order within the answer. */
    CUT,
    /** The connection was reset within the answer. */
    RESET,
    /** The connection ended before the answer began. */
    CLOSED_EARLY,
    /** No end within the time allowed. */
    TIMEOUT,
    /** It cannot be read. */
    MALFORMED
}
