package dev.understudy.memcached.text;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A line as it was sent, in words. Servers take a bare line feed as its end, too.
 *
 * @param words what stands between blanks, one character a byte; none for an empty line
 * @param starts where each word starts, in bytes from the line's first
 */
record Line(List<String> words, List<Integer> starts) {
    /**
     * The line at {@code in}'s reader index, which stays where it is.
     *
     * @param length with its end
     */
    static Line of(ByteBuf in, int length) {
        int start = in.readerIndex();
        int end = length - 1;
        if (end > 0 && in.getByte(start + end - 1) == '\r') {
            end--;
        }
        List<String> words = new ArrayList<>(8);
        List<Integer> starts = new ArrayList<>(8);
        int word = -1;
        for (int i = 0; i <= end; i++) {
            boolean blank = i == end || in.getByte(start + i) == ' ';
            if (!blank && word < 0) {
                word = i;
            } else if (blank && word >= 0) {
                words.add(in.toString(start + word, i - word, StandardCharsets.ISO_8859_1));
                starts.add(word);
                word = -1;
            }
        }
        return new Line(words, starts);
    }

    /** A word by its place from 0; empty where there are fewer. */
    String word(int index) {
        return index < words.size() ? words.get(index) : "";
    }

    /** How many words there are. */
    int size() {
        return words.size();
    }

    /** The words from one place on, to be read alone. */
    List<String> from(int index) {
        return index >= words.size() ? List.of() : words.subList(index, words.size());
    }

    /** What stands behind a meta flag's letter, among the words from {@code first} on. */
    Optional<String> flag(int first, char letter) {
        for (int i = first; i < words.size(); i++) {
            if (words.get(i).charAt(0) == letter) {
                return Optional.of(words.get(i).substring(1));
            }
        }
        return Optional.empty();
    }

    /** The line for a reader: what does not print is shown as a dot, and what is long is cut. */
    String shown() {
        StringBuilder out = new StringBuilder();
        for (String word : words) {
            if (out.length() > MAX_SHOWN) {
                return out.append(" …").toString();
            }
            out.append(out.isEmpty() ? "" : " ");
            word.chars().forEach(c -> out.append(c > ' ' && c < 0x7F ? (char) c : '.'));
        }
        return out.toString();
    }

    /** Characters after which a line is shown no further. */
    private static final int MAX_SHOWN = 200;
}
