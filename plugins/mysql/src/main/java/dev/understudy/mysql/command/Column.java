package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * A column definition: its name, what its values need to be read, and what else a client may go by.
 *
 * @param name for a reader; other bytes make another name
 * @param type the {@code TYPE_} of its values in {@link BinaryValue}
 * @param decimals digits behind the point of a number, of a second
 * @param padded whether numbers are filled up with zeros
 * @param collation the server's number for that of its texts, 0..65535; 63 of what is no text
 * @see "MySQL protocol manual, Protocol::ColumnDefinition41"
 */
record Column(
        String name, int type, boolean unsigned, int decimals, boolean padded, int collation) {
    /** One that the server has not described: only its number is known. */
    static final Column UNKNOWN = new Column("", -1, false);

    /** {@code binary}: of bytes, numbers and times. */
    static final int BINARY_COLLATION = 63;

    private static final int UNSIGNED_FLAG = 0x20;
    private static final int ZEROFILL_FLAG = 0x40;

    /** Of the fields behind the names, in bytes. */
    private static final int FIXED_LENGTH = 12;

    Column(String name, int type, boolean unsigned) {
        this(name, type, unsigned, 0, false, BINARY_COLLATION);
    }

    Column(String name, int type, boolean unsigned, int decimals, boolean padded) {
        this(name, type, unsigned, decimals, padded, BINARY_COLLATION);
    }

    /** Whether clients find it by the same name, as far as both servers have said one. */
    boolean isNamedLike(Column other) {
        return equals(UNKNOWN) || other.equals(UNKNOWN) || name.equals(other.name);
    }

    /** Whether clients take its values for the same type, beside how they are written. */
    boolean isTypedLike(Column other) {
        return equals(UNKNOWN)
                || other.equals(UNKNOWN)
                || (type == other.type && unsigned == other.unsigned);
    }

    /** Whether it writes values as another one does. */
    boolean writesLike(Column other) {
        return type == other.type
                && unsigned == other.unsigned
                && decimals == other.decimals
                && padded == other.padded;
    }

    /** Its type for a reader, as the protocol's manual calls it. */
    String describeType() {
        return BinaryValue.typeName(type) + (unsigned ? " UNSIGNED" : "");
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
        String name = ShownValue.plain(ByteBufUtil.getBytes(in.lengthEncodedView()));
        in.lengthEncodedView(); // name in the table
        if (capabilities.has(Capabilities.MARIADB_EXTENDED_METADATA)) {
            in.lengthEncodedView();
        }
        if (in.lengthEncoded() != FIXED_LENGTH) {
            in.fail("not a column definition");
        }
        int collation = in.u16();
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
                                (flags & ZEROFILL_FLAG) != 0,
                                collation));
    }
}
