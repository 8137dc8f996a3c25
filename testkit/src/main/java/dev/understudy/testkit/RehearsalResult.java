package dev.understudy.testkit;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Group;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.Sample;
import dev.understudy.report.HtmlReport;
import dev.understudy.report.JsonReport;
import dev.understudy.report.Outcome;
import dev.understudy.report.Report;
import dev.understudy.report.ReportDirectory;
import dev.understudy.report.TextReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a rehearsal came to.
 *
 * @param report all there is to say, as the command line would say it
 * @param reviewed differences that do not count
 */
public record RehearsalResult(Report report, List<Reviewed> reviewed) {
    /** Groups of statements that a failure names; all of them are in the report. */
    private static final int MAX_NAMED = 20;

    public RehearsalResult {
        reviewed = List.copyOf(reviewed);
    }

    /** Packets (none: nothing was captured), sessions and requests, each in its one state. */
    public Counts counts() {
        return report.counts();
    }

    /** Requests of clients, logins among them. */
    public long requests() {
        return counts().requests().captured();
    }

    /** Answers that differ and were not reviewed. */
    public long differences() {
        return counts().requests().differentSum() - reviewedSum(report.groups(), reviewed);
    }

    /** The statements with differences that were not reviewed, those with most first. */
    public List<Group> differing() {
        return report.groups().stream()
                .filter(group -> group.differentSum() > reviewedOf(group, reviewed))
                .toList();
    }

    static long reviewedSum(List<Group> groups, List<Reviewed> reviewed) {
        return groups.stream().mapToLong(group -> reviewedOf(group, reviewed)).sum();
    }

    private static long reviewedOf(Group group, List<Reviewed> reviewed) {
        return group.different().entrySet().stream()
                .filter(kind -> isReviewed(group, kind.getKey(), reviewed))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static boolean isReviewed(Group group, String kind, List<Reviewed> reviewed) {
        return reviewed.stream().anyMatch(entry -> entry.covers(group, kind));
    }

    /**
     * Every answer was compared and is the same, or its difference was reviewed. A rehearsal that
     * compared nothing fails, as does one that left out more than the plan allows.
     *
     * @return this
     * @throws AssertionError that names the statements, the kinds, and both answers
     */
    public RehearsalResult assertNoDifferences() {
        return assertDifferencesAtMost(0);
    }

    /** As {@link #assertNoDifferences}, with so many differences allowed. */
    public RehearsalResult assertDifferencesAtMost(long most) {
        boolean trusted =
                switch (report.outcome()) {
                    case OK, DIFFERENCES -> true;
                    case INTERNAL, TARGET_LOST, CAPTURE_LOSS, INCOMPLETE, REQUESTS_ONLY -> false;
                };
        if (!trusted || differences() > most) {
            throw new AssertionError(failure(most));
        }
        return this;
    }

    /** The outcome is {@code outcome}: for tests that expect a bad one. */
    public RehearsalResult assertOutcome(Outcome outcome) {
        if (report.outcome() != outcome) {
            throw new AssertionError(
                    "expected the outcome %s, but it is %s%n%s"
                            .formatted(outcome.word(), report.outcome().word(), failure(0)));
        }
        return this;
    }

    private String failure(long most) {
        List<String> lines = new ArrayList<>();
        String online = report.run().online();
        String target = report.run().target();
        if (differences() > most) {
            lines.add(
                    "%s does not answer as %s does: %d of %d answers differ%s"
                            .formatted(
                                    target,
                                    online,
                                    differences(),
                                    counts().requests().answered(),
                                    most == 0 ? "" : ", and at most %d may".formatted(most)));
        } else {
            lines.add("it is not proven that %s answers as %s does".formatted(target, online));
        }
        switch (report.outcome()) {
            case OK, DIFFERENCES -> {}
            case INTERNAL, TARGET_LOST, CAPTURE_LOSS, INCOMPLETE, REQUESTS_ONLY ->
                    report.judgement().reasons().forEach(reason -> lines.add("  " + reason));
        }
        List<Group> differing = differing();
        differing.stream().limit(MAX_NAMED).forEach(group -> name(group, lines));
        if (differing.size() > MAX_NAMED) {
            lines.add("  and %d further statements".formatted(differing.size() - MAX_NAMED));
        }
        lines.add("");
        lines.add(text());
        return String.join("\n", lines);
    }

    private void name(Group group, List<String> lines) {
        lines.add("  " + TextReport.shown(group.title()));
        group.different()
                .forEach(
                        (kind, count) -> {
                            if (!isReviewed(group, kind, reviewed)) {
                                lines.add("    %s, %d of %d".formatted(kind, count, group.count()));
                                group.samples().stream()
                                        .filter(sample -> sample.end() == RequestEnd.DIFFERENT)
                                        .filter(sample -> sample.reason().equals(kind))
                                        .findFirst()
                                        .ifPresent(sample -> show(sample, lines));
                            }
                        });
    }

    private static void show(Sample sample, List<String> lines) {
        lines.add("      request %s".formatted(TextReport.shown(sample.text())));
        lines.add("      online  %s".formatted(TextReport.shown(sample.online())));
        lines.add("      target  %s".formatted(TextReport.shown(sample.target())));
    }

    /** The report for a reader. */
    public String text() {
        return TextReport.render(report);
    }

    /** The report for programs; docs/report.md has its schema. */
    public String json() {
        return JsonReport.render(report);
    }

    /** The report for a browser: one page that loads and runs nothing. */
    public String html() {
        return HtmlReport.render(report);
    }

    /**
     * Writes {@code report.json}, {@code report.txt} and {@code report.html}, over earlier ones.
     *
     * @param directory made where it is not there
     */
    public void writeTo(Path directory) {
        try {
            ReportDirectory.open(directory).write(report);
        } catch (IOException e) {
            throw new RehearsalException(e.getMessage(), e);
        }
    }

    /** The report for a reader. */
    @Override
    public String toString() {
        return text();
    }
}
