package dev.understudy.mysql.wire;

/** Text from the wire made fit for a report or a terminal. */
public final class ForReaders {
    /** Characters of a line that are kept; the server's own messages have at most 511. */
    static final int MAX_LINE = 600;

    private ForReaders() {}

    /** The text on one line, with a question mark for each control character, cut to a length. */
    public static String line(String text) {
        String head = text.length() <= MAX_LINE ? text : text.substring(0, MAX_LINE - 1) + "…";
        return head.replaceAll("\\p{Cntrl}", "?");
    }
}
