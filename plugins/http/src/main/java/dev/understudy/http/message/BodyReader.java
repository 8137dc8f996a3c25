package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Follows one body to its end without keeping any of it (RFC 9112, sections 6 and 7). */
public final class BodyReader {
    /** Digits of a chunk's size behind its leading zeros; more are over 2^63. */
    private static final int MAX_SIZE_DIGITS = 16;

    /** What has been read so far. */
    public sealed interface Progress {
        /** The body goes on. */
        record More() implements Progress {}

        /** The body is whole. */
        record Ended(List<Header> trailers) implements Progress {}

        /** These are no chunks. */
        record Malformed(String reason) implements Progress {}
    }

    private sealed interface Phase {
        record Data(long left) implements Phase {}

        record ToClose() implements Phase {}

        record Size() implements Phase {}

        record Chunk(long left) implements Phase {}

        record ChunkEnd() implements Phase {}

        record Trailer() implements Phase {}

        record End(List<Header> trailers) implements Phase {}

        record Broken(String reason) implements Phase {}
    }

    private static final Progress MORE = new Progress.More();

    private final MessageLimits limits;
    private final StringBuilder trailers = new StringBuilder();
    private Phase phase;

    public BodyReader(Framing framing, MessageLimits limits) {
        this.limits = limits;
        this.phase =
                switch (framing) {
                    case Framing.None() -> new Phase.End(List.of());
                    case Framing.Length(long bytes) -> new Phase.Data(bytes);
                    case Framing.Chunked() -> new Phase.Size();
                    case Framing.UntilClose() -> new Phase.ToClose();
                };
    }

    /**
     * Reads on. Parts of a line that is not whole stay unread; all else is read.
     *
     * @param data is shown the bytes of the body itself, piece by piece, for the call alone
     */
    public Progress read(ByteBuf in, Consumer<ByteBuf> data) {
        for (Optional<Phase> next = step(in, data); next.isPresent(); next = step(in, data)) {
            phase = next.get();
        }
        return switch (phase) {
            case Phase.End(List<Header> found) -> new Progress.Ended(found);
            case Phase.Broken(String reason) -> new Progress.Malformed(reason);
            case Phase.Data _,
                    Phase.ToClose _,
                    Phase.Size _,
                    Phase.Chunk _,
                    Phase.ChunkEnd _,
                    Phase.Trailer _ ->
                    MORE;
        };
    }

    /** Whether only the end of the connection ends this body. */
    public boolean untilClose() {
        return phase instanceof Phase.ToClose;
    }

    /**
     * Bytes left of the chunk that is being read, its line end not counted; empty between chunks.
     */
    public OptionalLong chunkLeft() {
        return switch (phase) {
            case Phase.Chunk(long left) -> OptionalLong.of(left);
            case Phase.ChunkEnd() -> OptionalLong.of(0);
            case Phase.Data _,
                    Phase.ToClose _,
                    Phase.Size _,
                    Phase.Trailer _,
                    Phase.End _,
                    Phase.Broken _ ->
                    OptionalLong.empty();
        };
    }

    /** Whether the last chunk has ended, and the trailer section has not. */
    public boolean withinTrailers() {
        return phase instanceof Phase.Trailer;
    }

    /**
     * Passes over bytes that the capture lacks.
     *
     * @return whether they all lie within the body, so that its end is known all the same
     */
    public boolean skip(long bytes) {
        return switch (phase) {
            case Phase.Data(long left) when bytes <= left -> {
                phase = left == bytes ? new Phase.End(List.of()) : new Phase.Data(left - bytes);
                yield true;
            }
            case Phase.Chunk(long left) when bytes <= left -> {
                phase = left == bytes ? new Phase.ChunkEnd() : new Phase.Chunk(left - bytes);
                yield true;
            }
            case Phase.ToClose() -> true;
            case Phase.Data _,
                    Phase.Chunk _,
                    Phase.Size _,
                    Phase.ChunkEnd _,
                    Phase.Trailer _,
                    Phase.End _,
                    Phase.Broken _ ->
                    false;
        };
    }

    /** The phase that follows, or empty while this one lacks bytes. */
    private Optional<Phase> step(ByteBuf in, Consumer<ByteBuf> data) {
        return switch (phase) {
            case Phase.Data(long left) -> {
                long after = left - take(in, left, data);
                if (after == 0) {
                    yield Optional.of(new Phase.End(List.of()));
                }
                phase = new Phase.Data(after);
                yield Optional.empty();
            }
            case Phase.ToClose() -> {
                take(in, Long.MAX_VALUE, data);
                yield Optional.empty();
            }
            case Phase.Size() -> line(in, limits.chunkLine(), BodyReader::afterSize);
            case Phase.Chunk(long left) -> {
                long after = left - take(in, left, data);
                if (after == 0) {
                    yield Optional.of(new Phase.ChunkEnd());
                }
                phase = new Phase.Chunk(after);
                yield Optional.empty();
            }
            case Phase.ChunkEnd() -> afterData(in);
            case Phase.Trailer() -> line(in, limits.line(), this::afterTrailer);
            case Phase.End _, Phase.Broken _ -> Optional.empty();
        };
    }

    private static long take(ByteBuf in, long most, Consumer<ByteBuf> data) {
        int bytes = (int) Math.min(most, in.readableBytes());
        if (bytes > 0) {
            data.accept(in.slice(in.readerIndex(), bytes));
            in.skipBytes(bytes);
        }
        return bytes;
    }

    private interface AfterLine {
        Phase next(String line);
    }

    /** A line without its CR LF. A bare LF ends none here: readers disagree on it. */
    private static Optional<Phase> line(ByteBuf in, int limit, AfterLine after) {
        int start = in.readerIndex();
        int look = Math.min(in.readableBytes(), limit);
        int found = in.indexOf(start, start + look, (byte) '\n');
        if (found < 0) {
            return look == limit
                    ? Optional.of(
                            new Phase.Broken(
                                    "a line of more than %d bytes among chunks".formatted(limit)))
                    : Optional.empty();
        }
        if (found == start || in.getByte(found - 1) != '\r') {
            return Optional.of(new Phase.Broken("a line among chunks that ends without CR"));
        }
        String line = in.toString(start, found - 1 - start, StandardCharsets.ISO_8859_1);
        in.readerIndex(found + 1);
        return Optional.of(after.next(line));
    }

    private static Phase afterSize(String line) {
        int end = 0;
        while (end < line.length() && Character.digit(line.charAt(end), 16) >= 0) {
            end++;
        }
        String rest = Fields.trim(line.substring(end));
        if (end == 0 || !(rest.isEmpty() || rest.startsWith(";"))) {
            return new Phase.Broken("a chunk without a size");
        }
        String digits = line.substring(0, end).replaceFirst("^0+(?=.)", "");
        long size = digits.length() > MAX_SIZE_DIGITS ? -1 : Long.parseUnsignedLong(digits, 16);
        if (size < 0) {
            return new Phase.Broken("a chunk of 2^63 bytes or more");
        }
        return size == 0 ? new Phase.Trailer() : new Phase.Chunk(size);
    }

    private static Optional<Phase> afterData(ByteBuf in) {
        int at = in.readerIndex();
        if (in.isReadable() && in.getByte(at) != '\r') {
            return Optional.of(new Phase.Broken("a chunk that does not end where it should"));
        }
        if (in.readableBytes() < 2) {
            return Optional.empty();
        }
        in.skipBytes(2);
        return Optional.of(
                in.getByte(at + 1) == '\n'
                        ? new Phase.Size()
                        : new Phase.Broken("a chunk that does not end where it should"));
    }

    private Phase afterTrailer(String line) {
        if (!line.isEmpty()) {
            trailers.append(line).append("\r\n");
            return trailers.length() > limits.head()
                    ? new Phase.Broken("trailers of more than %d bytes".formatted(limits.head()))
                    : new Phase.Trailer();
        }
        return switch (Fields.parse(trailers.toString(), 0, Fields.Leniency.FOLDED)) {
            case Decoded.Complete<Fields>(Fields fields, int _) -> new Phase.End(fields.headers());
            case Decoded.Incomplete<Fields> _ -> new Phase.Broken("trailers that are none");
            case Decoded.Malformed<Fields>(int _, String reason) ->
                    new Phase.Broken(reason + " in the trailers");
        };
    }
}
