package dev.understudy.report;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Group;
import dev.understudy.ledger.RequestEnd;
import dev.understudy.ledger.Sample;
import dev.understudy.protocol.Table;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * {@code report.html}: the report for a browser, in one file. It loads nothing and runs nothing,
 * and says so to the browser, should something captured ever come to stand in it as markup.
 */
public final class HtmlReport {
    /** Groups that are shown; all of them are in {@code report.json}. */
    static final int MAX_GROUPS = 500;

    /** Groups with something to see that are open from the start. */
    private static final int OPEN_GROUPS = 5;

    private static final int MAX_ROWS = 100;

    private static final String HEAD =
            """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            """;

    private final HtmlWriter html = new HtmlWriter();

    private HtmlReport() {}

    /** The whole page for one target. */
    public static String render(Report report) {
        return render(RunReport.of(report));
    }

    /** The whole page; with a section for each target. */
    public static String render(RunReport report) {
        HtmlReport page = new HtmlReport();
        page.head(report);
        if (!report.isSingle()) {
            page.html.element("h2", "Targets");
            page.table(TextReport.overview(report.columns()));
        }
        report.columns().forEach(page::column);
        page.run(report);
        page.html.literal("</body></html>\n");
        return page.html.toString();
    }

    private void head(RunReport report) {
        RunDescription run = report.first().run();
        String title =
                report.isSingle()
                        ? report.first().pair()
                        : "%,d targets".formatted(report.columns().size());
        html.literal(HEAD).element("title", report.outcome().word() + ": " + title);
        html.literal("<style>\n" + css() + "</style></head><body>\n");
        html.open("h1");
        outcome(report.outcome());
        html.text(" " + title).close("h1");
        html.element(
                "p",
                "small",
                "%s, %s; %s for %s; understudy %s; exit code %d"
                        .formatted(
                                run.source(),
                                TextReport.ended(report.first().ending()),
                                run.started(),
                                TextReport.seconds(run.took().toMillis()),
                                run.version(),
                                report.outcome().exitCode()));
        list(report.reasons());
    }

    private void outcome(Outcome outcome) {
        html.element("span", "outcome " + outcome.word(), outcome.word());
    }

    private void list(List<String> sentences) {
        if (!sentences.isEmpty()) {
            html.open("ul");
            sentences.forEach(sentence -> html.element("li", sentence));
            html.close("ul");
        }
    }

    private static String css() {
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void column(Report report) {
        html.open("h2").text(report.pair() + (report.run().control() ? ", control " : " "));
        outcome(report.outcome());
        html.close("h2");
        RunDescription run = report.run();
        html.element("p", "small", "protocol %s (%s)".formatted(run.protocol(), run.plugin()));
        sums(report.counts());
        times(report.counts());
        groups(report);
        Stream.concat(Breakdown.of(report).stream(), run.tables().stream())
                .forEach(
                        table -> {
                            html.element("h3", table.title());
                            table(table);
                        });
    }

    private void sums(Counts counts) {
        Counts.Requests requests = counts.requests();
        Counts.Sessions sessions = counts.sessions();
        html.open("div", "bar");
        share("same", requests.same(), requests.captured());
        share("different", requests.differentSum(), requests.captured());
        share("doubt", requests.notComparedSum(), requests.captured());
        html.close("div").open("p");
        key("same", "%,d same".formatted(requests.same()));
        key("different", "%,d different".formatted(requests.differentSum()));
        key("doubt", "%,d not compared".formatted(requests.notComparedSum()));
        key(
                "",
                "%,d of %,d requests not answered by both"
                        .formatted(requests.captured() - requests.answered(), requests.captured()));
        html.close("p").open("table");
        sum("sessions captured", sessions.captured(), Map.of());
        sum("complete", sessions.complete(), Map.of());
        sum("joined late", sessions.joinedLate(), Map.of());
        sum("left out", sessions.leftOutSum(), sessions.leftOut());
        if (sessions.notSampledSum() > 0) {
            sum("not sampled", sessions.notSampledSum(), sessions.notSampled());
        }
        sum("requests captured", requests.captured(), Map.of());
        sum("same", requests.same(), Map.of());
        sum("different", requests.differentSum(), requests.different());
        sum("not compared", requests.notComparedSum(), requests.notCompared());
        sum("no answer due", requests.noAnswerDue(), Map.of());
        sum("unanswered", requests.unansweredSum(), requests.unanswered());
        sum("skipped", requests.skippedSum(), requests.skipped());
        sum("lost", requests.lostSum(), requests.lost());
        sum("injected", requests.injectedSum(), requests.injected());
        if (!counts.control().isEmpty()) {
            Counts.Control control = counts.control();
            sum("compared beside the control's", control.with(), Map.of());
            long without = control.without().values().stream().mapToLong(Long::longValue).sum();
            sum("compared without it", without, control.without());
        }
        html.close("table");
        for (Counts.LeftOutSample sample : sessions.leftOutSamples()) {
            html.element(
                    "p",
                    "small",
                    "%s left out (%s): %s"
                            .formatted(sample.session(), sample.reason(), sample.detail()));
        }
    }

    private void share(String kind, long part, long whole) {
        if (part > 0) {
            html.part(kind, 100.0 * part / whole);
        }
    }

    private void key(String kind, String text) {
        html.open("span", "key " + kind).close("span").text(text);
    }

    private void sum(String what, long count, Map<String, Long> reasons) {
        html.open("tr").element("td", what).element("td", "n", number(count));
        html.element("td", reasons.isEmpty() ? "" : Judgement.largest(reasons)).close("tr");
    }

    private static String number(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private void times(Counts counts) {
        html.element("h3", "Latency").open("table").open("tr");
        Stream.of("", "p50", "p95", "p99", "max").forEach(head -> html.element("th", "n", head));
        html.close("tr");
        percentiles("online", counts.onlineLatency());
        percentiles("target", counts.targetLatency());
        percentiles("lag behind production", counts.lag());
        html.close("table");
    }

    private void percentiles(String what, Counts.Percentiles times) {
        if (times.count() == 0) {
            return;
        }
        html.open("tr").element("td", what);
        Stream.of(times.p50(), times.p95(), times.p99(), times.max())
                .forEach(micros -> html.element("td", "n", TextReport.millis(micros)));
        html.close("tr");
    }

    private void groups(Report report) {
        List<Group> telling = TextReport.telling(report);
        if (!telling.isEmpty()) {
            html.element(
                    "h3",
                    "%,d of %,d groups of requests did not all end the same"
                            .formatted(telling.size(), report.groups().size()));
            for (int i = 0; i < Math.min(telling.size(), MAX_GROUPS); i++) {
                group(telling.get(i), i < OPEN_GROUPS);
            }
        }
        html.element("h3", "All groups").open("table").open("tr");
        Stream.of("operation", "fingerprint").forEach(head -> html.element("th", head));
        Stream.of("requests", "same", "different", "online p50", "target p50")
                .forEach(head -> html.element("th", "n", head));
        html.close("tr");
        report.groups().stream().limit(MAX_GROUPS).forEach(this::row);
        html.close("table");
        if (report.groups().size() > MAX_GROUPS) {
            html.element(
                    "p",
                    "and %,d more: all are in report.json"
                            .formatted(report.groups().size() - MAX_GROUPS));
        }
    }

    private void row(Group group) {
        html.open("tr").element("td", group.operation());
        html.open("td").element("code", group.fingerprint()).close("td");
        Stream.of(
                        number(group.count()),
                        number(group.same()),
                        number(group.differentSum()),
                        TextReport.millis(group.onlineLatency().p50Micros()),
                        TextReport.millis(group.targetLatency().p50Micros()))
                .forEach(cell -> html.element("td", "n", cell));
        html.close("tr");
    }

    private void group(Group group, boolean open) {
        html.literal(open ? "<details open>" : "<details>").open("summary");
        html.text(group.operation() + " ").element("code", group.fingerprint());
        html.element("b", " " + TextReport.parts(group)).text(" of " + number(group.count()));
        html.close("summary");
        group.samples().forEach(this::sample);
        html.close("details");
    }

    private void sample(Sample sample) {
        html.open("div", "sample");
        html.element(
                "div",
                "small",
                "%s, request %d (%s)"
                        .formatted(sample.session(), sample.ordinal(), sample.reason()));
        html.element("code", sample.text());
        if (sample.end() == RequestEnd.DIFFERENT) {
            html.open("table");
            side("online", sample.online());
            side("target", sample.target());
            html.close("table");
        } else if (!sample.target().isEmpty()) {
            html.open("table");
            side("target", sample.target());
            html.close("table");
        }
        html.close("div");
    }

    private void side(String which, String value) {
        html.open("tr").element("th", which).element("td", "value", value).close("tr");
    }

    private void table(Table table) {
        html.open("table").open("tr");
        table.columns().forEach(column -> html.element("th", column));
        html.close("tr");
        for (List<String> row : table.rows().stream().limit(MAX_ROWS).toList()) {
            html.open("tr");
            row.forEach(cell -> html.element("td", cell));
            html.close("tr");
        }
        html.close("table");
        if (table.rows().size() > MAX_ROWS) {
            html.element(
                    "p", "and %,d more in report.json".formatted(table.rows().size() - MAX_ROWS));
        }
    }

    private void run(RunReport report) {
        RunDescription run = report.first().run();
        html.element("h2", "The run");
        list(report.warnings());
        Counts.Packets packets = report.first().counts().packets();
        html.open("table");
        sum("packets delivered", packets.delivered(), Map.of());
        sum("used", packets.used(), Map.of());
        sum("repeated", packets.repeated(), Map.of());
        sum("without payload", packets.withoutPayload(), Map.of());
        sum("filtered", packets.filtered(), Map.of());
        sum("not for us", packets.notForUs(), Map.of());
        sum("malformed", packets.malformed(), Map.of());
        sum("dropped by the kernel", packets.droppedByKernel(), Map.of());
        html.close("table").open("table");
        setting("order", run.order());
        setting("speed", run.speed());
        setting("client address", run.clientAddress());
        run.settings().forEach(this::setting);
        html.close("table");
    }

    private void setting(String name, String value) {
        html.open("tr").element("td", name).open("td").element("code", value).close("td");
        html.close("tr");
    }
}
