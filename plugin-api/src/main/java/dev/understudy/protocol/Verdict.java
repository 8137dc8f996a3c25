package dev.understudy.protocol;

import java.util.Objects;

/** What the comparison of two answers came to. */
public sealed interface Verdict {
    /** The target answered as production did. */
    record Same() implements Verdict {}

    /**
     * The answers differ.
     *
     * @param kind a word to count by: {@code error}, {@code rows}, {@code content}
     * @param online production's value, for a reader
     * @param target the target's value
     */
    record Different(String kind, String online, String target) implements Verdict {
        /** Characters kept of either value. */
        public static final int MAX_VALUE = 4096;

        public Different {
            Objects.requireNonNull(kind, "kind");
            online = cut(online);
            target = cut(target);
        }

        private static String cut(String value) {
            return value.length() <= MAX_VALUE ? value : value.substring(0, MAX_VALUE - 1) + "…";
        }
    }

    /** Both have answered, and what they say cannot be held against one another. */
    record NotCompared(String reason) implements Verdict {}
}
