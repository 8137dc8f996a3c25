package dev.understudy.http;

import dev.understudy.http.message.Fields;
import dev.understudy.http.message.ProxyPrefix;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Detection;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Tells HTTP by the first bytes of a direction. HTTP/2 is told as HTTP too: it is left out by name.
 */
final class FirstBytes {
    private static final String ANSWER = "HTTP/1.";

    /** A request line that is longer shows its method and the beginning of its target. */
    private static final int MAX_LOOK = 4096;

    private static final int MAX_METHOD = 24;

    private FirstBytes() {}

    static Detection ofServer(ByteBuf bytes) {
        String text = text(bytes, bytes.readerIndex(), ANSWER.length());
        if (!ANSWER.startsWith(text)) {
            return Detection.NO_MATCH;
        }
        return text.length() < ANSWER.length() ? Detection.NEED_MORE : Detection.MATCH;
    }

    static Detection ofClient(ByteBuf bytes) {
        return switch (ProxyPrefix.decode(bytes)) {
            case Decoded.Incomplete<ProxyPrefix> _ -> Detection.NEED_MORE;
            case Decoded.Malformed<ProxyPrefix> _ -> Detection.NO_MATCH;
            case Decoded.Complete<ProxyPrefix>(ProxyPrefix _, int length) ->
                    requestLine(text(bytes, bytes.readerIndex() + length, MAX_LOOK));
        };
    }

    private static Detection requestLine(String shown) {
        String text = shown.replaceFirst("^(\r?\n)+", "");
        int space = text.indexOf(' ');
        String method = space < 0 ? text : text.substring(0, space);
        if (method.length() > MAX_METHOD || !(method.isEmpty() || Fields.isToken(method))) {
            return Detection.NO_MATCH;
        }
        int end = text.indexOf('\n');
        if (end < 0) {
            return text.length() < MAX_LOOK ? Detection.NEED_MORE : Detection.NO_MATCH;
        }
        String line = text.substring(0, end).stripTrailing();
        int version = line.lastIndexOf(' ');
        boolean fits =
                space > 0
                        && version > space
                        && line.substring(version + 1).matches("HTTP/(1\\.[0-9]|2\\.0)");
        return fits ? Detection.MATCH : Detection.NO_MATCH;
    }

    private static String text(ByteBuf bytes, int from, int most) {
        int length = Math.min(most, bytes.writerIndex() - from);
        return bytes.toString(from, length, StandardCharsets.ISO_8859_1);
    }
}
