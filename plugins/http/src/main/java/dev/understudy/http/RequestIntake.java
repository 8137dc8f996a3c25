package dev.understudy.http;

import dev.understudy.http.message.BodyReader;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.Framing;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.rules.SendRules;
import dev.understudy.http.state.Credentials;
import dev.understudy.http.state.UserState;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.session.Filters;
import dev.understudy.protocol.session.InOrder;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Reads the captured requests, decides on each, and sends it on as it passes. A head is read when
 * it is whole; a body is sent in the pieces it comes in, but for a small one that may carry tokens.
 */
final class RequestIntake {
    /** Requests that either server may owe an answer. */
    static final int MAX_OPEN = 1024;

    /** Requests that a pipelining client may have open on the target; the next one waits. */
    private static final int MAX_PIPELINED = 64;

    private static final Duration MAX_TURN = Duration.ofSeconds(60);
    private static final Duration MAX_CONTINUE = Duration.ofSeconds(1);
    private static final Duration MAX_SWITCH = Duration.ofSeconds(10);

    /** Bytes in which a method and the space behind it are looked for. */
    private static final int LONGEST_METHOD = 16;

    /** What the next bytes of the client are. */
    private sealed interface Phase {
        record Head() implements Phase {}

        /** A head was read, and its request has not been sent. */
        record Pending(Draft draft) implements Phase {}

        /** A body that passes. */
        record Body(OpenRequest request, BodyReader reader, int generation, boolean expects)
                implements Phase {}

        /** What follows depends on the online answer. */
        record Switching(OpenRequest request) implements Phase {}

        /** The bytes of another protocol. */
        record Tunnel() implements Phase {}

        /** Nothing that follows is copied. */
        record Over() implements Phase {}
    }

    /** Why captured events wait for the target. */
    private enum Wait {
        /** The client had its last answer before it asked again: so it is on the target. */
        TURN("target-answer", MAX_TURN),
        CONTINUE("100-continue", MAX_CONTINUE),
        SWITCH("upgrade", MAX_SWITCH);

        private final String reason;
        private final Duration max;

        Wait(String reason, Duration max) {
            this.reason = reason;
            this.max = max;
        }
    }

    private final HttpSettings settings;
    private final String mark;
    private final Filters.Who client;
    private final boolean requestsOnly;
    private final InOrder<OpenRequest> requests;
    private final TargetLane lane;
    private final UserState state;
    private final CapturedHeads heads;

    private Phase phase = new Phase.Head();
    private Optional<Wait> waiting = Optional.empty();
    private Optional<Wait> expired = Optional.empty();
    private long ordinals;
    private boolean serverDone;
    private boolean leftOut;

    RequestIntake(
            HttpSettings settings,
            SessionContext context,
            InOrder<OpenRequest> requests,
            TargetLane lane,
            UserState state) {
        this.settings = settings;
        this.requestsOnly = context.requestsOnly();
        this.client = Filters.Who.of(context);
        this.mark = "understudy/" + context.id() + "/";
        this.requests = requests;
        this.lane = lane;
        this.state = state;
        this.heads =
                new CapturedHeads(
                        settings.limits(),
                        header -> {
                            if (settings.forwardsProxy()) {
                                lane.prefix(header);
                            }
                        });
    }

    /** Whether the session was left out here. */
    boolean isLeftOut() {
        return leftOut;
    }

    boolean isTunnel() {
        return phase instanceof Phase.Tunnel;
    }

    /** Whether a request has been read and not sent. */
    boolean isPending() {
        return phase instanceof Phase.Pending || waiting.isPresent();
    }

    /** The online server reads no further request. */
    void serverDone() {
        serverDone = true;
    }

    /** Nothing that follows is copied. */
    void over() {
        phase = new Phase.Over();
    }

    /** The next byte begins a request: the border was proven in the middle of the connection. */
    void atBorder() {
        heads.atBorder();
    }

    // What the session tells.

    /** Client bytes, as many as were not read yet. */
    void read(ByteBuf in, long offset, ByteTimes times, List<SessionAction> out) {
        int base = in.readerIndex();
        boolean going = true;
        while (going && !leftOut && waiting.isEmpty() && !state.isAwaiting()) {
            going =
                    switch (phase) {
                        case Phase.Head() -> head(in, base, offset, times, out);
                        case Phase.Pending(Draft draft) -> pending(draft, Optional.of(in), out);
                        case Phase.Body body -> body(body, in, out);
                        case Phase.Switching _ -> false;
                        case Phase.Tunnel() -> tunnel(in, out);
                        case Phase.Over() -> {
                            in.skipBytes(in.readableBytes());
                            yield false;
                        }
                    };
        }
    }

    /** Something has happened: goes on with what was waited for. */
    void proceed(List<SessionAction> out) {
        if (leftOut) {
            return;
        }
        if (waiting.isPresent() && isOver(waiting.get())) {
            waiting = Optional.empty();
            out.add(new SessionAction.Resume());
        }
        if (waiting.isEmpty() && !state.isAwaiting() && phase instanceof Phase.Pending(var draft)) {
            pending(draft, Optional.empty(), out);
        }
    }

    /**
     * A hold has lasted as long as it may.
     *
     * @return whether the target is to be given up: it does not answer
     */
    boolean expired(String reason, List<SessionAction> out) {
        if (waiting.isEmpty() || !waiting.get().reason.equals(reason)) {
            return false;
        }
        Wait over = waiting.get();
        waiting = Optional.empty();
        switch (over) {
            case TURN -> {
                return true;
            }
            case CONTINUE -> expired = Optional.of(over);
            case SWITCH ->
                    leaveOut(
                            "upgrade-refused",
                            "the target did not change the protocol within %d s"
                                    .formatted(over.max.toSeconds()),
                            out);
        }
        return false;
    }

    /**
     * The capture lacks bytes of the client. Within the body of a request that is not copied they
     * are of no interest; one that was begun on the target can never be completed.
     */
    void gap(long offset, long bytes, List<SessionAction> out) {
        boolean passed =
                phase instanceof Phase.Over
                        || (phase instanceof Phase.Body body
                                && !isUnderWay(body.request())
                                && body.reader().skip(bytes));
        if (!passed) {
            leaveOut(
                    "gap",
                    "%d bytes are missing at byte %d of what the client sent"
                            .formatted(bytes, offset),
                    out);
        }
    }

    /**
     * The client sends nothing more.
     *
     * @return the request that it broke off
     */
    Optional<OpenRequest> ended() {
        Optional<OpenRequest> cut =
                switch (phase) {
                    case Phase.Body body -> Optional.of(body.request());
                    case Phase.Pending(Draft draft) when draft.hasBody() ->
                            Optional.of(draft.request());
                    case Phase.Pending _,
                            Phase.Head _,
                            Phase.Switching _,
                            Phase.Tunnel _,
                            Phase.Over _ ->
                            Optional.empty();
                };
        if (cut.isPresent()) {
            over();
        }
        return cut;
    }

    /** The online answer to a request that might change the protocol is there. */
    void answered(OpenRequest request, boolean switched, List<SessionAction> out) {
        if (!(phase instanceof Phase.Switching(OpenRequest asked)) || asked != request) {
            return;
        }
        if (!switched) {
            phase = new Phase.Head();
        } else if (!request.copied() || request.over()) {
            over();
        } else {
            phase = new Phase.Tunnel();
            await(Wait.SWITCH, out);
        }
    }

    // The phases.

    private boolean head(
            ByteBuf in, int base, long offset, ByteTimes times, List<SessionAction> out) {
        return switch (heads.next(in, base, offset, times)) {
            case CapturedHeads.Read.More() -> false;
            case CapturedHeads.Read.Head(RequestHead head, long timeNanos) -> {
                asked(head, timeNanos, out);
                yield true;
            }
            case CapturedHeads.Read.Unreadable(String reason, String detail) -> {
                leaveOut(reason, detail, out);
                yield false;
            }
        };
    }

    private void asked(RequestHead head, long timeNanos, List<SessionAction> out) {
        long ordinal = ordinals++;
        out.add(
                new SessionAction.Asked(
                        RequestText.request(ordinal, head, timeNanos, settings.names())));
        Framing framing;
        switch (Framing.of(head)) {
            case Framing.Said.Plainly(Framing said) -> framing = said;
            case Framing.Said.Doubtfully(Framing said, String why) -> {
                if (!settings.sendsAmbiguous()) {
                    ambiguous(ordinal, why, out);
                    return;
                }
                framing = said;
            }
            case Framing.Said.Unreadably(String why) -> {
                ambiguous(ordinal, why, out);
                return;
            }
        }
        Optional<String> refusal = refusal(head);
        OpenRequest request = new OpenRequest(ordinal, head, refusal.isEmpty());
        if (requests.isFull(Side.ONLINE)) {
            leaveOut(
                    "pipelined-limit",
                    "the online server owes %d answers".formatted(MAX_OPEN),
                    out);
            return;
        }
        // Where answers are not captured, core shows a request early if the client sent it early.
        boolean pipelined = requestsOnly || requests.size(Side.ONLINE) > 0;
        requests.add(Side.ONLINE, request);
        if (refusal.isPresent()) {
            out.add(new SessionAction.Skipped(ordinal, refusal.get()));
            request.end();
            phase =
                    new Phase.Body(
                            request,
                            new BodyReader(framing, settings.limits()),
                            0,
                            head.expectsContinue());
        } else {
            phase = new Phase.Pending(new Draft(settings, state, request, framing, pipelined));
        }
    }

    private void ambiguous(long ordinal, String why, List<SessionAction> out) {
        leaveOut(
                "ambiguous-framing",
                "request %d has %s: where it ends is read in more than one way"
                        .formatted(ordinal, why),
                out);
    }

    private Optional<String> refusal(RequestHead head) {
        if (serverDone) {
            return Optional.of("after-the-last-answer");
        }
        return settings.rewriting().isCopied(head)
                ? Optional.of("copied-traffic")
                : settings.rules()
                        .refusal(head)
                        .or(() -> settings.filters().refuses(who(head), head));
    }

    /** Of HTTP each request says by itself who sends it. */
    private Filters.Who who(RequestHead head) {
        return head.fields()
                .first("authorization")
                .flatMap(Credentials::userOf)
                .map(client::as)
                .orElse(client);
    }

    /** Makes the request ready as far as that goes now. */
    private boolean pending(Draft draft, Optional<ByteBuf> in, List<SessionAction> out) {
        if (!draft.hadItsTurn() && !await(Wait.TURN, out)) {
            return false;
        }
        draft.itsTurn();
        OpenRequest request = draft.request();
        boolean refused =
                in.isPresent()
                        && request.head().expectsContinue()
                        && draft.wantsBody()
                        && !isBody(request, in.get(), out);
        Optional<Draft.Ready> ready =
                refused ? Optional.empty() : draft.ready(in, mark + request.ordinal(), out);
        if (ready.isEmpty()) {
            return false;
        }
        begin(draft, ready.get(), out);
        return true;
    }

    private void begin(Draft draft, Draft.Ready ready, List<SessionAction> out) {
        OpenRequest request = draft.request();
        byte[] bytes = ready.text().getBytes(StandardCharsets.ISO_8859_1);
        boolean safe = SendRules.SAFE_METHODS.contains(request.method()) && !draft.hasBody();
        if (safe && !request.head().maySwitch() && bytes.length <= TargetLane.MAX_AGAIN_BYTES) {
            request.again(bytes);
        }
        lane.begin(request, bytes, out);
        state.used();
        if (ready.rest().isEmpty()) {
            next(request);
        } else {
            phase = new Phase.Body(request, ready.rest().get(), lane.generation(), ready.expects());
        }
    }

    private void next(OpenRequest request) {
        phase =
                request.head().maySwitch() && !request.onlineAnswered()
                        ? new Phase.Switching(request)
                        : new Phase.Head();
    }

    private boolean body(Phase.Body body, ByteBuf in, List<SessionAction> out) {
        OpenRequest request = body.request();
        if (body.expects() && in.isReadable()) {
            if (!isBody(request, in, out)) {
                return false;
            }
            if (request.copied() && !await(Wait.CONTINUE, out)) {
                return false;
            }
            if (request.copied() && request.targetAnswered()) {
                // It has refused the body; sent all the same, it might be taken for a request.
                lane.close(out);
            }
            phase = new Phase.Body(request, body.reader(), body.generation(), false);
            return true;
        }
        int from = in.readerIndex();
        BodyReader.Progress progress = body.reader().read(in, _ -> {});
        int read = in.readerIndex() - from;
        boolean goesOn =
                isUnderWay(request) && body.generation() == lane.generation() && lane.isOpen();
        if (read > 0 && goesOn) {
            lane.more(request, in.copy(from, read), out);
        }
        return switch (progress) {
            case BodyReader.Progress.More() -> false;
            case BodyReader.Progress.Malformed(String reason) -> {
                leaveOut(
                        "malformed-request",
                        "the body of request %d: %s".formatted(request.ordinal(), reason),
                        out);
                yield false;
            }
            case BodyReader.Progress.Ended _ -> {
                next(request);
                yield true;
            }
        };
    }

    private boolean isUnderWay(OpenRequest request) {
        return request.copied() && !request.over();
    }

    /**
     * Whether the next bytes are the body that was announced. After a refusal the client may leave
     * it out, and ask again (RFC 9110, section 10.1.1): bytes that look so leave the session out,
     * and too few to tell are waited on.
     */
    private boolean isBody(OpenRequest request, ByteBuf in, List<SessionAction> out) {
        if (!request.onlineAnswered() || !in.isReadable()) {
            return true;
        }
        int look = Math.min(in.readableBytes(), LONGEST_METHOD);
        String begin = in.toString(in.readerIndex(), look, StandardCharsets.ISO_8859_1);
        int space = begin.indexOf(' ');
        if (space > 0 && Fields.isToken(begin.substring(0, space))) {
            leaveOut(
                    "ambiguous-framing",
                    "request %d was refused before its body, and what follows may be the next request"
                            .formatted(request.ordinal()),
                    out);
            return false;
        }
        boolean mayBecomeOne = space < 0 && look < LONGEST_METHOD && Fields.isToken(begin);
        return !mayBecomeOne || isShort(request, look);
    }

    /** Whether the announced body is no longer than that. */
    private static boolean isShort(OpenRequest request, int bytes) {
        return Framing.of(request.head()) instanceof Framing.Said.Plainly(Framing said)
                && said instanceof Framing.Length(long announced)
                && announced <= bytes;
    }

    private boolean tunnel(ByteBuf in, List<SessionAction> out) {
        if (in.isReadable() && lane.isOpen()) {
            out.add(SessionAction.Send.plumbing(in.copy()));
        }
        in.skipBytes(in.readableBytes());
        return false;
    }

    // Waiting.

    /** Whether what is waited for has come; holds the captured events where it has not. */
    private boolean await(Wait wait, List<SessionAction> out) {
        if (isOver(wait) || expired.filter(wait::equals).isPresent()) {
            expired = Optional.empty();
            return true;
        }
        waiting = Optional.of(wait);
        out.add(new SessionAction.Hold(wait.reason, wait.max));
        return false;
    }

    private boolean isOver(Wait wait) {
        return switch (wait) {
            case TURN -> {
                int open = requests.size(Side.TARGET);
                boolean pipelined =
                        phase instanceof Phase.Pending(var draft) && draft.isPipelined();
                yield open == 0 || (pipelined && open < MAX_PIPELINED && !lane.readsNoMore());
            }
            case CONTINUE ->
                    !(phase instanceof Phase.Body(var request, var _, var generation, var _))
                            || request.targetSpoke()
                            || request.over()
                            || generation != lane.generation()
                            || !lane.isOpen();
            case SWITCH -> requests.size(Side.TARGET) == 0 || !lane.isOpen();
        };
    }

    private void leaveOut(String reason, String detail, List<SessionAction> out) {
        leftOut = true;
        over();
        out.add(new SessionAction.LeaveOut(reason, detail));
    }
}
