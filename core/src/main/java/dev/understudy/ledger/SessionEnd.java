package dev.understudy.ledger;

/** The one state in which a captured session ends. */
public sealed interface SessionEnd {
    /** Copied from its first byte to its last. */
    record Complete() implements SessionEnd {}

    /** Copied from a message border on; it was open before the capture began. */
    record JoinedLate() implements SessionEnd {}

    /**
     * Not to be copied, as turned out when its user was known, or by what it asked for.
     *
     * @param rule a word to count by
     */
    record PassedOver(String rule) implements SessionEnd {}

    /**
     * Not copied, or not to its end.
     *
     * @param reason a word to count by
     * @param detail for the reader of the report: which thing, which value; no secret
     */
    record LeftOut(String reason, String detail) implements SessionEnd {}
}
