package com.example.redis;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Finds where a value of RESP ends, and goes on where it stopped when more bytes of it are there:
 * so that a large answer is looked through once, however it was cut.
 *
 * <p>The message of a whole value is its first byte, which tells what it is: {@code >} for a push,
 * {@code |} for an attribute, which is no answer itself.
 *
 * @see "Redis serialization protocol specification"
 */
final class RespScanner {
    /** Values within values. */
    private static final int MAX_DEPTH = 128;

    /** Bytes of a line without its end: a number, a word, an error. */
    static final int MAX_LINE = 64 * 1024;

    private static final int LINE_END = 2;

    /** Of a length or a number of values, its sign included. */
    private static final int MAX_LENGTH_DIGITS = 11;

    private static final String TYPES = "+-:_#,($!=*~>%|";

    /** What is still to come of each array that is open, the innermost last. */
    private final long[] left = new long[MAX_DEPTH];

    private int depth;
    private int scanned;

    /**
     * Looks at the bytes from the reader index on, and leaves the indices where they are. Once a
     * value is whole the next call begins at the next one: the caller has read it by then.
     */
    Decoded<Byte> next(ByteBuf in) {
        while (true) {
            int at = in.readerIndex() + scanned;
            if (at == in.writerIndex()) {
                return new Decoded.Incomplete<>(1);
            }
            int type = in.getByte(at);
            if (TYPES.indexOf(type) < 0) {
                return malformed("no type of RESP");
            }
            int feed = in.indexOf(at, in.writerIndex(), (byte) '\n');
            if ((feed < 0 ? in.writerIndex() : feed) - at > MAX_LINE) {
                return malformed("a line of more than " + MAX_LINE + " bytes");
            }
            if (feed < 0) {
                return new Decoded.Incomplete<>(1);
            }
            int end = in.indexOf(at, feed, (byte) '\r');
            if (end != feed - 1) {
                return malformed("a line that does not end in CR LF");
            }
            if (type == ':' && !isNumber(in, at + 1, end)) {
                return malformed("no number");
            }
            long children = 0;
            int body = 0;
            switch (type) {
                case '$', '!', '=' -> {
                    long length = number(in, at + 1, end);
                    if (length < -1 || length > Integer.MAX_VALUE - LINE_END) {
                        return malformed("no length");
                    }
                    body = length < 0 ? 0 : (int) length + LINE_END;
                }
                case '*', '~', '>' -> children = number(in, at + 1, end);
                case '%', '|' -> children = 2 * number(in, at + 1, end);
                default -> {} // The line is all of it.
            }
            if (children < -1 || (depth > 0 && (type == '>' || type == '|'))) {
                return malformed("no number of values");
            }
            long whole = (long) end + LINE_END + body;
            if (whole > in.writerIndex()) {
                return new Decoded.Incomplete<>(
                        (int) Math.min(Integer.MAX_VALUE, whole - in.writerIndex()));
            }
            if (body > 0 && !isLineEnd(in, (int) whole - LINE_END)) {
                return malformed("a string that does not end where it should");
            }
            scanned = (int) whole - in.readerIndex();
            if (children > 0) {
                if (depth == MAX_DEPTH) {
                    return malformed("values more than " + MAX_DEPTH + " deep");
                }
                left[depth++] = children;
                continue;
            }
            while (depth > 0 && --left[depth - 1] == 0) {
                depth--;
            }
            if (depth == 0) {
                int length = scanned;
                scanned = 0;
                return new Decoded.Complete<>(in.getByte(in.readerIndex()), length);
            }
        }
    }

    private Decoded<Byte> malformed(String reason) {
        return new Decoded.Malformed<>(scanned, reason);
    }

    private static boolean isLineEnd(ByteBuf in, int at) {
        return in.getByte(at) == '\r' && in.getByte(at + 1) == '\n';
    }

    /** A whole number, or {@link Integer#MIN_VALUE} for anything else. */
    private static long number(ByteBuf in, int from, int to) {
        if (to - from > MAX_LENGTH_DIGITS || !isNumber(in, from, to)) {
            return Integer.MIN_VALUE;
        }
        return Long.parseLong(in.toString(from, to - from, StandardCharsets.US_ASCII));
    }

    /** Digits, with or without a sign before them. */
    private static boolean isNumber(ByteBuf in, int from, int to) {
        boolean sign = from < to && (in.getByte(from) == '-' || in.getByte(from) == '+');
        int at = sign ? from + 1 : from;
        boolean digits = at < to;
        while (at < to) {
            digits &= in.getByte(at) >= '0' && in.getByte(at) <= '9';
            at++;
        }
        return digits;
    }
}
