package dev.understudy.ledger;

import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;

/** One step of a session, for its {@link SessionJournal}. */
public sealed interface Step {
    /** Characters of one text that are kept. */
    int MAX_TEXT = 2048;

    /** What a step takes beside its texts, in bytes, about. */
    int OVERHEAD_BYTES = 128;

    /** When the copier took note of it, in nanoseconds since the epoch. */
    long nanos();

    /** Memory it takes, about. */
    int bytes();

    /**
     * A request from its capture to its end.
     *
     * @param nanos when it was shown to the protocol
     * @param sentNanos 0 where it was not sent
     * @param lagNanos how long after it was due it was sent; below 0 where that cannot be said
     * @param onlineNanos when production had answered, by the capture; 0 where it has not
     * @param targetNanos when the target had answered; 0 where it has not
     * @param suspect whether it was sent before an earlier answer that it may depend on
     * @param reason kind, reason or rule; empty for one that ended the same
     * @param online production's value, of a difference
     */
    record Asked(
            long nanos,
            Request request,
            long sentNanos,
            long lagNanos,
            long onlineNanos,
            long targetNanos,
            boolean suspect,
            RequestEnd end,
            String reason,
            String online,
            String target)
            implements Step {
        public Asked {
            reason = ReasonCounts.bounded(reason);
            online = cut(online);
            target = cut(target);
        }

        @Override
        public int bytes() {
            return OVERHEAD_BYTES
                    + 2
                            * (request.text().length()
                                    + request.fingerprint().length()
                                    + online.length()
                                    + target.length());
        }
    }

    /**
     * Anything else.
     *
     * @param side where it happened
     * @param what a word or a few: {@code connected}, {@code held}, {@code rewritten}
     * @param ordinal of the request it is about, or {@link SessionAction#NO_ORDINAL}
     * @param tookNanos how long it took; 0 for what took no time
     */
    record Happened(long nanos, Side side, String what, long ordinal, String text, long tookNanos)
            implements Step {
        public Happened {
            text = cut(text);
        }

        @Override
        public int bytes() {
            return OVERHEAD_BYTES + 2 * text.length();
        }
    }

    /** The text, or the beginning of it. */
    static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…";
    }
}
