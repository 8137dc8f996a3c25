package dev.understudy.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The journal of a session for a terminal: what happened in its order, each request once. */
public final class Timeline {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final StringBuilder out = new StringBuilder();
    private final Map<Long, List<JsonNode>> ofRequest = new HashMap<>();

    private Timeline() {}

    /** The whole text of a line of {@link JournalFile}, ending with a line feed. */
    public static String render(JsonNode journal) {
        Timeline timeline = new Timeline();
        timeline.all(journal);
        return timeline.out.toString();
    }

    private void all(JsonNode journal) {
        line(
                "session %s of %s, %s to %s (%s)",
                text(journal, "session"),
                text(journal, "client"),
                text(journal, "online"),
                text(journal, "target"),
                text(journal, "protocol"));
        List<JsonNode> steps = new ArrayList<>();
        List<JsonNode> notes = new ArrayList<>();
        for (JsonNode step : journal.path("steps")) {
            (step.has("operation") || !step.has("request") ? steps : notes).add(step);
        }
        steps.stream()
                .filter(step -> step.has("operation"))
                .forEach(step -> ofRequest.put(step.path("request").asLong(), new ArrayList<>()));
        for (JsonNode note : notes) {
            ofRequest.getOrDefault(note.path("request").asLong(), steps).add(note);
        }
        steps.sort(Comparator.comparingLong(step -> step.path("nanos").asLong()));
        if (!steps.isEmpty()) {
            line(
                    "%s UTC, by the copier's clock; 'captured' is by the capture's",
                    DAY.format(instant(steps.getFirst().path("nanos").asLong())));
        }
        long omitted = journal.path("omitted").asLong();
        if (omitted > 0) {
            line(
                    "%,d steps of its middle are not kept: the first, the last and those around what went"
                            + " wrong are",
                    omitted);
        }
        for (JsonNode step : steps) {
            if (step.has("operation")) {
                request(step);
            } else {
                row(time(step, "nanos"), happened(step));
            }
        }
        row("", "the session: " + text(journal, "ended"));
    }

    private static String happened(JsonNode step) {
        long took = step.path("tookNanos").asLong();
        String side = step.path("side").asText().equals("online") ? "online " : "";
        String request = step.has("request") ? "request " + text(step, "request") + " " : "";
        return (side
                        + request
                        + text(step, "what")
                        + (took > 0 ? " " + millis(took) : "")
                        + " "
                        + text(step, "text"))
                .strip();
    }

    private void request(JsonNode step) {
        long captured = step.path("capturedNanos").asLong();
        long sent = step.path("sentNanos").asLong();
        long online = step.path("onlineNanos").asLong();
        long target = step.path("targetNanos").asLong();
        long lag = step.path("lagNanos").asLong();
        String text = step.has("text") ? text(step, "text") : text(step, "fingerprint");
        row(
                time(step, "nanos"),
                "request %s  %s  %s"
                        .formatted(text(step, "request"), text(step, "operation"), text));
        detail("captured %s", CLOCK.format(instant(captured)));
        for (JsonNode note : ofRequest.get(step.path("request").asLong())) {
            detail("%s", text(note, "what") + ": " + text(note, "text"));
        }
        // Where what was sent is not a request alone, as of a login, only its answer has a time.
        boolean timed = sent != target;
        if (sent > 0 && timed) {
            detail(
                    "sent     %s%s%s",
                    CLOCK.format(instant(sent)),
                    lag < 0 ? "" : ", " + millis(lag) + " after it was due",
                    step.path("suspect").asBoolean()
                            ? "; an earlier answer that it may depend on was missing"
                            : "");
        }
        if (online > 0) {
            detail("online   answered after %s", millis(Math.max(0, online - captured)));
        }
        if (target > 0 && timed) {
            detail("target   answered after %s", millis(Math.max(0, target - sent)));
        } else if (target > 0) {
            detail("target   answered at %s", CLOCK.format(instant(target)));
        }
        String reason = text(step, "reason");
        detail(
                "%s%s%s",
                text(step, "ended"),
                reason.isEmpty() ? "" : " (" + reason + ")",
                step.path("suspect").asBoolean() ? ", suspect of order" : "");
        value("online", step);
        value("target", step);
    }

    private void value(String side, JsonNode step) {
        if (!step.path(side).asText().isEmpty()) {
            detail("  %s  %s", side, text(step, side));
        }
    }

    @FormatMethod
    private void detail(@FormatString String format, Object... values) {
        row("", "  " + String.format(Locale.ROOT, format, values));
    }

    private void row(String time, String text) {
        line("%-15s  %s", time, text);
    }

    @FormatMethod
    private void line(@FormatString String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
    }

    private static String text(JsonNode node, String member) {
        return TextReport.printable(node.path(member).asText());
    }

    private static String time(JsonNode step, String member) {
        return CLOCK.format(instant(step.path(member).asLong()));
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
    }
}
