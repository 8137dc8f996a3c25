package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import dev.understudy.mysql.wire.Capabilities;
import dev.understudy.mysql.wire.ErrorPacket;
import dev.understudy.mysql.wire.Fields;
import dev.understudy.mysql.wire.OkPacket;
import dev.understudy.mysql.wire.PacketHeader;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads one answer of one side, payload by payload, by the capabilities of that side. Of rows
 * nothing is held beyond the budget: a result of any size takes the same memory.
 *
 * @see "MySQL protocol manual, COM_QUERY Response, COM_STMT_PREPARE Response"
 */
final class AnswerReader {
    /** Results of one answer: a procedure's loop may make many, not endlessly many. */
    static final int MAX_RESULTS = 4096;

    /** Columns of a result; the servers' own limit is 4096, the protocol's field has 16 bits. */
    static final int MAX_COLUMNS = 65_535;

    private static final int EOF_HEADER = 0xFE;
    private static final int EOF_MAX_LENGTH = 9;
    private static final int LOCAL_INFILE_HEADER = 0xFB;

    /** What a payload came to. */
    sealed interface Step {
        /** The answer goes on. */
        record More() implements Step {}

        /** The server waits for a file of the client; its answer goes on behind that. */
        record FileAsked() implements Step {}

        /** The answer is whole. */
        record Whole(Answer answer) implements Step {}

        /**
         * What follows cannot be read, or must not be.
         *
         * @param reason to leave the session out by
         */
        record Broken(String reason, String detail) implements Step {}
    }

    private sealed interface Phase {
        record First() implements Phase {}

        record Columns(int left) implements Phase {}

        record ColumnsEnd() implements Phase {}

        record Rows(RowSet rows) implements Phase {}

        record PrepareParameters(int left) implements Phase {}

        record PrepareColumns(int left) implements Phase {}

        record PrepareEnd(boolean columnsFollow) implements Phase {}
    }

    private static final Step MORE = new Step.More();

    private final AnswerKind kind;
    private final Capabilities capabilities;
    private final boolean changes;
    private final KeepBudget budget;
    private final boolean mayOpenCursor;
    private final List<Result> results = new ArrayList<>();
    private final List<Column> listed = new ArrayList<>();

    private Phase phase = new Phase.First();
    private List<Column> columns;
    private Answer.Prepared prepared = new Answer.Prepared(0, 0, List.of(), 0);
    private int columnsExpected;
    private int files;
    private int comparedState = ComparedState.ALL;
    private int status;
    private boolean statusKnown;
    private boolean cursorOpened;

    /**
     * Begins one answer.
     *
     * @param knownColumns of this statement on this side, for when a server leaves them out
     */
    AnswerReader(
            AnswerKind kind,
            Capabilities capabilities,
            List<Column> knownColumns,
            boolean changes,
            int keepBytes) {
        this(kind, capabilities, knownColumns, changes, new KeepBudget(keepBytes), false);
    }

    private AnswerReader(
            AnswerKind kind,
            Capabilities capabilities,
            List<Column> knownColumns,
            boolean changes,
            KeepBudget budget,
            boolean mayOpenCursor) {
        this.kind = kind;
        this.capabilities = capabilities;
        this.columns = knownColumns;
        this.changes = changes;
        this.budget = budget;
        this.mayOpenCursor = mayOpenCursor;
    }

    /** Only these status bits are held against the other side's. */
    AnswerReader comparing(int statusBits) {
        comparedState = statusBits;
        return this;
    }

    /** Begins the answer to an execute that asks for a cursor. */
    static AnswerReader ofCursor(
            Capabilities capabilities, List<Column> knownColumns, boolean changes, int keepBytes) {
        return new AnswerReader(
                AnswerKind.BINARY,
                capabilities,
                knownColumns,
                changes,
                new KeepBudget(keepBytes),
                true);
    }

    /** Begins the answer to a fetch, whose rows go into this set. */
    static AnswerReader ofFetch(
            Capabilities capabilities, RowSet rows, boolean changes, KeepBudget budget) {
        AnswerReader reader =
                new AnswerReader(
                        AnswerKind.FETCH, capabilities, rows.columns(), changes, budget, false);
        reader.phase = new Phase.Rows(rows);
        return reader;
    }

    /** The status bits that the server said last, if it said any. */
    Optional<Integer> status() {
        return statusKnown ? Optional.of(status) : Optional.empty();
    }

    /** Whether the execute opened a cursor: its rows have to be fetched. */
    boolean cursorOpened() {
        return cursorOpened;
    }

    /** Whether the server says that a cursor has no more rows. */
    boolean lastRowSent() {
        return (status & OkPacket.STATUS_LAST_ROW_SENT) != 0;
    }

    /** What is left to be kept of the answer. */
    KeepBudget budget() {
        return budget;
    }

    /** The columns that the server described last. */
    List<Column> columns() {
        return columns;
    }

    /** Takes the next payload in; it is not needed afterwards. */
    Step feed(ByteBuf payload) {
        if (!payload.isReadable()) {
            return broken("an empty packet in an answer");
        }
        int header = payload.getUnsignedByte(payload.readerIndex());
        if (header == ErrorPacket.HEADER && kind != AnswerKind.STATISTICS) {
            return error(payload);
        }
        return switch (phase) {
            case Phase.First() -> first(payload, header);
            case Phase.Columns(int left) -> column(payload, left);
            case Phase.ColumnsEnd() ->
                    isEnd(payload, header)
                            ? columnsEnd(payload)
                            : broken("no end behind the column definitions");
            case Phase.Rows(RowSet rows) ->
                    isEnd(payload, header) ? endOfRows(payload, rows) : row(payload, rows);
            case Phase.PrepareParameters(int left) -> prepareParameter(left);
            case Phase.PrepareColumns(int left) -> prepareColumn(payload, left);
            case Phase.PrepareEnd(boolean columnsFollow) ->
                    isEnd(payload, header)
                            ? afterPrepareEnd(columnsFollow)
                            : broken("no end behind the definitions of a prepared statement");
        };
    }

    private Step first(ByteBuf payload, int header) {
        return switch (kind) {
            case STATISTICS ->
                    new Step.Whole(new Answer.Statistics(Fields.text(new Fields(payload).rest())));
            case FIELD_LIST -> {
                if (isEnd(payload, header)) {
                    yield new Step.Whole(new Answer.Listed(List.copyOf(listed)));
                }
                if (listed.size() >= MAX_COLUMNS) {
                    yield tooMany("columns", MAX_COLUMNS);
                }
                yield addColumn(payload, listed) ? MORE : broken("not a column definition");
            }
            case PREPARE -> prepareOk(payload, header);
            case TEXT, BINARY, FETCH -> firstOfResult(payload, header);
        };
    }

    private Step firstOfResult(ByteBuf payload, int header) {
        return switch (header) {
            case OkPacket.HEADER -> done(payload);
            case EOF_HEADER -> isEnd(payload, header) ? done(payload) : broken("not a result");
            case LOCAL_INFILE_HEADER ->
                    ++files > MAX_RESULTS ? tooMany("files", MAX_RESULTS) : new Step.FileAsked();
            default -> columnCount(payload);
        };
    }

    private Step columnCount(ByteBuf payload) {
        Fields in = new Fields(payload);
        long count = in.lengthEncoded();
        boolean mayLeaveOut =
                capabilities.has(Capabilities.OPTIONAL_RESULTSET_METADATA)
                        || capabilities.has(Capabilities.MARIADB_CACHE_METADATA);
        boolean follows = !mayLeaveOut || in.remaining() == 0 || in.u8() != 0;
        if (!in.intact() || in.remaining() > 0 || count < 1 || count > MAX_COLUMNS) {
            return broken("not a column count");
        }
        if (follows) {
            columns = new ArrayList<>();
            phase = new Phase.Columns((int) count);
            return MORE;
        }
        if (columns.size() != count) {
            return broken("column definitions left out that were never given");
        }
        return afterColumns();
    }

    private Step column(ByteBuf payload, int left) {
        if (!addColumn(payload, columns)) {
            return broken("not a column definition");
        }
        if (left > 1) {
            phase = new Phase.Columns(left - 1);
            return MORE;
        }
        return afterColumns();
    }

    private boolean addColumn(ByteBuf payload, List<Column> to) {
        return switch (Column.decode(payload, capabilities)) {
            case Decoded.Complete<Column>(Column column, int _) -> to.add(column);
            case Decoded.Incomplete<Column> _, Decoded.Malformed<Column> _ -> false;
        };
    }

    private Step afterColumns() {
        if (!deprecatesEof()) {
            phase = new Phase.ColumnsEnd();
            return MORE;
        }
        return rows(new RowSet(columns, kind == AnswerKind.BINARY));
    }

    /** Where a cursor was opened, this is the end of the answer, too. */
    private Step columnsEnd(ByteBuf payload) {
        RowSet rows = new RowSet(columns, kind == AnswerKind.BINARY);
        boolean opened =
                mayOpenCursor
                        && eof(payload)
                                .filter(eof -> eof.has(OkPacket.STATUS_CURSOR_EXISTS))
                                .isPresent();
        return opened ? endOfRows(payload, rows) : rows(rows);
    }

    private Step rows(RowSet rows) {
        phase = new Phase.Rows(rows);
        return MORE;
    }

    private Step row(ByteBuf payload, RowSet rows) {
        byte[] bytes;
        int from;
        if (payload.hasArray()) {
            bytes = payload.array();
            from = payload.arrayOffset() + payload.readerIndex();
        } else {
            bytes = ByteBufUtil.getBytes(payload);
            from = 0;
        }
        return rows.add(bytes, from, from + payload.readableBytes(), budget)
                ? MORE
                : broken("row %d is not a row of its columns".formatted(rows.count() + 1));
    }

    private Step endOfRows(ByteBuf payload, RowSet rows) {
        return end(payload)
                .map(
                        end -> {
                            rows.ended();
                            cursorOpened =
                                    mayOpenCursor
                                            && rows.count() == 0
                                            && results.isEmpty()
                                            && end.has(OkPacket.STATUS_CURSOR_EXISTS);
                            return result(
                                    new Result.Rows(
                                            rows, end.warnings(), end.status() & comparedState),
                                    end);
                        })
                .orElseGet(() -> broken("not an end of rows"));
    }

    private Step done(ByteBuf payload) {
        return end(payload)
                .map(
                        ok ->
                                result(
                                        new Result.Done(
                                                ok.affectedRows(),
                                                ok.lastInsertId(),
                                                ok.warnings(),
                                                ok.status() & comparedState),
                                        ok))
                .orElseGet(() -> broken("not an OK packet"));
    }

    private Step result(Result result, OkPacket ok) {
        results.add(result);
        if (!ok.has(OkPacket.STATUS_MORE_RESULTS)) {
            return new Step.Whole(new Answer.Results(results, changes));
        }
        if (results.size() >= MAX_RESULTS) {
            return tooMany("results", MAX_RESULTS);
        }
        phase = new Phase.First();
        return MORE;
    }

    /** An OK packet, or an EOF packet as an OK that says no more than it. */
    private Optional<OkPacket> end(ByteBuf payload) {
        boolean eof =
                !deprecatesEof() && payload.getUnsignedByte(payload.readerIndex()) == EOF_HEADER;
        Optional<OkPacket> end = eof ? eof(payload) : ok(payload);
        end.ifPresent(
                said -> {
                    status = said.status();
                    statusKnown = true;
                });
        return end;
    }

    private Optional<OkPacket> ok(ByteBuf payload) {
        return switch (OkPacket.decode(payload, capabilities)) {
            case Decoded.Complete<OkPacket>(OkPacket ok, int _) -> Optional.of(ok);
            case Decoded.Incomplete<OkPacket> _, Decoded.Malformed<OkPacket> _ -> Optional.empty();
        };
    }

    private static Optional<OkPacket> eof(ByteBuf payload) {
        Fields in = new Fields(payload);
        in.skip(1);
        int warnings = in.u16();
        int status = in.u16();
        return in.intact()
                ? Optional.of(new OkPacket(0, 0, status, warnings, ""))
                : Optional.empty();
    }

    private Step error(ByteBuf payload) {
        return switch (ErrorPacket.decode(payload)) {
            case Decoded.Complete<ErrorPacket>(ErrorPacket error, int _) -> {
                if (error.isProgress()) {
                    yield MORE;
                }
                results.add(new Result.Failed(error.number(), error.sqlState(), error.message()));
                yield new Step.Whole(new Answer.Results(results, changes));
            }
            case Decoded.Incomplete<ErrorPacket> _, Decoded.Malformed<ErrorPacket> _ ->
                    broken("not an error packet");
        };
    }

    private Step prepareOk(ByteBuf payload, int header) {
        Fields in = new Fields(payload);
        in.u8();
        long id = in.u32();
        int columnCount = in.u16();
        int parameters = in.u16();
        in.u8();
        int warnings = in.remaining() >= 2 ? in.u16() : 0;
        boolean follows =
                !capabilities.has(Capabilities.OPTIONAL_RESULTSET_METADATA)
                        || in.remaining() == 0
                        || in.u8() != 0;
        if (header != OkPacket.HEADER || !in.intact()) {
            return broken("not the answer to a prepare");
        }
        columns = new ArrayList<>();
        prepared = new Answer.Prepared(id, parameters, columns, warnings);
        if (!follows) {
            // The number is what is compared; the definitions come with each execute.
            for (int i = 0; i < columnCount; i++) {
                columns.add(Column.UNKNOWN);
            }
            return new Step.Whole(prepared);
        }
        if (parameters > 0) {
            phase = new Phase.PrepareParameters(parameters);
            columnsExpected = columnCount;
            return MORE;
        }
        return prepareColumns(columnCount);
    }

    private Step prepareParameter(int left) {
        if (left > 1) {
            phase = new Phase.PrepareParameters(left - 1);
            return MORE;
        }
        if (!deprecatesEof()) {
            phase = new Phase.PrepareEnd(true);
            return MORE;
        }
        return prepareColumns(columnsExpected);
    }

    private Step prepareColumns(int count) {
        if (count == 0) {
            return new Step.Whole(prepared);
        }
        phase = new Phase.PrepareColumns(count);
        return MORE;
    }

    private Step prepareColumn(ByteBuf payload, int left) {
        if (!addColumn(payload, columns)) {
            return broken("not a column definition");
        }
        if (left > 1) {
            phase = new Phase.PrepareColumns(left - 1);
            return MORE;
        }
        if (!deprecatesEof()) {
            phase = new Phase.PrepareEnd(false);
            return MORE;
        }
        return new Step.Whole(prepared);
    }

    private Step afterPrepareEnd(boolean columnsFollow) {
        return columnsFollow ? prepareColumns(columnsExpected) : new Step.Whole(prepared);
    }

    private boolean deprecatesEof() {
        return capabilities.has(Capabilities.DEPRECATE_EOF);
    }

    /** A row may begin with the same byte, but is then longer than any end. */
    private boolean isEnd(ByteBuf payload, int header) {
        int limit = deprecatesEof() ? PacketHeader.MAX_LENGTH : EOF_MAX_LENGTH;
        return header == EOF_HEADER && payload.readableBytes() < limit;
    }

    private static Step tooMany(String what, int limit) {
        return new Step.Broken("too-large", "more than %d %s in an answer".formatted(limit, what));
    }

    private static Step broken(String detail) {
        return new Step.Broken("malformed-answer", detail);
    }
}
