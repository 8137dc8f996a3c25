package dev.understudy.mysql.preflight;

import dev.understudy.mysql.wire.ForReaders;
import java.util.List;

/**
 * Something that is other on the target.
 *
 * @param what setting, table or column
 * @param online what it is there
 * @param target what it is there
 * @param effect what that will do to the result
 */
record Difference(String what, String online, String target, String effect) {
    /** Characters of a value that are shown: an ENUM's type may have 64 KiB. */
    static final int MAX_VALUE = 160;

    private static String shown(String value) {
        return ForReaders.line(
                value.length() <= MAX_VALUE ? value : value.substring(0, MAX_VALUE - 1) + "…");
    }

    /** For a warning. */
    String line() {
        return "%s is '%s' online and '%s' on the target: %s"
                .formatted(shown(what), shown(online), shown(target), effect);
    }

    /** For the report, in the order of the components. */
    List<String> cells() {
        return List.of(shown(what), shown(online), shown(target), effect);
    }
}
