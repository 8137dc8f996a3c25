package dev.understudy.report;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Group;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.Sample;
import dev.understudy.protocol.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The report for a terminal: the outcome and its reasons first, then the sums, then the groups that
 * need a look. Control characters of captured text are shown as {@code \x1b}, so that a request
 * cannot command the terminal.
 */
public final class TextReport {
    /** Groups that are shown; all of them are in {@code report.json}. */
    static final int MAX_GROUPS = 10;

    /** Characters of a text or value that are shown. */
    static final int MAX_SHOWN = 300;

    private static final int MAX_WARNINGS = 20;

    /** Rows of a table that are shown. */
    private static final int MAX_ROWS = 20;

    private final List<String> lines = new ArrayList<>();

    private TextReport() {}

    /** The whole text for one target, ending with a line feed. */
    public static String render(Report report) {
        return render(RunReport.of(report));
    }

    /**
     * The whole text, ending with a line feed; with a section for each target where there are more.
     */
    public static String render(RunReport report) {
        TextReport text = new TextReport();
        text.outcome(report.outcome(), report.reasons());
        if (report.isSingle()) {
            Report only = report.first();
            text.run(only);
            text.packets(only.counts().packets());
            text.column(only);
        } else {
            text.runOfMany(report);
            text.packets(report.first().counts().packets());
            text.line("");
            text.table(overview(report.columns()));
            for (int i = 0; i < report.columns().size(); i++) {
                text.heading(i, report.columns().get(i));
                text.column(report.columns().get(i));
            }
        }
        text.warnings(report.warnings());
        return String.join("\n", text.lines) + "\n";
    }

    private void column(Report report) {
        sums(report);
        times(report.counts());
        groups(report);
        Breakdown.of(report).forEach(this::table);
        report.run().tables().forEach(this::table);
    }

    /** How a run ended, for a reader. */
    static String ended(Ending ending) {
        return switch (ending) {
            case Ending.Finished(String how) -> how;
            case Ending.TargetLost _ -> "target lost";
            case Ending.SourceFailed _ -> "the source failed";
            case Ending.Failed _ -> "internal error";
        };
    }

    private void outcome(Outcome outcome, List<String> reasons) {
        line("outcome: %s (exit code %d)", outcome.word(), outcome.exitCode());
        reasons.forEach(reason -> line("  %s", printable(reason)));
        line("");
    }

    private void runOfMany(RunReport report) {
        Report first = report.first();
        RunDescription run = first.run();
        line("run       %s, %s", run.source(), ended(first.ending()));
        line(
                "          %s for %s, understudy %s",
                run.started(), seconds(run.took().toMillis()), run.version());
        line(
                "          %,d targets, order %s, speed %s",
                report.columns().size(), run.order(), run.speed());
        way(run);
        line("");
    }

    /** What the columns came to, one below the other. */
    static Table overview(List<Report> columns) {
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            Report column = columns.get(i);
            Counts.Sessions sessions = column.counts().sessions();
            Counts.Requests requests = column.counts().requests();
            rows.add(
                    List.of(
                            number(i) + "  " + column.run().target(),
                            column.outcome().word(),
                            count(sessions.captured()),
                            count(sessions.leftOutSum()),
                            count(requests.captured()),
                            count(requests.same()),
                            count(requests.differentSum()),
                            count(requests.notComparedSum())));
        }
        return new Table(
                "targets",
                List.of(
                        "target",
                        "outcome",
                        "sessions",
                        "left out",
                        "requests",
                        "same",
                        "different",
                        "not compared"),
                rows);
    }

    private static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    private static String number(int index) {
        return String.valueOf(index + 1);
    }

    private void heading(int index, Report column) {
        RunDescription run = column.run();
        String role = run.control() ? "control" : "target";
        line("%s %s  %s: %s", role, number(index), run.target(), column.outcome().word());
        line("          copied from online %s", run.online());
        line("          protocol %s (%s)", run.protocol(), run.plugin());
    }

    private void run(Report report) {
        RunDescription run = report.run();
        line("run       %s, %s", run.source(), ended(report.ending()));
        line(
                "          %s for %s, understudy %s",
                run.started(), seconds(run.took().toMillis()), run.version());
        line("          online %s, target %s", run.online(), run.target());
        line(
                "          protocol %s (%s), order %s, speed %s",
                run.protocol(), run.plugin(), run.order(), run.speed());
        way(run);
        line("");
    }

    private void way(RunDescription run) {
        if (!run.shape().isEmpty()) {
            line("          %s", run.shape());
        }
        if (!run.clientAddress().equals("own")) {
            line("          client address %s", run.clientAddress());
        }
        if (!run.delivery().isEmpty()) {
            line("          delivery %s", printable(delivery(run.delivery())));
        }
    }

    private static String delivery(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> "%s %,d".formatted(count.getKey(), count.getValue()))
                .collect(Collectors.joining(", "));
    }

    private void packets(Counts.Packets packets) {
        line(
                "packets   %,d delivered = %,d used + %,d repeated + %,d without payload",
                packets.delivered(), packets.used(), packets.repeated(), packets.withoutPayload());
        line(
                "            + %,d filtered + %,d not for us + %,d malformed; %,d dropped by the"
                        + " kernel%s",
                packets.filtered(),
                packets.notForUs(),
                packets.malformed(),
                packets.droppedByKernel(),
                packets.droppedByTaps() == 0
                        ? ""
                        : String.format(Locale.ROOT, ", %,d by taps", packets.droppedByTaps()));
    }

    private void sums(Report report) {
        Counts counts = report.counts();
        Counts.Sessions sessions = counts.sessions();
        line(
                "sessions  %,d captured = %,d complete + %,d joined late + %,d left out",
                sessions.captured(),
                sessions.complete(),
                sessions.joinedLate(),
                sessions.leftOutSum());
        if (sessions.notSampledSum() > 0) {
            line("            + %,d not sampled", sessions.notSampledSum());
            reasons("not sampled", sessions.notSampled());
        }
        reasons("left out", sessions.leftOut());
        for (Counts.LeftOutSample sample : sessions.leftOutSamples()) {
            line(
                    "              %s (%s): %s",
                    sample.session(), sample.reason(), shown(sample.detail()));
        }
        if (report.journalCount().withoutRoom() > 0) {
            line(
                    "            no room for the journals of %,d: raise report.journal-bytes",
                    report.journalCount().withoutRoom());
        }
        Counts.Requests requests = counts.requests();
        line(
                "requests  %,d captured = %,d answered + %,d no answer due + %,d unanswered",
                requests.captured(),
                requests.answered(),
                requests.noAnswerDue(),
                requests.unansweredSum());
        line(
                "            + %,d skipped + %,d lost; %,d injected",
                requests.skippedSum(), requests.lostSum(), requests.injectedSum());
        reasons("unanswered", requests.unanswered());
        reasons("skipped", requests.skipped());
        reasons("lost", requests.lost());
        reasons("injected", requests.injected());
        line(
                "answers   %,d = %,d same + %,d different + %,d not compared",
                requests.answered(),
                requests.same(),
                requests.differentSum(),
                requests.notComparedSum());
        reasons("different", requests.different());
        reasons("not compared", requests.notCompared());
        if (!counts.control().isEmpty()) {
            line("control   %,d answers compared beside the control's", counts.control().with());
            reasons("without it", counts.control().without());
        }
    }

    private void reasons(String what, Map<String, Long> counts) {
        if (!counts.isEmpty()) {
            line("            %s: %s", what, printable(Judgement.largest(counts)));
        }
    }

    private void times(Counts counts) {
        percentiles("latency   online", counts.onlineLatency());
        percentiles("          target", counts.targetLatency());
        percentiles("lag             ", counts.lag());
        counts.holds()
                .forEach(
                        (reason, hold) ->
                                line(
                                        "held      %,d times for %s, %s in all",
                                        hold.count(),
                                        printable(reason),
                                        seconds(TimeUnit.NANOSECONDS.toMillis(hold.nanos()))));
        Counts.Order order = counts.order();
        if (order.waits() + order.suspect() > 0) {
            line(
                    "order     %,d requests waited for another session, %s in all; %,d did not wait"
                            + " long enough (suspect)",
                    order.waits(),
                    seconds(TimeUnit.NANOSECONDS.toMillis(order.waitNanos())),
                    order.suspect());
        }
        if (order.suspectAnswers() > 0) {
            line(
                    "          %,d answers are suspect of order, %,d of them differ",
                    order.suspectAnswers(), order.suspectDifferences());
        }
        if (order.commitWaits() + order.commitSuspect() > 0) {
            line(
                    "          %,d requests that lock waited for another session's commit, %s in all;"
                            + " %,d commits were not waited for long enough (suspect)",
                    order.commitWaits(),
                    seconds(TimeUnit.NANOSECONDS.toMillis(order.commitWaitNanos())),
                    order.commitSuspect());
        }
        line("");
    }

    private void percentiles(String what, Counts.Percentiles times) {
        if (times.count() > 0) {
            line(
                    "%s p50 %s, p95 %s, p99 %s, max %s",
                    what,
                    millis(times.p50()),
                    millis(times.p95()),
                    millis(times.p99()),
                    millis(times.max()));
        }
    }

    /** The groups that need a look. */
    static List<Group> telling(Report report) {
        return report.groups().stream()
                .filter(group -> group.count() > group.same() + group.noAnswerDue())
                .toList();
    }

    private void groups(Report report) {
        List<Group> telling = telling(report);
        if (telling.isEmpty()) {
            return;
        }
        line(
                "%,d of %,d groups of requests did not all end the same:",
                telling.size(), report.groups().size());
        telling.stream().limit(MAX_GROUPS).forEach(this::group);
        if (telling.size() > MAX_GROUPS) {
            line("  and %,d more: all are in report.json", telling.size() - MAX_GROUPS);
        }
        line("");
    }

    private void group(Group group) {
        line("  %s", shown(group.title()));
        line("    of %,d: %s", group.count(), printable(parts(group)));
        String shownLast = "";
        for (Sample sample : group.samples()) {
            String kind = sample.end() + " " + sample.reason();
            if (!kind.equals(shownLast)) {
                sample(sample);
            }
            shownLast = kind;
        }
    }

    /** How its requests ended, where not the same. */
    static String parts(Group group) {
        List<String> parts = new ArrayList<>();
        part(parts, "different", group.different());
        part(parts, "not compared", group.notCompared());
        part(parts, "unanswered", group.unanswered());
        part(parts, "skipped", group.skipped());
        part(parts, "lost", group.lost());
        return String.join("; ", parts);
    }

    private static void part(List<String> parts, String what, Map<String, Long> counts) {
        if (!counts.isEmpty()) {
            parts.add(what + " " + Judgement.largest(counts));
        }
    }

    private void sample(Sample sample) {
        line(
                "    %s, request %d (%s%s): %s",
                sample.session(),
                sample.ordinal(),
                printable(sample.reason()),
                sample.suspect() ? ", suspect of order" : "",
                shown(sample.text()));
        if (sample.end() == RequestEnd.DIFFERENT) {
            line("      online  %s", shown(sample.online()));
            line("      target  %s", shown(sample.target()));
        } else if (!sample.target().isEmpty()) {
            line("      target  %s", shown(sample.target()));
        }
    }

    private void table(Table table) {
        line("%s", printable(table.title()));
        List<List<String>> shown = new ArrayList<>();
        shown.add(table.columns());
        table.rows().stream().limit(MAX_ROWS).forEach(shown::add);
        int[] widths = new int[table.columns().size()];
        for (List<String> row : shown) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], shown(row.get(i)).length());
            }
        }
        for (List<String> row : shown) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = shown(row.get(i));
                text.append("  ").append(cell).repeat(' ', widths[i] - cell.length());
            }
            line("%s", text.toString().stripTrailing());
        }
        if (table.rows().size() > MAX_ROWS) {
            line("  and %,d more in report.json", table.rows().size() - MAX_ROWS);
        }
        line("");
    }

    private void warnings(List<String> warnings) {
        warnings.stream()
                .limit(MAX_WARNINGS)
                .forEach(warning -> line("warning: %s", printable(warning)));
        if (warnings.size() > MAX_WARNINGS) {
            line("warning: and %,d more in report.json", warnings.size() - MAX_WARNINGS);
        }
    }

    @FormatMethod
    private void line(@FormatString String format, Object... values) {
        lines.add(String.format(Locale.ROOT, format, values));
    }

    /** A time for a reader. */
    static String millis(long micros) {
        return String.format(Locale.ROOT, "%.3f ms", micros / 1_000.0);
    }

    /** A longer time for a reader. */
    static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f s", millis / 1_000.0);
    }

    /** What clients or servers said, on one line that is not too long and safe for a terminal. */
    public static String shown(String text) {
        return printable(text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…");
    }

    /** The text on one line, without characters that a terminal would act upon. */
    static String printable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints()
                .forEach(
                        c -> {
                            if (c == '\n') {
                                safe.append("\\n");
                            } else if (Character.isISOControl(c)) {
                                safe.append(String.format(Locale.ROOT, "\\x%02x", c));
                            } else {
                                safe.appendCodePoint(c);
                            }
                        });
        return safe.toString();
    }
}
