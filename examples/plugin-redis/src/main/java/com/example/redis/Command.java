package com.example.redis;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A request: its name and what it is about.
 *
 * @param words at least one; bytes, a character each
 */
record Command(List<String> words) {
    /** Commands whose second word is part of their name. */
    private static final Set<String> CONTAINERS =
            Set.of(
                    "ACL",
                    "CLIENT",
                    "CLUSTER",
                    "COMMAND",
                    "CONFIG",
                    "DEBUG",
                    "FUNCTION",
                    "LATENCY",
                    "MEMORY",
                    "MODULE",
                    "OBJECT",
                    "PUBSUB",
                    "SCRIPT",
                    "SLOWLOG",
                    "XGROUP",
                    "XINFO");

    /** Their second word may be a password or a program, so it is not shown. */
    private static final Set<String> HIDDEN = Set.of("AUTH", "HELLO", "EVAL", "EVAL_RO");

    private static final int MAX_NAME = 40;
    private static final int MAX_KEY = 100;
    private static final int MAX_PLACES = 4;

    Command {
        words = List.copyOf(words);
    }

    /** {@code GET}, {@code CLIENT KILL}: in capitals, as users write of them. */
    String name() {
        String name = word(0);
        return CONTAINERS.contains(name) && words.size() > 1 ? name + " " + word(1) : name;
    }

    /** The word at this place in capitals; empty where there is none, or none that is a word. */
    String word(int place) {
        if (place >= words.size()) {
            return "";
        }
        String word = words.get(place).toUpperCase(Locale.ROOT);
        return word.length() <= MAX_NAME && word.matches("[A-Z0-9._|-]+") ? word : "";
    }

    /** Its name for the report. */
    String operation() {
        String name = name().strip();
        return name.isEmpty() ? "(no command)" : name;
    }

    private int firstArgument() {
        return CONTAINERS.contains(word(0)) ? 2 : 1;
    }

    /** The command without what it is about. */
    String fingerprint() {
        int places = words.size() - firstArgument();
        return operation()
                + " ?".repeat(Math.clamp(places, 0, MAX_PLACES))
                + (places > MAX_PLACES ? " …" : "");
    }

    /** The command for a reader: its first argument, which mostly is a key, and sizes. */
    String text() {
        StringBuilder text = new StringBuilder(operation());
        int first = firstArgument();
        for (int i = first; i < words.size() && i < first + MAX_PLACES; i++) {
            String word = words.get(i);
            boolean shown = i == first && i == 1 && !HIDDEN.contains(word(0));
            text.append(' ')
                    .append(shown ? printable(word, MAX_KEY) : "(" + word.length() + " bytes)");
        }
        return text.append(words.size() > first + MAX_PLACES ? " …" : "").toString();
    }

    /** Bytes for a reader. */
    static String printable(String bytes, int most) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < bytes.length() && i < most; i++) {
            char c = bytes.charAt(i);
            shown.append(c >= ' ' && c <= '~' ? String.valueOf(c) : "\\x%02x".formatted((int) c));
        }
        return shown.append(bytes.length() > most ? "…" : "").toString();
    }

    /** As a client would send it. */
    ByteBuf encode() {
        ByteBuf out = Unpooled.buffer();
        ascii(out, "*" + words.size() + "\r\n");
        for (String word : words) {
            ascii(out, "$" + word.length() + "\r\n" + word + "\r\n");
        }
        return out;
    }

    private static void ascii(ByteBuf out, String text) {
        out.writeCharSequence(text, StandardCharsets.ISO_8859_1);
    }

    /** A login has its password among the words. */
    @Override
    public String toString() {
        return text();
    }
}
