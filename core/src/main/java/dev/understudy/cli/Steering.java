package dev.understudy.cli;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import dev.understudy.session.Pacing;
import dev.understudy.session.Rehearsal;
import dev.understudy.session.Sample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@code understudy ctl} may change of a run, line by line. Each change is remembered for the
 * report.
 */
final class Steering {
    /** Changes that the report names; further ones are counted. */
    static final int MAX_NAMED = 100;

    private static final String COMMANDS = "status, pause, resume, speed X, sample P";

    private final Rehearsal rehearsal;
    private final boolean live;
    private final List<Ledger> columns;
    private final Optional<String> userless;
    private final long begunNanos = System.nanoTime();
    private final List<String> named = new ArrayList<>();
    private int changes;

    /**
     * Of a run.
     *
     * @param userless why users cannot be sampled; empty where they can
     */
    Steering(Rehearsal rehearsal, boolean live, List<Ledger> columns, Optional<String> userless) {
        this.rehearsal = rehearsal;
        this.live = live;
        this.columns = columns;
        this.userless = userless;
    }

    /**
     * Does what a line says.
     *
     * @return what to answer: {@code ok …} or {@code refused …}
     */
    String obey(String line) {
        String[] words = line.strip().split("\\s+", -1);
        String value = words.length > 1 ? words[1] : "";
        boolean fits = words.length == (takesValue(words[0]) ? 2 : 1);
        if (!fits) {
            return "refused '%s': known are %s".formatted(line.strip(), COMMANDS);
        }
        try {
            return switch (words[0]) {
                case "status" -> "ok " + status();
                case "pause" -> changed(line, () -> rehearsal.pause(true));
                case "resume" -> changed(line, () -> rehearsal.pause(false));
                case "speed" -> speed(line, value);
                case "sample" -> {
                    var sample = Samples.parse(value);
                    if (sample.by() == Sample.By.USER && userless.isPresent()) {
                        yield "refused '%s': %s".formatted(line.strip(), userless.get());
                    }
                    yield changed(line, () -> rehearsal.changeSample(sample));
                }
                default -> "refused '%s': known are %s".formatted(words[0], COMMANDS);
            };
        } catch (IllegalArgumentException e) {
            return "refused " + e.getMessage();
        }
    }

    private static boolean takesValue(String command) {
        return command.equals("speed") || command.equals("sample");
    }

    private String speed(String line, String value) {
        if (live) {
            return "refused 'speed': a live capture goes as fast as production; pause and sample are for it";
        }
        Pacing pacing = ReplayCommand.parseSpeed(value);
        return changed(line, () -> rehearsal.changePace(pacing));
    }

    private synchronized String changed(String line, Runnable change) {
        change.run();
        changes++;
        if (named.size() < MAX_NAMED) {
            named.add(
                    String.format(
                            Locale.ROOT,
                            "%s after %.1f s",
                            line.strip(),
                            Duration.ofNanos(System.nanoTime() - begunNanos).toMillis() / 1000.0));
        }
        return "ok " + line.strip();
    }

    private String status() {
        List<Counts> counts = columns.stream().map(Ledger::counts).toList();
        long lag = columns.stream().mapToLong(Ledger::lastLagNanos).max().orElse(0);
        long running = System.nanoTime() - begunNanos;
        return "%s%s, speed %s, sample %s, changed %d times"
                .formatted(
                        rehearsal.paused() ? "paused  " : "",
                        ProgressLine.of(counts, 0, running, lag),
                        Copying.speed(rehearsal.pacing()),
                        rehearsal.shape().sample(),
                        changes());
    }

    private synchronized int changes() {
        return changes;
    }

    /** What was changed while it ran, for the report; empty if nothing was. */
    synchronized Optional<String> told() {
        if (changes == 0) {
            return Optional.empty();
        }
        String more = changes > named.size() ? ", and more" : "";
        return Optional.of(
                "changed %d times while it ran: %s%s"
                        .formatted(changes, String.join(", ", named), more));
    }
}
