package dev.understudy.http;

import dev.understudy.http.message.HeadReader;
import dev.understudy.http.message.MessageLimits;
import dev.understudy.http.message.ProxyPrefix;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.ByteTimes;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.function.Consumer;

/**
 * Reads the heads of captured requests, and tells what is none: a PROXY header before the first,
 * TLS, HTTP/2, and what no server should be shown.
 */
final class CapturedHeads {
    /** The first byte of a TLS connection (RFC 8446, section 5.1); no method begins so. */
    private static final byte TLS_HANDSHAKE = 0x16;

    private static final String PREFACE = "PRI * HTTP/2.0";

    /** What the next bytes of a client are. */
    sealed interface Read {
        /** Nothing whole yet. */
        record More() implements Read {}

        /**
         * A request's head; its bytes are spent.
         *
         * @param timeNanos of its last byte
         */
        record Head(RequestHead head, long timeNanos) implements Read {}

        /** Nothing that is copied, with the reason and its detail. */
        record Unreadable(String reason, String detail) implements Read {}
    }

    private final HeadReader heads;
    private final Consumer<byte[]> proxyHeaders;
    private boolean atStart = true;
    private boolean first = true;

    /**
     * @param proxyHeaders gets what a load balancer says of its client, as it is on the wire
     */
    CapturedHeads(MessageLimits limits, Consumer<byte[]> proxyHeaders) {
        this.heads = new HeadReader(limits);
        this.proxyHeaders = proxyHeaders;
    }

    /** The next byte begins a request, and not the connection. */
    void atBorder() {
        atStart = false;
    }

    /**
     * Reads on.
     *
     * @param offset stream offset of the byte at index {@code base}
     */
    Read next(ByteBuf in, int base, long offset, ByteTimes times) {
        if (atStart) {
            switch (ProxyPrefix.decode(in)) {
                case Decoded.Incomplete<ProxyPrefix> _ -> {
                    return new Read.More();
                }
                case Decoded.Malformed<ProxyPrefix>(int _, String reason) -> {
                    return new Read.Unreadable("malformed-request", reason);
                }
                case Decoded.Complete<ProxyPrefix>(ProxyPrefix _, int length) -> {
                    if (length > 0) {
                        proxyHeaders.accept(ByteBufUtil.getBytes(in, in.readerIndex(), length));
                    }
                    in.skipBytes(length);
                    atStart = false;
                }
            }
        }
        if (!in.isReadable()) {
            return new Read.More();
        }
        if (first && in.getByte(in.readerIndex()) == TLS_HANDSHAKE) {
            return new Read.Unreadable("tls", "the client speaks TLS, and its keys are not known");
        }
        long begin = offset + in.readerIndex() - base;
        return switch (heads.read(in)) {
            case Decoded.Incomplete<String> _ -> new Read.More();
            case Decoded.Malformed<String>(int at, String reason) -> malformed(begin + at, reason);
            case Decoded.Complete<String>(String text, int _) when text.startsWith(PREFACE) ->
                    new Read.Unreadable("http2", "the client speaks HTTP/2");
            case Decoded.Complete<String>(String text, int length) ->
                    switch (RequestHead.parse(text)) {
                        case Decoded.Complete<RequestHead>(RequestHead head, int _) -> {
                            in.skipBytes(length);
                            first = false;
                            yield new Read.Head(head, times.at(begin + length - 1));
                        }
                        case Decoded.Incomplete<RequestHead> _ -> new Read.More();
                        case Decoded.Malformed<RequestHead>(int at, String reason) ->
                                malformed(begin + at, reason);
                    };
        };
    }

    private static Read malformed(long at, String reason) {
        return new Read.Unreadable("malformed-request", "%s at byte %d".formatted(reason, at));
    }
}
