package dev.understudy.mysql.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The rows of one result set: hashes of all, the first of them as they came, and for some more a
 * hash each, so that the first that differs can be named.
 */
final class RowSet {
    /** What a kept row costs besides its bytes. */
    private static final int ROW_OVERHEAD_BYTES = 32;

    private final List<Column> columns;
    private final RowReader reader;
    private final Hash128 row = new Hash128();
    private final Hash128 ordered = new Hash128();
    private final Hash128 unordered = new Hash128();
    private final List<byte[]> kept = new ArrayList<>();
    private long[] rowHashes = new long[16];
    private int hashed;
    private long count;
    private final Optional<Hash128> earlier;
    private Optional<Hash128.Value> soFar = Optional.empty();
    private boolean cutShort;

    private final RowReader.Values hashing =
            new RowReader.Values() {
                @Override
                public void value(byte[] bytes, int from, int length) {
                    row.add(bytes, from, length);
                }

                @Override
                public void nothing() {
                    row.addNull();
                }
            };

    RowSet(List<Column> columns, boolean binary) {
        this(columns, binary, Optional.empty());
    }

    private RowSet(List<Column> columns, boolean binary, Optional<Hash128> earlier) {
        this.columns = columns;
        this.earlier = earlier;
        this.reader = new RowReader(columns, binary);
    }

    /**
     * The rows of one fetch from a cursor.
     *
     * @param earlier of all rows that were fetched from it so far; goes on with these
     */
    static RowSet ofFetch(List<Column> columns, Hash128 earlier) {
        return new RowSet(columns, true, Optional.of(earlier));
    }

    /** No rows follow, for now. */
    void ended() {
        soFar = earlier.map(Hash128::value);
    }

    /** The client has not read all rows that there are. */
    void cutShort() {
        cutShort = true;
    }

    boolean isCutShort() {
        return cutShort;
    }

    /**
     * Takes a row in.
     *
     * @return whether it was one
     */
    boolean add(byte[] bytes, int from, int to, KeepBudget budget) {
        row.clear();
        if (!reader.read(bytes, from, to, hashing)) {
            return false;
        }
        ordered.add(row);
        unordered.addUnordered(row);
        earlier.ifPresent(all -> all.addUnordered(row));
        if (kept.size() == count && budget.take(to - from + ROW_OVERHEAD_BYTES)) {
            kept.add(Arrays.copyOfRange(bytes, from, to));
        }
        if (hashed == count && budget.takeHash()) {
            if (hashed == rowHashes.length) {
                rowHashes = Arrays.copyOf(rowHashes, 2 * hashed);
            }
            rowHashes[hashed++] = row.low();
        }
        count++;
        return true;
    }

    long count() {
        return count;
    }

    List<Column> columns() {
        return columns;
    }

    boolean equalInOrder(RowSet other) {
        return count == other.count && ordered.value().equals(other.ordered.value());
    }

    boolean equalInAnyOrder(RowSet other) {
        return count == other.count
                && (unordered.value().equals(other.unordered.value())
                        || (soFar.isPresent() && soFar.equals(other.soFar)));
    }

    /**
     * Whether these are the first rows of another set; empty where they are too many to tell.
     *
     * @param whole which has no fewer rows
     */
    Optional<Boolean> begins(RowSet whole) {
        if (firstDifference(whole).isPresent()) {
            return Optional.of(false);
        }
        return count <= Math.min(hashed, whole.hashed) ? Optional.of(true) : Optional.empty();
    }

    /** Index of the first row that differs, where it is among those hashed. */
    OptionalLong firstDifference(RowSet other) {
        int both = Math.min(hashed, other.hashed);
        int at = Arrays.mismatch(rowHashes, 0, both, other.rowHashes, 0, both);
        return at < 0 ? OptionalLong.empty() : OptionalLong.of(at);
    }

    /** The sum of a column of numbers, where all rows were kept and it is one. */
    OptionalLong sum(int column) {
        long sum = 0;
        for (long row = 0; row < count; row++) {
            Optional<List<ShownValue>> values = values(row);
            if (values.isEmpty() || column >= columns.size()) {
                return OptionalLong.empty();
            }
            String text = values.get().get(column).text().replace("'", "");
            if (!text.matches("[0-9]{1,18}")) {
                return OptionalLong.empty();
            }
            sum += Long.parseLong(text);
        }
        return OptionalLong.of(sum);
    }

    /** The values of a row, where it was kept. */
    Optional<List<ShownValue>> values(long index) {
        if (index >= kept.size()) {
            return Optional.empty();
        }
        List<ShownValue> values = new ArrayList<>();
        byte[] bytes = kept.get((int) index);
        reader.read(
                bytes,
                0,
                bytes.length,
                new RowReader.Values() {
                    @Override
                    public void value(byte[] value, int from, int length) {
                        values.add(ShownValue.of(value, from, length));
                    }

                    @Override
                    public void nothing() {
                        values.add(ShownValue.NULL);
                    }
                });
        return Optional.of(values);
    }

    /** What holding rows against each other value by value came to. */
    sealed interface Cells {
        /** They differ in nothing but noise. */
        record Alike() implements Cells {}

        /** The columns are of unlike types, and all values the same but for that. */
        record OfType(Difference at) implements Cells {}

        record Unlike(Difference at) implements Cells {}

        /** Too little was kept of them. */
        record Untold() implements Cells {}
    }

    /**
     * The first value in which the target's rows differ, but for what is noise: values that the
     * control, too, gives otherwise, and floating point numbers that are close. Of rows that were
     * not kept the first that the control gives as production did.
     *
     * @param target as many rows of as many columns
     * @param control of as many columns
     */
    Cells unlike(RowSet target, Optional<RowSet> control, double floatTolerance) {
        Optional<RowSet> noise = control.filter(rows -> rows.count == count);
        int kept =
                Math.min(
                        Math.min(this.kept.size(), target.kept.size()),
                        noise.map(rows -> rows.kept.size()).orElse(Integer.MAX_VALUE));
        if (noise.isEmpty() && kept < count) {
            return new Cells.Untold();
        }
        Optional<Difference> ofType = Optional.empty();
        for (long row = 0; row < kept; row++) {
            List<ShownValue> mine = values(row).orElseThrow();
            List<ShownValue> theirs = target.values(row).orElseThrow();
            Optional<List<ShownValue>> other = noise.flatMap(at(row));
            for (int i = 0; i < columns.size(); i++) {
                if (!isAlike(i, mine.get(i), theirs.get(i), other, floatTolerance)) {
                    String cell = "row %d, column %s: ".formatted(row + 1, columns.get(i).name());
                    Difference at =
                            new Difference(cell + mine.get(i).text(), cell + theirs.get(i).text());
                    if (!sameInAnotherType(target, row, i)) {
                        return new Cells.Unlike(at);
                    }
                    ofType = ofType.or(() -> Optional.of(at));
                }
            }
        }
        if (kept < count) {
            return noise.flatMap(rows -> unlikeButLike(target, rows, kept))
                    .<Cells>map(Cells.Unlike::new)
                    .orElseGet(Cells.Untold::new);
        }
        return ofType.<Cells>map(Cells.OfType::new).orElseGet(Cells.Alike::new);
    }

    private boolean isAlike(
            int column,
            ShownValue online,
            ShownValue target,
            Optional<List<ShownValue>> noise,
            double floatTolerance) {
        return online.equals(target)
                || noise.filter(row -> !online.equals(row.get(column))).isPresent()
                || (columns.get(column).isFloating() && online.isNear(target, floatTolerance));
    }

    /** The first row from here on that differs from the target's, and not from the control's. */
    private Optional<Difference> unlikeButLike(RowSet target, RowSet control, int from) {
        int known = Math.min(hashed, Math.min(target.hashed, control.hashed));
        for (int i = from; i < known; i++) {
            if (rowHashes[i] != target.rowHashes[i] && rowHashes[i] == control.rowHashes[i]) {
                return Optional.of(describe(i, target));
            }
        }
        return Optional.empty();
    }

    private boolean sameInAnotherType(RowSet target, long row, int column) {
        Column mine = columns.get(column);
        Column theirs = target.columns.get(column);
        return !mine.writesLike(theirs)
                && SameValue.of(
                        mine.type(), raw(row, column), theirs.type(), target.raw(row, column));
    }

    /** The text of a value that was kept; empty for NULL. */
    private Optional<String> raw(long index, int column) {
        List<Optional<String>> values = new ArrayList<>();
        byte[] bytes = kept.get((int) index);
        reader.read(
                bytes,
                0,
                bytes.length,
                new RowReader.Values() {
                    @Override
                    public void value(byte[] value, int from, int length) {
                        values.add(
                                values.size() == column
                                        ? Optional.of(BinaryValue.Text.of(value, from, length))
                                        : Optional.empty());
                    }

                    @Override
                    public void nothing() {
                        values.add(Optional.empty());
                    }
                });
        return values.get(column);
    }

    private static Function<RowSet, Optional<List<ShownValue>>> at(long row) {
        return rows -> rows.values(row);
    }

    /** How two sets differ at their first differing row, for a reader. */
    Difference describeDifference(RowSet other) {
        OptionalLong index = firstDifference(other);
        if (index.isEmpty()) {
            String text = "of %d rows one differs behind the first %d".formatted(count, hashed);
            return new Difference(text, text);
        }
        return describe(index.getAsLong(), other);
    }

    /** How a row differs from the other's. */
    private Difference describe(long index, RowSet other) {
        String place = "row " + (index + 1);
        Optional<List<ShownValue>> mine = values(index);
        Optional<List<ShownValue>> theirs = other.values(index);
        if (mine.isEmpty() || theirs.isEmpty()) {
            String text = place + " (too far back to be shown)";
            return new Difference(text, text);
        }
        for (int i = 0; i < columns.size(); i++) {
            ShownValue online = mine.get().get(i);
            ShownValue target = theirs.get().get(i);
            if (!Objects.equals(online, target)) {
                String cell = place + ", column " + columns.get(i).name() + ": ";
                return new Difference(cell + online.text(), cell + target.text());
            }
        }
        return new Difference(place, place);
    }

    /** Both sides of a difference, in words. */
    record Difference(String online, String target) {}

    @Override
    public String toString() {
        return "%d rows of %d columns".formatted(count, columns.size());
    }
}
