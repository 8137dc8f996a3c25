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
 * @param suspect whether the target was asked before an earlier answer it may depend on; of
 *     differences alone
 */
public record Sample(
        RequestEnd end,
        String reason,
        SessionLabel session,
        long ordinal,
        long capturedNanos,
        String text,
        String online,
        String target,
        boolean suspect) {
    /** Characters this sample keeps in memory. */
    int size() {
        return text.length() + online.length() + target.length();
    }
}
