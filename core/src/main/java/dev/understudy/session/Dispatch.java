package dev.understudy.session;

import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.Step;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Verdict;

/**
 * How a request came to be sent.
 *
 * @param shownNanos when the protocol read it, in nanoseconds since the epoch
 * @param lagNanos how long after it was due it was sent; below 0 where that cannot be said
 * @param suspect whether it was sent before an earlier answer that it may depend on
 */
record Dispatch(long shownNanos, long lagNanos, boolean suspect) {
    static final long NO_LAG = -1;

    /** What the journal says of a request that both sides have answered. */
    Step.Asked judged(Exchange exchange, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Same() -> answered(exchange, RequestEnd.SAME, "", "", "");
            case Verdict.Different(String kind, String online, String target) ->
                    answered(exchange, RequestEnd.DIFFERENT, kind, online, target);
            case Verdict.NotCompared(String reason) ->
                    answered(exchange, RequestEnd.NOT_COMPARED, reason, "", "");
        };
    }

    private Step.Asked answered(
            Exchange exchange, RequestEnd end, String reason, String online, String target) {
        return new Step.Asked(
                shownNanos,
                exchange.request(),
                exchange.sentNanos(),
                lagNanos,
                exchange.onlineNanos(),
                exchange.targetNanos(),
                suspect,
                end,
                reason,
                online,
                target);
    }
}
