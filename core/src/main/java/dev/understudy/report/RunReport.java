package dev.understudy.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The reports of all targets of a run. Packets, warnings and how the run was made are common to
 * them; sessions, requests and answers are each target's own.
 *
 * @param columns one for each target, at least one
 */
public record RunReport(List<Report> columns) {
    public RunReport {
        columns = List.copyOf(columns);
        if (columns.isEmpty()) {
            throw new IllegalArgumentException("a run has at least one target");
        }
    }

    /** A run with one target. */
    public static RunReport of(Report report) {
        return new RunReport(List.of(report));
    }

    /** Whether the report is that of one target, and has no columns. */
    boolean isSingle() {
        return columns.size() == 1;
    }

    /** What stands for all of them, as the source and its packets. */
    Report first() {
        return columns.getFirst();
    }

    /** The worst of all targets. */
    public Outcome outcome() {
        return columns.stream().map(Report::outcome).min(Outcome::compareTo).orElseThrow();
    }

    /**
     * The reasons of all targets, the worst first, each once; a target's own say whose they are.
     */
    public List<String> reasons() {
        Set<String> reasons = new LinkedHashSet<>();
        Set<String> common = common(report -> report.judgement().reasons());
        for (Outcome outcome : Outcome.values()) {
            for (Report report : columns) {
                if (report.outcome() == outcome) {
                    for (String reason : report.judgement().reasons()) {
                        reasons.add(common.contains(reason) ? reason : report.named(reason));
                    }
                }
            }
        }
        return List.copyOf(reasons);
    }

    /** The warnings of all targets, each once; a target's own say whose they are. */
    List<String> warnings() {
        Set<String> warnings = new LinkedHashSet<>();
        Set<String> common = common(report -> report.run().warnings());
        for (Report report : columns) {
            for (String warning : report.run().warnings()) {
                warnings.add(common.contains(warning) ? warning : report.named(warning));
            }
        }
        return new ArrayList<>(warnings);
    }

    private interface Told {
        List<String> by(Report report);
    }

    /** What is told of every target in the same words. */
    private Set<String> common(Told told) {
        Set<String> common = new LinkedHashSet<>(told.by(first()));
        columns.forEach(report -> common.retainAll(told.by(report)));
        return common;
    }
}
