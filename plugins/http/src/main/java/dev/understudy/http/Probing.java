package dev.understudy.http;

import dev.understudy.http.compare.HttpReply;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.InOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Asks the target some safe requests twice: what differs between its two answers is noise. The
 * second request goes right behind the whole answer to the first, where nothing else is open on the
 * connection, so that nothing of this session comes between the two.
 *
 * <p>Asked twice are GET and HEAD without a body that are no login. Not those whose first answer
 * gave a cookie or a token, since the second would make it invalid; nor those that were refused or
 * failed; nor where the connection does not persist.
 */
final class Probing {
    /** Where pairs of the target's answers go; called from the sessions' event loops. */
    interface Pairs {
        /** Two whole answers of the target to one request. */
        void add(Request request, HttpReply first, HttpReply second);
    }

    /** A second answer that does not come is waited for so long, if it alone is open. */
    static final Duration MAX_WAIT = Duration.ofSeconds(5);

    /** Wakeups of a session from this token on are for its probes, by ordinal. */
    static final long FIRST_TOKEN = 1L << 32;

    private record Probe(OpenRequest second, HttpReply first) {}

    private final HttpSettings settings;
    private final long session;
    private final InOrder<OpenRequest> requests;
    private final TargetLane lane;
    private final Pairs pairs;
    private Optional<Probe> open = Optional.empty();

    Probing(
            HttpSettings settings,
            long session,
            InOrder<OpenRequest> requests,
            TargetLane lane,
            Pairs pairs) {
        this.settings = settings;
        this.session = session;
        this.requests = requests;
        this.lane = lane;
        this.pairs = pairs;
    }

    /** The target has answered a request of production: asks it again, where that was drawn. */
    void answered(AnswerStream.Said.Answer answer, List<SessionAction> out) {
        OpenRequest request = answer.request();
        double share = settings.compare().probe();
        if (share > 0
                && isDrawn(session, request.ordinal(), share)
                && lane.isUp()
                && !lane.readsNoMore()
                && requests.size(Side.TARGET) == 0
                && isFit(answer)) {
            again(request, answer.reply(), out);
        }
    }

    /** Spread evenly, and the same in each run: the 53 highest bits of a mixed number. */
    static boolean isDrawn(long session, long ordinal, double share) {
        long mixed = mix(mix(session) + ordinal);
        return (mixed >>> 11) * 0x1.0p-53 < share;
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long number) {
        long mixed = number + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    private boolean isFit(AnswerStream.Said.Answer answer) {
        OpenRequest request = answer.request();
        RequestHead asked = request.head();
        ResponseHead said = answer.head();
        boolean safe = request.method().equals("GET") || request.method().equals("HEAD");
        // What may be sent again after a close has neither a body nor an Upgrade.
        return safe
                && request.again().isPresent()
                && !request.over()
                && request.unjudged().isEmpty()
                && asked.minor() > 0
                && !asked.fields().members("connection").contains("close")
                && asked.fields().first("expect").isEmpty()
                && !isDigest(asked)
                && !settings.rules().isLogin(asked)
                && said.minor() > 0
                && said.persists()
                && (said.status() / 100 == 2 || said.status() / 100 == 3)
                && answer.how().complete()
                && answer.doubtful().isEmpty()
                && answer.values().values().isEmpty()
                && said.fields().first("set-cookie").isEmpty();
    }

    /** A Digest is good for one request. */
    private static boolean isDigest(RequestHead asked) {
        return asked.fields()
                .first("authorization")
                .filter(value -> value.toLowerCase(Locale.ROOT).startsWith("digest"))
                .isPresent();
    }

    private void again(OpenRequest request, HttpReply first, List<SessionAction> out) {
        String text = new String(request.again().orElseThrow(), StandardCharsets.ISO_8859_1);
        if (RequestHead.parse(text) instanceof Decoded.Complete<RequestHead>(var sent, int _)) {
            String mark = "understudy/%d/%d/probe".formatted(session, request.ordinal());
            OpenRequest second = OpenRequest.probe(request);
            open = Optional.of(new Probe(second, first));
            lane.probe(
                    second,
                    settings.rewriting()
                            .marked(sent, mark)
                            .text()
                            .getBytes(StandardCharsets.ISO_8859_1),
                    out);
            out.add(new SessionAction.WakeIn(FIRST_TOKEN + request.ordinal(), MAX_WAIT));
        }
    }

    /** The target has answered the second request. Values that the answer gives are left alone. */
    void second(AnswerStream.Said.Answer answer) {
        boolean whole = answer.how().complete() && answer.doubtful().isEmpty();
        if (whole && open.isPresent() && open.get().second() == answer.request()) {
            OpenRequest request = answer.request();
            pairs.add(
                    RequestText.request(
                            request.ordinal(),
                            request.head(),
                            answer.timeNanos(),
                            settings.names()),
                    open.get().first(),
                    answer.reply());
        }
        ended();
    }

    /** Whether the second answer that this wakeup is for has not come, and all waits for it. */
    boolean isOverdue(long token) {
        return open.isPresent()
                && FIRST_TOKEN + open.get().second().ordinal() == token
                && requests.size(Side.TARGET) == 1;
    }

    /** No second answer will come: the connection has ended. */
    void ended() {
        open = Optional.empty();
    }
}
