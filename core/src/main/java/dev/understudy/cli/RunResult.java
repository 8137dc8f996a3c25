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
 * @param protocol name of the protocol that was used
 * @param plugin its version and file
 * @param delivery what was counted while connections to the target were made
 * @param warnings of the plugin and of the run
 * @param tables figures of the plugin's own
 */
record RunResult(
        Ledger ledger,
        Ending ending,
        String protocol,
        String plugin,
        Instant started,
        Duration took,
        SortedMap<String, Long> delivery,
        List<String> warnings,
        List<Table> tables) {
    RunResult {
        warnings = List.copyOf(warnings);
        tables = List.copyOf(tables);
    }
}
