package dev.understudy.mysql.command;

/** What writes may be given from production: the words of {@code mysql.align}. */
enum Align {
    /** The ids that production generated for rows. */
    INSERT_ID("insert-id"),
    /** The time at which production was asked. */
    TIMESTAMP("timestamp");

    private final String word;

    Align(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
