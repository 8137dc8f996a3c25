package dev.understudy.cli;

import dev.understudy.ledger.Ledger;
import dev.understudy.protocol.Table;
import dev.understudy.report.Ending;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;

/**
 * A run that has come to rest.
 *
 * @param columns one for each target, in the order of the plan
 * @param delivery what was counted while connections to targets were made
 */
record RunResult(
        List<Column> columns, Instant started, Duration took, SortedMap<String, Long> delivery) {
    /**
     * What came of one target.
     *
     * @param control whether it is a reference
     * @param protocol name of the protocol that was used
     * @param plugin its version and file
     * @param warnings of the plugin
     * @param tables figures of the plugin's own
     */
    record Column(
            Endpoint online,
            Endpoint target,
            boolean control,
            Ledger ledger,
            Ending ending,
            String protocol,
            String plugin,
            List<String> warnings,
            List<Table> tables) {
        Column {
            warnings = List.copyOf(warnings);
            tables = List.copyOf(tables);
        }
    }

    RunResult {
        columns = List.copyOf(columns);
    }
}
