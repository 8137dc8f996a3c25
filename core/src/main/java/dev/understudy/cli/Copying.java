package dev.understudy.cli;

import dev.understudy.cli.config.Configuration;
import dev.understudy.cli.config.ConfigurationException;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.report.AllowedLimits;
import dev.understudy.report.Report;
import dev.understudy.report.ReportDirectory;
import dev.understudy.report.RunDescription;
import dev.understudy.report.RunReport;
import dev.understudy.report.TextReport;
import dev.understudy.session.Pacing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What {@code copy} and {@code replay} do: everything is checked, run, and reported. */
final class Copying {
    /** Beside the time for draining: closing sockets, comparing, writing the report. */
    private static final Duration CLOSING = Duration.ofSeconds(30);

    private final Parts parts;
    private final Console console;

    Copying(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    /**
     * Copies and reports.
     *
     * @param opening the beginning of the line that is printed once packets are being captured
     * @return the exit code
     * @throws RefusedException where the run cannot be begun
     */
    int run(
            CopyRequest request,
            RunPlan.Source source,
            RunPlan.Tempo tempo,
            Optional<Duration> duration,
            int ringMib,
            String opening)
            throws RefusedException {
        try (ProtocolCatalog catalog = parts.catalog().get()) {
            Configuration configuration = configuration(request, catalog);
            List<Copy> copies = Copy.of(request, configuration);
            Carriage.Way way = Carriage.Way.of(request, copies);
            Carriage.requireFit(request.clientAddress(), way, copies);
            for (Copy copy : copies) {
                requireProtocol(copy.protocol(), catalog);
            }
            Optional<ReportDirectory> directory = reportDirectory(request.report());
            RunPlan plan =
                    new RunPlan(
                            source,
                            copies,
                            request.clientAddress(),
                            way,
                            tempo,
                            request.order(),
                            request.shape(),
                            request.requestsOnly(),
                            duration,
                            ringMib,
                            request.keyLogs(),
                            request.steeringSocket()
                                    .map(path -> new RunPlan.Steered(path, true))
                                    .orElseGet(this::usualSocket),
                            directory.isPresent() ? configuration.journalBytes() : 0,
                            configuration);
            Duration patience =
                    configuration
                            .run()
                            .drain()
                            .plus(configuration.run().orderWaitMax())
                            .plus(CLOSING);
            RunResult result;
            try (LiveControl control =
                    new LiveControl(
                            console,
                            parts.interrupts(),
                            opening + ": " + Copy.describe(copies),
                            patience)) {
                catalog.problems().forEach(problem -> control.say("warning: " + problem));
                configuration.warnings().forEach(warning -> control.say("warning: " + warning));
                result = parts.engine().run(plan, catalog, control);
            }
            return report(plan, result, allowed(request, configuration), directory);
        }
    }

    /**
     * Copying a server onto itself would copy the copies: no address of the target may be one of
     * production's, whichever of them are used.
     */
    static void requireTwoServers(Endpoint online, Endpoint target) throws RefusedException {
        for (InetSocketAddress captured : online.all()) {
            for (InetSocketAddress copied : target.all()) {
                if (LocalServers.areOne(captured, copied)) {
                    String by =
                            copied.equals(target.address()) && captured.equals(online.address())
                                    ? ""
                                    : ", by the address " + Endpoint.literal(copied);
                    throw new RefusedException(
                            ("--target %s is the online server %s itself%s: its own requests would be"
                                            + " copied to it; name another server")
                                    .formatted(target, online, by));
                }
            }
        }
    }

    static void requireProtocol(Optional<String> name, ProtocolCatalog catalog)
            throws RefusedException {
        if (name.isPresent()) {
            try {
                catalog.byName(name.get());
            } catch (PluginException e) {
                throw new RefusedException(e.getMessage(), e);
            }
        }
    }

    static Configuration configuration(Parts parts, Optional<Path> file, ProtocolCatalog catalog)
            throws RefusedException {
        if (file.isEmpty()) {
            return Configuration.defaults();
        }
        Set<String> names =
                catalog.protocols().stream().map(LoadedProtocol::name).collect(Collectors.toSet());
        try {
            return Configuration.read(file.get(), parts.environment(), names);
        } catch (ConfigurationException e) {
            // The section of a plugin that did not load is an unknown one: say that as well.
            String problems =
                    catalog.problems().stream()
                            .map(problem -> "\n  " + problem)
                            .collect(Collectors.joining());
            throw new RefusedException(e.getMessage() + problems, e);
        }
    }

    private Configuration configuration(CopyRequest request, ProtocolCatalog catalog)
            throws RefusedException {
        return configuration(parts, request.config(), catalog);
    }

    private static Optional<ReportDirectory> reportDirectory(Optional<Path> directory)
            throws RefusedException {
        if (directory.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ReportDirectory.open(directory.get()));
        } catch (IOException e) {
            throw new RefusedException(e.getMessage(), e);
        }
    }

    private RunPlan.Steered usualSocket() {
        return new RunPlan.Steered(
                SteeringSocket.usual(SteeringSocket.folder(parts.environment())), false);
    }

    private static AllowedLimits allowed(CopyRequest request, Configuration configuration) {
        return request.maxDifferences()
                .map(configuration.allowed()::withDifferences)
                .orElse(configuration.allowed())
                .withOneSided(request.requestsOnly());
    }

    private int report(
            RunPlan plan,
            RunResult result,
            AllowedLimits allowed,
            Optional<ReportDirectory> directory) {
        RunReport report =
                new RunReport(
                        result.columns().stream()
                                .map(column -> report(plan, result, column, allowed))
                                .toList());
        console.out().print(TextReport.render(report));
        console.out().flush();
        try {
            if (directory.isPresent()) {
                console.err().println("report: " + directory.get().write(report));
            }
        } catch (IOException e) {
            console.err().println("understudy: " + e.getMessage());
            return ExitCode.INTERNAL;
        }
        return report.outcome().exitCode();
    }

    private static Report report(
            RunPlan plan, RunResult result, RunResult.Column column, AllowedLimits allowed) {
        List<String> warnings = new ArrayList<>(plan.configuration().warnings());
        warnings.addAll(column.warnings());
        RunDescription description =
                new RunDescription(
                        Version.current(),
                        column.protocol(),
                        column.plugin(),
                        plan.source().describe(),
                        column.online().toString(),
                        column.target().toString(),
                        column.control(),
                        plan.clientAddress().word(),
                        result.delivery(),
                        plan.order().word(),
                        speed(plan.tempo().pacing()),
                        shape(plan),
                        result.started(),
                        result.took(),
                        plan.configuration().shown(),
                        warnings,
                        column.tables());
        return Report.of(
                description,
                column.ledger(),
                column.ending(),
                allowed,
                plan.configuration().samples());
    }

    private static String shape(RunPlan plan) {
        List<String> parts = new ArrayList<>();
        if (!plan.shape().toString().isEmpty()) {
            parts.add(plan.shape().toString());
        }
        if (plan.requestsOnly()) {
            parts.add("requests only");
        }
        plan.tempo().skipIdle().ifPresent(time -> parts.add("skip-idle " + time.toMillis() + "ms"));
        if (plan.tempo().passes() > 1) {
            parts.add("loop " + plan.tempo().passes());
        }
        return String.join(", ", parts);
    }

    static String speed(Pacing pacing) {
        return switch (pacing) {
            case Pacing.Live() -> "live";
            case Pacing.Scaled(double factor) ->
                    factor == Math.rint(factor)
                            ? String.valueOf((long) factor)
                            : String.valueOf(factor);
            case Pacing.FlatOut() -> "max";
        };
    }
}
