package dev.understudy.http;

import dev.understudy.http.message.BodyReader;
import dev.understudy.http.message.Framing;
import dev.understudy.http.message.Header;
import dev.understudy.http.message.MessageLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;

/**
 * The first bytes of a request's body, looked at where they lie, since they may have to be written
 * otherwise. They stay unread until they are sent.
 */
final class HeldBody {
    private static final byte[] LINE_END = {'\r', '\n'};

    private final Framing framing;
    private final MessageLimits limits;
    private final int most;
    private final BodyReader reader;
    private List<Header> trailers = List.of();
    private int looked;
    private boolean whole;
    private boolean broken;

    /**
     * Nothing is looked at yet.
     *
     * @param most bytes as sent, framing included, that are waited for
     */
    HeldBody(Framing framing, MessageLimits limits, int most) {
        this.framing = framing;
        this.limits = limits;
        this.most = most;
        this.reader = new BodyReader(framing, limits);
    }

    /** Looks at what is there; says whether no more is to be waited for. */
    boolean look(ByteBuf in) {
        int there = Math.min(in.readableBytes(), most);
        if (!whole && !broken && there > looked) {
            ByteBuf ahead = in.slice(in.readerIndex() + looked, there - looked);
            switch (reader.read(ahead, _ -> {})) {
                case BodyReader.Progress.More() -> {}
                case BodyReader.Progress.Malformed _ -> broken = true;
                case BodyReader.Progress.Ended(List<Header> found) -> {
                    whole = true;
                    trailers = found;
                }
            }
            looked += ahead.readerIndex();
        }
        return whole || broken || there == most;
    }

    /** Whether what was looked at is all of the body. */
    boolean isWhole() {
        return whole;
    }

    /** Whether other content could be sent in its place. */
    boolean mayBeReplaced() {
        return whole || !(broken || reader.withinTrailers());
    }

    /** What was looked at, transfer coding undone. */
    byte[] content(ByteBuf in) {
        ByteArrayOutputStream content = new ByteArrayOutputStream(looked);
        new BodyReader(framing, limits)
                .read(
                        in.slice(in.readerIndex(), looked),
                        piece -> {
                            try {
                                piece.getBytes(piece.readerIndex(), content, piece.readableBytes());
                            } catch (IOException e) {
                                throw new UncheckedIOException("memory does not fail", e);
                            }
                        });
        return content.toByteArray();
    }

    /** What was looked at, as it came; it is read then. */
    byte[] taken(ByteBuf in) {
        byte[] bytes = ByteBufUtil.getBytes(in, in.readerIndex(), looked);
        in.skipBytes(looked);
        return bytes;
    }

    /** Goes on behind what was looked at. */
    BodyReader rest() {
        return reader;
    }

    /** Other content, not empty, framed so that the rest of the body can follow as it comes. */
    byte[] framed(byte[] content) {
        if (!(framing instanceof Framing.Chunked)) {
            return content;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 32);
        out.writeBytes(size(content.length));
        out.writeBytes(content);
        OptionalLong left = reader.chunkLeft();
        if (whole) {
            StringBuilder end = new StringBuilder("\r\n0\r\n");
            for (Header trailer : trailers) {
                end.append(trailer.name()).append(": ").append(trailer.value()).append("\r\n");
            }
            out.writeBytes(end.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        } else if (left.isEmpty()) {
            out.writeBytes(LINE_END);
        } else if (left.getAsLong() > 0) {
            out.writeBytes(LINE_END);
            out.writeBytes(size(left.getAsLong()));
        }
        // Where nothing is left of a chunk, the end that it had comes next.
        return out.toByteArray();
    }

    private static byte[] size(long bytes) {
        return (Long.toHexString(bytes) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }
}
