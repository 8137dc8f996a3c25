package dev.understudy.mysql.wire;

/**
 * A collation with the character set it orders.
 *
 * @param id the server's number for it, 0..65535; 0 where no login can name it, but SET NAMES can
 * @param charset as {@code utf8mb4}; empty where the number is not known
 * @param name as {@code utf8mb4_0900_ai_ci}; empty where the number is not known
 */
public record Collation(int id, String charset, String name) {
    /** A number that is in no table of ours. */
    public static Collation unknown(int id) {
        return new Collation(id, "", "");
    }

    /** Whether the number is in a table of ours. */
    public boolean isKnown() {
        return !name.isEmpty();
    }
}
