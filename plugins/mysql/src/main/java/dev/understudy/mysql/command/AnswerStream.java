package dev.understudy.mysql.command;

import dev.understudy.mysql.compression.Compression;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.mysql.wire.Packet;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/**
 * The answers of one side, in the order in which they were asked for: a server answers pipelined
 * commands one after the other.
 */
final class AnswerStream {
    private final Side side;
    private final Capabilities capabilities;
    private final CommandSettings settings;
    private final boolean compressed;
    private final ArrayDeque<Outstanding> outstanding = new ArrayDeque<>();

    private Optional<AnswerReader> reader = Optional.empty();
    private int nextSequence;
    private boolean unheard;

    AnswerStream(Side side, Capabilities capabilities, CommandSettings settings) {
        this.side = side;
        this.capabilities = capabilities;
        this.settings = settings;
        this.compressed = Compression.agreed(capabilities).isPresent();
    }

    /** Of a side that the capture lacks: nothing is expected of it. */
    static AnswerStream unheard(Capabilities capabilities, CommandSettings settings) {
        AnswerStream stream = new AnswerStream(Side.ONLINE, capabilities, settings);
        stream.unheard = true;
        return stream;
    }

    /** What {@link #next} found. */
    sealed interface Found {
        /** Nothing whole; more bytes may help. */
        record Nothing() implements Found {}

        /** The answer to a request, whose last byte was read just now. */
        record Whole(Outstanding request, Answer answer, AnswerReader reader) implements Found {}

        /**
         * The server waits for a file of the client.
         *
         * @param nextSequence the sequence id of the file's first packet
         */
        record FileAsked(Outstanding request, int nextSequence) implements Found {}

        /** Nothing that follows can be read. */
        record Broken(String reason, String detail) implements Found {}
    }

    void expect(Outstanding request) {
        if (!unheard) {
            outstanding.add(request);
        }
    }

    int size() {
        return outstanding.size();
    }

    /** Whether the sequence ids of this side follow their own rules. */
    boolean countsLoosely() {
        return compressed;
    }

    /** The client's packets have been counted in between: the server's next one is this. */
    void resumeAt(int sequence) {
        nextSequence = sequence;
    }

    /** Reads up to the end of the next answer, or as far as there are whole packets. */
    Found next(ByteBuf bytes) {
        while (true) {
            switch (Packet.decode(bytes, settings.maxPacketBytes())) {
                case Decoded.Incomplete<Packet> _ -> {
                    return new Found.Nothing();
                }
                case Decoded.Malformed<Packet>(int _, String reason) -> {
                    return broken(
                            reason.equals(Packet.TOO_LARGE) ? "too-large" : "malformed-answer",
                            reason);
                }
                case Decoded.Complete<Packet>(Packet packet, int length) -> {
                    Found found = take(packet);
                    bytes.skipBytes(length);
                    if (!(found instanceof Found.Nothing)) {
                        return found;
                    }
                }
            }
        }
    }

    private Found take(Packet packet) {
        boolean error =
                packet.payload().isReadable()
                        && packet.payload().getUnsignedByte(packet.payload().readerIndex())
                                == ErrorPacket.HEADER;
        Outstanding request = outstanding.peek();
        if (request == null) {
            // A server that ends the connection for its own reasons may say why before it does.
            return error
                    ? new Found.Nothing()
                    : broken(
                            "unexpected-answer",
                            side == Side.ONLINE
                                    ? "nobody asked, as far as the capture shows"
                                    : "nobody asked");
        }
        if (reader.isEmpty()) {
            reader = Optional.of(readerFor(request).comparing(request.comparedState()));
            nextSequence = request.firstSequence();
        }
        // A server that gives up may count otherwise; one that compresses counts on, with each
        // flush, from the number of its compressed packets.
        if (packet.firstSequence() != nextSequence && !error && !compressed) {
            return broken(
                    "out-of-sequence",
                    "packet %d where %d was next".formatted(packet.firstSequence(), nextSequence));
        }
        nextSequence = (packet.lastSequence() + 1) & 0xFF;
        AnswerReader current = reader.get();
        return switch (current.feed(packet.payload())) {
            case AnswerReader.Step.More() -> new Found.Nothing();
            case AnswerReader.Step.FileAsked() ->
                    request.ordinal() == SessionAction.NO_ORDINAL
                            ? broken("malformed-answer", "a file is asked for")
                            : new Found.FileAsked(request, nextSequence);
            case AnswerReader.Step.Broken(String reason, String detail) -> broken(reason, detail);
            case AnswerReader.Step.Whole(Answer answer) -> {
                outstanding.remove();
                reader = Optional.empty();
                yield new Found.Whole(request, answer, current);
            }
        };
    }

    private AnswerReader readerFor(Outstanding request) {
        if (request.kind() == AnswerKind.FETCH) {
            return fetchReader(request);
        }
        List<Column> known =
                request.command() == Command.COM_STMT_EXECUTE
                        ? request.statement().map(s -> s.columns(side)).orElse(List.of())
                        : List.of();
        if (request.cursor().isPresent()) {
            return AnswerReader.ofCursor(
                    capabilities, known, request.changes(), settings.replyKeepBytes());
        }
        return new AnswerReader(
                request.kind(), capabilities, known, request.changes(), settings.replyKeepBytes());
    }

    private AnswerReader fetchReader(Outstanding request) {
        List<Column> columns = request.statement().map(s -> s.columns(side)).orElse(List.of());
        RowSet rows =
                request.cursor()
                        .map(cursor -> cursor.rowsOfFetch(side, columns))
                        .orElseGet(() -> new RowSet(columns, true));
        KeepBudget budget =
                request.cursor()
                        .filter(cursor -> cursor.gathers(side))
                        .flatMap(cursor -> cursor.executed(side))
                        .map(Cursor.Executed::budget)
                        .orElseGet(() -> new KeepBudget(settings.replyKeepBytes()));
        return AnswerReader.ofFetch(capabilities, rows, request.changes(), budget);
    }

    private Found broken(String reason, String detail) {
        Outstanding request = outstanding.peek();
        return new Found.Broken(
                reason,
                "%s answer%s: %s"
                        .formatted(
                                side == Side.ONLINE ? "captured" : "the target's",
                                request == null ? "" : " to " + request.command(),
                                detail));
    }
}
