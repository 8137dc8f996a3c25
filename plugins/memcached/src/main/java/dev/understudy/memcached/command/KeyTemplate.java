package dev.understudy.memcached.command;

/**
 * A key without what changes from one to the next: {@code user:1234:name} is {@code user:*:name}.
 * What stands between separators is folded where it holds a digit or is long; the rest is taken for
 * names that a programmer gave.
 */
public final class KeyTemplate {
    /** Characters of a template; what is longer is cut. */
    static final int MAX_LENGTH = 64;

    /** A name is hardly longer than this. */
    private static final int MAX_NAME = 20;

    private static final String SEPARATORS = ":./_-|,#@;=&+~";

    private KeyTemplate() {}

    /** The template of a key, at most 64 characters, printable. */
    public static String of(String key) {
        StringBuilder out = new StringBuilder(MAX_LENGTH);
        int start = 0;
        boolean folds = false;
        for (int i = 0; i <= key.length() && out.length() < MAX_LENGTH; i++) {
            boolean end = i == key.length() || SEPARATORS.indexOf(key.charAt(i)) >= 0;
            if (!end) {
                char c = key.charAt(i);
                folds |= (c >= '0' && c <= '9') || c <= ' ' || c >= 0x7F;
                continue;
            }
            segment(out, key, start, i, folds);
            if (i < key.length()) {
                out.append(key.charAt(i));
            }
            start = i + 1;
            folds = false;
        }
        return out.length() <= MAX_LENGTH ? out.toString() : out.substring(0, MAX_LENGTH);
    }

    private static void segment(StringBuilder out, String key, int from, int to, boolean folds) {
        boolean starBefore =
                out.length() >= 2
                        && out.charAt(out.length() - 2) == '*'
                        && out.charAt(out.length() - 1) == '-';
        if (!folds && to - from <= MAX_NAME) {
            out.append(key, from, to);
        } else if (starBefore) {
            // The groups of a UUID are one thing.
            out.setLength(out.length() - 1);
        } else {
            out.append('*');
        }
    }
}
