package com.example.redis;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Bytes as tests write them. */
final class Wire {
    private Wire() {}

    /** Text with {@code ~} for CR LF. */
    static ByteBuf wire(String text) {
        return Unpooled.copiedBuffer(text.replace("~", "\r\n"), StandardCharsets.ISO_8859_1);
    }

    static String text(ByteBuf bytes) {
        return bytes.toString(StandardCharsets.ISO_8859_1).replace("\r\n", "~");
    }

    /** An array of strings, as clients send commands. */
    static ByteBuf command(String... words) {
        return new Command(java.util.List.of(words)).encode();
    }
}
