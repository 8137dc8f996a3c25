package dev.understudy.mysql.command;

import dev.understudy.mysql.sql.Effects;
import dev.understudy.mysql.sql.Leaves;
import dev.understudy.protocol.Side;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A statement that the captured client prepared: what either side calls it, and what it remembers.
 */
final class PreparedStatement {
    /** Parameter numbers are 16 bits wide. */
    private static final int MAX_PARAMETER = 0xFFFF;

    /** A longer text that the target refuses to prepare is not sent in another form. */
    private static final int MAX_TEXT_BYTES = 4096;

    /** ER_UNSUPPORTED_PS: the statement is known, and not in the prepared protocol. */
    private static final int NOT_AS_PREPARED = 1295;

    /** In the place of a number of parameters. */
    private static final int UNKNOWN = -1;

    private final String fingerprint;
    private final String text;
    private final boolean changes;
    private final Leaves leaves;
    private final Effects effects;
    private final Optional<String> refusedBy;

    /** While it is not known whether the target can prepare it; then only where it takes text. */
    private Optional<byte[]> sql = Optional.empty();

    /** What each side made of it; absent while it has not answered. */
    private final Map<Side, Preparation> preparations = new EnumMap<>(Side.class);

    /** The columns each side described last: MariaDB leaves them out when they did not change. */
    private final Map<Side, List<Column>> columns = new EnumMap<>(Side.class);

    private final BitSet longData = new BitSet();
    private Optional<Cursor> cursor = Optional.empty();
    private Optional<String> renamed = Optional.empty();
    private List<Parameter> parameters = List.of();

    /**
     * What a server made of it.
     *
     * @param parameters 0..65535
     */
    private record Preparation(boolean succeeded, long id, int parameters) {}

    /**
     * The type of a parameter as the client last told it, with the name it has as an attribute.
     *
     * @param type with bit 15 set for unsigned
     * @param name its bytes as ISO 8859-1, which keeps them all; empty for a parameter
     */
    record Parameter(int type, String name) {
        private static final int UNSIGNED = 0x8000;

        int valueType() {
            return type & 0xFF;
        }

        boolean isUnsigned() {
            return (type & UNSIGNED) != 0;
        }
    }

    /** A statement that has just been asked for. */
    PreparedStatement(
            String fingerprint,
            String text,
            boolean changes,
            Leaves leaves,
            Effects effects,
            Optional<String> refusedBy) {
        this.effects = effects;
        this.fingerprint = fingerprint;
        this.text = text;
        this.changes = changes;
        this.leaves = leaves;
        this.refusedBy = refusedBy;
    }

    /** The captured side has prepared it before anybody looked; the target tells the rest. */
    void opened(long capturedId) {
        preparations.put(Side.ONLINE, new Preparation(true, capturedId, UNKNOWN));
    }

    /** Whether it was there before anybody looked, and its client has not told types since. */
    boolean lacksTypes() {
        return preparations.containsKey(Side.ONLINE)
                && preparations.get(Side.ONLINE).parameters() == UNKNOWN
                && parameterCount() > 0
                && parameters.isEmpty();
    }

    void succeeded(Side side, Answer.Prepared answer) {
        preparations.put(side, new Preparation(true, answer.id(), answer.parameters()));
        renamed = Optional.empty();
        columns.put(side, answer.columns());
        if (side == Side.TARGET) {
            sql = Optional.empty();
        }
    }

    /**
     * A server has refused it.
     *
     * @param error the number of its error, 0 where there was none
     */
    void failed(Side side, int error) {
        if (side == Side.TARGET && error != NOT_AS_PREPARED) {
            sql = Optional.empty();
        }
        preparations.put(side, new Preparation(false, 0, 0));
    }

    /** The target is asked to prepare this text. */
    void sent(byte[] text) {
        sql = text.length <= MAX_TEXT_BYTES ? Optional.of(text) : Optional.empty();
    }

    /** What to send in the place of an execute where the target takes it as a text alone. */
    Optional<byte[]> textOnly() {
        return hasFailed(Side.TARGET) ? sql : Optional.empty();
    }

    boolean isAnswered(Side side) {
        return preparations.containsKey(side);
    }

    boolean hasFailed(Side side) {
        return isAnswered(side) && !preparations.get(side).succeeded();
    }

    boolean hasSucceeded(Side side) {
        return isAnswered(side) && preparations.get(side).succeeded();
    }

    /** Its id there, where it succeeded. */
    long id(Side side) {
        return preparations.get(side).id();
    }

    /** For a reader, where the target calls it otherwise: made once, as it is executed often. */
    Optional<String> renamed() {
        // Production may not have answered yet: a client can execute what it prepared last.
        if (renamed.isEmpty() && hasSucceeded(Side.ONLINE) && hasSucceeded(Side.TARGET)) {
            long captured = id(Side.ONLINE);
            long other = id(Side.TARGET);
            if (captured != other) {
                renamed = Optional.of("statement id %d is %d there".formatted(captured, other));
            }
        }
        return renamed;
    }

    /** Its number of parameters, by the captured side where that is known. */
    int parameterCount() {
        Preparation online = preparations.getOrDefault(Side.ONLINE, preparations.get(Side.TARGET));
        return online.parameters() == UNKNOWN
                ? preparations.get(Side.TARGET).parameters()
                : online.parameters();
    }

    List<Column> columns(Side side) {
        return columns.getOrDefault(side, List.of());
    }

    void describedAs(Side side, List<Column> described) {
        columns.put(side, described);
    }

    List<Parameter> parameters() {
        return parameters;
    }

    void bind(List<Parameter> bound) {
        parameters = bound;
    }

    /** What the last execute that asked for a cursor came to. */
    Optional<Cursor> cursor() {
        return cursor;
    }

    /** It is executed anew, or its cursor was closed. */
    void cursor(Optional<Cursor> opened) {
        cursor = opened;
    }

    void sentLongData(int parameter) {
        longData.set(parameter & MAX_PARAMETER);
    }

    boolean hasLongData(int parameter) {
        return longData.get(parameter);
    }

    void forgetLongData() {
        longData.clear();
    }

    String fingerprint() {
        return fingerprint;
    }

    String text() {
        return text;
    }

    /** What it does whenever it is executed. */
    Effects effects() {
        return effects;
    }

    boolean changes() {
        return changes;
    }

    /** What an execute of it leaves in the session. */
    Leaves leaves() {
        return leaves;
    }

    /** The rule, by its id, that kept it from the target. */
    Optional<String> refusedBy() {
        return refusedBy;
    }
}
