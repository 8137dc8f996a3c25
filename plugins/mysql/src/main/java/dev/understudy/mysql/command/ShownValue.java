package dev.understudy.mysql.command;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A value of a row for a reader.
 *
 * @param text quoted where it is text, in hex where it is none, cut where it is long
 * @param hash of the whole value: cut texts are not the same for looking alike
 */
record ShownValue(String text, Hash128.Value hash) {
    /** Bytes of a value that are shown. */
    private static final int SHOWN_BYTES = 256;

    static final ShownValue NULL = new ShownValue("NULL", new Hash128.Value(-1, -1));

    static ShownValue of(byte[] bytes, int from, int length) {
        Hash128 hash = new Hash128();
        hash.add(bytes, from, length);
        byte[] shown = Arrays.copyOfRange(bytes, from, from + Math.min(length, SHOWN_BYTES));
        String more = length > SHOWN_BYTES ? "… (" + length + " bytes)" : "";
        return new ShownValue(quoted(shown, length > SHOWN_BYTES) + more, hash.value());
    }

    /**
     * Whether both are numbers that differ by no more than this part of the larger one.
     *
     * @param tolerance 0..1
     */
    boolean isNear(ShownValue other, double tolerance) {
        try {
            double mine = Double.parseDouble(text.replace("'", ""));
            double theirs = Double.parseDouble(other.text.replace("'", ""));
            return Math.abs(mine - theirs)
                    <= tolerance * Math.max(Math.abs(mine), Math.abs(theirs));
        } catch (NumberFormatException _) {
            return false;
        }
    }

    /** Bytes as text, or in hex where they are none. */
    static String plain(byte[] bytes) {
        String quoted = quoted(bytes, false);
        return quoted.startsWith("'") ? quoted.substring(1, quoted.length() - 1) : quoted;
    }

    private static String quoted(byte[] bytes, boolean cut) {
        for (int drop = 0; drop <= (cut ? 3 : 0) && drop <= bytes.length; drop++) {
            try {
                return "'"
                        + StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(ByteBuffer.wrap(bytes, 0, bytes.length - drop))
                        + "'";
            } catch (CharacterCodingException e) {
                // The cut may have split a character: without its first bytes it may be text.
            }
        }
        return "x'" + HexFormat.of().formatHex(bytes) + "'";
    }
}
