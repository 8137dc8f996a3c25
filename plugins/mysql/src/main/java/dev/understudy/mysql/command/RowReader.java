package dev.understudy.mysql.command;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Takes the rows of one result set apart, text or binary, value by value. */
final class RowReader {
    private static final int NULL_MARK = 0xFB;

    /** The null bitmap of a binary row begins at bit 2. */
    private static final int BITMAP_OFFSET = 2;

    private final List<Column> columns;
    private final boolean binary;

    RowReader(List<Column> columns, boolean binary) {
        this.columns = columns;
        this.binary = binary;
    }

    /** Is shown the values of a row, in order, each as the bytes of its text. */
    interface Values {
        void value(byte[] bytes, int from, int length);

        void nothing();
    }

    /** Reads a whole row; false where it is not one, and some of its values were shown. */
    boolean read(byte[] row, int from, int to, Values values) {
        return binary ? readBinary(row, from, to, values) : readText(row, from, to, values);
    }

    private boolean readText(byte[] row, int from, int to, Values values) {
        int at = from;
        for (int i = 0; i < columns.size(); i++) {
            if (at < to && (row[at] & 0xFF) == NULL_MARK) {
                values.nothing();
                at++;
                continue;
            }
            int prefix = BinaryValue.Text.prefixLength(row, at, to);
            long length = prefix < 0 ? -1 : BinaryValue.Text.contentLength(row, at);
            if (length < 0 || length > to - at - prefix) {
                return false;
            }
            at += prefix;
            int type = columns.get(i).type();
            if (type == BinaryValue.TYPE_FLOAT || type == BinaryValue.TYPE_DOUBLE) {
                show(
                        BinaryValue.floatingText(type, BinaryValue.Text.of(row, at, (int) length)),
                        values);
            } else {
                values.value(row, at, (int) length);
            }
            at += (int) length;
        }
        return at == to;
    }

    private boolean readBinary(byte[] row, int from, int to, Values values) {
        int bitmap = from + 1;
        int at = bitmap + (columns.size() + BITMAP_OFFSET + 7) / 8;
        if (at > to || row[from] != 0) {
            return false;
        }
        for (int i = 0; i < columns.size(); i++) {
            int bit = i + BITMAP_OFFSET;
            if ((row[bitmap + bit / 8] & 1 << bit % 8) != 0) {
                values.nothing();
                continue;
            }
            Column column = columns.get(i);
            int length = BinaryValue.length(column.type(), row, at, to);
            if (length == BinaryValue.BROKEN) {
                return false;
            }
            if (column.type() == BinaryValue.TYPE_NULL) {
                values.nothing();
            } else if (BinaryValue.isString(column.type())) {
                int prefix = BinaryValue.Text.prefixLength(row, at, to);
                values.value(row, at + prefix, length - prefix);
            } else {
                show(BinaryValue.text(column.type(), column.unsigned(), row, at), values);
            }
            at += length;
        }
        return at == to;
    }

    private static void show(String text, Values values) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        values.value(bytes, 0, bytes.length);
    }
}
