package dev.understudy.http.message;

/**
 * A field line with the characters it came in, its line end included: what is not rewritten is
 * written as it was.
 */
public record FieldLine(String raw, Header header) {
    /** A line of our own making. */
    public static FieldLine of(String name, String value) {
        return new FieldLine(name + ": " + value + "\r\n", new Header(name, value));
    }

    @Override
    public String toString() {
        return header.toString();
    }
}
