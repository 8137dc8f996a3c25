package dev.understudy.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Group;
import dev.understudy.ledger.Sample;
import dev.understudy.protocol.Table;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * {@code report.json}. Its schema is documented in docs/report.md and held by a test: members may
 * be added, but one that is renamed, removed or changes its meaning is a new {@link #SCHEMA}.
 */
public final class JsonReport {
    /** The version of the schema. */
    public static final int SCHEMA = 1;

    /** The version of the schema of runs with several targets. */
    public static final int SCHEMA_OF_MANY = 2;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JsonReport() {}

    /** The whole document for one target, ending with a line feed. */
    public static String render(Report report) {
        return render(RunReport.of(report));
    }

    /** The whole document, ending with a line feed; with a list of targets where there are more. */
    public static String render(RunReport report) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("schema", report.isSingle() ? SCHEMA : SCHEMA_OF_MANY);
        outcome(root, report.outcome(), report.reasons());
        ObjectNode run = root.putObject("run");
        Report first = report.first();
        run.put("version", first.run().version());
        if (report.isSingle()) {
            run.put("protocol", first.run().protocol());
            run.put("plugin", first.run().plugin());
            run.put("source", first.run().source());
            run.put("online", first.run().online());
            run.put("target", first.run().target());
        } else {
            run.put("source", first.run().source());
        }
        run(run, first, report.warnings());
        packets(root.putObject("packets"), first.counts().packets());
        if (report.isSingle()) {
            column(root, first);
        } else {
            ArrayNode targets = root.putArray("targets");
            report.columns().forEach(column -> target(targets.addObject(), column));
        }
        return write(root);
    }

    private static void outcome(ObjectNode node, Outcome outcome, List<String> reasons) {
        node.put("outcome", outcome.word());
        node.put("exitCode", outcome.exitCode());
        texts(node.putArray("reasons"), reasons);
    }

    /** One of several targets. */
    private static void target(ObjectNode node, Report report) {
        node.put("online", report.run().online());
        node.put("target", report.run().target());
        node.put("control", report.run().control());
        node.put("protocol", report.run().protocol());
        node.put("plugin", report.run().plugin());
        outcome(node, report.outcome(), report.judgement().reasons());
        node.put("ended", TextReport.ended(report.ending()));
        texts(node.putArray("warnings"), report.run().warnings());
        column(node, report);
    }

    /** What each target has of its own. */
    private static void column(ObjectNode root, Report report) {
        sessions(root.putObject("sessions"), report.counts().sessions());
        requests(root.putObject("requests"), report.counts().requests());
        ObjectNode latency = root.putObject("latencyMicros");
        percentiles(latency.putObject("online"), report.counts().onlineLatency());
        percentiles(latency.putObject("target"), report.counts().targetLatency());
        percentiles(root.putObject("lagMicros"), report.counts().lag());
        holds(root.putObject("holds"), report.counts().holds());
        order(root.putObject("order"), report.counts().order());
        if (!report.counts().control().isEmpty()) {
            ObjectNode control = root.putObject("comparedWithControl");
            control.put("with", report.counts().control().with());
            counts(control, "without", report.counts().control().without());
        }
        allowed(root.putObject("allowed"), report.allowed());
        ArrayNode groups = root.putArray("groups");
        report.groups().forEach(group -> group(groups.addObject(), group));
        ArrayNode labels = root.putArray("labels");
        report.byLabel()
                .forEach(
                        group -> {
                            ObjectNode label = labels.addObject();
                            label.put("label", group.operation());
                            label.put("value", group.fingerprint());
                            ends(label, group);
                        });
        root.put("samplesOmitted", report.samplesOmitted());
        ObjectNode journals = root.putObject("journals");
        journals.put("kept", report.journalCount().kept());
        journals.put("letGo", report.journalCount().letGo());
        journals.put("withoutRoom", report.journalCount().withoutRoom());
        ArrayNode tables = root.putArray("tables");
        report.run().tables().forEach(table -> table(tables.addObject(), table));
    }

    private static void run(ObjectNode node, Report report, List<String> warnings) {
        RunDescription run = report.run();
        node.put("clientAddress", run.clientAddress());
        counts(node, "delivery", run.delivery());
        node.put("order", run.order());
        node.put("speed", run.speed());
        if (!run.shape().isEmpty()) {
            node.put("shape", run.shape());
        }
        node.put("started", run.started().toString());
        node.put("tookMillis", run.took().toMillis());
        node.put("ended", TextReport.ended(report.ending()));
        ObjectNode settings = node.putObject("settings");
        run.settings().forEach(settings::put);
        texts(node.putArray("warnings"), warnings);
    }

    private static void packets(ObjectNode node, Counts.Packets packets) {
        node.put("delivered", packets.delivered());
        node.put("used", packets.used());
        node.put("repeated", packets.repeated());
        node.put("withoutPayload", packets.withoutPayload());
        node.put("filtered", packets.filtered());
        node.put("notForUs", packets.notForUs());
        node.put("malformed", packets.malformed());
        node.put("droppedByKernel", packets.droppedByKernel());
        node.put("droppedByTaps", packets.droppedByTaps());
    }

    private static void sessions(ObjectNode node, Counts.Sessions sessions) {
        node.put("captured", sessions.captured());
        node.put("complete", sessions.complete());
        node.put("joinedLate", sessions.joinedLate());
        counts(node, "leftOut", sessions.leftOut());
        if (!sessions.notSampled().isEmpty()) {
            counts(node, "notSampled", sessions.notSampled());
        }
        ArrayNode samples = node.putArray("leftOutSamples");
        for (Counts.LeftOutSample sample : sessions.leftOutSamples()) {
            ObjectNode one = samples.addObject();
            one.put("reason", sample.reason());
            one.put("session", sample.session().id());
            one.put("client", sample.session().client());
            one.put("detail", sample.detail());
        }
    }

    private static void requests(ObjectNode node, Counts.Requests requests) {
        node.put("captured", requests.captured());
        node.put("answered", requests.answered());
        node.put("same", requests.same());
        counts(node, "different", requests.different());
        counts(node, "notCompared", requests.notCompared());
        node.put("noAnswerDue", requests.noAnswerDue());
        counts(node, "unanswered", requests.unanswered());
        counts(node, "skipped", requests.skipped());
        counts(node, "lost", requests.lost());
        node.put("injected", requests.injectedSum());
        counts(node, "injectedBy", requests.injected());
    }

    private static void percentiles(ObjectNode node, Counts.Percentiles percentiles) {
        node.put("p50", percentiles.p50());
        node.put("p95", percentiles.p95());
        node.put("p99", percentiles.p99());
        node.put("max", percentiles.max());
    }

    private static void holds(ObjectNode node, Map<String, Counts.Hold> holds) {
        holds.forEach(
                (reason, hold) -> {
                    ObjectNode one = node.putObject(reason);
                    one.put("count", hold.count());
                    one.put("micros", TimeUnit.NANOSECONDS.toMicros(hold.nanos()));
                });
    }

    private static void order(ObjectNode node, Counts.Order order) {
        node.put("waits", order.waits());
        node.put("waitMicros", TimeUnit.NANOSECONDS.toMicros(order.waitNanos()));
        node.put("suspect", order.suspect());
        node.put("suspectAnswers", order.suspectAnswers());
        node.put("suspectDifferences", order.suspectDifferences());
        node.put("commitWaits", order.commitWaits());
        node.put("commitWaitMicros", TimeUnit.NANOSECONDS.toMicros(order.commitWaitNanos()));
        node.put("commitSuspect", order.commitSuspect());
    }

    private static void allowed(ObjectNode node, AllowedLimits allowed) {
        node.put("differences", allowed.differences());
        node.put("leftOut", allowed.leftOut());
        node.put("lost", allowed.lost());
        node.put("unanswered", allowed.unanswered());
        node.put("notCompared", allowed.notCompared());
        node.put("kernelDrops", allowed.kernelDrops());
    }

    private static void group(ObjectNode node, Group group) {
        node.put("operation", group.operation());
        node.put("fingerprint", group.fingerprint());
        ends(node, group);
        if (!group.samples().isEmpty()) {
            sample(node.putObject("sample"), group.samples().getFirst());
        }
        ArrayNode more = node.putArray("moreSamples");
        group.samples().stream().skip(1).forEach(sample -> sample(more.addObject(), sample));
    }

    /** How many requests, how they ended, and how long they took. */
    private static void ends(ObjectNode node, Group group) {
        node.put("count", group.count());
        node.put("different", group.differentSum());
        node.put("same", group.same());
        counts(node, "differentKinds", group.different());
        counts(node, "notCompared", group.notCompared());
        node.put("noAnswerDue", group.noAnswerDue());
        counts(node, "unanswered", group.unanswered());
        counts(node, "skipped", group.skipped());
        counts(node, "lost", group.lost());
        ObjectNode latency = node.putObject("latencyMicros");
        latency(latency.putObject("online"), group.onlineLatency());
        latency(latency.putObject("target"), group.targetLatency());
        latency.put("lost", group.lostMicros());
        ObjectNode ratio = latency.putObject("ratio");
        Group.Latency online = group.onlineLatency();
        Group.Latency target = group.targetLatency();
        ratio(ratio, "p50", online.p50Micros(), target.p50Micros());
        ratio(ratio, "p95", online.p95Micros(), target.p95Micros());
        ratio(ratio, "p99", online.p99Micros(), target.p99Micros());
    }

    private static void ratio(ObjectNode node, String name, long online, long target) {
        if (online > 0) {
            node.put(name, Math.round(100.0 * target / online) / 100.0);
        }
    }

    private static void latency(ObjectNode node, Group.Latency latency) {
        node.put("p50", latency.p50Micros());
        node.put("p95", latency.p95Micros());
        node.put("p99", latency.p99Micros());
        node.put("total", latency.totalMicros());
    }

    private static void sample(ObjectNode node, Sample sample) {
        node.put(
                "end",
                switch (sample.end()) {
                    case SAME -> "same";
                    case DIFFERENT -> "different";
                    case NOT_COMPARED -> "notCompared";
                    case NO_ANSWER_DUE -> "noAnswerDue";
                    case UNANSWERED -> "unanswered";
                    case SKIPPED -> "skipped";
                    case LOST -> "lost";
                });
        node.put("reason", sample.reason());
        node.put("session", sample.session().id());
        node.put("client", sample.session().client());
        node.put("ordinal", sample.ordinal());
        node.put("capturedNanos", sample.capturedNanos());
        node.put("text", sample.text());
        node.put("online", sample.online());
        node.put("target", sample.target());
        if (sample.suspect()) {
            node.put("suspect", true);
        }
    }

    private static void table(ObjectNode node, Table table) {
        node.put("title", table.title());
        texts(node.putArray("columns"), table.columns());
        ArrayNode rows = node.putArray("rows");
        table.rows().forEach(row -> texts(rows.addArray(), row));
    }

    private static void counts(ObjectNode node, String name, Map<String, Long> counts) {
        ObjectNode map = node.putObject(name);
        counts.forEach(map::put);
    }

    private static void texts(ArrayNode node, List<String> texts) {
        texts.forEach(node::add);
    }

    /** The same bytes on every system: two spaces, line feeds. */
    private static String write(ObjectNode root) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        try {
            return MAPPER.writer(printer).writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values was not written", e);
        }
    }
}
