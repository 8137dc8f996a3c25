package dev.understudy.protocol.testing;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One telling of a story to a session of its own, and what it came to. The target's connections are
 * up at once, awaited values are known or unknown at once.
 */
final class StoryRun {
    private static final long NOW = 2_000_000_000L;

    private final Protocol protocol;
    private final Story story;
    private final Playbook book;
    private final List<String> complaints = new ArrayList<>();
    private final Map<Direction, Long> offsets = new HashMap<>();
    private final Set<Integer> openLanes = new HashSet<>();
    private final Map<String, ByteBuf> published = new HashMap<>();
    private final Map<Long, Request> asked = new HashMap<>();
    private final Map<Long, Map<Side, Reply>> answers = new HashMap<>();
    private final Set<Long> ended = new HashSet<>();
    private final Map<Long, Set<String>> ends = new TreeMap<>();
    private final Map<Integer, StringBuilder> sent = new TreeMap<>();
    private final Map<Long, StringBuilder> requestBytes = new TreeMap<>();
    private Optional<String> leftOut = Optional.empty();
    private boolean closedALane;
    private boolean failed;
    private int same;
    private int different;

    StoryRun(Protocol protocol, Story story) {
        this.protocol = protocol;
        this.story = story;
        RunContext run = ContractKit.context(protocol, story.settings());
        Preparation found = protocol.prepare(run);
        found.problems().forEach(problem -> complaints.add("prepare: " + problem));
        InetSocketAddress client = new InetSocketAddress("192.0.2.1", 40_000);
        InetSocketAddress server = new InetSocketAddress("192.0.2.2", 1);
        book = Playbook.of(protocol.open(new SessionContext(run, 1, client, server, false, 0, 0)));
    }

    /** Tells turns. */
    void tell(List<Story.Turn> turns) {
        for (Story.Turn turn : turns) {
            if (over()) {
                return;
            }
            if (!turn.bytes().isReadable()) {
                continue;
            }
            switch (turn) {
                case Story.Turn.Captured(Direction direction, ByteBuf bytes) -> {
                    offsets.merge(direction, (long) bytes.readableBytes(), Long::sum);
                    step(
                            () ->
                                    direction == Direction.FROM_CLIENT
                                            ? book.client(bytes.duplicate())
                                            : book.server(bytes.duplicate()));
                }
                case Story.Turn.Target(int lane, ByteBuf bytes) -> {
                    if (openLanes.contains(lane)) {
                        step(() -> book.target(lane, bytes.duplicate()));
                    }
                }
            }
        }
    }

    /** Says that bytes are missing here. */
    void gap(Story.Turn.Captured turn, int length) {
        long offset = offsets.merge(turn.direction(), (long) length, Long::sum) - length;
        event(new SessionEvent.CapturedGap(turn.direction(), offset, length, NOW));
    }

    private void event(SessionEvent event) {
        if (!over()) {
            step(() -> book.on(event));
        }
    }

    private boolean over() {
        return failed || leftOut.isPresent();
    }

    private interface Told {
        Playbook tell();
    }

    private void step(Told told) {
        ArrayDeque<SessionAction> todo = new ArrayDeque<>(actions(told));
        while (!todo.isEmpty() && !over()) {
            switch (todo.poll()) {
                case SessionAction.Connect(int lane, var _, boolean _) -> {
                    openLanes.add(lane);
                    todo.addAll(actions(() -> book.on(new SessionEvent.TargetUp(lane, NOW))));
                }
                case SessionAction.Close(int lane) -> {
                    openLanes.remove(lane);
                    closedALane = true;
                }
                case SessionAction.Await(String key, var _) -> {
                    ByteBuf value = published.get(key);
                    SessionEvent answer =
                            value == null
                                    ? new SessionEvent.Unknown(key)
                                    : new SessionEvent.Known(key, value.duplicate());
                    todo.addAll(actions(() -> book.on(answer)));
                }
                case SessionAction.Publish(String key, ByteBuf value, boolean _) ->
                        published.put(key, value);
                case SessionAction.Send(int lane, ByteBuf bytes, long ordinal) ->
                        sent(lane, bytes, ordinal);
                case SessionAction.Asked(Request request) -> asked(request);
                case SessionAction.Answered(long ordinal, Side side, Reply reply, long _) ->
                        answered(ordinal, side, reply);
                case SessionAction.Skipped(long ordinal, String rule) ->
                        ended(ordinal, "skipped: " + rule);
                case SessionAction.Lost(long ordinal, String reason) ->
                        ended(ordinal, "lost: " + reason);
                case SessionAction.Injected(String operation) ->
                        word(SessionAction.NO_ORDINAL, "injected: " + operation);
                case SessionAction.LeaveOut(String reason, String _) -> {
                    leftOut = Optional.of(reason);
                    word(SessionAction.NO_ORDINAL, "left out: " + reason);
                }
                case SessionAction.PassOver(String rule) -> {
                    leftOut = Optional.of(rule);
                    word(SessionAction.NO_ORDINAL, "passed over: " + rule);
                }
                case SessionAction.StartTls _,
                        SessionAction.OfUser _,
                        SessionAction.HalfClose _,
                        SessionAction.CapturedTls _,
                        SessionAction.Hold _,
                        SessionAction.Resume _,
                        SessionAction.Announce _,
                        SessionAction.Withdraw _,
                        SessionAction.Rewritten _,
                        SessionAction.WakeIn _ -> {}
            }
        }
    }

    private List<SessionAction> actions(Told told) {
        try {
            List<SessionAction> actions = List.copyOf(told.tell().actions());
            for (SessionAction action : actions) {
                String shown = action.toString();
                for (String secret : story.secrets()) {
                    if (shown.contains(secret)) {
                        complaints.add("a secret shows in " + action.getClass().getSimpleName());
                    }
                }
            }
            return actions;
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            failed = true;
            StackTraceElement[] stack = e.getStackTrace();
            complaints.add("it throws " + e + (stack.length == 0 ? "" : " at " + stack[0]));
            return List.of();
        }
    }

    private void word(long ordinal, String word) {
        ends.computeIfAbsent(ordinal, _ -> new TreeSet<>()).add(word);
    }

    private void sent(int lane, ByteBuf bytes, long ordinal) {
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        if (!openLanes.contains(lane)) {
            return;
        }
        sent.computeIfAbsent(lane, _ -> new StringBuilder()).append(text);
        if (ordinal != SessionAction.NO_ORDINAL) {
            requestBytes.computeIfAbsent(ordinal, _ -> new StringBuilder()).append(text);
            if (!asked.containsKey(ordinal)) {
                complaints.add("request %d is sent and was not announced".formatted(ordinal));
            }
        }
    }

    private void asked(Request request) {
        if (request.ordinal() != asked.size()) {
            complaints.add(
                    "request %d is announced as number %d"
                            .formatted(request.ordinal(), asked.size()));
        }
        asked.put(request.ordinal(), request);
        word(
                request.ordinal(),
                "asked: %s, %s, %s%s"
                        .formatted(
                                request.operation(),
                                request.fingerprint(),
                                request.text(),
                                request.answerDue() ? "" : ", no answer due"));
    }

    private void answered(long ordinal, Side side, Reply reply) {
        if (!asked.containsKey(ordinal) || ended.contains(ordinal)) {
            complaints.add("request %d is answered and not open".formatted(ordinal));
            return;
        }
        Map<Side, Reply> replies = answers.computeIfAbsent(ordinal, _ -> new HashMap<>());
        if (replies.put(side, reply) != null) {
            complaints.add("request %d is answered twice, %s".formatted(ordinal, side));
        }
        word(ordinal, side + ": " + reply.describe());
        if (replies.size() == Side.values().length) {
            ended.add(ordinal);
            judge(asked.get(ordinal), replies);
        }
    }

    private void judge(Request request, Map<Side, Reply> replies) {
        Exchange exchange =
                new Exchange(
                        request, replies.get(Side.ONLINE), replies.get(Side.TARGET), NOW, NOW, NOW);
        try {
            Verdict verdict = protocol.compare(exchange, Optional.empty());
            if (!verdict.equals(protocol.compare(exchange, Optional.empty()))) {
                complaints.add("compare is not pure: two calls, two verdicts");
            }
            switch (verdict) {
                case Verdict.Same _ -> same++;
                case Verdict.Different _ -> different++;
                case Verdict.NotCompared _ -> {}
            }
            word(request.ordinal(), "verdict: " + verdict);
        } catch (RuntimeException e) {
            complaints.add("compare throws " + e);
        }
    }

    private void ended(long ordinal, String how) {
        if (!asked.containsKey(ordinal) || !ended.add(ordinal)) {
            complaints.add("request %d is %s and not open".formatted(ordinal, how));
        }
        word(ordinal, how);
    }

    /** What every request came to, by its ordinal. */
    Map<Long, Set<String>> ends() {
        return ends;
    }

    /** What was sent on each lane, a byte a character. */
    Map<Integer, String> sent() {
        return strings(sent);
    }

    /** What was sent of each request, a byte a character. */
    Map<Long, String> requestBytes() {
        return strings(requestBytes);
    }

    private static <K> Map<K, String> strings(Map<K, StringBuilder> builders) {
        Map<K, String> strings = new TreeMap<>();
        builders.forEach((key, builder) -> strings.put(key, builder.toString()));
        return strings;
    }

    List<String> complaints() {
        return complaints;
    }

    boolean failed() {
        return failed;
    }

    boolean leftOut() {
        return leftOut.isPresent();
    }

    boolean hasClosedALane() {
        return closedALane;
    }

    int same() {
        return same;
    }

    int different() {
        return different;
    }

    /** Captured bytes that were told and not read. */
    int unread() {
        return leftOut.isPresent()
                ? 0
                : book.unread(Direction.FROM_CLIENT) + book.unread(Direction.FROM_SERVER);
    }

    /** Everybody goes: nothing may be thrown at that either. */
    void end() {
        for (Direction direction : Direction.values()) {
            event(new SessionEvent.CapturedEnd(direction, StreamEnd.FIN, NOW));
        }
        for (int lane : Set.copyOf(openLanes)) {
            event(new SessionEvent.TargetEnd(lane, "closed", NOW));
        }
    }
}
