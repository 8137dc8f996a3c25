package dev.understudy.protocol.testing;

import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Drives a session event by event, as core would, and tells which action differed. What a session
 * leaves unread is kept and shown again, and what is captured during a hold waits in its order, so
 * a story may be told in pieces of any size.
 */
public final class Playbook {
    private static final int MAX_ROUNDS = 10_000;

    private final ProtocolSession session;
    private final Map<Direction, Stream> captured = new EnumMap<>(Direction.class);
    private final Map<Integer, Stream> target = new HashMap<>();
    private final ArrayDeque<Step> waiting = new ArrayDeque<>();
    private List<SessionAction> answered = List.of();
    private final List<SessionAction> all = new ArrayList<>();
    private boolean held;
    private String holdReason = "";
    private long nowNanos = 1_000_000_000L;

    private static final class Stream {
        private final ByteBuf unread = Unpooled.buffer();
        private long offset;
        private int waitingBytes;

        private void append(ByteBuf bytes) {
            unread.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        }

        private void skipTo(long streamOffset) {
            unread.clear();
            offset = streamOffset;
        }
    }

    private Playbook(ProtocolSession session) {
        this.session = session;
        for (Direction direction : Direction.values()) {
            captured.put(direction, new Stream());
        }
    }

    /** A story about this session, from its first event. */
    public static Playbook of(ProtocolSession session) {
        return new Playbook(session);
    }

    /** Bytes that a captured client sent. */
    public Playbook client(ByteBuf bytes) {
        return captured(Direction.FROM_CLIENT, bytes);
    }

    /** Bytes that the online server sent. */
    public Playbook server(ByteBuf bytes) {
        return captured(Direction.FROM_SERVER, bytes);
    }

    /** Bytes that the target sent on the main lane. */
    public Playbook target(ByteBuf bytes) {
        return target(SessionAction.MAIN_LANE, bytes);
    }

    /** Bytes that the target sent on a lane. */
    public Playbook target(int lane, ByteBuf bytes) {
        target.computeIfAbsent(lane, _ -> new Stream()).append(bytes);
        return round(() -> showTarget(lane));
    }

    /**
     * Any event without bytes. What the capture tells waits while the session holds; a gap takes
     * with it what the session left unread before it.
     */
    public Playbook on(SessionEvent event) {
        return switch (event) {
            case SessionEvent.CapturedGap gap ->
                    inOrder(
                            () -> {
                                act(gap);
                                captured.get(gap.direction()).skipTo(gap.offset() + gap.length());
                                return true;
                            });
            case SessionEvent.CapturedEnd end -> inOrder(() -> shown(end));
            case SessionEvent.Captured _, SessionEvent.Target _ ->
                    throw new IllegalArgumentException(
                            "bytes are told by client, server and target: " + event);
            case SessionEvent.CapturedTlsFailed _,
                    SessionEvent.TargetUp _,
                    SessionEvent.TargetEnd _,
                    SessionEvent.Known _,
                    SessionEvent.Unknown _,
                    SessionEvent.Wakeup _ ->
                    round(() -> shown(event));
            case SessionEvent.Expired expired -> {
                if (expired.what().equals(holdReason)) {
                    lift();
                }
                yield round(() -> shown(expired));
            }
        };
    }

    private boolean shown(SessionEvent event) {
        act(event);
        return true;
    }

    /** The connection of the main lane is up. */
    public Playbook targetUp() {
        return on(new SessionEvent.TargetUp(SessionAction.MAIN_LANE, tick()));
    }

    /**
     * Expects these actions of the last event, in this order, and no other but notes of what was
     * rewritten, which {@link #all} shows.
     */
    public Playbook expect(SessionAction... expected) {
        List<SessionAction> done =
                answered.stream()
                        .filter(action -> !(action instanceof SessionAction.Rewritten))
                        .toList();
        if (!done.equals(List.of(expected))) {
            throw new AssertionError(
                    "expected " + List.of(expected) + "\n but the session said " + done);
        }
        return this;
    }

    /** Expects that the last event led to no action. */
    public Playbook expectNothing() {
        return expect();
    }

    /** What the last event led to, re-shown bytes included. */
    public List<SessionAction> actions() {
        return answered;
    }

    /** The actions of one kind, from the whole story. */
    public <A extends SessionAction> List<A> all(Class<A> kind) {
        return all.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /**
     * How many captured bytes of a direction were not read, those that wait for a hold included.
     */
    public int unread(Direction direction) {
        Stream stream = captured.get(direction);
        return stream.unread.readableBytes() + stream.waitingBytes;
    }

    /** Whether the session holds its captured events. */
    public boolean held() {
        return held;
    }

    private Playbook captured(Direction direction, ByteBuf bytes) {
        ByteBuf copy = Unpooled.copiedBuffer(bytes);
        Stream stream = captured.get(direction);
        stream.waitingBytes += copy.readableBytes();
        return inOrder(
                () -> {
                    stream.waitingBytes -= copy.readableBytes();
                    stream.append(copy);
                    return showCaptured(direction);
                });
    }

    private interface Step {
        boolean progressed();
    }

    private Playbook inOrder(Step step) {
        waiting.add(step);
        return round(() -> false);
    }

    /**
     * One event, then what is unread, again and again until nothing is read any more; then what was
     * captured and waits for the hold to be lifted.
     */
    private Playbook round(Step first) {
        answered = new ArrayList<>();
        settle(first.progressed());
        while (!held && !waiting.isEmpty()) {
            settle(waiting.poll().progressed());
        }
        all.addAll(answered);
        return this;
    }

    private void settle(boolean progressed) {
        boolean progress = progressed;
        for (int rounds = 0; progress; rounds++) {
            if (rounds > MAX_ROUNDS) {
                throw new AssertionError("the session goes round in circles: " + answered);
            }
            progress = false;
            for (Direction direction : Direction.values()) {
                progress |= showCaptured(direction);
            }
            for (int lane : List.copyOf(target.keySet())) {
                progress |= showTarget(lane);
            }
        }
    }

    private boolean showCaptured(Direction direction) {
        Stream stream = captured.get(direction);
        if (held || !stream.unread.isReadable()) {
            return false;
        }
        return show(
                stream,
                new SessionEvent.Captured(direction, stream.unread, stream.offset, times()));
    }

    private boolean showTarget(int lane) {
        Stream stream = target.get(lane);
        if (stream == null || !stream.unread.isReadable()) {
            return false;
        }
        return show(stream, new SessionEvent.Target(lane, stream.unread, stream.offset, times()));
    }

    private boolean show(Stream stream, SessionEvent event) {
        int before = stream.unread.readerIndex();
        boolean wasHeld = held;
        act(event);
        int read = stream.unread.readerIndex() - before;
        stream.offset += read;
        return read > 0 || (wasHeld && !held);
    }

    private void act(SessionEvent event) {
        for (SessionAction action : session.on(event)) {
            answered.add(action);
            if (action instanceof SessionAction.Hold(String reason, var _)) {
                held = true;
                holdReason = reason;
            } else if (action instanceof SessionAction.Resume) {
                lift();
            } else if (action instanceof SessionAction.Close(int lane)) {
                target.remove(lane);
            } else if (action instanceof SessionAction.Connect(int lane, var _, var _)) {
                // What the lane before it left unread can be read until then.
                target.remove(lane);
            }
        }
    }

    private void lift() {
        held = false;
        holdReason = "";
    }

    private ByteTimes times() {
        long now = tick();
        return _ -> now;
    }

    private long tick() {
        nowNanos += 1_000_000;
        return nowNanos;
    }
}
