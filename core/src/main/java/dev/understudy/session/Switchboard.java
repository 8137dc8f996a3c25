package dev.understudy.session;

import dev.understudy.capture.PacketBatch;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.delivery.TargetListener;
import dev.understudy.flow.Flow;
import dev.understudy.flow.FlowCounts;
import dev.understudy.flow.FlowHandler;
import dev.understudy.flow.FlowReader;
import dev.understudy.flow.FlowTable;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.wire.TcpSegment;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that lives on one event loop. Shown packets, it finds the connections in them, and has
 * each copied by the {@link Copier} of every target that its online server has. What the copiers
 * share is here: the limits hold for all of them together. What other threads may ask stands at the
 * end.
 */
final class Switchboard implements FlowHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Switchboard.class);
    private static final long TICK_MILLIS = 100;

    /** One of so many sessions is shed at a time. */
    private static final int SHED_TURNS = 4;

    private final EventLoop loop;
    private final boolean live;
    private final Pace pace;
    private final RunLimits limits;
    private final TargetConnector connector;
    private final TlsReading tls;
    private final PacketLedger packets;
    private final Set<InetSocketAddress> production;
    private final FlowTable flows;
    private final TcpSegment segment = new TcpSegment();
    private final List<Copier> copiers = new ArrayList<>();
    private final List<TargetHealth> healths = new ArrayList<>();

    /** Of all targets but controls. */
    private final List<TargetHealth> compared = new ArrayList<>();

    private final Map<InetSocketAddress, ControlReplies> controls = new HashMap<>();
    private final boolean orderAcrossSessions;
    private final OwnConnections own = new OwnConnections();
    private final boolean requestsOnly;

    /** By the address of the online server, in the order of the plan. */
    private final Map<InetSocketAddress, List<Copier>> routes = new LinkedHashMap<>();

    private volatile Shape shape;
    private OptionalLong firstOpenedNanos = OptionalLong.empty();
    private long sessionIds;
    private long keptBytes;
    private boolean inBatch;
    private boolean paused;
    private Optional<String> passOver = Optional.empty();
    private int sheds;
    private int open;
    private volatile int openSessions;
    private volatile Optional<Throwable> fault = Optional.empty();
    private volatile Optional<String> loopFound = Optional.empty();
    private volatile long unclearPackets;
    private volatile long lastMoveNanos = System.nanoTime();

    /** Makes the flow table of a switchboard: it needs the switchboard, and the switchboard it. */
    @FunctionalInterface
    interface FlowTableMaker {
        FlowTable make(FlowHandler handler);
    }

    Switchboard(
            EventLoop loop,
            Rehearsal.Plan plan,
            Pace pace,
            TargetConnector connector,
            FlowTableMaker flowTable) {
        this.loop = loop;
        this.live = plan.pacing() instanceof Pacing.Live;
        this.pace = pace;
        this.limits = plan.limits();
        this.shape = plan.shape();
        this.orderAcrossSessions = plan.orderAcrossSessions();
        this.requestsOnly = plan.requestsOnly();
        this.connector = connector;
        this.tls = plan.tls();
        this.packets = plan.packets();
        this.production = plan.production();
        for (TargetPlan target : plan.targets()) {
            if (target.control()) {
                InetSocketAddress online = target.context().online();
                long others =
                        plan.targets().stream()
                                .filter(one -> !one.control())
                                .filter(one -> one.context().online().equals(online))
                                .count();
                controls.put(
                        online,
                        new ControlReplies(Math.toIntExact(others * plan.shape().copies())));
            }
        }
        for (TargetPlan target : plan.targets()) {
            Optional<ControlReplies> control =
                    Optional.ofNullable(controls.get(target.context().online()));
            List<Copier> route =
                    routes.computeIfAbsent(target.context().online(), _ -> new ArrayList<>());
            int index = (int) route.stream().map(Copier::ledger).distinct().count();
            int copies = target.control() ? 1 : plan.shape().copies();
            TargetHealth health =
                    new TargetHealth(
                            limits.targetFailureShare(), limits.targetFailureMinimum(), copies);
            healths.add(health);
            if (!target.control()) {
                compared.add(health);
            }
            for (int number = 0; number < copies; number++) {
                Copier copier = new Copier(this, target, index, number, health, control);
                route.add(copier);
                copiers.add(copier);
            }
        }
        this.flows = flowTable.make(this);
        loop.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Shows it a part of a batch; on the loop. */
    void packets(PacketBatch batch, int from, int to) {
        inBatch = true;
        try {
            for (int i = from; i < to; i++) {
                packet(batch, i);
            }
            if (to > from) {
                flows.advance(batch.timeNanos(to - 1));
            }
        } finally {
            inBatch = false;
            unclearPackets = flows.packetsUnclear();
        }
        release();
    }

    private void packet(PacketBatch batch, int i) {
        packets.delivered();
        TcpSegment.Kind kind =
                segment.wrap(
                        batch.data(),
                        batch.offset(i),
                        batch.capturedLength(i),
                        batch.originalLength(i),
                        batch.linkType(i));
        switch (kind) {
            case TCP -> {
                switch (flows.segment(segment, batch.data(), batch.timeNanos(i))) {
                    case USED -> packets.used();
                    case REPEATED -> packets.repeated();
                    case WITHOUT_PAYLOAD -> packets.withoutPayload();
                    case FILTERED -> packets.filtered();
                    case NOT_FOR_US -> packets.notForUs();
                    case MALFORMED -> packets.malformed();
                }
            }
            case NOT_TCP -> packets.notForUs();
            case FRAGMENT, MALFORMED -> packets.malformed();
        }
    }

    /** No packet follows; on the loop. */
    void captureEnded(long timeNanos) {
        flows.finish(timeNanos);
        release();
    }

    /** Ends what is still open, since nobody waits any longer; on the loop. */
    void giveUp() {
        copiers.forEach(Copier::giveUp);
    }

    /** No session is open: what waits for a control's answer waits no longer; on the loop. */
    void settle() {
        controls.values().forEach(ControlReplies::settle);
    }

    @Override
    public FlowReader opened(Flow flow, long timeNanos) {
        if (live && own.cameBack(flow)) {
            loopFound = own.loop();
            begin(
                    flow,
                    timeNanos,
                    Optional.of(
                            new SessionEnd.LeftOut(
                                    "own-connection",
                                    "it is a connection of this run to a target, "
                                            + flow
                                            + ": does the target lead to the online server?")));
            return FlowReader.DISCARD;
        }
        return begin(flow, timeNanos, Optional.empty());
    }

    @Override
    public void tooMany(Flow flow, long timeNanos) {
        begin(
                flow,
                timeNanos,
                Optional.of(
                        new SessionEnd.LeftOut(
                                "too-many-flows",
                                "as many connections are followed as there is room for: raise run.max-sessions")));
    }

    /** Begins a session at each target of the flow's server, or books it as left out there. */
    private FlowReader begin(Flow flow, long timeNanos, Optional<SessionEnd.LeftOut> leftOut) {
        long id = ++sessionIds;
        List<Copier> takers = route(flow.server());
        if (firstOpenedNanos.isEmpty()) {
            firstOpenedNanos = OptionalLong.of(timeNanos);
        }
        long sinceFirst = timeNanos - firstOpenedNanos.getAsLong();
        Optional<String> passedOver = paused ? Optional.of("paused") : passOver;
        if (passedOver.isEmpty()) {
            passedOver = shape.refuses(flow.client(), sinceFirst);
        }
        if (passedOver.isPresent()) {
            String reason = passedOver.get();
            takers.forEach(copier -> copier.passOver(reason));
            return FlowReader.DISCARD;
        }
        Optional<SessionEnd.LeftOut> refusal = leftOut.or(() -> refusal(takers));
        Optional<UserSample> users = shape.ofUsers(sinceFirst);
        List<CopySession> sessions = new ArrayList<>(takers.size());
        for (Copier copier : takers) {
            copier.open(flow, id, refusal, users).ifPresent(sessions::add);
        }
        return FanOut.to(sessions);
    }

    private List<Copier> route(InetSocketAddress server) {
        List<Copier> route = routes.get(server);
        // An online address may stand for several, or for one that no packet bears.
        return route != null ? route : routes.values().iterator().next();
    }

    /** A session is copied to each of its targets that lives, or to none. */
    private Optional<SessionEnd.LeftOut> refusal(List<Copier> takers) {
        long more = takers.stream().filter(copier -> !copier.ended()).count();
        if (open + more > limits.maxSessions()) {
            return Optional.of(
                    new SessionEnd.LeftOut(
                            "too-many-sessions",
                            limits.maxSessions() + " are open: raise run.max-sessions"));
        }
        if (keptBytes > limits.bytesInAll()) {
            return Optional.of(
                    new SessionEnd.LeftOut(
                            "memory",
                            limits.bytesInAll() + " bytes are waiting: raise run.bytes-in-all"));
        }
        return Optional.empty();
    }

    /** Drives sessions whose wait for another's answer is over. */
    private void release() {
        copiers.forEach(Copier::release);
    }

    private void tick() {
        try {
            copiers.forEach(Copier::tick);
            controls.values().forEach(replies -> replies.expire(System.nanoTime()));
            endLostColumns();
        } catch (RuntimeException | Error e) {
            // Thrown on, it would end the ticking, and with it every wait that has a limit.
            broken(e);
        }
    }

    /** A lost target ends its own column; the last one that was left ends the run. */
    private void endLostColumns() {
        if (stopReason().isEmpty()) {
            for (Copier copier : copiers) {
                copier.lost().ifPresent(copier::end);
            }
        }
    }

    // For copiers.

    EventLoop loop() {
        return loop;
    }

    RunLimits limits() {
        return limits;
    }

    Shape shape() {
        return shape;
    }

    /** Connections that begin from now on are sampled so; on the loop. */
    void changeSample(Sample other) {
        shape = shape.withSample(other);
    }

    /** Whether connections that begin are passed over; on the loop. */
    void pause(boolean now) {
        paused = now;
    }

    /** Why connections that begin are passed over; empty where they are not; on the loop. */
    void passOver(Optional<String> reason) {
        passOver = reason;
    }

    /** Leaves out one session in {@value #SHED_TURNS}, with its copies; on the loop. */
    void shed() {
        int turn = sheds++ % SHED_TURNS;
        copiers.forEach(copier -> copier.shed(id -> id % SHED_TURNS == turn));
    }

    /** An order of its own for each target and copy. */
    CausalOrder newOrder() {
        return new CausalOrder(orderAcrossSessions, limits.orderWaitMax().toNanos());
    }

    TargetConnector connector() {
        return connector;
    }

    /** Whether only what clients sent is read. */
    boolean requestsOnly() {
        return requestsOnly;
    }

    TlsReading tls() {
        return tls;
    }

    /** Who a connection to a target tells of itself. */
    TargetListener watched(InetSocketAddress peer, Lane lane) {
        return live ? own.watch(peer, lane) : lane;
    }

    /** Whether packets are being shown: what they release is driven once they all were. */
    boolean inBatch() {
        return inBatch;
    }

    /** Whether bytes sent there would reach production. */
    boolean isOnline(InetSocketAddress peer) {
        return routes.containsKey(peer) || production.contains(peer);
    }

    /** A session keeps so many bytes more, or less: captured or of the target, not read yet. */
    void kept(int more) {
        keptBytes += more;
    }

    /** Bytes that all sessions keep. */
    long keptBytes() {
        return keptBytes;
    }

    /** So many sessions more, or fewer, are open. */
    void open(int more) {
        open += more;
        openSessions = open;
    }

    /**
     * How far behind its time a request was sent, in nanoseconds; empty where none was due at any.
     *
     * @param capturedNanos nanoseconds since the epoch, as {@code sentNanos}
     */
    Optional<Long> lag(long capturedNanos, long sentNanos) {
        return live
                ? Optional.of(sentNanos - capturedNanos)
                : pace.lag(capturedNanos, System.nanoTime());
    }

    void moved() {
        lastMoveNanos = System.nanoTime();
    }

    /** Something of ours went wrong: the run cannot be trusted, and says so. */
    void broken(Throwable failure) {
        if (fault.isEmpty()) {
            LOG.error("a fault of the copier itself", failure);
            fault = Optional.of(failure);
        }
    }

    /** What was seen of connections; to be asked once the loop has come to rest. */
    FlowCounts flows() {
        return flows.counts();
    }

    /** One for each target and copy, in the order of the plan. */
    List<Copier> copiers() {
        return copiers;
    }

    // For other threads.

    /** Captured bytes that wait to be due for the slowest target. */
    long backlogBytes() {
        return copiers.stream().mapToLong(Copier::backlogBytes).max().orElse(0);
    }

    /** Captured bytes that wait to be due, each counted for each target. */
    long backlogBytesInAll() {
        return copiers.stream().mapToLong(Copier::backlogBytes).sum();
    }

    /** Captured segments that wait to be due for the slowest target. */
    int backlogSegments() {
        return copiers.stream().mapToInt(Copier::backlogSegments).max().orElse(0);
    }

    int openSessions() {
        return openSessions;
    }

    /** How long nothing has got on, in nanoseconds. */
    long quietNanos() {
        return System.nanoTime() - lastMoveNanos;
    }

    /** What went wrong here, if anything did. */
    Optional<Throwable> fault() {
        return fault;
    }

    /** What happened to each target that was lost, in the order of the plan. */
    List<Optional<String>> lost() {
        return healths.stream().map(TargetHealth::lost).toList();
    }

    /** Why the run must end now: a target leads back to the online server. */
    Optional<String> loopFound() {
        return loopFound;
    }

    /** As {@link dev.understudy.flow.FlowCounts#packetsUnclear}. */
    long unclearPackets() {
        return unclearPackets;
    }

    /** Why the run should end now, if it should: no target is left. */
    Optional<String> stopReason() {
        if (!compared.stream().allMatch(health -> health.lost().isPresent())) {
            return Optional.empty();
        }
        return Optional.of(
                compared.stream()
                        .flatMap(health -> health.lost().stream())
                        .distinct()
                        .collect(Collectors.joining("; ")));
    }
}
