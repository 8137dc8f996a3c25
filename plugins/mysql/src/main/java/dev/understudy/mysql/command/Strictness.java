package dev.understudy.mysql.command;

/**
 * How closely answers are compared, beside what always is.
 *
 * @param floatTolerance by how much of their value floating point numbers may differ, 0..0.1
 * @param insertIds whether generated ids are compared: only where the target is given production's
 * @param metadata what becomes of types and collations of columns that differ
 */
public record Strictness(double floatTolerance, boolean insertIds, Metadata metadata) {
    /** Without settings. */
    public static final Strictness USUAL = new Strictness(0, false, Metadata.NOTE);

    /** What becomes of descriptions of columns that differ, where the values are the same. */
    public enum Metadata {
        /** A table of the report has them. */
        NOTE,
        /** They are differences. */
        COMPARE,
        /** Nothing. */
        IGNORE
    }
}
