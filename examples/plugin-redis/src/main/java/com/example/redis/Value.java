package com.example.redis;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A value of RESP2 or RESP3. Strings are bytes, a character each. */
sealed interface Value {
    /** {@code +OK}: a word of the server's own. */
    record Word(String text) implements Value {}

    /** {@code -ERR …}: the text begins with its code. */
    record Failure(String text) implements Value {
        String code() {
            int space = text.indexOf(' ');
            return space < 0 ? text : text.substring(0, space);
        }
    }

    /** A number, as it was written; also a flag. */
    record Numeral(String digits) implements Value {}

    /** What clients have stored. */
    record Bytes(String bytes) implements Value {}

    /** No value. */
    record Nil() implements Value {}

    /**
     * An array or a set; a map as its keys and values by turns.
     *
     * @param isMap whether it came as a map
     */
    record Items(List<Value> values, boolean isMap) implements Value {}

    /**
     * Reads one value, which {@link RespScanner} has found to be whole.
     *
     * @return the value; {@code in} is behind it
     */
    static Value read(ByteBuf in) {
        int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n') - 1;
        byte type = in.readByte();
        String line = text(in, end - in.readerIndex());
        in.skipBytes(2);
        return switch (type) {
            case '+' -> new Word(line);
            case '-' -> new Failure(line);
            case ':', ',', '(', '#' -> new Numeral(line);
            case '$' -> line.startsWith("-") ? new Nil() : new Bytes(body(in, line));
            case '!' -> new Failure(body(in, line));
            // Behind the three letters that say how to show it, and a colon.
            case '=' -> {
                String all = body(in, line);
                yield new Bytes(all.substring(Math.min(4, all.length())));
            }
            case '*', '~', '>' -> line.startsWith("-") ? new Nil() : items(in, count(line), false);
            case '%' -> items(in, 2 * count(line), true);
            default -> new Nil();
        };
    }

    private static int count(String line) {
        return Integer.parseInt(line);
    }

    private static String text(ByteBuf in, int length) {
        return in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
    }

    private static String body(ByteBuf in, String length) {
        String bytes = text(in, Math.max(0, count(length)));
        in.skipBytes(length.startsWith("-") ? 0 : 2);
        return bytes;
    }

    private static Items items(ByteBuf in, int count, boolean isMap) {
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(read(in));
        }
        return new Items(values, isMap);
    }
}
