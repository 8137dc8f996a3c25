package dev.understudy.memcached.couchbase;

import java.util.List;
import java.util.Optional;

/** The flags of a meta command: a letter each, some with an argument behind it. */
record MetaFlags(List<String> words) {
    private static final String NUMBERS = "CDFJNT";

    MetaFlags {
        words = List.copyOf(words);
    }

    static MetaFlags of(List<String> words) {
        return new MetaFlags(words.stream().filter(word -> !word.isEmpty()).toList());
    }

    boolean has(char letter) {
        return argument(letter).isPresent();
    }

    /** What stands behind the letter. */
    Optional<String> argument(char letter) {
        return words.stream()
                .filter(word -> word.charAt(0) == letter)
                .findFirst()
                .map(word -> word.substring(1));
    }

    /**
     * Whether there are no others than these, and those that need a number have one. What a proxy
     * alone reads (L, P) may always be there.
     */
    boolean within(String letters) {
        return words.stream()
                .allMatch(
                        word ->
                                ("LP" + letters).indexOf(word.charAt(0)) >= 0
                                        && (NUMBERS.indexOf(word.charAt(0)) < 0
                                                || word.substring(1).matches("-?[0-9]{1,18}")
                                                || isUnsigned(word)));
    }

    /** Numbers of 64 bits may have two digits more. */
    private static boolean isUnsigned(String word) {
        if ("CDJ".indexOf(word.charAt(0)) < 0) {
            return false;
        }
        try {
            Long.parseUnsignedLong(word.substring(1));
            return true;
        } catch (NumberFormatException _) {
            return false;
        }
    }

    /** Whether no version is asked for, or one that Couchbase can ask for. */
    boolean casFits() {
        return !has('C') || cas() != 0;
    }

    /** The version asked for, 0 for none. */
    long cas() {
        return argument('C').map(Long::parseUnsignedLong).orElse(0L);
    }
}
