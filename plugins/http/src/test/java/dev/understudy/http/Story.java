package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Reply;
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
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A session told in text, with {@code ~} for CR LF. Sessions of one run share what they publish, as
 * core has it; the tag is off unless a test wants it.
 */
final class Story {
    /** What the sessions of one copy share. */
    static final class Run {
        private final HttpProtocol protocol = new HttpProtocol();
        private final RunContext context;
        private final Map<String, ByteBuf> published = new HashMap<>();
        private final Set<String> announced = new HashSet<>();
        private long sessions;

        private Run(Map<String, Object> settings) {
            Map<String, Object> all = new HashMap<>(Map.of("tag", "off"));
            all.putAll(settings);
            InetSocketAddress address = InetSocketAddress.createUnresolved("target.test", 8080);
            context =
                    new RunContext(
                            Settings.of("http", all),
                            address,
                            address,
                            RunContext.DEFAULT_REPLY_KEEP_BYTES);
            Preparation preparation = protocol.prepare(context);
            assertEquals(List.of(), preparation.problems());
        }

        /** The run has ended. */
        List<String> concluded() {
            return protocol.conclude(context).warnings();
        }

        Story session() {
            return new Story(this, false, false);
        }

        Story joinedMidway() {
            return new Story(this, true, false);
        }

        Story requestsOnly() {
            return new Story(this, false, true);
        }
    }

    private final Run run;
    private final Playbook book;
    private final Set<String> awaited = new LinkedHashSet<>();
    private int actionsSeen;

    private Story(Run run, boolean joinedMidway, boolean requestsOnly) {
        this.run = run;
        this.book =
                Playbook.of(
                        run.protocol.open(
                                new SessionContext(
                                        run.context,
                                        ++run.sessions,
                                        run.context.online(),
                                        run.context.online(),
                                        joinedMidway,
                                        0,
                                        0,
                                        1,
                                        requestsOnly)));
    }

    static Run run(Map<String, Object> settings) {
        return new Run(settings);
    }

    static Story begin() {
        return run(Map.of()).session();
    }

    static ByteBuf bytes(String shown) {
        return Unpooled.copiedBuffer(shown.replace("~", "\r\n"), StandardCharsets.ISO_8859_1);
    }

    Story client(String shown) {
        book.client(bytes(shown));
        return settle();
    }

    Story server(String shown) {
        book.server(bytes(shown));
        return settle();
    }

    Story target(String shown) {
        book.target(bytes(shown));
        return settle();
    }

    /** Both servers say the same. */
    Story both(String shown) {
        return server(shown).target(shown);
    }

    Story on(SessionEvent event) {
        book.on(event);
        return settle();
    }

    Story up() {
        return on(new SessionEvent.TargetUp(0, 1));
    }

    Story targetEnds(String reason) {
        return on(new SessionEvent.TargetEnd(0, reason, 5));
    }

    Story clientEnds() {
        return on(new SessionEvent.CapturedEnd(Direction.FROM_CLIENT, StreamEnd.FIN, 7));
    }

    Story serverEnds(StreamEnd how) {
        return on(new SessionEvent.CapturedEnd(Direction.FROM_SERVER, how, 7));
    }

    Story wake() {
        return on(new SessionEvent.Wakeup(1, 9));
    }

    /** What core does with values: tells those that are known, and those that nobody gives. */
    private Story settle() {
        List<SessionAction> all = book.all(SessionAction.class);
        while (actionsSeen < all.size()) {
            switch (all.get(actionsSeen++)) {
                case SessionAction.Announce(String key) -> run.announced.add(key);
                case SessionAction.Withdraw(String key) -> run.announced.remove(key);
                case SessionAction.Publish(String key, ByteBuf value, boolean _) -> {
                    run.announced.remove(key);
                    run.published.put(key, value);
                }
                case SessionAction.Await(String key, var _) -> awaited.add(key);
                case SessionAction _ -> {}
            }
        }
        return look();
    }

    /** Tells values that other sessions have given meanwhile. */
    Story look() {
        for (String key : List.copyOf(awaited)) {
            if (run.published.containsKey(key)) {
                awaited.remove(key);
                return on(new SessionEvent.Known(key, run.published.get(key).duplicate()));
            }
            if (!run.announced.contains(key)) {
                awaited.remove(key);
                return on(new SessionEvent.Unknown(key));
            }
        }
        return this;
    }

    boolean held() {
        return book.held();
    }

    int unread(Direction direction) {
        return book.unread(direction);
    }

    <A extends SessionAction> List<A> all(Class<A> kind) {
        return book.all(kind);
    }

    /** Everything that went to the target, as text with {@code ~}. */
    String sent() {
        StringBuilder text = new StringBuilder();
        for (SessionAction.Send send : all(SessionAction.Send.class)) {
            text.append(send.bytes().toString(StandardCharsets.ISO_8859_1));
        }
        return text.toString().replace("\r\n", "~");
    }

    /** The requests' texts, their first line alone. */
    List<String> asked() {
        return all(SessionAction.Asked.class).stream()
                .map(asked -> asked.request().text().lines().findFirst().orElse(""))
                .toList();
    }

    /** The answers of a side, as {@code ordinal: description}. */
    List<String> answered(Side side) {
        return all(SessionAction.Answered.class).stream()
                .filter(answer -> answer.side() == side)
                .map(answer -> answer.ordinal() + ": " + answer.reply().describe())
                .toList();
    }

    /** What the protocol says of the two answers to a request, as core asks it. */
    Verdict verdict(long ordinal) {
        Request request =
                all(SessionAction.Asked.class).stream()
                        .map(SessionAction.Asked::request)
                        .filter(asked -> asked.ordinal() == ordinal)
                        .findFirst()
                        .orElseThrow();
        return run.protocol.compare(
                new Exchange(
                        request, reply(ordinal, Side.ONLINE), reply(ordinal, Side.TARGET), 0, 0, 0),
                Optional.empty());
    }

    private Reply reply(long ordinal, Side side) {
        return all(SessionAction.Answered.class).stream()
                .filter(answer -> answer.ordinal() == ordinal && answer.side() == side)
                .map(SessionAction.Answered::reply)
                .findFirst()
                .orElseThrow();
    }

    /** Why answers are not compared, by the online side. */
    List<String> unjudged() {
        return all(SessionAction.Answered.class).stream()
                .filter(answer -> answer.reply() instanceof Unjudged)
                .map(
                        answer ->
                                answer.ordinal()
                                        + ": "
                                        + (answer.reply() instanceof Unjudged(var _, String why)
                                                ? why
                                                : ""))
                .toList();
    }

    List<String> skipped() {
        return all(SessionAction.Skipped.class).stream()
                .map(skip -> skip.ordinal() + ": " + skip.rule())
                .toList();
    }

    List<String> lost() {
        return all(SessionAction.Lost.class).stream()
                .map(lost -> lost.ordinal() + ": " + lost.reason())
                .toList();
    }

    List<String> injected() {
        return all(SessionAction.Injected.class).stream()
                .map(SessionAction.Injected::operation)
                .toList();
    }

    String leftOut() {
        return String.join(
                ",",
                all(SessionAction.LeaveOut.class).stream()
                        .map(SessionAction.LeaveOut::reason)
                        .toList());
    }
}
