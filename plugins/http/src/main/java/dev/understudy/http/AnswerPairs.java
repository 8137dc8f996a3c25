package dev.understudy.http;

import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.compare.HttpReply.Outcome;
import dev.understudy.http.state.UserState;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import java.util.List;
import java.util.Map;

/**
 * What the two answers to a request come to: which values of theirs are each other's, and what is
 * told of the request, which has one end whatever becomes of it.
 */
final class AnswerPairs {
    private final UserState state;
    private final boolean requestsOnly;

    /**
     * @param requestsOnly whether no online answer will come, that a value could be a pair with
     */
    AnswerPairs(UserState state, boolean requestsOnly) {
        this.state = state;
        this.requestsOnly = requestsOnly;
    }

    /** The online server has answered. */
    void online(AnswerStream.Said.Answer answer, List<SessionAction> out) {
        OpenRequest request = answer.request();
        request.answeredOnline();
        Map<String, String> values = answer.values().values();
        boolean alone =
                request.over() || request.unjudged().filter("login-not-copied"::equals).isPresent();
        if (alone) {
            state.answeredOnlineAlone(values);
        } else {
            state.answered(Side.ONLINE, request.ordinal(), values, out);
            if (request.targetAnswered()) {
                state.agree(values, request.values());
            } else {
                request.values(values);
            }
        }
        if (request.over()) {
            return;
        }
        answer.doubtful().ifPresent(request::unjudged);
        Reply reply =
                request.unjudged()
                        .<Reply>map(reason -> new Unjudged(answer.reply(), reason))
                        .orElse(answer.reply());
        out.add(
                new SessionAction.Answered(
                        request.ordinal(), Side.ONLINE, reply, answer.timeNanos()));
    }

    /** The target has answered, maybe not to the end. */
    void target(AnswerStream.Said.Answer answer, List<SessionAction> out) {
        OpenRequest request = answer.request();
        request.answeredByTarget();
        if (request.over()) {
            return;
        }
        if (answer.how().complete() && !requestsOnly) {
            Map<String, String> values = answer.values().values();
            state.answered(Side.TARGET, request.ordinal(), values, out);
            if (request.onlineAnswered()) {
                state.agree(request.values(), values);
            } else {
                request.values(values);
            }
        } else {
            state.gone(request.ordinal(), out);
        }
        out.add(
                new SessionAction.Answered(
                        request.ordinal(), Side.TARGET, answer.reply(), answer.timeNanos()));
    }

    /** The target's connection has ended before it answered. */
    void unanswered(OpenRequest request, Outcome how, long timeNanos, List<SessionAction> out) {
        if (request.over()) {
            return;
        }
        request.answeredByTarget();
        state.gone(request.ordinal(), out);
        out.add(
                new SessionAction.Answered(
                        request.ordinal(), Side.TARGET, HttpReply.none(how), timeNanos));
    }

    /** It did not reach the target, or not whole. */
    void lost(OpenRequest request, String reason, List<SessionAction> out) {
        if (request.over()) {
            return;
        }
        request.end();
        state.gone(request.ordinal(), out);
        out.add(new SessionAction.Lost(request.ordinal(), reason));
    }
}
