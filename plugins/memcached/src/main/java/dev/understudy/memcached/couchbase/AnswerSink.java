package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.command.Answer;
import dev.understudy.protocol.SessionAction;
import java.util.List;

/** Is told how requests to the cluster went: each of them once. */
public interface AnswerSink {
    /**
     * All parts of a request were answered.
     *
     * @param timeNanos when the last byte of the last answer came
     */
    void answered(long ordinal, Answer answer, long timeNanos, List<SessionAction> out);

    /** A request ends without an answer; the reason is a word to count by. */
    void lost(long ordinal, String reason, List<SessionAction> out);
}
