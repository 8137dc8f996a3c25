package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.SessionEffect;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.SessionEvent;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * Reads along in a session that was open before the capture saw it, and is not copied yet: finds
 * where its commands begin, what its client and server agreed on, and what its commands do to its
 * state.
 *
 * <p>A command is proven where a packet of the client has sequence id 0, a known command of
 * plausible length, and every answer before it was read to its end. The capabilities are proven by
 * answers that one reading alone can make sense of. Nothing is kept of answers.
 */
public final class Bystander {
    /** Changes of state that are remembered; with one more, what came before is forgotten. */
    static final int MAX_CHANGES = 256;

    /** Bytes of one text that is remembered; what a longer one does to the state is not known. */
    static final int MAX_TEXT_BYTES = 1 << 16;

    /** Bytes of all texts that are remembered, of changes and of what has no answer yet. */
    static final int MAX_KEPT_BYTES = 1 << 20;

    /** Statements whose executes are remembered. */
    private static final int MAX_EXECUTED = 1024;

    /** Commands that may be open at a time: as many as a copied session may have. */
    private static final int MAX_OPEN = Requests.MAX_OUTSTANDING;

    /** Flags of an execute: it tells how many parameters it has. */
    private static final int PARAMETER_COUNT_AVAILABLE = 0x08;

    /** What every client since MySQL 4.1 has, and what is read either way. */
    private static final long ALWAYS =
            Capabilities.PROTOCOL_41
                    | Capabilities.LONG_PASSWORD
                    | Capabilities.LONG_FLAG
                    | Capabilities.TRANSACTIONS
                    | Capabilities.SECURE_CONNECTION
                    | Capabilities.PLUGIN_AUTH
                    | Capabilities.MULTI_STATEMENTS
                    | Capabilities.MULTI_RESULTS
                    | Capabilities.PS_MULTI_RESULTS
                    | Capabilities.OPTIONAL_RESULTSET_METADATA
                    | Capabilities.MARIADB_CACHE_METADATA;

    /** What a command did to the state of its session, between two times of the capture. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public sealed interface Change {
        /** When its first byte was captured, nanoseconds since the epoch. */
        long fromNanos();

        /** When the last byte of its answer was captured. */
        long toNanos();

        /** A SET or USE, to be said again. */
        record Said(byte[] sql, long fromNanos, long toNanos) implements Change {}

        /** COM_INIT_DB. */
        record Database(byte[] name, long fromNanos, long toNanos) implements Change {}

        /** A statement was prepared, and got this id. */
        record Prepared(long id, byte[] sql, long fromNanos, long toNanos) implements Change {}

        /** A statement was closed. */
        record Closed(long id, long fromNanos, long toNanos) implements Change {}
    }

    /** One reading of the answers, until it makes no sense any more. */
    private static final class Reading {
        private final Capabilities capabilities;
        private Optional<AnswerReader> reader = Optional.empty();

        private Reading(Capabilities capabilities) {
            this.capabilities = capabilities;
        }
    }

    /** A command whose answer is awaited. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Open(
            Command command, AnswerKind kind, byte[] payload, int firstSequence, long fromNanos) {
        /** Whether all of it was kept. */
        boolean isWhole() {
            return payload.length < MAX_TEXT_BYTES;
        }
    }

    private final int maxPacketBytes;
    private final ArrayDeque<Open> open = new ArrayDeque<>();
    private final List<Change> changes = new ArrayList<>();

    /** When a statement was executed last, by its id. */
    private final Map<Long, Long> executed = new HashMap<>();

    private List<Reading> readings = allReadings();
    private boolean following;
    private boolean longData;
    private boolean sawDefinitions;
    private int nextSequence;
    private int keptBytes;
    private long knownSince = Long.MIN_VALUE;
    private Optional<Boolean> attributes = Optional.empty();
    private Optional<Integer> status = Optional.empty();

    /**
     * @param maxPacketBytes of one payload
     */
    public Bystander(int maxPacketBytes) {
        this.maxPacketBytes = maxPacketBytes;
    }

    private static List<Reading> allReadings() {
        List<Reading> all = new ArrayList<>();
        for (long eof : new long[] {0, Capabilities.DEPRECATE_EOF}) {
            for (long metadata : new long[] {0, Capabilities.MARIADB_EXTENDED_METADATA}) {
                all.add(new Reading(new Capabilities(ALWAYS | eof | metadata)));
            }
        }
        return all;
    }

    /**
     * Reads on.
     *
     * @param begins asked at each proven command, with the time of its first byte: whether the copy
     *     begins with it; then it is left unread
     * @return whether the copy begins
     */
    public boolean read(SessionEvent.Captured event, LongPredicate begins) {
        ByteBuf bytes = event.bytes();
        int start = bytes.readerIndex();
        if (knownSince == Long.MIN_VALUE) {
            knownSince = event.times().at(event.offset());
        }
        while (bytes.isReadable()) {
            long at = event.offset() + bytes.readerIndex() - start;
            if (!following && !begins(event.direction(), bytes)) {
                forget(event.times().at(at + bytes.readableBytes() - 1));
                bytes.skipBytes(bytes.readableBytes());
                return false;
            }
            switch (Packet.decode(bytes, maxPacketBytes)) {
                case Decoded.Incomplete<Packet> _ -> {
                    return false;
                }
                case Decoded.Malformed<Packet> _ -> lose(event.times().at(at));
                case Decoded.Complete<Packet>(Packet packet, int length) -> {
                    long last = event.times().at(at + length - 1);
                    if (event.direction() == Direction.FROM_SERVER) {
                        answer(packet, last);
                    } else {
                        long first = event.times().at(at);
                        if (following && isSettled() && isCommand(packet) && begins.test(first)) {
                            return true;
                        }
                        command(packet, first, last);
                    }
                    bytes.skipBytes(length);
                }
            }
        }
        return false;
    }

    /** The capture lacks bytes. */
    public void gap(long timeNanos) {
        lose(timeNanos);
    }

    /** Whether these bytes are one whole command, where none is being followed. */
    private boolean begins(Direction direction, ByteBuf bytes) {
        if (direction != Direction.FROM_CLIENT
                || bytes.readableBytes() < PacketHeader.LENGTH
                || !(Packet.decode(bytes, maxPacketBytes)
                        instanceof Decoded.Complete<Packet>(Packet packet, int length))) {
            return false;
        }
        return length == bytes.readableBytes() && isCommand(packet);
    }

    private static boolean isCommand(Packet packet) {
        int length = packet.payload().readableBytes();
        if (packet.firstSequence() != 0 || length == 0) {
            return false;
        }
        return Command.of(packet.payload().getUnsignedByte(packet.payload().readerIndex()))
                .filter(
                        command ->
                                switch (command) {
                                    case COM_PING,
                                            COM_QUIT,
                                            COM_STATISTICS,
                                            COM_PROCESS_INFO,
                                            COM_DEBUG,
                                            COM_RESET_CONNECTION ->
                                            length == 1;
                                    case COM_STMT_CLOSE, COM_STMT_RESET -> length == 5;
                                    case COM_STMT_EXECUTE -> length >= 10;
                                    case COM_STMT_SEND_LONG_DATA -> length >= 7;
                                    case COM_SET_OPTION -> length == 3;
                                    default -> length >= 2;
                                })
                .isPresent();
    }

    private void command(Packet packet, long fromNanos, long toNanos) {
        if (!isCommand(packet) || open.size() >= MAX_OPEN) {
            lose(toNanos);
            return;
        }
        following = true;
        ByteBuf all = packet.payload();
        byte[] payload =
                ByteBufUtil.getBytes(
                        all,
                        all.readerIndex(),
                        Math.min(MAX_TEXT_BYTES, all.readableBytes()),
                        true);
        if (payload.length > MAX_KEPT_BYTES - keptBytes) {
            lose(toNanos);
            return;
        }
        Command command = Command.of(payload[0] & 0xFF).orElseThrow();
        seen(command, payload);
        if (command.isAnswered()) {
            Optional<AnswerKind> kind = kindOf(command);
            if (kind.isEmpty()) {
                lose(toNanos);
                return;
            }
            keptBytes += payload.length;
            open.add(
                    new Open(
                            command,
                            kind.get(),
                            payload,
                            (packet.lastSequence() + 1) & 0xFF,
                            fromNanos));
        } else if (command == Command.COM_STMT_CLOSE) {
            changed(new Change.Closed(idOf(payload), fromNanos, toNanos));
        } else {
            longData |= command == Command.COM_STMT_SEND_LONG_DATA;
        }
    }

    /** What its answer looks like; empty where it is not known, or a login. */
    private static Optional<AnswerKind> kindOf(Command command) {
        return switch (command) {
            case COM_QUERY, COM_INIT_DB, COM_CREATE_DB, COM_DROP_DB, COM_PING, COM_PROCESS_INFO ->
                    Optional.of(AnswerKind.TEXT);
            case COM_STMT_RESET, COM_SET_OPTION, COM_RESET_CONNECTION ->
                    Optional.of(AnswerKind.TEXT);
            case COM_STMT_PREPARE -> Optional.of(AnswerKind.PREPARE);
            case COM_STMT_EXECUTE -> Optional.of(AnswerKind.BINARY);
            case COM_STATISTICS -> Optional.of(AnswerKind.STATISTICS);
            case COM_FIELD_LIST -> Optional.of(AnswerKind.FIELD_LIST);
            default -> Optional.empty();
        };
    }

    /** A text behind attributes begins with their number and a 1, which no text does. */
    private void seen(Command command, byte[] payload) {
        if (command == Command.COM_QUERY) {
            attributes = Optional.of(payload.length > 2 && payload[2] == 1);
        } else if (command == Command.COM_STMT_EXECUTE
                && (payload[5] & PARAMETER_COUNT_AVAILABLE) != 0) {
            attributes = Optional.of(true);
        }
    }

    private void answer(Packet packet, long timeNanos) {
        Open asked = open.peek();
        if (asked == null) {
            lose(timeNanos);
            return;
        }
        boolean begun = readings.getFirst().reader.isPresent();
        if (packet.firstSequence() != (begun ? nextSequence : asked.firstSequence())) {
            lose(timeNanos);
            return;
        }
        nextSequence = (packet.lastSequence() + 1) & 0xFF;
        Optional<AnswerReader.Step.Whole> whole = Optional.empty();
        Optional<AnswerReader> reader = Optional.empty();
        List<Reading> sensible = new ArrayList<>();
        int ended = 0;
        for (Reading reading : readings) {
            AnswerReader current =
                    reading.reader.orElseGet(
                            () ->
                                    new AnswerReader(
                                            asked.kind(),
                                            reading.capabilities,
                                            List.of(),
                                            false,
                                            0));
            AnswerReader.Step step = current.feed(packet.payload());
            if (step instanceof AnswerReader.Step.More) {
                reading.reader = Optional.of(current);
                sensible.add(reading);
            } else if (step instanceof AnswerReader.Step.Whole found) {
                reading.reader = Optional.empty();
                sensible.add(reading);
                whole = Optional.of(found);
                reader = Optional.of(current);
                ended++;
            }
        }
        if (sensible.isEmpty() || (ended > 0 && ended < sensible.size())) {
            lose(timeNanos);
            readings = allReadings();
            sawDefinitions = false;
            return;
        }
        readings = sensible;
        if (whole.isPresent()) {
            open.remove();
            keptBytes -= asked.payload().length;
            reader.get().status().ifPresent(said -> status = Optional.of(said));
            sawDefinitions |= !reader.get().columns().isEmpty();
            answered(asked, whole.get().answer(), timeNanos);
        }
    }

    private void answered(Open asked, Answer answer, long timeNanos) {
        boolean failed =
                answer instanceof Answer.Results results
                        && results.results().stream()
                                .anyMatch(Answer.Result.Failed.class::isInstance);
        if (asked.command() == Command.COM_STMT_EXECUTE) {
            longData = false;
            executed(idOf(asked.payload()), timeNanos);
        }
        if (failed) {
            // An error tells no status, and may have ended a transaction.
            status = Optional.empty();
            return;
        }
        long from = asked.fromNanos();
        if (!asked.isWhole() && asked.command() != Command.COM_STMT_EXECUTE) {
            forget(timeNanos);
            return;
        }
        switch (asked.command()) {
            case COM_QUERY -> {
                int textStart = attributes.orElse(false) ? textStart(asked.payload()) : 1;
                switch (SessionEffect.of(asked.payload(), textStart)) {
                    case NONE -> {}
                    case REPEATABLE ->
                            changed(
                                    new Change.Said(
                                            rest(asked.payload(), textStart), from, timeNanos));
                    case OPAQUE -> forget(timeNanos);
                }
            }
            case COM_INIT_DB ->
                    changed(new Change.Database(rest(asked.payload(), 1), from, timeNanos));
            case COM_STMT_PREPARE -> {
                if (answer instanceof Answer.Prepared prepared) {
                    changed(
                            new Change.Prepared(
                                    prepared.id(), rest(asked.payload(), 1), from, timeNanos));
                }
            }
            case COM_RESET_CONNECTION, COM_SET_OPTION -> forget(timeNanos);
            default -> {}
        }
    }

    private static int textStart(byte[] payload) {
        return AttributePrefix.textStart(
                        payload, new Capabilities(ALWAYS | Capabilities.QUERY_ATTRIBUTES))
                .orElse(1);
    }

    private static byte[] rest(byte[] payload, int from) {
        return Arrays.copyOfRange(payload, from, payload.length);
    }

    private static long idOf(byte[] payload) {
        return Unpooled.wrappedBuffer(payload).getUnsignedIntLE(1);
    }

    private void executed(long id, long timeNanos) {
        executed.put(id, timeNanos);
        if (executed.size() > MAX_EXECUTED) {
            executed.clear();
            forget(timeNanos);
        }
    }

    private void changed(Change change) {
        changes.add(change);
        keptBytes += bytes(change);
        if (changes.size() > MAX_CHANGES || keptBytes > MAX_KEPT_BYTES) {
            forget(change.toNanos());
        }
    }

    /** What was done until now is not known well enough to be done again. */
    private void forget(long timeNanos) {
        changes.forEach(change -> keptBytes -= bytes(change));
        changes.clear();
        executed.values().removeIf(last -> last <= timeNanos);
        knownSince = Math.max(knownSince, timeNanos);
    }

    private static int bytes(Change change) {
        return switch (change) {
            case Change.Said said -> said.sql().length;
            case Change.Database database -> database.name().length;
            case Change.Prepared prepared -> prepared.sql().length;
            case Change.Closed _ -> 0;
        };
    }

    /** Where a command begins has to be found anew. */
    private void lose(long timeNanos) {
        following = false;
        longData = false;
        status = Optional.empty();
        open.forEach(asked -> keptBytes -= asked.payload().length);
        open.clear();
        readings.forEach(reading -> reading.reader = Optional.empty());
        forget(timeNanos);
    }

    private boolean isSettled() {
        return open.isEmpty() && !longData;
    }

    /**
     * What client and server agreed on, where answers and requests have proven it; of what does not
     * show in the bytes, what is read either way.
     */
    public Optional<Capabilities> capabilities() {
        return sawDefinitions && attributes.isPresent() && readings.size() == 1
                ? Optional.of(
                        attributes.get()
                                ? readings.getFirst()
                                        .capabilities
                                        .with(Capabilities.QUERY_ATTRIBUTES)
                                : readings.getFirst().capabilities)
                : Optional.empty();
    }

    /** The status bits of the last answer; empty where none has told them. */
    public Optional<Integer> status() {
        return status;
    }

    /** Whether an answer has told that no transaction is open. */
    public boolean isOutsideOfTransaction() {
        return status.filter(bits -> (bits & OkPacket.STATUS_IN_TRANSACTION) == 0).isPresent();
    }

    /** Bytes of the texts that are remembered. */
    int keptBytes() {
        return keptBytes;
    }

    /** From then on every change of the session's state is known, nanoseconds since the epoch. */
    public long knownSince() {
        return knownSince;
    }

    /** The changes of state since {@link #knownSince}, in their order. */
    public List<Change> changes() {
        return List.copyOf(changes);
    }

    /** Ids of the statements that were executed at this time or later. */
    public List<Long> executedSince(long timeNanos) {
        return executed.entrySet().stream()
                .filter(entry -> entry.getValue() >= timeNanos)
                .map(Map.Entry::getKey)
                .toList();
    }
}
