package dev.understudy.memcached.sasl;

import java.text.Normalizer;

/**
 * Prepares names and passwords so that what looks the same is the same (RFC 4013). Texts of ASCII
 * stay as they are. Not done: the test for code points that Unicode 3.2 did not have.
 */
final class SaslPrep {
    private SaslPrep() {}

    /**
     * The prepared text.
     *
     * @param what is named in the error; the text itself is not
     * @throws IllegalArgumentException for what may not stand in a name or password
     */
    static String prepared(String text, String what) {
        if (text.codePoints().allMatch(c -> c >= 0x20 && c < 0x7F)) {
            return text;
        }
        StringBuilder mapped = new StringBuilder(text.length());
        text.codePoints()
                .filter(c -> !vanishes(c))
                .map(c -> Character.getType(c) == Character.SPACE_SEPARATOR ? ' ' : c)
                .forEach(mapped::appendCodePoint);
        String normal = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
        if (normal.codePoints().anyMatch(SaslPrep::prohibited)) {
            throw new IllegalArgumentException(
                    what + " holds a character that SASL does not allow (RFC 4013, section 2.3)");
        }
        if (mixesDirections(normal)) {
            throw new IllegalArgumentException(
                    what + " mixes right-to-left and left-to-right text (RFC 3454, section 6)");
        }
        return normal;
    }

    /** Commonly mapped to nothing (RFC 3454, table B.1). */
    private static boolean vanishes(int c) {
        return c == 0x00AD
                || c == 0x034F
                || c == 0x1806
                || (c >= 0x180B && c <= 0x180D)
                || (c >= 0x200B && c <= 0x200D)
                || c == 0x2060
                || (c >= 0xFE00 && c <= 0xFE0F)
                || c == 0xFEFF;
    }

    private static boolean prohibited(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    true;
            default ->
                    (c & 0xFFFE) == 0xFFFE
                            || (c >= 0xFDD0 && c <= 0xFDEF)
                            || (c >= 0xFFF9 && c <= 0xFFFD)
                            || (c >= 0x2FF0 && c <= 0x2FFB)
                            || c == 0x0340
                            || c == 0x0341;
        };
    }

    private static boolean mixesDirections(String text) {
        int[] points = text.codePoints().toArray();
        boolean right = false;
        boolean left = false;
        for (int c : points) {
            right |= rightToLeft(c);
            left |= Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT;
        }
        return right
                && (left || !rightToLeft(points[0]) || !rightToLeft(points[points.length - 1]));
    }

    private static boolean rightToLeft(int c) {
        byte direction = Character.getDirectionality(c);
        return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
    }
}
