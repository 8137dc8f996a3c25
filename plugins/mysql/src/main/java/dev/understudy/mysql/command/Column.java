package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;

/**
 * A column definition, as far as values need it.
 *
 * @param type the {@code TYPE_} of its values in {@link BinaryValue}
 * @param decimals digits behind the point of a number, of a second
 * @param padded whether numbers are filled up with zeros
 * @see "MySQL protocol manual, Protocol::ColumnDefinition41"
 */
record Column(String name, int type, boolean unsigned, int decimals, boolean padded) {
    private static final int UNSIGNED_FLAG = 0x20;
    private static final int ZEROFILL_FLAG = 0x40;

    /** Of the fields behind the names, in bytes. */
    private static final int FIXED_LENGTH = 12;

    Column(String name, int type, boolean unsigned) {
        this(name, type, unsigned, 0, false);
    }

    /** Whether it writes values as another one does. */
    boolean writesLike(Column other) {
        return type == other.type
                && unsigned == other.unsigned
                && decimals == other.decimals
                && padded == other.padded;
    }

    /** Whether its values are floating point numbers. */
    boolean isFloating() {
        return type == BinaryValue.TYPE_FLOAT || type == BinaryValue.TYPE_DOUBLE;
    }

    /** Reads a whole payload. A default value behind it (COM_FIELD_LIST) is not looked at. */
    static Decoded<Column> decode(ByteBuf payload, Capabilities capabilities) {
        Fields in = new Fields(payload);
        in.lengthEncodedView(); // catalog
        in.lengthEncodedView(); // schema
        in.lengthEncodedView(); // table, as in the query
        in.lengthEncodedView(); // table
        String name = Fields.text(in.lengthEncodedBytes());
        in.lengthEncodedView(); // name in the table
        if (capabilities.has(Capabilities.MARIADB_EXTENDED_METADATA)) {
            in.lengthEncodedView();
        }
        if (in.lengthEncoded() != FIXED_LENGTH) {
            in.fail("not a column definition");
        }
        in.u16(); // character set
        in.u32(); // display length
        int type = in.u8();
        int flags = in.u16();
        int decimals = in.u8();
        return in.message(
                () ->
                        new Column(
                                name,
                                type,
                                (flags & UNSIGNED_FLAG) != 0,
                                decimals,
                                (flags & ZEROFILL_FLAG) != 0));
    }
}
