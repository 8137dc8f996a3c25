package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.Ask;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One session as a client of the cluster: sends each request to the node that owns its key, and
 * sends it again where that was the wrong one, or had no time. Of one key at most one request is on
 * its way, so that their order holds whatever is sent again; keys of different nodes overtake each
 * other, as those of any client would.
 */
public final class ClusterSession {
    /** Bytes of a value that Couchbase stores, and of the line end behind it. */
    public static final int MAX_VALUE_BYTES = (20 << 20) + 2;

    /** Data nodes that one session talks to. */
    static final int MAX_NODES = 60;

    /** How long until what could not be done is tried again, and how often at most: 10 seconds. */
    static final Duration RETRY = Duration.ofMillis(50);

    static final int MAX_TRIES = 200;

    /** How often answers are looked for that do not come, and after how many times in vain. */
    static final Duration TICK = Duration.ofSeconds(1);

    static final int MAX_SILENT_TICKS = 4;

    /** Rounds of {@link #RETRY} until a node that did not let us in is tried again. */
    private static final int COOLING_ROUNDS = 10;

    private static final long RETRY_TOKEN = 0x636f7563L;
    private static final long TICK_TOKEN = 0x6861736bL;

    private final CouchbaseTarget target;
    private final AnswerSink sink;
    private final int keepBytes;
    private final Map<InetSocketAddress, NodeLane> lanes = new LinkedHashMap<>();
    private final List<NodeLane> byNumber = new ArrayList<>();
    private final OpenParts open = new OpenParts();
    private final List<Batch.Part> parked = new ArrayList<>();
    private int lastOpaque;
    private boolean retryDue;
    private boolean tickDue;
    private boolean finishing;
    private boolean over;

    ClusterSession(CouchbaseTarget target, AnswerSink sink, int keepBytes) {
        this.target = target;
        this.sink = sink;
        this.keepBytes = keepBytes;
    }

    /** Whether no request may be added now; some may again once the target has answered. */
    public boolean isFull() {
        return open.isFull();
    }

    /** Whether something that was asked is not answered yet. */
    public boolean isOpen() {
        return !open.isEmpty();
    }

    /**
     * Whether a request has a counterpart in Couchbase.
     *
     * @param head the request without its value
     */
    public static boolean takes(Ask ask, ByteBuf head) {
        return Translation.of(ask, head, Unpooled.EMPTY_BUFFER).isPresent();
    }

    /**
     * Sends a captured request.
     *
     * @param head the request without its value, with the target's cas values in it
     * @param body what followed it, to its last byte; copied
     * @throws IllegalArgumentException if Couchbase has no counterpart: see {@link #takes}
     */
    public void ask(long ordinal, Ask ask, ByteBuf head, ByteBuf body, List<SessionAction> out) {
        Plan plan =
                Translation.of(ask, head, body)
                        .orElseThrow(() -> new IllegalArgumentException(ask.operation()));
        for (Batch.Part part : new Batch(ordinal, ask, plan).parts()) {
            if (open.add(part)) {
                route(part, out);
            }
        }
        startTicking(out);
    }

    /** Nothing more will be asked: lanes are closed once all is answered. */
    public void finish(List<SessionAction> out) {
        finishing = true;
        closeIfDone(out);
    }

    /** Whether nothing is open any more, and nothing will be. */
    public boolean isOver() {
        return over;
    }

    private void closeIfDone(List<SessionAction> out) {
        if (finishing && open.isEmpty()) {
            abandon(out);
        }
    }

    /** Closes all lanes; what is open is not answered any more. */
    public void abandon(List<SessionAction> out) {
        if (!over) {
            over = true;
            for (NodeLane lane : byNumber) {
                if (!lane.closed()) {
                    lane.state(new NodeLane.State.Closed(0));
                    out.add(new SessionAction.Close(lane.number()));
                }
            }
        }
    }

    /**
     * Takes in what the target's side tells.
     *
     * @return whether the event was meant for this
     */
    public boolean on(SessionEvent event, List<SessionAction> out) {
        boolean mine =
                switch (event) {
                    case SessionEvent.TargetUp(int lane, long _) -> up(byNumber.get(lane), out);
                    case SessionEvent.Target(int number, ByteBuf bytes, long at, var times) -> {
                        NodeLane lane = byNumber.get(number);
                        int start = bytes.readerIndex();
                        while (!over && step(lane, bytes, at, start, times, out)) {
                            // Until nothing whole is left.
                        }
                        yield true;
                    }
                    case SessionEvent.TargetEnd(int lane, String reason, long _) ->
                            ended(byNumber.get(lane), reason, out);
                    case SessionEvent.Wakeup(long token, long _) -> woken(token, out);
                    case SessionEvent.Captured _,
                            SessionEvent.CapturedGap _,
                            SessionEvent.CapturedEnd _,
                            SessionEvent.CapturedTlsFailed _,
                            SessionEvent.Known _,
                            SessionEvent.Unknown _,
                            SessionEvent.Expired _ ->
                            false;
                };
        if (mine) {
            closeIfDone(out);
        }
        return mine;
    }

    // Where a request goes.

    private void route(Batch.Part part, List<SessionAction> out) {
        Optional<ClusterMap> map = target.maps().latest();
        if (map.isEmpty()) {
            NodeLane seed = seed();
            if (seed.closed() && !open(seed, out)) {
                park(part, "couchbase-unreachable", out);
            } else {
                seed.await(part);
            }
            return;
        }
        int vbucket = map.get().vbucket(part.request().key());
        Optional<NodeLane> lane = map.get().owner(vbucket).flatMap(this::lane);
        if (lane.isEmpty()) {
            askForMap(out);
            park(part, "couchbase-no-owner", out);
        } else if (lane.get().ready()) {
            send(lane.get(), part, vbucket, out);
        } else if (lane.get().closed() && !open(lane.get(), out)) {
            askForMap(out);
            park(part, "couchbase-unreachable", out);
        } else {
            lane.get().await(part);
        }
    }

    private void send(NodeLane lane, Batch.Part part, int vbucket, List<SessionAction> out) {
        int opaque = nextOpaque();
        lane.sent(opaque, Optional.of(part));
        out.add(
                new SessionAction.Send(
                        lane.number(),
                        part.request().encoded(vbucket, opaque),
                        part.batch().ordinal()));
    }

    private int nextOpaque() {
        lastOpaque++;
        return lastOpaque;
    }

    private NodeLane seed() {
        return lanes.computeIfAbsent(
                target.address(), address -> added(Optional.empty(), address.toString()));
    }

    /** The lane to a node; empty where its name has no address yet, or there are too many. */
    private Optional<NodeLane> lane(ClusterMap.Node node) {
        Optional<InetAddress> host = target.names().address(node.host());
        if (host.isEmpty()) {
            return Optional.empty();
        }
        InetSocketAddress address =
                new InetSocketAddress(host.get(), target.tls() ? node.tlsPort() : node.port());
        if (address.equals(target.address())) {
            return Optional.of(seed());
        }
        NodeLane known = lanes.get(address);
        if (known == null && byNumber.size() < MAX_NODES) {
            known = added(Optional.of(address), node.toString());
            lanes.put(address, known);
        }
        return Optional.ofNullable(known);
    }

    private NodeLane added(Optional<InetSocketAddress> peer, String name) {
        NodeLane lane = new NodeLane(byNumber.size(), peer, name, keepBytes);
        byNumber.add(lane);
        return lane;
    }

    /** Opens a lane, unless it is too early to try again. */
    private boolean open(NodeLane lane, List<SessionAction> out) {
        if (!(lane.state() instanceof NodeLane.State.Closed(int rounds)) || rounds > 0) {
            return false;
        }
        lane.state(new NodeLane.State.Opening());
        out.add(new SessionAction.Connect(lane.number(), lane.peer(), target.tls()));
        return true;
    }

    // What comes back.

    private boolean up(NodeLane lane, List<SessionAction> out) {
        NodeLogin login = target.login();
        lane.state(new NodeLane.State.LoggingIn(login));
        out.add(plumbing(lane, login.first()));
        return true;
    }

    private static SessionAction plumbing(NodeLane lane, ByteBuf bytes) {
        return new SessionAction.Send(lane.number(), bytes, SessionAction.NO_ORDINAL);
    }

    /** One packet; says whether there may be another. */
    private boolean step(
            NodeLane lane,
            ByteBuf in,
            long at,
            int start,
            ByteTimes times,
            List<SessionAction> out) {
        switch (lane.next(in)) {
            case NodeLane.Said.Nothing() -> {
                return false;
            }
            case NodeLane.Said.Step(var packet) -> {
                if (lane.state() instanceof NodeLane.State.LoggingIn(NodeLogin login)) {
                    loggingIn(lane, login.on(packet), out);
                }
            }
            case NodeLane.Said.Replied(Batch.Part part, KvReply reply) ->
                    replied(lane, part, reply, times.at(at + in.readerIndex() - start - 1), out);
            case NodeLane.Said.Moved(Batch.Part part, ByteBuf map) -> {
                if (take(lane, map, out)) {
                    again(part, out);
                } else {
                    askForMap(out);
                    park(part, "couchbase-not-my-vbucket", out);
                }
            }
            case NodeLane.Said.Map(ByteBuf map) -> take(lane, map, out);
            case NodeLane.Said.Broken(String detail) -> {
                over = true;
                out.add(
                        new SessionAction.LeaveOut(
                                "malformed-answer", "the node " + lane.name() + ": " + detail));
            }
        }
        return true;
    }

    private void loggingIn(NodeLane lane, NodeLogin.Progress progress, List<SessionAction> out) {
        switch (progress) {
            case NodeLogin.Progress.Going(ByteBuf send) -> out.add(plumbing(lane, send));
            case NodeLogin.Progress.Ready(Optional<ByteBuf> map) -> {
                lane.state(new NodeLane.State.Ready());
                map.ifPresent(json -> take(lane, json, out));
                if (target.maps().latest().isEmpty() && !over) {
                    leaveOut(lane, "gives no map of the cluster", out);
                    return;
                }
                lane.takeWaiting().forEach(part -> route(part, out));
            }
            case NodeLogin.Progress.Refused(String detail) -> {
                if (target.maps().latest().isEmpty()) {
                    leaveOut(lane, detail, out);
                } else {
                    // A node that joins or leaves may not know the bucket for a while.
                    out.add(new SessionAction.Close(lane.number()));
                    failed(lane, "login", out);
                }
            }
        }
    }

    private void leaveOut(NodeLane lane, String detail, List<SessionAction> out) {
        over = true;
        out.add(
                new SessionAction.LeaveOut(
                        "couchbase-login", "the node " + lane.name() + " " + detail));
    }

    /** Takes a map that a node gave; says whether it is news. */
    private boolean take(NodeLane lane, ByteBuf json, List<SessionAction> out) {
        if (!json.isReadable()) {
            return false;
        }
        try {
            InetSocketAddress address = lane.peer().orElse(target.address());
            boolean news =
                    target.maps()
                            .offer(ClusterMap.read(json, address.getAddress().getHostAddress()));
            if (news) {
                // What waits for a node that does not let us in may be elsewhere by now.
                for (NodeLane other : List.copyOf(byNumber)) {
                    other.takeWaiting().forEach(part -> route(part, out));
                }
            }
            return news;
        } catch (IOException e) {
            leaveOut(lane, "is not understood: " + e.getMessage(), out);
            return false;
        }
    }

    private void replied(
            NodeLane lane, Batch.Part part, KvReply reply, long time, List<SessionAction> out) {
        boolean later = Status.of(reply.status()).filter(Status::temporary).isPresent();
        if (later && part.tryAgain() <= MAX_TRIES) {
            parkAsIs(part, out);
        } else if (reply.is(Status.NO_BUCKET) || reply.is(Status.AUTH_STALE)) {
            park(part, "couchbase-no-bucket", out);
            out.add(new SessionAction.Close(lane.number()));
            failed(lane, "no-bucket", out);
        } else {
            if (part.batch().complete(part, reply)) {
                sink.answered(part.batch().ordinal(), part.batch().answer(), time, out);
            }
            done(part, out);
        }
    }

    /** The part has ended; the next one for its key may go. */
    private void done(Batch.Part part, List<SessionAction> out) {
        open.done(part).ifPresent(next -> route(next, out));
    }

    private void lose(Batch.Part part, String reason, List<SessionAction> out) {
        if (part.batch().lose()) {
            sink.lost(part.batch().ordinal(), reason, out);
        }
        done(part, out);
    }

    // What goes wrong.

    private boolean ended(NodeLane lane, String reason, List<SessionAction> out) {
        if (!lane.closed()) {
            failed(lane, reason, out);
        }
        return true;
    }

    /** The connection is gone: what was sent may have been carried out, what was not was not. */
    private void failed(NodeLane lane, String reason, List<SessionAction> out) {
        lane.state(new NodeLane.State.Closed(COOLING_ROUNDS));
        List<Batch.Part> sent = lane.takeFlights();
        List<Batch.Part> waiting = lane.takeWaiting();
        for (Batch.Part part : sent) {
            if (part.request().repeatable()) {
                park(part, "couchbase-node-" + reason, out);
            } else {
                lose(part, "couchbase-node-" + reason, out);
            }
        }
        waiting.forEach(part -> park(part, "couchbase-node-" + reason, out));
        askForMap(out);
        retryLater(out);
    }

    private void again(Batch.Part part, List<SessionAction> out) {
        if (part.tryAgain() > MAX_TRIES) {
            lose(part, "couchbase-not-my-vbucket", out);
        } else {
            route(part, out);
        }
    }

    /** Tries a part again later, unless that was done too often. */
    private void park(Batch.Part part, String reason, List<SessionAction> out) {
        if (part.tryAgain() > MAX_TRIES) {
            lose(part, reason, out);
        } else {
            parkAsIs(part, out);
        }
    }

    private void parkAsIs(Batch.Part part, List<SessionAction> out) {
        parked.add(part);
        retryLater(out);
    }

    private void retryLater(List<SessionAction> out) {
        if (!retryDue) {
            retryDue = true;
            out.add(new SessionAction.WakeIn(RETRY_TOKEN, RETRY));
        }
    }

    /** Asks a node that lets us in which map is the latest; opens one where there is none. */
    private void askForMap(List<SessionAction> out) {
        if (byNumber.stream().anyMatch(NodeLane::asksForMap)) {
            return;
        }
        List<NodeLane> ready = byNumber.stream().filter(NodeLane::ready).toList();
        if (ready.isEmpty()) {
            reach(out);
            return;
        }
        // Not always the same one: the one that is asked may be the one that is cut off.
        NodeLane lane = ready.get(Math.floorMod(lastOpaque, ready.size()));
        int opaque = nextOpaque();
        lane.sent(opaque, Optional.empty());
        out.add(
                plumbing(
                        lane,
                        BinaryPacket.request(
                                        NodeLogin.GET_CLUSTER_CONFIG,
                                        opaque,
                                        Unpooled.EMPTY_BUFFER,
                                        Unpooled.EMPTY_BUFFER)
                                .encoded()));
    }

    /** Opens a lane to any node: each login brings the map. */
    private void reach(List<SessionAction> out) {
        boolean coming = byNumber.stream().anyMatch(lane -> !lane.closed() && !lane.ready());
        if (coming) {
            return;
        }
        if (!seed().closed() || open(seed(), out)) {
            return;
        }
        for (ClusterMap.Node node :
                target.maps().latest().map(ClusterMap::nodes).orElse(List.of())) {
            Optional<NodeLane> lane = lane(node);
            if (lane.isPresent() && lane.get().closed() && open(lane.get(), out)) {
                return;
            }
        }
    }

    // Time.

    private boolean woken(long token, List<SessionAction> out) {
        if (token == RETRY_TOKEN) {
            retryDue = false;
            byNumber.forEach(NodeLane::cool);
            List<Batch.Part> due = List.copyOf(parked);
            parked.clear();
            due.forEach(part -> route(part, out));
            if (!open.isEmpty() && byNumber.stream().anyMatch(NodeLane::cooling)) {
                retryLater(out);
            }
            return true;
        }
        if (token == TICK_TOKEN) {
            tickDue = false;
            for (NodeLane lane : List.copyOf(byNumber)) {
                if (lane.tick() > MAX_SILENT_TICKS) {
                    out.add(new SessionAction.Close(lane.number()));
                    failed(lane, "silent", out);
                }
            }
            startTicking(out);
            return true;
        }
        return false;
    }

    private void startTicking(List<SessionAction> out) {
        if (!tickDue && !open.isEmpty() && !over) {
            tickDue = true;
            out.add(new SessionAction.WakeIn(TICK_TOKEN, TICK));
        }
    }
}
