package dev.understudy.session;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionAction.CapturedTls;
import dev.understudy.protocol.StreamEnd;
import dev.understudy.tls.TlsConnection;
import dev.understudy.tls.TlsStep;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a protocol's session reads of a captured connection: the bytes as they were captured or,
 * where they are TLS, what they say in plain. That is so from the first byte where the client
 * begins with a hello of TLS, else from where the protocol says.
 */
final class PlainStreams {
    /** What came of reading TLS, for the session. */
    sealed interface News {
        /** Records wait for secrets that are not there. */
        record AwaitsKeys() implements News {}

        /** The first record was opened. */
        record Opened(String how) implements News {}

        /** A direction has ended within TLS. */
        record Ended(Direction direction, StreamEnd how, long timeNanos) implements News {}

        /** Nothing more can be read. */
        record Failed(Direction direction, String reason, String detail) implements News {}
    }

    /** The word for TLS that nothing was given to read with. */
    private static final String NO_KEY_LOG = "tls";

    private static final String NO_KEYS = "no-keys";

    private final TlsReading how;
    private final CapturedQueue queue;
    private final Map<Direction, UnreadBytes> plain = new EnumMap<>(Direction.class);
    private final List<CapturedTls> asked = new ArrayList<>(2);
    private final ArrayDeque<News> news = new ArrayDeque<>(2);
    private Optional<TlsConnection> connection = Optional.empty();

    /** Whether the client's first bytes are still to tell how the connection begins. */
    private boolean undecided;

    private boolean awaitsKeys;
    private boolean opened;

    /**
     * @param fromBeginning whether the first bytes captured are the first of the connection
     */
    PlainStreams(TlsReading how, CapturedQueue queue, boolean fromBeginning) {
        this.how = how;
        this.queue = queue;
        this.undecided = fromBeginning;
    }

    /** Takes note of captured bytes that are due now: the next of the queue's stream. */
    void show(Direction direction, int length) {
        UnreadBytes captured = queue.stream(direction);
        captured.show(length);
        if (undecided) {
            decide(direction, captured);
        }
        read(direction);
    }

    private void decide(Direction direction, UnreadBytes captured) {
        Detection told =
                direction == Direction.FROM_CLIENT
                        ? TlsConnection.detect(captured.view())
                        : Detection.NO_MATCH;
        undecided = told == Detection.NEED_MORE;
        if (told == Detection.MATCH) {
            asked.add(new CapturedTls(Direction.FROM_CLIENT, 0));
            asked.add(new CapturedTls(Direction.FROM_SERVER, 0));
            begin();
        }
    }

    /**
     * A gap or an end is due: what has come is all there is to decide by.
     *
     * @return whether bytes may be shown now that could not before
     */
    boolean decideByWhatIsThere() {
        boolean before = undecided;
        undecided = false;
        return before;
    }

    /** A direction becomes TLS, once the session has read what it wants to of the last event. */
    void ask(CapturedTls action) {
        asked.add(action);
    }

    /** Does what was asked for. */
    void begin() {
        if (asked.isEmpty()) {
            return;
        }
        List<CapturedTls> begun = List.copyOf(asked);
        asked.clear();
        for (CapturedTls each : begun) {
            UnreadBytes captured = queue.stream(each.direction());
            long shown = captured.offset() + captured.shownBytes();
            if (isTls(each.direction())
                    || each.offset() < captured.offset()
                    || each.offset() > shown) {
                fail(
                        each.direction(),
                        "plugin-failed",
                        "TLS %s from byte %d on was said, where %d were read of %d"
                                .formatted(
                                        each.direction(), each.offset(), captured.offset(), shown));
                return;
            }
            plain.put(each.direction(), captured.splitAt(each.offset()));
        }
        if (!how.keys().isExpected()) {
            fail(
                    begun.getFirst().direction(),
                    NO_KEY_LOG,
                    "the client encrypts, and no key log was given: name one by --tls-keylog, or"
                            + " capture behind what ends TLS");
            return;
        }
        if (connection.isEmpty()) {
            connection = Optional.of(new TlsConnection(how.keys()));
        }
        begun.forEach(each -> read(each.direction()));
    }

    /** Whether a direction is TLS, from here or from a later byte on. */
    boolean isTls(Direction direction) {
        return plain.containsKey(direction);
    }

    /** What the session is shown of a direction. */
    UnreadBytes stream(Direction direction) {
        UnreadBytes own = plain.get(direction);
        return own == null ? queue.stream(direction) : own;
    }

    /** Whether a direction may be shown. */
    boolean isDecided(Direction direction) {
        return !undecided || direction == Direction.FROM_SERVER;
    }

    /** Whether nothing captured can be shown before secrets have come. */
    boolean awaitsKeys() {
        return awaitsKeys;
    }

    /** Tries again what waits for secrets. */
    void keysCame() {
        awaitsKeys = false;
        for (Direction direction : Direction.values()) {
            read(direction);
        }
    }

    /** The secrets did not come in time. */
    void keysDidNotCome() {
        awaitsKeys = false;
        fail(
                Direction.FROM_CLIENT,
                NO_KEYS,
                "no secrets of client random %s came within %s: is this client's or server's key log named by --tls-keylog?"
                        .formatted(
                                connection.flatMap(TlsConnection::clientRandom).orElse("?"),
                                how.keyWait()));
    }

    /** The capture lacks bytes here; true where that ends the reading. */
    boolean gap(Direction direction, long offset, long length) {
        if (!isTls(direction) || hasEnded(direction)) {
            return isTls(direction);
        }
        fail(
                direction,
                "gap",
                "the capture lacks %d bytes %s at byte %d, within TLS: the records behind it cannot be told apart"
                        .formatted(length, direction, offset));
        return true;
    }

    private boolean hasEnded(Direction direction) {
        return connection.map(tls -> tls.hasEnded(direction)).orElse(false);
    }

    private void read(Direction direction) {
        UnreadBytes captured = queue.stream(direction);
        UnreadBytes own = plain.get(direction);
        while (own != null && connection.isPresent() && !awaitsKeys && captured.shownBytes() > 0) {
            ByteBuf view = captured.view();
            TlsStep step = connection.get().next(direction, view);
            long read = (long) captured.shownBytes() - view.readableBytes();
            long timeNanos = captured.at(captured.offset() + Math.max(0, read - 1));
            captured.read(view);
            switch (step) {
                case TlsStep.Plain(ByteBuf bytes) -> {
                    own.append(bytes, timeNanos);
                    own.showAll();
                    opened();
                }
                case TlsStep.Passed() -> {}
                case TlsStep.Incomplete() -> {
                    return;
                }
                case TlsStep.KeysMissing() -> {
                    awaitsKeys = true;
                    news.add(new News.AwaitsKeys());
                }
                case TlsStep.Closed(boolean orderly) ->
                        news.add(
                                new News.Ended(
                                        direction,
                                        orderly ? StreamEnd.FIN : StreamEnd.RESET,
                                        timeNanos));
                case TlsStep.Failed(String reason, String detail) -> {
                    fail(direction, reason, detail);
                    return;
                }
            }
        }
    }

    private void opened() {
        if (!opened) {
            opened = true;
            connection
                    .flatMap(TlsConnection::describe)
                    .ifPresent(each -> news.add(new News.Opened(each)));
        }
    }

    private void fail(Direction direction, String reason, String detail) {
        connection = Optional.empty();
        news.add(new News.Failed(direction, reason, detail));
    }

    /** Whether there is something to tell, or to begin with. */
    boolean hasNews() {
        return !news.isEmpty() || !asked.isEmpty();
    }

    /** The next of what is to be told, each once. */
    Optional<News> news() {
        return Optional.ofNullable(news.poll());
    }

    /** Bytes that came and were not read, as captured and in plain. */
    int bytes() {
        int sum = queue.bytes();
        for (UnreadBytes each : plain.values()) {
            sum += each.size();
        }
        return sum;
    }

    void clear() {
        plain.clear();
        asked.clear();
        news.clear();
        connection = Optional.empty();
        awaitsKeys = false;
    }
}
