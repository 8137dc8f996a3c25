package dev.understudy.cli;

import dev.understudy.capture.PacketSource;
import dev.understudy.capture.PcapngSource;
import dev.understudy.ledger.Ledger;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.report.Ending;
import dev.understudy.session.Rehearsal;
import dev.understudy.session.RunEnd;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a {@link Rehearsal} of what was asked for, and a result of how it ended. */
final class CopyEngine implements RunEngine {
    private static final Logger LOG = LoggerFactory.getLogger(CopyEngine.class);

    /** A plugin's own preparation may ask servers; it is not waited for longer. */
    private static final Duration PREPARE = Duration.ofSeconds(30);

    private final LiveSources live;

    CopyEngine(LiveSources live) {
        this.live = live;
    }

    @Override
    public RunResult run(RunPlan plan, ProtocolCatalog catalog, RunControl control)
            throws RefusedException {
        LoadedProtocol loaded = choose(plan, catalog);
        Protocol protocol = instance(loaded, catalog);
        RunContext context =
                new RunContext(
                        plan.configuration().protocol(loaded.name()),
                        plan.online().address(),
                        plan.target().address(),
                        plan.configuration().replyKeepBytes());
        List<String> warnings = new ArrayList<>(prepare(loaded, protocol, context));
        warnings.forEach(warning -> control.say("warning: " + warning));

        Ledger ledger = new Ledger();
        Instant started = Instant.now();
        Ending ending =
                unreachable(plan)
                        .<Ending>map(Ending.TargetLost::new)
                        .orElse(new Ending.Finished(""));
        if (ending instanceof Ending.Finished) {
            ending = copy(plan, protocol, context, ledger, control);
        }
        return new RunResult(
                ledger,
                ending,
                loaded.name(),
                loaded.version() + " " + loaded.file(),
                started,
                Duration.between(started, Instant.now()),
                warnings);
    }

    private Ending copy(
            RunPlan plan, Protocol protocol, RunContext context, Ledger ledger, RunControl control)
            throws RefusedException {
        PacketSource source = open(plan);
        Rehearsal rehearsal =
                Rehearsal.of(
                        new Rehearsal.Plan(
                                source,
                                plan.pacing(),
                                protocol,
                                context,
                                plan.configuration().run(),
                                plan.causal(),
                                plan.duration()),
                        ledger);
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
                case RunPlan.Source.File(var path) -> PcapngSource.open(path.toString());
                case RunPlan.Source.StandardInput() ->
                        PcapngSource.open(PcapngSource.STANDARD_INPUT);
            };
        } catch (IOException e) {
            throw new RefusedException(String.valueOf(e.getMessage()), e);
        }
    }

    private static LoadedProtocol choose(RunPlan plan, ProtocolCatalog catalog)
            throws RefusedException {
        if (plan.protocol().isPresent()) {
            try {
                return catalog.byName(plan.protocol().get());
            } catch (PluginException e) {
                throw new RefusedException(e.getMessage(), e);
            }
        }
        int port = plan.online().address().getPort();
        return catalog.byPort(port)
                .orElseThrow(
                        () ->
                                new RefusedException(
                                        "no protocol is usual on port %d: name one with --protocol; there are %s"
                                                .formatted(
                                                        port,
                                                        String.join(
                                                                ", ",
                                                                catalog.protocols().stream()
                                                                        .map(LoadedProtocol::name)
                                                                        .sorted()
                                                                        .toList()))));
    }

    private static Protocol instance(LoadedProtocol loaded, ProtocolCatalog catalog)
            throws RefusedException {
        try {
            return catalog.newInstance(loaded.name());
        } catch (PluginException e) {
            throw new RefusedException(e.getMessage(), e);
        }
    }

    private static List<String> prepare(
            LoadedProtocol loaded, Protocol protocol, RunContext context) throws RefusedException {
        Preparation found = Preparing.within(PREPARE, loaded.name(), protocol, context);
        if (!found.problems().isEmpty()) {
            throw new RefusedException(String.join("\n", found.problems()));
        }
        return found.warnings();
    }

    /** A target that is down is told before anything is captured. */
    private static Optional<String> unreachable(RunPlan plan) {
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
