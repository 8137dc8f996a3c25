package dev.understudy.cli;

import dev.understudy.protocol.Table;
import dev.understudy.tap.TapSource;
import java.util.List;
import java.util.Locale;

/** The taps of a run, as a table of its report. */
final class TapTable {
    private static final double NANOS_PER_MILLI = 1e6;

    private TapTable() {}

    static Table of(List<TapSource.Tapped> taps) {
        return new Table(
                "taps",
                List.of(
                        "tap",
                        "address",
                        "packets",
                        "dropped by kernel",
                        "dropped by tap",
                        "links",
                        "clock ahead",
                        "ended"),
                taps.stream().map(TapTable::row).toList());
    }

    private static List<String> row(TapSource.Tapped tap) {
        return List.of(
                tap.name(),
                tap.address(),
                count(tap.packets()),
                count(tap.droppedByKernel()),
                count(tap.droppedByTap()),
                count(tap.links()),
                String.format(Locale.ROOT, "%.1f ms", tap.clockAheadNanos() / NANOS_PER_MILLI),
                tap.ended() ? "in order" : "gone");
    }

    private static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
