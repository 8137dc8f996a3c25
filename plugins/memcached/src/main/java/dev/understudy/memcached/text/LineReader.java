package dev.understudy.memcached.text;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * Finds the lines of one direction of a stream whose unread bytes are shown again, with more behind
 * them: of a line that has not ended yet no byte is looked at twice, however many pieces it comes
 * in.
 */
final class LineReader {
    static final String TOO_LONG = "line is longer than the limit";

    private final int maxBytes;

    /** Bytes from the reader index on that hold no line end. */
    private int searched;

    /**
     * Reads by this limit.
     *
     * @param maxBytes of a line, its end included
     */
    LineReader(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Reads the line at {@code in}'s reader index, and leaves the index where it is. While it is
     * incomplete the caller must not move it either.
     */
    Decoded<Line> next(ByteBuf in) {
        int seen = Math.min(in.readableBytes(), maxBytes);
        int from = Math.min(searched, seen);
        int behind = in.bytesBefore(in.readerIndex() + from, seen - from, (byte) '\n');
        if (behind >= 0) {
            searched = 0;
            int length = from + behind + 1;
            return new Decoded.Complete<>(Line.of(in, length), length);
        }
        searched = seen;
        return seen == maxBytes
                ? new Decoded.Malformed<>(0, TOO_LONG)
                : new Decoded.Incomplete<>(1);
    }
}
