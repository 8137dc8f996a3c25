package dev.understudy.mysql.command;

/** What of one answer may be kept, shared by all its result sets. */
final class KeepBudget {
    private int rowBytes;
    private int hashes;

    /**
     * A quarter of it is for hashes of rows, eight bytes each.
     *
     * @param bytes of the whole answer
     */
    KeepBudget(int bytes) {
        this.rowBytes = bytes - bytes / 4;
        this.hashes = bytes / 4 / Long.BYTES;
    }

    /** Takes as much, if it is left; the first refusal is the last word. */
    boolean take(int bytes) {
        boolean fits = bytes <= rowBytes;
        rowBytes = fits ? rowBytes - bytes : 0;
        return fits;
    }

    boolean takeHash() {
        boolean fits = hashes > 0;
        hashes -= fits ? 1 : 0;
        return fits;
    }
}
