package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Finds the end of a head: the first empty line behind one that is not (RFC 9112, section 2). Lines
 * end with LF, with a CR before it by custom. Remembers how far it has looked, so that a head that
 * comes byte by byte is not read again for each.
 */
public final class HeadReader {
    private final MessageLimits limits;
    private int looked;
    private int lineStart;
    private boolean begun;

    public HeadReader(MessageLimits limits) {
        this.limits = limits;
    }

    /**
     * Looks for a whole head from {@code in}'s reader index on, and leaves the index where it is.
     * Must be shown the same head until it is complete.
     *
     * @return its text in ISO 8859-1, with all line ends and any empty lines before it
     */
    public Decoded<String> read(ByteBuf in) {
        int start = in.readerIndex();
        int length = in.readableBytes();
        while (looked < length) {
            int found = in.indexOf(start + looked, start + length, (byte) '\n');
            int upTo = found < 0 ? length : found + 1 - start;
            if (upTo - lineStart > limits.line()) {
                return new Decoded.Malformed<>(
                        lineStart, "a line of more than %d bytes".formatted(limits.line()));
            }
            if (upTo > limits.head()) {
                return new Decoded.Malformed<>(
                        lineStart, "a head of more than %d bytes".formatted(limits.head()));
            }
            looked = upTo;
            if (found >= 0) {
                boolean empty = isEmpty(in, start + lineStart, found);
                lineStart = upTo;
                if (empty && begun) {
                    String text = in.toString(start, upTo, StandardCharsets.ISO_8859_1);
                    reset();
                    return new Decoded.Complete<>(text, upTo);
                }
                begun |= !empty;
            }
        }
        return new Decoded.Incomplete<>(1);
    }

    /** Begins with another head. */
    public void reset() {
        looked = 0;
        lineStart = 0;
        begun = false;
    }

    private static boolean isEmpty(ByteBuf in, int from, int lineFeed) {
        return lineFeed == from || (lineFeed == from + 1 && in.getByte(from) == '\r');
    }
}
