package dev.understudy.memcached.couchbase;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.sasl.SaslMechanism;
import dev.understudy.memcached.text.TextRequests;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A session and the nodes that it talks to, told step by step; nodes are named by their port. */
final class FakeCluster implements AnswerSink {
    static final InetSocketAddress SEED =
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 11210);

    final CouchbaseTarget target =
            new CouchbaseTarget(
                    SEED,
                    new CouchbaseUser("bk", "app", new Secret("pw")),
                    EnumSet.allOf(SaslMechanism.class),
                    false,
                    Map.of());
    final ClusterSession session = target.open(this, 1024);
    final List<String> told = new ArrayList<>();
    final List<SessionAction> actions = new ArrayList<>();
    final List<Integer> connecting = new ArrayList<>();
    private final Map<Integer, Integer> ports = new HashMap<>();
    private final Map<Integer, ArrayDeque<BinaryPacket>> requests = new HashMap<>();
    private final Map<Integer, ByteBuf> unread = new HashMap<>();

    @Override
    public void answered(long ordinal, Answer answer, long timeNanos, List<SessionAction> out) {
        told.add(ordinal + " " + answer.describe());
    }

    @Override
    public void lost(long ordinal, String reason, List<SessionAction> out) {
        told.add(ordinal + " lost: " + reason);
    }

    /** A map of two vbuckets: keys of an even vbucket belong to the first port. */
    static String map(int revision, int even, int odd) {
        return """
               {"rev":%d,"vBucketServerMap":{"serverList":["$HOST:%d","192.0.2.2:%d"],
                "vBucketMap":[[0],[1]]}}
               """
                .formatted(revision, even, odd);
    }

    /** A text request. */
    boolean ask(long ordinal, String request) {
        ByteBuf whole = Unpooled.copiedBuffer(request.replace("~", "\r\n"), ISO_8859_1);
        int head = whole.bytesBefore((byte) '\n') + 1;
        ByteBuf line = whole.slice(0, head);
        if (!(new TextRequests(4096, 1 << 20).decode(line)
                instanceof Decoded.Complete<Ask>(Ask ask, int _))) {
            throw new AssertionError(request);
        }
        List<SessionAction> out = new ArrayList<>();
        if (!ClusterSession.takes(ask, line)) {
            return false;
        }
        session.ask(ordinal, ask, line, whole.slice(head, whole.readableBytes() - head), out);
        carryOut(out);
        return true;
    }

    void on(SessionEvent event) {
        List<SessionAction> out = new ArrayList<>();
        session.on(event, out);
        carryOut(out);
    }

    private void carryOut(List<SessionAction> out) {
        actions.addAll(out);
        for (SessionAction action : out) {
            if (action instanceof SessionAction.Connect(int lane, var peer, boolean _)) {
                ports.put(lane, peer.orElse(SEED).getPort());
                connecting.add(peer.orElse(SEED).getPort());
            } else if (action instanceof SessionAction.Send(int lane, ByteBuf bytes, long _)) {
                if (!(BinaryPacket.decode(bytes, Magic.REQUEST, BinaryLimits.MEMCACHED)
                        instanceof Decoded.Complete<BinaryPacket>(BinaryPacket packet, int _))) {
                    throw new AssertionError("no packet");
                }
                requests.computeIfAbsent(ports.get(lane), _ -> new ArrayDeque<>()).add(packet);
            } else if (action instanceof SessionAction.Close(int lane)) {
                requests.remove(ports.get(lane));
            }
        }
    }

    int lane(int port) {
        return ports.entrySet().stream()
                .filter(entry -> entry.getValue() == port)
                .mapToInt(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    /** The connection to a node is up, and it lets us in. */
    void letIn(int port, String map) {
        on(new SessionEvent.TargetUp(lane(port), 0));
        answer(port, Status.SUCCESS, "");
        answer(port, Status.SUCCESS, "PLAIN");
        answer(port, Status.SUCCESS, "");
        answer(port, Status.SUCCESS, "");
        answer(port, Status.SUCCESS, map);
    }

    /** The request that a node has to answer next. */
    BinaryPacket due(int port) {
        return requests.get(port).getFirst();
    }

    int open(int port) {
        return requests.getOrDefault(port, new ArrayDeque<>()).size();
    }

    void answer(int port, Status status, String value) {
        answer(port, status, value, Integer.MAX_VALUE);
    }

    /** Answers what is due, in pieces of at most so many bytes. */
    void answer(int port, Status status, String value, int pieces) {
        BinaryPacket request = requests.get(port).remove();
        boolean item = status == Status.SUCCESS && request.header().opcode() == Opcode.GET.code();
        ByteBuf bytes =
                BinaryPacket.answer(
                                request.header().opcode(),
                                status,
                                request.header().opaque(),
                                5,
                                item
                                        ? Unpooled.buffer(4).writeInt(0xFEDC0001)
                                        : Unpooled.EMPTY_BUFFER,
                                Unpooled.EMPTY_BUFFER,
                                Unpooled.copiedBuffer(value, UTF_8))
                        .encoded();
        ByteBuf stream = unread.computeIfAbsent(port, _ -> Unpooled.buffer());
        while (bytes.isReadable()) {
            stream.writeBytes(bytes, Math.min(pieces, bytes.readableBytes()));
            on(new SessionEvent.Target(lane(port), stream, 0, _ -> 77));
        }
    }

    /** The time of the retry timer, or of the other one, has come. */
    void wake(Duration after) {
        SessionAction.WakeIn wake =
                actions.stream()
                        .filter(SessionAction.WakeIn.class::isInstance)
                        .map(SessionAction.WakeIn.class::cast)
                        .filter(candidate -> candidate.delay().equals(after))
                        .reduce((_, last) -> last)
                        .orElseThrow();
        on(new SessionEvent.Wakeup(wake.token(), 0));
    }
}
