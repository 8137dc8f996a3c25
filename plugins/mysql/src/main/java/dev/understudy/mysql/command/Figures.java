package dev.understudy.mysql.command;

import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;

/** What the sessions of one copy count together, for the report. Safe for several threads. */
public final class Figures {
    /** Kinds of refused statements that are told apart. */
    static final int MAX_REFUSED = 50;

    private final Map<String, Long> refused = new TreeMap<>();
    private final ColumnNotes columns = new ColumnNotes();
    private final LongAdder localFileSent = new LongAdder();
    private final LongAdder localFileNotSent = new LongAdder();

    /** Bytes of a local file that went to the target. */
    void localFileSent(int bytes) {
        localFileSent.add(bytes);
    }

    /** Bytes of a local file that the target did not ask for. */
    void localFileNotSent(int bytes) {
        localFileNotSent.add(bytes);
    }

    /** The target refused a statement of our own, without which its session goes on. */
    synchronized void refused(String shown, int error) {
        String what = "%s: error %d".formatted(shown, error);
        if (refused.containsKey(what) || refused.size() < MAX_REFUSED) {
            refused.merge(what, 1L, Long::sum);
        } else {
            refused.merge("others", 1L, Long::sum);
        }
    }

    /**
     * Notes how two answers that are the same describe their columns.
     *
     * @param collationName of a server's number for one
     */
    public void sameValues(Exchange exchange, IntFunction<String> collationName) {
        columns.look(exchange, collationName);
    }

    private synchronized List<List<String>> refusedRows() {
        List<List<String>> rows = new ArrayList<>();
        refused.forEach((what, count) -> rows.add(List.of(what, String.valueOf(count))));
        return rows;
    }

    /** Those that counted anything. */
    public List<Table> tables() {
        List<Table> tables = new ArrayList<>();
        List<List<String>> refusedRows = refusedRows();
        if (!refusedRows.isEmpty()) {
            tables.add(
                    new Table(
                            "statements of our own that the target refused, and went on without",
                            List.of("statement", "count"),
                            refusedRows));
        }
        if (localFileSent.sum() + localFileNotSent.sum() > 0) {
            tables.add(
                    new Table(
                            "files of LOAD DATA LOCAL",
                            List.of("", "bytes"),
                            List.of(
                                    List.of("sent to the target", localFileSent.toString()),
                                    List.of(
                                            "not asked for by the target, and not sent",
                                            localFileNotSent.toString()))));
        }
        tables.addAll(columns.tables());
        return tables;
    }
}
