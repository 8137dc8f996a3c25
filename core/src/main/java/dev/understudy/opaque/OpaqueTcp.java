package dev.understudy.opaque;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Copies a connection without knowing what it says. Nothing is rewritten. */
public final class OpaqueTcp implements Protocol {
    @Override
    public String name() {
        return "tcp";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of();
    }

    /** Never by itself: whoever wants bytes copied blindly says so. */
    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        return Detection.NO_MATCH;
    }

    @Override
    public Preparation prepare(RunContext run) {
        run.settings().allowOnly(Set.of());
        return new Preparation(
                List.of(),
                List.of(
                        "protocol tcp: nothing is rewritten; sessions with a login of their own"
                                + " will fail on the target"));
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        return session.requestsOnly()
                ? new OneSidedSession(session.joinedMidway())
                : new OpaqueSession(session.joinedMidway());
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        if (!(exchange.online() instanceof Burst online)
                || !(exchange.target() instanceof Burst target)) {
            throw new IllegalArgumentException("not this protocol's answers: " + exchange);
        }
        if (online.equals(target)) {
            return new Verdict.Same();
        }
        if (control.isPresent() && !online.equals(control.get())) {
            // The same server answered otherwise, so the answer is another each time.
            return new Verdict.NotCompared("differs-on-control");
        }
        return new Verdict.Different(
                online.length() == target.length() ? "content" : "length",
                online.describe(),
                target.describe());
    }
}
