package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/**
 * MariaDB's COM_STMT_BULK_EXECUTE: one statement with many rows of parameters. Other servers do not
 * know it, and are given one execute for each row.
 *
 * @param flags the {@code FLAG_} bits
 * @param parameters the types, as sent or as known
 * @param payload the whole command
 * @param rowStarts where in the payload each row begins, and where the last one ends
 * @param plain whether every value is one that an execute can say: a value or NULL
 * @see "MariaDB documentation, COM_STMT_BULK_EXECUTE"
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and gone with the request
record BulkExecute(
        int flags,
        List<PreparedStatement.Parameter> parameters,
        byte[] payload,
        List<Integer> rowStarts,
        boolean plain) {
    private static final int FLAG_TYPES_SENT = 0x80;

    /** Asks for what each row came to; MariaDB 10.11 refuses the command for it. */
    private static final int FLAG_UNIT_RESULTS = 0x40;

    /** Command byte and statement id. */
    private static final int HEAD_LENGTH = 5;

    private static final int INDICATOR_VALUE = 0;
    private static final int INDICATOR_NULL = 1;

    /** DEFAULT, IGNORE, and IGNORE of the whole row. */
    private static final int LAST_INDICATOR = 4;

    /** Reads a payload; of a statement without parameters there are no rows to be told apart. */
    static Decoded<BulkExecute> decode(byte[] payload, PreparedStatement statement) {
        Fields in = new Fields(Unpooled.wrappedBuffer(payload));
        in.skip(HEAD_LENGTH);
        int flags = in.u16();
        int count = statement.parameterCount();
        List<PreparedStatement.Parameter> parameters = statement.parameters();
        if ((flags & FLAG_TYPES_SENT) != 0) {
            parameters = new ArrayList<>();
            for (int i = 0; i < count && in.intact(); i++) {
                parameters.add(new PreparedStatement.Parameter(in.u16(), ""));
            }
        }
        List<PreparedStatement.Parameter> known = parameters;
        if (!in.intact() || count == 0 || known.size() < count) {
            in.fail("parameters without types");
            return in.message(() -> new BulkExecute(flags, known, payload, List.of(), true));
        }
        List<Integer> starts = new ArrayList<>();
        boolean plain = true;
        int at = payload.length - in.remaining();
        starts.add(at);
        while (at < payload.length) {
            for (int i = 0; i < count; i++) {
                int indicator = at < payload.length ? payload[at++] & 0xFF : -1;
                if (indicator < 0 || indicator > LAST_INDICATOR) {
                    in.fail("a row that cannot be read");
                    return in.message(() -> new BulkExecute(flags, known, payload, starts, true));
                }
                plain &= indicator <= INDICATOR_NULL;
                if (indicator == INDICATOR_VALUE) {
                    int length =
                            BinaryValue.length(
                                    known.get(i).valueType(), payload, at, payload.length);
                    if (length == BinaryValue.BROKEN) {
                        in.fail("a value that cannot be read");
                        return in.message(
                                () -> new BulkExecute(flags, known, payload, starts, true));
                    }
                    at += length;
                }
            }
            starts.add(at);
        }
        boolean allPlain = plain;
        return in.message(() -> new BulkExecute(flags, known, payload, starts, allPlain));
    }

    int rows() {
        return rowStarts.size() - 1;
    }

    /** The command for a target that knows it. */
    ByteBuf encode(long targetId, Capabilities target) {
        ByteBuf out = Unpooled.wrappedBuffer(payload.clone()).setIntLE(1, (int) targetId);
        return target.has(Capabilities.MARIADB_BULK_UNIT_RESULTS)
                ? out
                : out.setShortLE(HEAD_LENGTH, flags & ~FLAG_UNIT_RESULTS);
    }

    /** One of its rows, from 0, as an execute of its own. */
    ByteBuf encodeRow(int row, PreparedStatement statement, long targetId, Capabilities target) {
        int count = statement.parameterCount();
        byte[] nulls = new byte[(count + 7) / 8];
        ByteBuf values = Unpooled.buffer(rowStarts.get(row + 1) - rowStarts.get(row));
        int at = rowStarts.get(row);
        for (int i = 0; i < count; i++) {
            if (payload[at++] == INDICATOR_NULL) {
                nulls[i / 8] |= (byte) (1 << i % 8);
            } else {
                int length =
                        BinaryValue.length(
                                parameters.get(i).valueType(), payload, at, payload.length);
                values.writeBytes(payload, at, length);
                at += length;
            }
        }
        byte[] bytes = new byte[values.readableBytes()];
        values.readBytes(bytes);
        return new ExecuteRequest(0, 1, nulls, true, parameters, bytes)
                .encode(statement, targetId, target);
    }
}
