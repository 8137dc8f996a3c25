package dev.understudy.memcached;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.understudy.memcached.command.CacheReply;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.Verdict;
import dev.understudy.protocol.testing.Playbook;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A captured connection told step by step. In texts, {@code ~} stands for CR LF. */
final class Story {
    private final MemcachedProtocol protocol;
    private final Playbook playbook;

    private Story(MemcachedProtocol protocol, boolean midway, int copies) {
        this(protocol, midway, copies, false);
    }

    private Story(MemcachedProtocol protocol, boolean midway, int copies, boolean requestsOnly) {
        this.protocol = protocol;
        this.playbook =
                Playbook.of(
                        protocol.open(
                                new SessionContext(
                                        run(Map.of()),
                                        1,
                                        new InetSocketAddress("192.0.2.1", 4711),
                                        new InetSocketAddress("192.0.2.2", 11211),
                                        midway,
                                        0,
                                        copies - 1,
                                        copies,
                                        requestsOnly)));
    }

    static RunContext run(Map<String, ?> settings) {
        return new RunContext(
                Settings.of("memcached", settings),
                new InetSocketAddress("192.0.2.2", 11211),
                new InetSocketAddress("192.0.2.3", 11211),
                1024);
    }

    static MemcachedProtocol protocol(Map<String, ?> settings) {
        MemcachedProtocol protocol = new MemcachedProtocol();
        List<String> problems = protocol.prepare(run(settings)).problems();
        if (!problems.isEmpty()) {
            throw new AssertionError(problems);
        }
        return protocol;
    }

    static Story with(Map<String, ?> settings) {
        return new Story(protocol(settings), false, 1);
    }

    static Story plain() {
        return with(Map.of());
    }

    static Story requestsOnly(Map<String, ?> settings) {
        return new Story(protocol(settings), false, 1, true);
    }

    static Story midway() {
        return new Story(protocol(Map.of()), true, 1);
    }

    /** The second of two copies of the connection on one target. */
    static Story secondCopy() {
        return new Story(protocol(Map.of()), false, 2);
    }

    static Story of(MemcachedProtocol protocol) {
        return new Story(protocol, false, 1);
    }

    /** Another connection of the same copy. */
    Story another() {
        return new Story(protocol, false, 1);
    }

    static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text.replace("~", "\r\n"), ISO_8859_1);
    }

    Story client(String text) {
        playbook.client(bytes(text));
        return this;
    }

    Story online(String text) {
        playbook.server(bytes(text));
        return this;
    }

    Story target(String text) {
        playbook.target(bytes(text));
        return this;
    }

    /** Both servers say the same. */
    Story both(String text) {
        return online(text).target(text);
    }

    Story client(ByteBuf bytes) {
        playbook.client(bytes);
        return this;
    }

    Story online(ByteBuf bytes) {
        playbook.server(bytes);
        return this;
    }

    Story target(ByteBuf bytes) {
        playbook.target(bytes);
        return this;
    }

    Story ends() {
        playbook.on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 1));
        playbook.on(new SessionEvent.CapturedEnd(Direction.FROM_SERVER, StreamEnd.FIN, 1));
        return this;
    }

    Story targetEnds() {
        playbook.on(new SessionEvent.TargetEnd(SessionAction.MAIN_LANE, "closed", 1));
        return this;
    }

    /** Answers what the session awaits from its Await actions, as core would. */
    Story known(Map<String, byte[]> published) {
        for (SessionAction.Await await : playbook.all(SessionAction.Await.class)) {
            byte[] value = published.get(await.key());
            playbook.on(
                    value == null
                            ? new SessionEvent.Unknown(await.key())
                            : new SessionEvent.Known(await.key(), Unpooled.wrappedBuffer(value)));
        }
        return this;
    }

    /** What the session has published. */
    Map<String, byte[]> published() {
        Map<String, byte[]> values = new HashMap<>();
        for (SessionAction.Publish publish : playbook.all(SessionAction.Publish.class)) {
            values.put(publish.key(), ByteBufUtil.getBytes(publish.value()));
        }
        return values;
    }

    /** All that was sent to the target, with {@code ~} for CR LF. */
    String sent() {
        return playbook.all(SessionAction.Send.class).stream()
                .map(send -> send.bytes().toString(ISO_8859_1))
                .collect(Collectors.joining())
                .replace("\r\n", "~");
    }

    /** The requests that the target has answered, by their ordinals. */
    List<Long> answeredByTarget() {
        return playbook.all(SessionAction.Answered.class).stream()
                .filter(answered -> answered.side() == Side.TARGET)
                .map(SessionAction.Answered::ordinal)
                .toList();
    }

    /** The same as bytes. */
    ByteBuf sentBytes() {
        ByteBuf all = Unpooled.buffer();
        playbook.all(SessionAction.Send.class)
                .forEach(send -> all.writeBytes(send.bytes().duplicate()));
        return all;
    }

    /** What became of each request: a verdict, a rule it was skipped by, or that it is open. */
    List<String> outcomes() {
        Map<Long, Request> asked = new HashMap<>();
        Map<Long, CacheReply> online = new HashMap<>();
        Map<Long, CacheReply> target = new HashMap<>();
        Map<Long, String> ended = new HashMap<>();
        playbook.all(SessionAction.Asked.class)
                .forEach(a -> asked.put(a.request().ordinal(), a.request()));
        playbook.all(SessionAction.Skipped.class)
                .forEach(s -> ended.put(s.ordinal(), "skipped " + s.rule()));
        for (SessionAction.Answered answered : playbook.all(SessionAction.Answered.class)) {
            (answered.side() == Side.ONLINE ? online : target)
                    .put(answered.ordinal(), (CacheReply) answered.reply());
        }
        List<String> outcomes = new ArrayList<>();
        for (long i = 0; i < asked.size(); i++) {
            Request request = asked.get(i);
            String end = ended.get(i);
            if (end == null && online.containsKey(i) && target.containsKey(i)) {
                end =
                        verdict(
                                protocol.compare(
                                        new Exchange(
                                                request, online.get(i), target.get(i), 0, 0, 0),
                                        Optional.empty()));
            }
            outcomes.add(request.operation() + " " + (end == null ? "open" : end));
        }
        return outcomes;
    }

    private static String verdict(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Same() -> "same";
            case Verdict.Different(String kind, String _, String _) -> kind;
            case Verdict.NotCompared(String reason) -> "(" + reason + ")";
        };
    }

    /** The last of the differences, both sides of it. */
    List<Verdict> verdicts() {
        Map<Long, CacheReply> online = new HashMap<>();
        List<Verdict> verdicts = new ArrayList<>();
        for (SessionAction.Answered answered : playbook.all(SessionAction.Answered.class)) {
            CacheReply reply = (CacheReply) answered.reply();
            CacheReply other = online.putIfAbsent(answered.ordinal(), reply);
            if (other != null) {
                boolean second = answered.side() == Side.TARGET;
                verdicts.add(
                        protocol.compare(
                                new Exchange(
                                        new Request(0, "x", "x", "x", 0, true),
                                        second ? other : reply,
                                        second ? reply : other,
                                        0,
                                        0,
                                        0),
                                Optional.empty()));
            }
        }
        return verdicts;
    }

    /** Why the session was left out; empty if it was not. */
    String leftOut() {
        return playbook.all(SessionAction.LeaveOut.class).stream()
                .map(SessionAction.LeaveOut::reason)
                .collect(Collectors.joining(","));
    }

    Playbook playbook() {
        return playbook;
    }
}
