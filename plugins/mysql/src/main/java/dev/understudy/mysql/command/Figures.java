package dev.understudy.mysql.command;

import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What the sessions of one copy count together, for the report. Safe for several threads. */
public final class Figures {
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

    /** Those that counted anything. */
    public List<Table> tables() {
        List<Table> tables = new ArrayList<>();
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
        return tables;
    }
}
