package dev.understudy.ledger;

/**
 * One request that did not end as {@link RequestEnd#SAME}, for a reader.
 *
 * @param reason the kind of difference, the reason or the rule
 * @param ordinal n-th request of its session, from 0
 * @param capturedNanos when it was captured, nanoseconds since the epoch
 * @param text the request; no secret, but personal data may be in it
 * @param online production's value; empty but for a difference
 * @param target the target's value; empty but for a difference, or an answer of the target alone
 */
public record Sample(
        RequestEnd end,
        String reason,
        SessionLabel session,
        long ordinal,
        long capturedNanos,
        String text,
        String online,
        String target) {
    /** Characters this sample keeps in memory. */
    int size() {
        return text.length() + online.length() + target.length();
    }
}
