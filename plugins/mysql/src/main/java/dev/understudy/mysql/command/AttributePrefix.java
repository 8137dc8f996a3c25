package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The query attributes that stand before the text of COM_QUERY where both ends agreed on them.
 * Without the capability they would be read as SQL, and with it their absence is malformed.
 *
 * @see "MySQL protocol manual, COM_QUERY"
 */
final class AttributePrefix {
    /** No attributes; of parameter sets there is always one. */
    private static final byte[] NONE = {0, 1};

    private AttributePrefix() {}

    /**
     * Index of the first byte of the text in a COM_QUERY payload, or empty where its attributes
     * cannot be read.
     */
    static OptionalInt textStart(byte[] payload, Capabilities capabilities) {
        if (!capabilities.has(Capabilities.QUERY_ATTRIBUTES)) {
            return OptionalInt.of(1);
        }
        Fields in = new Fields(Unpooled.wrappedBuffer(payload, 1, payload.length - 1));
        long count = in.lengthEncoded();
        in.lengthEncoded();
        if (count < 0) {
            return OptionalInt.empty();
        }
        if (count > 0) {
            byte[] nulls = in.bytes((count + 7) / 8);
            boolean types = in.u8() == 1;
            if (!types || !in.intact()) {
                return OptionalInt.empty();
            }
            List<Integer> valueTypes = new ArrayList<>();
            for (long i = 0; i < count && in.intact(); i++) {
                valueTypes.add(in.u16() & 0xFF);
                in.lengthEncodedView();
            }
            int at = payload.length - in.remaining();
            for (int i = 0; i < valueTypes.size() && in.intact(); i++) {
                if ((nulls[i / 8] & 1 << i % 8) == 0) {
                    int length = BinaryValue.length(valueTypes.get(i), payload, at, payload.length);
                    if (length == BinaryValue.BROKEN) {
                        return OptionalInt.empty();
                    }
                    at += length;
                }
            }
            return in.intact() ? OptionalInt.of(at) : OptionalInt.empty();
        }
        return in.intact() ? OptionalInt.of(payload.length - in.remaining()) : OptionalInt.empty();
    }

    /** The payload of a query of our own. */
    static ByteBuf query(byte[] sql, Capabilities target) {
        ByteBuf out = Unpooled.buffer(1 + NONE.length + sql.length);
        out.writeByte(Command.COM_QUERY.code());
        if (target.has(Capabilities.QUERY_ATTRIBUTES)) {
            out.writeBytes(NONE);
        }
        return out.writeBytes(sql);
    }

    /** The payload as the target has agreed to read it. */
    static ByteBuf reencoded(
            byte[] payload, int textStart, Capabilities captured, Capabilities target) {
        boolean has = captured.has(Capabilities.QUERY_ATTRIBUTES);
        boolean wants = target.has(Capabilities.QUERY_ATTRIBUTES);
        if (has == wants) {
            return Unpooled.wrappedBuffer(payload);
        }
        ByteBuf out = Unpooled.buffer(payload.length + NONE.length);
        out.writeByte(Command.COM_QUERY.code());
        if (wants) {
            out.writeBytes(NONE);
        }
        return out.writeBytes(payload, textStart, payload.length - textStart);
    }
}
