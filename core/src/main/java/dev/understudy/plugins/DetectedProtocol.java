package dev.understudy.plugins;

import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionAction.LeaveOut;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Table;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Stands for the protocol of a connection until its first bytes tell which one that is: whoever
 * speaks first decides. What was captured until then is played in.
 */
public final class DetectedProtocol implements Protocol {
    private final Map<Protocol, RunContext> candidates = new LinkedHashMap<>();

    /**
     * One of several protocols.
     *
     * @param protocols by name, in the order in which they are asked
     * @param contexts what a run is about for the protocol of a name
     */
    public DetectedProtocol(
            Map<String, Protocol> protocols, Function<String, RunContext> contexts) {
        protocols.forEach((name, protocol) -> candidates.put(protocol, contexts.apply(name)));
    }

    /** Names of those it may be. */
    @Override
    public String name() {
        return String.join(" or ", candidates.keySet().stream().map(Protocol::name).toList());
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of();
    }

    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        return ProtocolCatalog.detect(candidates.keySet(), direction, firstBytes).detection();
    }

    /** Of some of them sessions would have no user, and a sample of users would mean nothing. */
    @Override
    public boolean knowsUsers() {
        return candidates.keySet().stream().allMatch(Protocol::knowsUsers);
    }

    /** What all candidates find, each by its own context. */
    @Override
    public Preparation prepare(RunContext run) {
        return ofAll(Protocol::prepare);
    }

    @Override
    public Preparation refresh(RunContext run) {
        return ofAll(Protocol::refresh);
    }

    @Override
    public Duration refreshInterval() {
        return candidates.keySet().stream()
                .map(Protocol::refreshInterval)
                .min(Comparator.naturalOrder())
                .orElseGet(Protocol.super::refreshInterval);
    }

    private Preparation ofAll(BiFunction<Protocol, RunContext, Preparation> look) {
        List<String> problems = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        candidates.forEach(
                (protocol, context) -> {
                    Preparation found = look.apply(protocol, context);
                    problems.addAll(found.problems());
                    warnings.addAll(found.warnings());
                });
        return new Preparation(problems, warnings);
    }

    /** What all candidates have to say: those that no connection spoke say little. */
    @Override
    public Conclusion conclude(RunContext run) {
        List<Table> tables = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        candidates.forEach(
                (protocol, context) -> {
                    Conclusion said = protocol.conclude(context);
                    tables.addAll(said.tables());
                    warnings.addAll(said.warnings());
                });
        return new Conclusion(tables, warnings);
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        return new Undecided(session);
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        if (exchange.online() instanceof Spoken(Protocol protocol, Reply online)
                && exchange.target() instanceof Spoken(Protocol _, Reply target)) {
            return protocol.compare(
                    new Exchange(
                            exchange.request(),
                            online,
                            target,
                            exchange.sentNanos(),
                            exchange.onlineNanos(),
                            exchange.targetNanos()),
                    control.map(reply -> ((Spoken) reply).reply()));
        }
        throw new IllegalArgumentException("answers of no detected protocol: " + exchange);
    }

    /** An answer with the protocol that can compare it. */
    private record Spoken(Protocol protocol, Reply reply) implements Reply {
        @Override
        public String describe() {
            return reply.describe();
        }
    }

    private final class Undecided implements ProtocolSession {
        private final SessionContext context;
        private Optional<Protocol> decided = Optional.empty();
        private Optional<ProtocolSession> session = Optional.empty();

        private Undecided(SessionContext context) {
            this.context = context;
        }

        @Override
        public List<SessionAction> on(SessionEvent event) {
            if (session.isEmpty() && event instanceof SessionEvent.Captured captured) {
                Optional<LeaveOut> refused = decide(captured);
                if (refused.isPresent()) {
                    return List.of(refused.get());
                }
            }
            if (session.isEmpty()) {
                return List.of();
            }
            Protocol protocol = decided.orElseThrow();
            return session.get().on(event).stream()
                    .map(action -> signed(protocol, action))
                    .toList();
        }

        private Optional<LeaveOut> decide(SessionEvent.Captured first) {
            if (context.joinedMidway()) {
                return Optional.of(
                        new LeaveOut(
                                "joined-midway",
                                "the connection was open before the capture began"));
            }
            ProtocolCatalog.Guess guess =
                    ProtocolCatalog.detect(candidates.keySet(), first.direction(), first.bytes());
            if (guess.detection() == Detection.NO_MATCH) {
                return Optional.of(
                        new LeaveOut(
                                "unknown-protocol",
                                "its first bytes %s are not %s: name the protocol with --protocol"
                                        .formatted(first.direction(), name())));
            }
            decided = guess.protocol();
            session = decided.map(protocol -> protocol.open(contextOf(protocol)));
            return Optional.empty();
        }

        private SessionContext contextOf(Protocol protocol) {
            return new SessionContext(
                    candidates.get(protocol),
                    context.id(),
                    context.client(),
                    context.server(),
                    false,
                    context.targetIndex(),
                    context.copyNumber(),
                    context.copies(),
                    context.requestsOnly());
        }

        private static SessionAction signed(Protocol protocol, SessionAction action) {
            return action instanceof SessionAction.Answered answered
                    ? new SessionAction.Answered(
                            answered.ordinal(),
                            answered.side(),
                            new Spoken(protocol, answered.reply()),
                            answered.timeNanos())
                    : action;
        }
    }
}
