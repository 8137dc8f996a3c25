package dev.understudy.mysql.command;

import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.mysql.wire.LengthEncoded;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * COM_STMT_EXECUTE, taken apart so that it can be sent to a server that knows the statement by
 * another id, was not told its parameter types, or agreed otherwise on query attributes.
 *
 * @param flags cursor type and whether a parameter count is given
 * @param iterations always 1
 * @param nulls one bit for each parameter
 * @param typed whether {@code parameters} are known, from this execute or an earlier one
 * @param parameters types of the statement's parameters, then those of attributes
 * @param values of all that are not NULL and did not go by COM_STMT_SEND_LONG_DATA
 * @see "MySQL protocol manual, COM_STMT_EXECUTE"
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and gone with the request
record ExecuteRequest(
        int flags,
        long iterations,
        byte[] nulls,
        boolean typed,
        List<PreparedStatement.Parameter> parameters,
        byte[] values) {
    /** A cursor of whatever type was asked for. */
    private static final int CURSOR_FLAGS = 0x07;

    private static final int PARAMETER_COUNT_AVAILABLE = 0x08;

    /** Command byte and statement id. */
    private static final int HEAD_LENGTH = 5;

    private static final byte[] NOTHING = {};

    /**
     * Reads a payload.
     *
     * @param statement whose number of parameters is known; its types count where none are sent
     */
    static Decoded<ExecuteRequest> decode(
            ByteBuf payload, PreparedStatement statement, Capabilities capabilities) {
        Fields in = new Fields(payload);
        in.skip(HEAD_LENGTH);
        int flags = in.u8();
        long iterations = in.u32();
        boolean attributes = capabilities.has(Capabilities.QUERY_ATTRIBUTES);
        long count = statement.parameterCount();
        if (attributes && (count > 0 || (flags & PARAMETER_COUNT_AVAILABLE) != 0)) {
            count = in.lengthEncoded();
        }
        if (!in.intact() || count == 0) {
            return in.message(
                    () -> new ExecuteRequest(flags, iterations, NOTHING, true, List.of(), NOTHING));
        }
        if (count < statement.parameterCount()) {
            in.fail("fewer parameters than the statement has");
        }
        byte[] nulls = in.bytes((count + 7) / 8);
        boolean bound = in.u8() == 1;
        List<PreparedStatement.Parameter> parameters = statement.parameters();
        if (bound) {
            parameters = new ArrayList<>();
            for (long i = 0; i < count && in.intact(); i++) {
                int type = in.u16();
                String name =
                        attributes
                                ? new String(in.lengthEncodedBytes(), StandardCharsets.ISO_8859_1)
                                : "";
                parameters.add(new PreparedStatement.Parameter(type, name));
            }
        }
        boolean typed = bound || parameters.size() == count;
        List<PreparedStatement.Parameter> known = typed ? parameters : List.of();
        byte[] values = in.rest();
        return in.message(() -> new ExecuteRequest(flags, iterations, nulls, typed, known, values));
    }

    /** Whether rows are to be fetched by a cursor. */
    boolean wantsCursor() {
        return (flags & CURSOR_FLAGS) != 0;
    }

    /** Whether there is more than the statement has parameters: query attributes. */
    private int attributeCount(PreparedStatement statement) {
        return Math.max(0, parameters.size() - statement.parameterCount());
    }

    /**
     * Whether it can be written for a server that agreed on these capabilities: attributes can only
     * be left out where the values before them can be told apart.
     */
    boolean fits(PreparedStatement statement, Capabilities target) {
        return target.has(Capabilities.QUERY_ATTRIBUTES)
                || attributeCount(statement) == 0
                || endOfStatementValues(statement) >= 0;
    }

    /** The payload for the target, with types wherever they are known. */
    ByteBuf encode(PreparedStatement statement, long targetId, Capabilities target) {
        boolean attributes = target.has(Capabilities.QUERY_ATTRIBUTES);
        int own = statement.parameterCount();
        int count = attributes && typed ? Math.max(own, parameters.size()) : own;
        ByteBuf out = Unpooled.buffer(HEAD_LENGTH + 16 + nulls.length + 3 * count + values.length);
        out.writeByte(Command.COM_STMT_EXECUTE.code()).writeIntLE((int) targetId);
        out.writeByte(
                (flags & CURSOR_FLAGS) | (attributes && count > 0 ? PARAMETER_COUNT_AVAILABLE : 0));
        out.writeIntLE((int) iterations);
        if (count == 0) {
            return out;
        }
        if (attributes) {
            LengthEncoded.encode(out, count);
        }
        out.writeBytes(nullBits(count));
        out.writeByte(typed ? 1 : 0);
        if (typed) {
            for (PreparedStatement.Parameter parameter : parameters.subList(0, count)) {
                out.writeShortLE(parameter.type());
                if (attributes) {
                    LengthEncoded.encode(
                            out, parameter.name().getBytes(StandardCharsets.ISO_8859_1));
                }
            }
        }
        boolean cut = attributeCount(statement) > 0 && count == own;
        return out.writeBytes(values, 0, cut ? endOfStatementValues(statement) : values.length);
    }

    private byte[] nullBits(int count) {
        byte[] bits = Arrays.copyOf(nulls, (count + 7) / 8);
        if (count % 8 != 0) {
            bits[bits.length - 1] &= (byte) ((1 << count % 8) - 1);
        }
        return bits;
    }

    /** Where the values of the statement's own parameters end; negative where that is not clear. */
    private int endOfStatementValues(PreparedStatement statement) {
        int at = 0;
        for (int i = 0; i < statement.parameterCount() && at >= 0; i++) {
            if (hasValue(i, statement)) {
                int type = parameters.get(i).valueType();
                int length = BinaryValue.length(type, values, at, values.length);
                at = length == BinaryValue.BROKEN ? -1 : at + length;
            }
        }
        return at;
    }

    private boolean isNull(int i) {
        return (nulls[i / 8] & 1 << i % 8) != 0;
    }

    private boolean hasValue(int i, PreparedStatement statement) {
        return !isNull(i) && !statement.hasLongData(i);
    }

    /** The values for a reader, as far as they can be told apart and fit. */
    String describeValues(PreparedStatement statement, int maxLength) {
        StringBuilder shown = new StringBuilder();
        int at = 0;
        for (int i = 0; i < parameters.size() && shown.length() < maxLength; i++) {
            shown.append(i == 0 ? "" : ", ");
            PreparedStatement.Parameter parameter = parameters.get(i);
            if (isNull(i)) {
                shown.append("NULL");
            } else if (statement.hasLongData(i)) {
                shown.append("(long data)");
            } else {
                int type = parameter.valueType();
                int length = BinaryValue.length(type, values, at, values.length);
                if (length == BinaryValue.BROKEN) {
                    return shown.append("?").toString();
                }
                shown.append(describeValue(parameter, at, length));
                at += length;
            }
        }
        return shown.toString();
    }

    private String describeValue(PreparedStatement.Parameter parameter, int at, int length) {
        int type = parameter.valueType();
        if (!BinaryValue.isString(type)) {
            return BinaryValue.text(type, parameter.isUnsigned(), values, at);
        }
        int prefix = BinaryValue.Text.prefixLength(values, at, values.length);
        return ShownValue.of(values, at + prefix, length - prefix).text();
    }
}
