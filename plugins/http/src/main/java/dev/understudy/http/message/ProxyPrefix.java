package dev.understudy.http.message;

import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * What a load balancer may send before the first request to tell the client's address.
 *
 * @param length its bytes
 * @see "The PROXY protocol, versions 1 and 2, haproxy.org"
 */
public record ProxyPrefix(int length) {
    /** A line of version 1 with its end. */
    private static final int MAX_LINE = 107;

    private static final byte[] WORD = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SIGNATURE =
            "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = 16;

    /**
     * Looks at the first bytes of a client, and leaves the reader index where it is.
     *
     * @return a prefix of length 0 where there is none
     */
    public static Decoded<ProxyPrefix> decode(ByteBuf in) {
        if (begins(in, SIGNATURE)) {
            if (in.readableBytes() < HEADER_BYTES) {
                return new Decoded.Incomplete<>(HEADER_BYTES - in.readableBytes());
            }
            int length = HEADER_BYTES + in.getUnsignedShort(in.readerIndex() + HEADER_BYTES - 2);
            return in.readableBytes() < length
                    ? new Decoded.Incomplete<>(length - in.readableBytes())
                    : complete(length);
        }
        if (!begins(in, WORD)) {
            return complete(0);
        }
        int look = Math.min(MAX_LINE, in.readableBytes());
        int found = in.indexOf(in.readerIndex(), in.readerIndex() + look, (byte) '\n');
        if (found >= 0) {
            return complete(found + 1 - in.readerIndex());
        }
        return look == MAX_LINE
                ? new Decoded.Malformed<>(0, "a PROXY line of more than 107 bytes")
                : new Decoded.Incomplete<>(1);
    }

    private static Decoded<ProxyPrefix> complete(int length) {
        return new Decoded.Complete<>(new ProxyPrefix(length), length);
    }

    /** Whether the bytes there are begin with these, or may come to. */
    private static boolean begins(ByteBuf in, byte[] with) {
        int look = Math.min(in.readableBytes(), with.length);
        for (int i = 0; i < look; i++) {
            if (in.getByte(in.readerIndex() + i) != with[i]) {
                return false;
            }
        }
        return look > 0;
    }
}
