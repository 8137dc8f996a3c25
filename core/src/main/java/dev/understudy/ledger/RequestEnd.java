package dev.understudy.ledger;

/** The states in which a captured request ends, each request in one of them. */
public enum RequestEnd {
    /** Both sides answered, and alike. */
    SAME,
    /** Both sides answered, not alike; counted by kind. */
    DIFFERENT,
    /** Both sides answered, and the answers cannot be held against one another; by reason. */
    NOT_COMPARED,
    /** Sent, and the protocol has no answer to it. */
    NO_ANSWER_DUE,
    /** Sent, and a side that owed an answer gave none; by reason. */
    UNANSWERED,
    /** Not sent, by a rule; counted by rule. */
    SKIPPED,
    /** Could not be sent, or its answers could not be read; by reason. */
    LOST
}
