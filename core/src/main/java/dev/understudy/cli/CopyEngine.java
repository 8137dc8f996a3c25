package dev.understudy.cli;

import dev.understudy.capture.PacketSource;
import dev.understudy.capture.PcapngSource;
import dev.understudy.delivery.Transport;
import dev.understudy.ledger.Ledger;
import dev.understudy.plugins.DetectedProtocol;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.report.Ending;
import dev.understudy.session.Refreshing;
import dev.understudy.session.Rehearsal;
import dev.understudy.session.RunEnd;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a {@link Rehearsal} of what was asked for, and a result of how it ended. */
final class CopyEngine implements RunEngine {
    private static final Logger LOG = LoggerFactory.getLogger(CopyEngine.class);

    /** A plugin's own preparation may ask servers; it is not waited for longer. */
    private static final Duration PREPARE = Duration.ofSeconds(30);

    private final LiveSources live;

    /**
     * The protocol of a run.
     *
     * @param plugin its version and file, for the report
     */
    private record Chosen(Protocol protocol, String plugin, RunContext context) {}

    /** What connections are made with. */
    private record Roads(Transport transport, Carriage carriage) {}

    CopyEngine(LiveSources live) {
        this.live = live;
    }

    @Override
    public RunResult run(RunPlan plan, ProtocolCatalog catalog, RunControl control)
            throws RefusedException {
        Chosen chosen = choose(plan, catalog);
        List<String> warnings = prepare(plan, chosen);
        warnings.forEach(warning -> control.say("warning: " + warning));

        Ledger ledger = new Ledger();
        Instant started = Instant.now();
        Transport transport = Transport.best();
        try (Carriage carriage = Carriage.open(plan, transport, control::say)) {
            Ending ending =
                    unreachable(plan)
                            .<Ending>map(Ending.TargetLost::new)
                            .orElse(new Ending.Finished(""));
            List<String> told = new ArrayList<>(warnings);
            if (ending instanceof Ending.Finished) {
                Refreshing refreshing =
                        Refreshing.begin(
                                chosen.protocol(),
                                chosen.context(),
                                warning -> control.say("warning: " + warning));
                try (refreshing) {
                    ending = copy(plan, chosen, ledger, control, new Roads(transport, carriage));
                }
                told.addAll(refreshing.warnings());
            }
            Duration took = Duration.between(started, Instant.now());
            Conclusion said = conclude(chosen);
            return new RunResult(
                    ledger,
                    ending,
                    chosen.protocol().name(),
                    chosen.plugin(),
                    started,
                    took,
                    carriage.counts(),
                    Stream.concat(told.stream(), said.warnings().stream()).toList(),
                    said.tables());
        } catch (IOException e) {
            // The settings stay written down, and are taken back by the next start.
            throw new RefusedException(
                    "what was changed on this host could not be taken back: " + e.getMessage(), e);
        }
    }

    private Ending copy(RunPlan plan, Chosen chosen, Ledger ledger, RunControl control, Roads roads)
            throws RefusedException {
        PacketSource source = open(plan);
        Rehearsal rehearsal =
                new Rehearsal(
                        new Rehearsal.Plan(
                                source,
                                plan.pacing(),
                                chosen.protocol(),
                                chosen.context(),
                                plan.configuration().run(),
                                plan.causal(),
                                plan.duration()),
                        ledger,
                        roads.transport(),
                        roads.carriage().connector());
        control.opened(ledger);
        control.onStop(rehearsal::stop);
        RunEnd end = rehearsal.run();
        if (source.counts().cutShort()) {
            return new Ending.SourceFailed(
                    "%s ends within a packet, at byte %d: it was cut; what came before was copied"
                            .formatted(source.describe(), source.counts().cutAtByte()));
        }
        return switch (end) {
            case RunEnd.Finished() ->
                    new Ending.Finished(
                            plan.duration().isPresent()
                                    ? "duration reached"
                                    : "end of the recording");
            case RunEnd.Stopped() -> new Ending.Finished("interrupted");
            case RunEnd.TargetLost(String reason) ->
                    new Ending.TargetLost(
                            "the target %s was lost: %s; is it running, and may it be reached?"
                                    .formatted(plan.target(), reason));
            case RunEnd.SourceFailed(String reason) -> new Ending.SourceFailed(reason);
            case RunEnd.Broken(Throwable fault) -> {
                LOG.error("internal error; please report this", fault);
                yield new Ending.Failed("copying: " + fault);
            }
        };
    }

    private PacketSource open(RunPlan plan) throws RefusedException {
        try {
            return switch (plan.source()) {
                case RunPlan.Source.Interface(String name) ->
                        live.open(name, plan.online(), plan.ringMib());
                case RunPlan.Source.File(var path) -> file(path);
                case RunPlan.Source.StandardInput() ->
                        PcapngSource.open(PcapngSource.STANDARD_INPUT);
            };
        } catch (IOException e) {
            throw new RefusedException(String.valueOf(e.getMessage()), e);
        }
    }

    /** A file that is no capture begins no run; a pipe of that name tells only once it is read. */
    private static PacketSource file(Path path) throws IOException {
        PcapngSource source = PcapngSource.open(path.toString());
        try {
            if (Files.isRegularFile(path)) {
                source.requireCapture();
            }
            return source;
        } catch (IOException e) {
            source.close();
            throw e;
        }
    }

    /** By name, else by port, else by the first bytes of each connection. */
    private static Chosen choose(RunPlan plan, ProtocolCatalog catalog) throws RefusedException {
        try {
            if (plan.protocol().isPresent()) {
                return chosen(plan, catalog, catalog.byName(plan.protocol().get()));
            }
            Optional<LoadedProtocol> usual = catalog.byPort(plan.online().address().getPort());
            if (usual.isPresent()) {
                return chosen(plan, catalog, usual.get());
            }
        } catch (PluginException e) {
            throw new RefusedException(e.getMessage(), e);
        }
        Map<String, Protocol> candidates = catalog.candidates();
        if (candidates.isEmpty()) {
            throw new RefusedException(
                    "no plugin is there that could tell the protocol of port %d: put one into the plugins directory, or copy blindly with --protocol tcp"
                            .formatted(plan.online().address().getPort()));
        }
        return new Chosen(
                new DetectedProtocol(candidates, name -> context(plan, name)),
                "detected by the first bytes",
                context(plan, ""));
    }

    private static Chosen chosen(RunPlan plan, ProtocolCatalog catalog, LoadedProtocol loaded)
            throws PluginException {
        return new Chosen(
                catalog.newInstance(loaded.name()),
                loaded.version() + " " + loaded.file(),
                context(plan, loaded.name()));
    }

    private static RunContext context(RunPlan plan, String protocolName) {
        return new RunContext(
                plan.configuration().protocol(protocolName),
                plan.online().address(),
                plan.target().address(),
                plan.configuration().replyKeepBytes());
    }

    private static List<String> prepare(RunPlan plan, Chosen chosen) throws RefusedException {
        Preparation found =
                Preparing.within(
                        PREPARE,
                        chosen.protocol().name(),
                        () -> chosen.protocol().prepare(chosen.context()));
        if (!found.problems().isEmpty()) {
            throw new RefusedException(
                    found.problems().stream()
                            .map(plan.configuration().places()::locateIfSetting)
                            .collect(Collectors.joining("\n")));
        }
        return found.warnings();
    }

    /** The run is over, whatever the plugin makes of that. */
    private static Conclusion conclude(Chosen chosen) {
        String name = chosen.protocol().name();
        try {
            return Preparing.within(
                    PREPARE, name, () -> chosen.protocol().conclude(chosen.context()));
        } catch (RefusedException e) {
            return new Conclusion(
                    List.of(), List.of("the plugin could not sum up: " + e.getMessage()));
        }
    }

    /** A target that is down is told before anything is captured. */
    private static Optional<String> unreachable(RunPlan plan) {
        if (plan.way() instanceof Carriage.Way.Agent) {
            // The agent was asked; from here there need be no way.
            return Optional.empty();
        }
        try (Socket socket = new Socket()) {
            socket.connect(
                    plan.target().address(),
                    (int) plan.configuration().run().connectTimeout().toMillis());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(
                    "the target %s cannot be reached (%s): is it running, does a firewall forbid it?"
                            .formatted(plan.target(), e.getMessage()));
        }
    }
}
