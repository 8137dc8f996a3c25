package dev.understudy.report;

import dev.understudy.ledger.Counts;
import dev.understudy.ledger.Ledger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The outcome of a run and why.
 *
 * @param reasons one sentence for each thing that keeps the run from being ok, those that decided
 *     the outcome first; empty for {@link Outcome#OK}
 */
public record Judgement(Outcome outcome, List<String> reasons) {
    /** Kinds or reasons that are named in one sentence. */
    private static final int MAX_NAMED = 5;

    /**
     * The reason for requests that were under way when the capture was stopped: production's answer
     * came after its end. Each run that is stopped in traffic has some, so they are no fault of it.
     */
    private static final String CAPTURE_ENDED = "capture-ended";

    private record Finding(Outcome outcome, String reason) {}

    public Judgement {
        reasons = List.copyOf(reasons);
    }

    /**
     * Decides the outcome of a control: what it answers is nobody's fault, so only what spoils the
     * comparisons of the others counts.
     */
    static Judgement ofControl(
            Counts counts, Optional<String> imbalance, Ending ending, AllowedLimits allowed) {
        List<Finding> findings = new ArrayList<>();
        imbalance.ifPresent(sum -> findings.add(unbalanced(sum)));
        if (ending instanceof Ending.TargetLost(String detail)) {
            findings.add(
                    new Finding(
                            Outcome.INCOMPLETE,
                            "the control does not answer, and the rest is compared without it: "
                                    + detail));
        } else {
            ofEnding(ending).ifPresent(findings::add);
        }
        kernelDrops(counts, allowed).ifPresent(findings::add);
        tapDrops(counts, allowed).ifPresent(findings::add);
        return of(findings);
    }

    /**
     * Decides the outcome.
     *
     * @param imbalance the sum that does not agree, as the ledger names it
     */
    public static Judgement of(
            Counts counts, Optional<String> imbalance, Ending ending, AllowedLimits allowed) {
        List<Finding> findings = new ArrayList<>();
        imbalance.ifPresent(sum -> findings.add(unbalanced(sum)));
        ofEnding(ending).ifPresent(findings::add);
        kernelDrops(counts, allowed).ifPresent(findings::add);
        tapDrops(counts, allowed).ifPresent(findings::add);
        findings.addAll(ofCounts(counts, ending, allowed));
        return of(findings);
    }

    private static Finding unbalanced(String sum) {
        return new Finding(Outcome.INTERNAL, "the sums do not agree (please report this): " + sum);
    }

    private static Optional<Finding> ofEnding(Ending ending) {
        return switch (ending) {
            case Ending.Finished _ -> Optional.empty();
            case Ending.TargetLost(String detail) ->
                    Optional.of(new Finding(Outcome.TARGET_LOST, detail));
            case Ending.SourceFailed(String detail) ->
                    Optional.of(new Finding(Outcome.INCOMPLETE, detail));
            case Ending.Failed(String detail) -> Optional.of(new Finding(Outcome.INTERNAL, detail));
        };
    }

    private static Judgement of(List<Finding> findings) {
        Outcome outcome =
                findings.stream().map(Finding::outcome).min(Outcome::compareTo).orElse(Outcome.OK);
        return new Judgement(
                outcome,
                findings.stream()
                        .sorted((a, b) -> a.outcome().compareTo(b.outcome()))
                        .map(Finding::reason)
                        .toList());
    }

    private static List<Finding> ofCounts(Counts counts, Ending ending, AllowedLimits allowed) {
        List<Finding> findings = new ArrayList<>();
        Counts.Sessions sessions = counts.sessions();
        Counts.Requests requests = counts.requests();
        // Where a run did not come to capture anything, its ending has said why.
        boolean notBegun = sessions.captured() == 0 && !(ending instanceof Ending.Finished);
        long oneSided = requests.notCompared().getOrDefault(Ledger.ONE_SIDED, 0L);
        if (allowed.oneSided() && oneSided > 0) {
            findings.add(
                    new Finding(
                            Outcome.REQUESTS_ONLY,
                            String.format(
                                    Locale.ROOT,
                                    "nothing was compared, as asked for (--requests-only): the target"
                                            + " answered %,d of %,d requests",
                                    oneSided,
                                    requests.captured())));
        } else if (allowed.oneSided() && !notBegun) {
            findings.add(
                    new Finding(
                            Outcome.INCOMPLETE,
                            String.format(
                                    Locale.ROOT,
                                    "the target answered none of %,d requests in %,d sessions",
                                    requests.captured(),
                                    sessions.captured())));
        } else if (requests.compared() == 0 && !notBegun) {
            findings.add(new Finding(Outcome.INCOMPLETE, nothingCompared(sessions, requests)));
        }
        exceeding(
                        Outcome.INCOMPLETE,
                        "left out %,d of %,d sessions (allowed: %,d): %s",
                        sessions.leftOut(),
                        sessions.captured(),
                        allowed.leftOut())
                .ifPresent(findings::add);
        exceeding(
                        Outcome.INCOMPLETE,
                        "lost %,d of %,d requests (allowed: %,d): %s",
                        requests.lost(),
                        requests.captured(),
                        allowed.lost())
                .ifPresent(findings::add);
        exceeding(
                        Outcome.INCOMPLETE,
                        "%,d of %,d requests were not answered (allowed: %,d): %s",
                        without(CAPTURE_ENDED, true, requests.unanswered()),
                        requests.captured(),
                        allowed.unanswered())
                .ifPresent(findings::add);
        exceeding(
                        Outcome.INCOMPLETE,
                        "%,d of %,d answers could not be compared (allowed: %,d): %s",
                        without(Ledger.ONE_SIDED, allowed.oneSided(), requests.notCompared()),
                        requests.answered(),
                        allowed.notCompared())
                .ifPresent(findings::add);
        exceeding(
                        Outcome.DIFFERENCES,
                        "%,d of %,d answers differ (allowed: %,d): %s",
                        requests.different(),
                        requests.answered(),
                        allowed.differences())
                .ifPresent(findings::add);
        return findings;
    }

    private static Optional<Finding> tapDrops(Counts counts, AllowedLimits allowed) {
        long drops = counts.packets().droppedByTaps();
        return drops <= allowed.kernelDrops()
                ? Optional.empty()
                : Optional.of(
                        new Finding(
                                Outcome.CAPTURE_LOSS,
                                String.format(
                                        Locale.ROOT,
                                        "taps dropped %,d packets (allowed: %,d): a larger --buffer"
                                                + " of the tap, or a faster link, keeps more",
                                        drops,
                                        allowed.kernelDrops())));
    }

    private static Optional<Finding> kernelDrops(Counts counts, AllowedLimits allowed) {
        long dropped = counts.packets().droppedByKernel();
        return dropped <= allowed.kernelDrops()
                ? Optional.empty()
                : Optional.of(
                        new Finding(
                                Outcome.CAPTURE_LOSS,
                                String.format(
                                        Locale.ROOT,
                                        "the kernel dropped %,d packets (allowed: %,d): a larger"
                                                + " --ring-mib keeps more",
                                        dropped,
                                        allowed.kernelDrops())));
    }

    /** The counts without a reason that, where that is so, is no fault of the run. */
    private static Map<String, Long> without(
            String reason, boolean noFault, Map<String, Long> counts) {
        Map<String, Long> faults = new HashMap<>(counts);
        if (noFault) {
            faults.remove(reason);
        }
        return faults;
    }

    private static String nothingCompared(Counts.Sessions sessions, Counts.Requests requests) {
        if (sessions.captured() == 0) {
            return "nothing was compared: no session was captured; check --online, and that there"
                    + " was traffic";
        }
        return requests.captured() == 0
                ? String.format(
                        Locale.ROOT,
                        "nothing was compared: no request was read in %,d sessions",
                        sessions.captured())
                : String.format(
                        Locale.ROOT,
                        "nothing was compared: none of %,d requests has two answers that can be",
                        requests.captured());
    }

    private static Optional<Finding> exceeding(
            Outcome outcome, String sentence, Map<String, Long> counts, long of, long allowed) {
        long sum = counts.values().stream().mapToLong(Long::longValue).sum();
        return sum > allowed
                ? Optional.of(
                        new Finding(
                                outcome,
                                String.format(
                                        Locale.ROOT, sentence, sum, of, allowed, largest(counts))))
                : Optional.empty();
    }

    /** The largest counts: {@code 9 tls, 3 compression, 4 others}. */
    static String largest(Map<String, Long> counts) {
        String named =
                counts.entrySet().stream()
                        .sorted(
                                Map.Entry.<String, Long>comparingByValue()
                                        .reversed()
                                        .thenComparing(Map.Entry.comparingByKey()))
                        .limit(MAX_NAMED)
                        .map(
                                entry ->
                                        String.format(
                                                Locale.ROOT,
                                                "%,d %s",
                                                entry.getValue(),
                                                entry.getKey()))
                        .collect(Collectors.joining(", "));
        long others =
                counts.values().stream()
                        .sorted((a, b) -> Long.compare(b, a))
                        .skip(MAX_NAMED)
                        .mapToLong(Long::longValue)
                        .sum();
        return others == 0
                ? named
                : named + String.format(Locale.ROOT, ", %,d of other kinds", others);
    }
}
