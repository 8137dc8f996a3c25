package dev.understudy.report;

import dev.understudy.protocol.Table;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was run, as the report tells it. No secret is in it.
 *
 * @param version of Understudy
 * @param protocol name of the protocol
 * @param plugin its version and file
 * @param source where the packets came from: {@code live on eth0}, {@code monday.pcapng}
 * @param online the server captured, with the name it was given by
 * @param target the server copied to
 * @param control whether the target is a reference that the others are compared with
 * @param clientAddress what the target saw, as {@code --client-address} takes it
 * @param delivery what was counted while connections to the target were made, by name
 * @param order of requests across sessions, as {@code --order} takes it
 * @param speed as {@code --speed} takes it
 * @param shape which sessions were copied and how often, as options; empty: every one, once
 * @param took from the first packet asked for to the end of the last session
 * @param settings what was set, by path; secrets are not shown
 * @param warnings what the reader should know before trusting the result
 * @param tables figures of the protocol's own
 */
public record RunDescription(
        String version,
        String protocol,
        String plugin,
        String source,
        String online,
        String target,
        boolean control,
        String clientAddress,
        SortedMap<String, Long> delivery,
        String order,
        String speed,
        String shape,
        Instant started,
        Duration took,
        SortedMap<String, String> settings,
        List<String> warnings,
        List<Table> tables) {
    /** A run of every session, once, on a target that is no control. */
    public RunDescription(
            String version,
            String protocol,
            String plugin,
            String source,
            String online,
            String target,
            String clientAddress,
            SortedMap<String, Long> delivery,
            String order,
            String speed,
            Instant started,
            Duration took,
            SortedMap<String, String> settings,
            List<String> warnings,
            List<Table> tables) {
        this(
                version,
                protocol,
                plugin,
                source,
                online,
                target,
                false,
                clientAddress,
                delivery,
                order,
                speed,
                "",
                started,
                took,
                settings,
                warnings,
                tables);
    }

    public RunDescription {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
        delivery = Collections.unmodifiableSortedMap(new TreeMap<>(delivery));
        warnings = List.copyOf(warnings);
        tables = List.copyOf(tables);
    }
}
