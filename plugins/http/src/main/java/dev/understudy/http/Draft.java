package dev.understudy.http;

import dev.understudy.http.message.BodyReader;
import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.Framing;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.state.UserState;
import dev.understudy.http.state.UserState.Rewritten;
import dev.understudy.protocol.SessionAction;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A request that is being made ready for the target: hosts, headers and paths by the configuration,
 * and what the target gave its user in the place of what the online server gave.
 */
final class Draft {
    /**
     * What can be sent.
     *
     * @param text the head, and of the body what had to be waited for
     * @param rest reads what follows of the body; empty where that is all
     * @param expects whether the body has not begun, and the client wants to hear 100 before it
     */
    record Ready(String text, Optional<BodyReader> rest, boolean expects) {
        @Override
        public String toString() {
            return "Ready[" + text.length() + " bytes]";
        }
    }

    private final HttpSettings settings;
    private final UserState state;
    private final OpenRequest request;
    private final Framing framing;
    private final boolean pipelined;
    private final Optional<HeldBody> body;
    private boolean hadItsTurn;
    private boolean wantsBody;

    /**
     * @param request as it was captured
     * @param pipelined whether the client sent it before it had the answer to the one before
     */
    Draft(
            HttpSettings settings,
            UserState state,
            OpenRequest request,
            Framing framing,
            boolean pipelined) {
        this.settings = settings;
        this.state = state;
        this.request = request;
        this.framing = framing;
        this.pipelined = pipelined;
        this.body =
                hasBody()
                        ? Optional.of(
                                new HeldBody(framing, settings.limits(), state.maxBodyBytes()))
                        : Optional.empty();
    }

    OpenRequest request() {
        return request;
    }

    boolean hasBody() {
        return !(framing instanceof Framing.None);
    }

    boolean isPipelined() {
        return pipelined;
    }

    boolean hadItsTurn() {
        return hadItsTurn;
    }

    /** What comes before it is on its way, or has been answered. */
    void itsTurn() {
        hadItsTurn = true;
    }

    /**
     * Whether the beginning of its body is waited for, and may be written otherwise. Once looked at
     * it stays so, since it is read then: tokens may turn out to be equal meanwhile, and be
     * forgotten.
     */
    boolean wantsBody() {
        wantsBody |= hasBody() && state.wantsBody(request.head());
        return wantsBody;
    }

    /**
     * Makes it ready as far as that goes now; empty where more of its body, or a value of the
     * target, has to come.
     *
     * @param in what the client sent behind the head, where that is shown
     * @param mark what the tag says
     */
    Optional<Ready> ready(Optional<ByteBuf> in, String mark, List<SessionAction> out) {
        if (!wantsBody()) {
            Optional<byte[]> none = hasBody() ? Optional.empty() : Optional.of(new byte[0]);
            return head(mark, none, Set.of(), out).map(head -> begun(head, ""));
        }
        HeldBody held = body.orElseThrow();
        if (in.isEmpty() || !(held.look(in.get()) || request.onlineAnswered())) {
            return Optional.empty();
        }
        byte[] content = held.content(in.get());
        byte[] other = content;
        Set<String> replaced = Set.of();
        if (held.mayBeReplaced() && content.length > 0) {
            switch (state.body(request.head(), content, held.isWhole(), out)) {
                case Rewritten.Awaited<byte[]>() -> {
                    return Optional.empty();
                }
                case Rewritten.Ready<byte[]>(
                                byte[] found,
                                Optional<String> unjudged,
                                var inBody) -> {
                    replaced = inBody;
                    unjudged.ifPresent(request::unjudged);
                    other = found;
                }
            }
        }
        Optional<RequestHead> head =
                head(mark, held.isWhole() ? Optional.of(other) : Optional.empty(), replaced, out);
        if (head.isEmpty()) {
            return Optional.empty();
        }
        byte[] asItCame = held.taken(in.get());
        return Optional.of(
                Arrays.equals(other, content)
                        ? begun(head.get(), text(asItCame))
                        : begun(
                                withLength(head.get(), other.length - content.length),
                                text(held.framed(other))));
    }

    private Ready begun(RequestHead head, String begin) {
        Optional<BodyReader> rest = body.filter(held -> !held.isWhole()).map(HeldBody::rest);
        return new Ready(
                head.text() + begin,
                rest,
                rest.isPresent() && begin.isEmpty() && head.expectsContinue());
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private Optional<RequestHead> head(
            String mark, Optional<byte[]> content, Set<String> inBody, List<SessionAction> out) {
        RequestHead moved = settings.rewriting().apply(request.head(), mark);
        return switch (state.head(moved, request.head().path(), content, out)) {
            case Rewritten.Awaited<RequestHead>() -> Optional.empty();
            case Rewritten.Ready<RequestHead>(
                            RequestHead head,
                            Optional<String> unjudged,
                            var inHead) -> {
                inBody.forEach(what -> tell(what, out));
                inHead.stream()
                        .filter(what -> !inBody.contains(what))
                        .forEach(what -> tell(what, out));
                unjudged.ifPresent(request::unjudged);
                head.fields().first("authorization").ifPresent(request::authorization);
                yield Optional.of(head);
            }
        };
    }

    private void tell(String replaced, List<SessionAction> out) {
        out.add(new SessionAction.Rewritten(request.ordinal(), replaced));
    }

    /** The head with the length of a body that has become longer or shorter. */
    private RequestHead withLength(RequestHead head, long more) {
        if (!(framing instanceof Framing.Length(long bytes)) || more == 0) {
            return head;
        }
        List<FieldLine> lines = new ArrayList<>();
        boolean written = false;
        for (FieldLine line : head.fields().lines()) {
            if (!line.header().is("content-length")) {
                lines.add(line);
            } else if (!written) {
                lines.add(FieldLine.of(line.header().name(), Long.toString(bytes + more)));
                written = true;
            }
        }
        return head.with(new Fields(lines));
    }
}
