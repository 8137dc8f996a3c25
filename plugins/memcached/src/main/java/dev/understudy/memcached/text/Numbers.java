package dev.understudy.memcached.text;

import java.util.OptionalLong;

/** Decimal numbers of the text dialect. */
final class Numbers {
    private static final int MAX_DIGITS = 18;

    private Numbers() {}

    /** A number of up to 18 digits, 0 or more; empty for anything else. */
    static OptionalLong natural(String word) {
        if (word.isEmpty() || word.length() > MAX_DIGITS || !digits(word)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(word));
    }

    /** As {@link #natural}, or negative. */
    static OptionalLong whole(String word) {
        if (word.startsWith("-")) {
            OptionalLong number = natural(word.substring(1));
            return number.isPresent() ? OptionalLong.of(-number.getAsLong()) : number;
        }
        return natural(word);
    }

    /** An unsigned number of 64 bits; empty for anything else. */
    static OptionalLong unsigned(String word) {
        if (word.isEmpty() || word.length() > 20 || !digits(word)) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseUnsignedLong(word));
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }

    private static boolean digits(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
