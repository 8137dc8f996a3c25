package dev.understudy.http.message;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Bytes for tests, with {@code ~} for CR LF and {@code ^} for a bare LF. */
final class Wire {
    private Wire() {}

    static String text(String shown) {
        return shown.replace("~", "\r\n").replace("^", "\n");
    }

    static ByteBuf bytes(String shown) {
        return Unpooled.copiedBuffer(text(shown), StandardCharsets.ISO_8859_1);
    }
}
