package dev.understudy.flow;

import dev.understudy.protocol.Direction;
import dev.understudy.wire.IpAddress;
import dev.understudy.wire.TcpSegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Follows each TCP connection with an online server that a capture shows. It is shown one segment
 * after the other and calls the flows' {@link FlowReader}s before it answers. Its clock is the
 * capture time of what it is shown; time that goes back counts as standing still.
 *
 * <p>Not thread safe: owned by one event loop. Bounded by {@link FlowLimits}. Bytes in order are
 * neither copied nor kept, and a packet of an IPv4 or IPv6 flow that is in order allocates nothing.
 */
public final class FlowTable {
    /** A connection of which only the client's SYN was seen ends after this; a scan leaves many. */
    static final long UNANSWERED_IDLE_NANOS = 60_000_000_000L;

    /** One whose one side has ended ends after this: the other's FIN may have been lost. */
    static final long HALF_CLOSED_IDLE_NANOS = 600_000_000_000L;

    /** One of which both ends were acknowledged ends after this, though the capture lacks a FIN. */
    static final long CLOSING_IDLE_NANOS = 5_000_000_000L;

    /** How long an ended connection is remembered, for what is repeated late. */
    static final long LINGER_NANOS = 10_000_000_000L;

    /** How often holes and idle flows are looked at, in capture time. */
    static final long SWEEP_NANOS = 10_000_000L;

    private final FlowLimits limits;
    private final ServerEndpoints servers;
    private final FlowHandler handler;
    private final boolean requestsOnly;
    private final Tally tally = new Tally();
    private final FlowIndex index = new FlowIndex();

    /** Stands for no flow, where an Optional would be an object for each packet. */
    private final TrackedFlow noFlow;

    private final AgeList opening;
    private final AgeList open;
    private final AgeList halfClosed;
    private final AgeList closing;
    private final AgeList remembered = new AgeList(LINGER_NANOS);

    private final RefusedFlows refused;

    private final List<TrackedFlow> watched = new ArrayList<>();
    private long now = Long.MIN_VALUE;
    private long sweptNanos = Long.MIN_VALUE;

    /** A table without flows, for both directions. */
    public FlowTable(FlowLimits limits, ServerEndpoints servers, FlowHandler handler) {
        this(limits, servers, handler, false);
    }

    /**
     * A table without flows.
     *
     * @param requestsOnly whether what servers sent is passed over, but for resets: for captures
     *     that lack it. What the client's acknowledgments tell of it is told by {@link
     *     FlowReader#heard}; with the client's end the flow ends
     */
    public FlowTable(
            FlowLimits limits, ServerEndpoints servers, FlowHandler handler, boolean requestsOnly) {
        this(limits, servers, handler, RefusedFlows.MAX_FLOWS, requestsOnly);
    }

    FlowTable(
            FlowLimits limits, ServerEndpoints servers, FlowHandler handler, int refusedFlowsMax) {
        this(limits, servers, handler, refusedFlowsMax, false);
    }

    private FlowTable(
            FlowLimits limits,
            ServerEndpoints servers,
            FlowHandler handler,
            int refusedFlowsMax,
            boolean requestsOnly) {
        this.requestsOnly = requestsOnly;
        this.limits = limits;
        this.servers = servers;
        this.handler = handler;
        noFlow =
                new TrackedFlow(
                        0,
                        0,
                        0,
                        0,
                        0,
                        new Reassembler(Direction.FROM_CLIENT, FlowReader.DISCARD, limits, tally),
                        new Reassembler(Direction.FROM_SERVER, FlowReader.DISCARD, limits, tally));
        long idleNanos = limits.idle().toNanos();
        opening = new AgeList(Math.min(idleNanos, UNANSWERED_IDLE_NANOS));
        open = new AgeList(idleNanos);
        halfClosed = new AgeList(Math.min(idleNanos, HALF_CLOSED_IDLE_NANOS));
        closing = new AgeList(Math.min(idleNanos, CLOSING_IDLE_NANOS));
        refused =
                new RefusedFlows(
                        refusedFlowsMax,
                        idleNanos,
                        Math.min(idleNanos, UNANSWERED_IDLE_NANOS),
                        LINGER_NANOS);
    }

    /**
     * Shows one packet, of whatever kind it turned out to be.
     *
     * @param data the array that {@code segment} was wrapped around
     * @param timeNanos capture time, in nanoseconds since the epoch
     */
    public PacketFate segment(TcpSegment segment, byte[] data, long timeNanos) {
        PacketFate fate = PacketFate.USED;
        try {
            advance(timeNanos);
            fate =
                    switch (segment.kind()) {
                        case TCP -> tcp(segment, data, timeNanos);
                        case NOT_TCP -> PacketFate.NOT_FOR_US;
                        case FRAGMENT -> fragment();
                        case MALFORMED -> PacketFate.MALFORMED;
                    };
        } finally {
            tally.packet(fate);
        }
        return fate;
    }

    private PacketFate fragment() {
        tally.fragments++;
        return PacketFate.MALFORMED;
    }

    /**
     * Time has come to {@code timeNanos}: holes whose grace has passed are given out as gaps, idle
     * flows end. To be called while no packet comes; cheap enough to be called for each batch.
     */
    public void advance(long timeNanos) {
        now = Math.max(now, timeNanos);
        if (sweptNanos != Long.MIN_VALUE && now - sweptNanos < SWEEP_NANOS) {
            return;
        }
        sweptNanos = now;
        sweepHoles();
        endIdle(opening);
        endIdle(open);
        endIdle(halfClosed);
        for (var due = closing.due(now); due.isPresent(); due = closing.due(now)) {
            end(due.get(), FlowEnd.FIN, now);
        }
        for (var due = remembered.due(now); due.isPresent(); due = remembered.due(now)) {
            forget(due.get());
        }
        refused.sweep(now);
    }

    /**
     * The capture has ended: what waits behind a hole is given out, holes as gaps, and every flow
     * ends. The table is empty then, and may be used again.
     */
    public void finish(long timeNanos) {
        now = Math.max(now, timeNanos);
        for (AgeList list : List.of(opening, open, halfClosed, closing)) {
            for (var flow = list.oldest(); flow.isPresent(); flow = list.oldest()) {
                drop(flow.get(), FlowEnd.CAPTURE_ENDED);
            }
        }
        for (var flow = remembered.oldest(); flow.isPresent(); flow = remembered.oldest()) {
            forget(flow.get());
        }
        refused.clear();
        watched.clear();
    }

    /** What was seen so far. */
    public FlowCounts counts() {
        return tally.counts(flowsOpen());
    }

    /** As {@link FlowCounts#packetsUnclear}; cheap. */
    public long packetsUnclear() {
        return tally.packetsUnclear;
    }

    private int flowsOpen() {
        return opening.size() + open.size() + halfClosed.size() + closing.size();
    }

    private PacketFate tcp(TcpSegment segment, byte[] data, long time) {
        boolean toServer =
                servers.contains(
                        segment.destinationHigh(),
                        segment.destinationLow(),
                        segment.destinationPort());
        boolean fromServer =
                servers.contains(segment.sourceHigh(), segment.sourceLow(), segment.sourcePort());
        if (!toServer && !fromServer) {
            return PacketFate.NOT_FOR_US;
        }
        Direction direction =
                toServer && fromServer
                        ? betweenServers(segment)
                        : toServer ? Direction.FROM_CLIENT : Direction.FROM_SERVER;
        tally.payload(direction, segment.payloadLength() > 0);
        if (requestsOnly && direction == Direction.FROM_SERVER && !segment.rst()) {
            return segment.payloadLength() == 0 ? PacketFate.WITHOUT_PAYLOAD : PacketFate.FILTERED;
        }
        TrackedFlow flow = find(segment, direction);
        if (flow != noFlow && begins(segment, direction, flow)) {
            flow = replace(flow);
        }
        if (flow == noFlow) {
            if (isRefused(segment, direction)) {
                return PacketFate.FILTERED;
            }
            if (segment.rst() || (!segment.syn() && segment.payloadLength() == 0)) {
                return PacketFate.WITHOUT_PAYLOAD;
            }
            flow = open(segment, direction, time);
            if (flow == noFlow) {
                return PacketFate.FILTERED;
            }
        }
        return switch (flow.state) {
            case OPEN -> follow(flow, direction, segment, data, time);
            case CLOSED -> late(flow, direction, segment);
        };
    }

    private int refusedSlot(TcpSegment segment, Direction direction) {
        return refused.size() == 0
                ? RefusedFlows.NONE
                : refused.find(hash(segment, direction), now);
    }

    /** Whether the packet is one of a flow that nobody wants. */
    private boolean isRefused(TcpSegment segment, Direction direction) {
        int slot = refusedSlot(segment, direction);
        if (slot == RefusedFlows.NONE) {
            return false;
        }
        boolean anew =
                segment.syn()
                        && !segment.ack()
                        && !segment.rst()
                        && !refused.startsAt(slot, segment.sequence() + 1);
        if (anew) {
            refused.remove(slot);
            return false;
        }
        refused.seen(slot, segment.syn(), segment.fin() || segment.rst(), now);
        return true;
    }

    /** Both ends are online addresses: the flow that is known decides, then the handshake. */
    private Direction betweenServers(TcpSegment segment) {
        if (segment.syn()) {
            return segment.ack() ? Direction.FROM_SERVER : Direction.FROM_CLIENT;
        }
        return find(segment, Direction.FROM_SERVER) == noFlow
                        && refusedSlot(segment, Direction.FROM_SERVER) == RefusedFlows.NONE
                ? Direction.FROM_CLIENT
                : Direction.FROM_SERVER;
    }

    private long hash(TcpSegment segment, Direction direction) {
        return switch (direction) {
            case FROM_CLIENT ->
                    index.hash(
                            segment.sourceHigh(),
                            segment.sourceLow(),
                            segment.destinationHigh(),
                            segment.destinationLow(),
                            (segment.sourcePort() << Short.SIZE) | segment.destinationPort());
            case FROM_SERVER ->
                    index.hash(
                            segment.destinationHigh(),
                            segment.destinationLow(),
                            segment.sourceHigh(),
                            segment.sourceLow(),
                            (segment.destinationPort() << Short.SIZE) | segment.sourcePort());
        };
    }

    private TrackedFlow find(TcpSegment segment, Direction direction) {
        return switch (direction) {
            case FROM_CLIENT ->
                    index.find(
                            segment.sourceHigh(),
                            segment.sourceLow(),
                            segment.destinationHigh(),
                            segment.destinationLow(),
                            (segment.sourcePort() << Short.SIZE) | segment.destinationPort(),
                            noFlow);
            case FROM_SERVER ->
                    index.find(
                            segment.destinationHigh(),
                            segment.destinationLow(),
                            segment.sourceHigh(),
                            segment.sourceLow(),
                            (segment.destinationPort() << Short.SIZE) | segment.sourcePort(),
                            noFlow);
        };
    }

    /** Whether the segment shows that another connection has taken the ports of {@code flow}. */
    private boolean begins(TcpSegment segment, Direction direction, TrackedFlow flow) {
        if (segment.rst()) {
            return false;
        }
        Reassembler sender = flow.sentFrom(direction);
        Reassembler receiver = flow.sentFrom(direction.other());
        if (!segment.syn()) {
            return segment.payloadLength() > 0
                    && segment.ack()
                    && sender.strange(segment.sequence())
                    && receiver.strange(segment.acknowledgment());
        }
        boolean sameNumber = sender.startsAt(segment.sequence() + 1);
        if (!segment.ack()) {
            return !sameNumber;
        }
        // A SYN+ACK with another number may answer the same SYN again: a server with SYN cookies.
        return sender.started() && !sameNumber && !receiver.startsAt(segment.acknowledgment());
    }

    /** Ends a flow whose ports another connection has taken. */
    private TrackedFlow replace(TrackedFlow flow) {
        if (flow.state == TrackedFlow.State.OPEN) {
            tally.flowsReplaced++;
            drop(flow, FlowEnd.REPLACED);
        } else {
            forget(flow);
        }
        return noFlow;
    }

    /** The flow that begins, or {@link #noFlow} where it is not wanted. */
    private TrackedFlow open(TcpSegment segment, Direction direction, long time) {
        boolean fromClient = direction == Direction.FROM_CLIENT;
        IpAddress client = fromClient ? segment.source() : segment.destination();
        IpAddress server = fromClient ? segment.destination() : segment.source();
        int clientPort = fromClient ? segment.sourcePort() : segment.destinationPort();
        int serverPort = fromClient ? segment.destinationPort() : segment.sourcePort();
        boolean midway = !segment.syn();
        if (midway && refused.full()) {
            tally.packetsUnclear++;
            return noFlow;
        }
        Flow begun = new Flow(client, clientPort, server, serverPort, midway, time);
        FlowReader reader = FlowReader.DISCARD;
        if (flowsOpen() >= limits.flows()) {
            tally.flowsRefused++;
            handler.tooMany(begun, time);
        } else {
            tally.flowsOpened++;
            tally.flowsJoinedMidway += midway ? 1 : 0;
            reader = handler.opened(begun, time);
        }
        if (reader.equals(FlowReader.DISCARD)) {
            int start =
                    fromClient
                            ? segment.sequence() + (segment.syn() ? 1 : 0)
                            : segment.acknowledgment();
            refused.add(hash(segment, direction), start, segment.syn(), now);
            return noFlow;
        }
        TrackedFlow flow =
                new TrackedFlow(
                        client.high(),
                        client.low(),
                        server.high(),
                        server.low(),
                        (clientPort << Short.SIZE) | serverPort,
                        new Reassembler(Direction.FROM_CLIENT, reader, limits, tally),
                        new Reassembler(Direction.FROM_SERVER, reader, limits, tally));
        if (requestsOnly) {
            flow.fromServer.neverHeard();
        }
        flow.sentFrom(direction).start(segment.sequence() + (segment.syn() ? 1 : 0));
        index.add(flow);
        opening.take(flow, now);
        return flow;
    }

    private PacketFate follow(
            TrackedFlow flow, Direction direction, TcpSegment segment, byte[] data, long time) {
        Reassembler sender = flow.sentFrom(direction);
        Reassembler receiver = flow.sentFrom(direction.other());
        if (segment.rst()) {
            reset(flow, sender, receiver, segment, time);
            return PacketFate.WITHOUT_PAYLOAD;
        }
        int sequence = segment.sequence() + (segment.syn() ? 1 : 0);
        boolean sameStart = sender.startsAt(sequence);
        if (!sender.started() || (segment.syn() && !sameStart && sender.unconfirmed())) {
            sender.start(sequence);
        } else if (segment.syn() && !sameStart) {
            return PacketFate.WITHOUT_PAYLOAD;
        }
        long after =
                segment.ack()
                        ? receiver.acknowledged(segment.acknowledgment())
                        : Reassembler.NOTHING_READ;
        PacketFate fate =
                segment.payloadLength() == 0
                        ? PacketFate.WITHOUT_PAYLOAD
                        : sender.payload(
                                sequence,
                                data,
                                segment.payloadOffset(),
                                segment.payloadCaptured(),
                                segment.payloadLength(),
                                after,
                                now,
                                time);
        if (segment.fin()) {
            sender.fin(sequence + segment.payloadLength(), time);
        }
        sender.watch(true, now, time);
        receiver.watch(true, now, time);
        flow.goOn(time);
        if (requestsOnly && sender.ended()) {
            end(flow, FlowEnd.FIN, time);
        } else {
            settle(flow);
        }
        return fate;
    }

    private void reset(
            TrackedFlow flow,
            Reassembler sender,
            Reassembler receiver,
            TcpSegment segment,
            long time) {
        boolean refusal = !sender.started() && segment.ack();
        if (!sender.acceptsReset(segment.sequence())
                || (refusal && receiver.strange(segment.acknowledgment()))) {
            tally.resetsIgnored++;
            return;
        }
        end(flow, FlowEnd.RST, time);
    }

    /** Puts the flow where it belongs after a packet of it. */
    private void settle(TrackedFlow flow) {
        boolean clientEnded = flow.fromClient.ended();
        boolean serverEnded = flow.fromServer.ended();
        if (clientEnded && serverEnded) {
            close(flow);
            return;
        }
        AgeList list = opening;
        if ((clientEnded || flow.fromClient.finAcknowledged())
                && (serverEnded || flow.fromServer.finAcknowledged())) {
            list = closing;
        } else if (clientEnded || serverEnded) {
            list = halfClosed;
        } else if (flow.answered()) {
            list = open;
        }
        list.take(flow, now);
        if (!flow.watched && (flow.fromClient.lacking() || flow.fromServer.lacking())) {
            flow.watched = true;
            watched.add(flow);
        }
    }

    private PacketFate late(TrackedFlow flow, Direction direction, TcpSegment segment) {
        if (segment.payloadLength() == 0 || segment.rst()) {
            return PacketFate.WITHOUT_PAYLOAD;
        }
        int sequence = segment.sequence() + (segment.syn() ? 1 : 0);
        return flow.sentFrom(direction).late(sequence, segment.payloadLength());
    }

    private void sweepHoles() {
        int kept = 0;
        for (int i = 0; i < watched.size(); i++) {
            TrackedFlow flow = watched.get(i);
            flow.watched = false;
            if (flow.state != TrackedFlow.State.OPEN) {
                continue;
            }
            flow.fromClient.watch(false, now, now);
            flow.fromServer.watch(false, now, now);
            flow.goOn(now);
            if (flow.fromClient.ended() && (requestsOnly || flow.fromServer.ended())) {
                end(flow, FlowEnd.FIN, now);
            } else if (flow.fromClient.lacking() || flow.fromServer.lacking()) {
                flow.watched = true;
                watched.set(kept++, flow);
            }
        }
        watched.subList(kept, watched.size()).clear();
    }

    private void endIdle(AgeList list) {
        for (Optional<TrackedFlow> due = list.due(now); due.isPresent(); due = list.due(now)) {
            tally.flowsEndedIdle++;
            drop(due.get(), FlowEnd.IDLE);
        }
    }

    /** Ends a flow and forgets it at once. */
    private void drop(TrackedFlow flow, FlowEnd how) {
        flow.state = TrackedFlow.State.CLOSED;
        index.remove(flow);
        flow.list.remove(flow);
        try {
            flow.giveUpHoles(now);
            flow.fromClient.finish(how, now);
            flow.fromServer.finish(how, now);
        } finally {
            flow.fromClient.release();
            flow.fromServer.release();
        }
    }

    /** Ends what has not ended yet, and remembers the flow for a while. */
    private void end(TrackedFlow flow, FlowEnd how, long time) {
        try {
            flow.giveUpHoles(time);
            flow.fromClient.finish(how, time);
            flow.fromServer.finish(how, time);
        } finally {
            close(flow);
        }
    }

    /** A flow whose both directions have ended is remembered for a while. */
    private void close(TrackedFlow flow) {
        flow.fromClient.release();
        flow.fromServer.release();
        remember(flow);
    }

    private void remember(TrackedFlow flow) {
        flow.state = TrackedFlow.State.CLOSED;
        remembered.take(flow, now);
        if (remembered.size() > limits.closedFlows()) {
            remembered.oldest().ifPresent(this::forget);
        }
    }

    private void forget(TrackedFlow flow) {
        index.remove(flow);
        flow.list.remove(flow);
    }
}
