package dev.understudy.cli;

import dev.understudy.capture.OverlaySource;
import dev.understudy.capture.PacketSource;
import dev.understudy.capture.PcapngSource;
import dev.understudy.capture.RepeatedSource;
import dev.understudy.capture.SecretsReader;
import dev.understudy.cli.config.Configuration;
import dev.understudy.cli.config.HostLimits;
import dev.understudy.delivery.Transport;
import dev.understudy.flow.FlowCounts;
import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.link.SharedSecret;
import dev.understudy.plugins.DetectedProtocol;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Table;
import dev.understudy.report.Ending;
import dev.understudy.session.Pacing;
import dev.understudy.session.Refreshing;
import dev.understudy.session.Rehearsal;
import dev.understudy.session.RunEnd;
import dev.understudy.session.Sample;
import dev.understudy.session.TargetPlan;
import dev.understudy.session.Traffic;
import dev.understudy.tap.TapSource;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
     * One target, with the protocol that its sessions speak.
     *
     * @param plugin its version and file, for the report
     */
    private record Chosen(
            Endpoint online, Endpoint target, String plugin, Ledger ledger, TargetPlan plan) {
        private Protocol protocol() {
            return plan.protocol();
        }
    }

    /** What connections are made with. */
    private record Roads(Transport transport, Carriage carriage, KeyLogs keyLogs) {}

    /** How the run ended as a whole, and why each target that was lost was. */
    private record Ended(
            Ending ending,
            List<Optional<String>> lost,
            Optional<String> steered,
            List<String> warnings,
            List<Table> tables) {
        private Ending of(int column, Chosen chosen) {
            if (lost.get(column).isPresent()) {
                return targetLost(chosen.target(), lost.get(column).get());
            }
            // It is the target that was lost, or is not there, and not the control.
            return chosen.plan().control() && ending instanceof Ending.TargetLost
                    ? new Ending.Finished("no target is left")
                    : ending;
        }
    }

    CopyEngine(LiveSources live) {
        this.live = live;
    }

    @Override
    public RunResult run(RunPlan plan, ProtocolCatalog catalog, RunControl control)
            throws RefusedException {
        List<Chosen> columns = choose(plan, catalog);
        Optional<String> userless = userless(columns);
        if (plan.shape().sample().by() == Sample.By.USER && userless.isPresent()) {
            throw new RefusedException("--sample " + plan.shape().sample() + ": " + userless.get());
        }
        List<List<String>> warnings = new ArrayList<>();
        for (Chosen column : columns) {
            column.ledger().journals().limit(plan.journalBytes());
            List<String> found = prepare(plan, column);
            found.forEach(warning -> control.say("warning: " + whose(column, columns) + warning));
            warnings.add(new ArrayList<>(found));
        }

        Instant started = Instant.now();
        Transport transport = Transport.best();
        try (KeyLogs keyLogs = KeyLogs.open(plan, control::say);
                Carriage carriage = Carriage.open(plan, transport, control::say)) {
            Optional<String> unreachable = unreachable(plan);
            Ended ended =
                    unreachable.isPresent()
                            ? new Ended(
                                    new Ending.TargetLost(unreachable.get()),
                                    Collections.nCopies(columns.size(), Optional.empty()),
                                    Optional.empty(),
                                    List.of(),
                                    List.of())
                            : refreshed(
                                    plan,
                                    columns,
                                    control,
                                    new Roads(transport, carriage, keyLogs),
                                    warnings);
            Duration took = Duration.between(started, Instant.now());
            List<RunResult.Column> results = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                Chosen column = columns.get(i);
                Conclusion said = conclude(column);
                ended.steered().ifPresent(warnings.get(i)::add);
                results.add(
                        new RunResult.Column(
                                column.online(),
                                column.target(),
                                column.plan().control(),
                                column.ledger(),
                                ended.of(i, column),
                                column.protocol().name(),
                                column.plugin(),
                                Stream.of(
                                                warnings.get(i),
                                                keyLogs.warnings(),
                                                ended.warnings(),
                                                said.warnings())
                                        .flatMap(List::stream)
                                        .toList(),
                                Stream.of(keyLogs.tables(), ended.tables(), said.tables())
                                        .flatMap(List::stream)
                                        .toList()));
            }
            return new RunResult(results, started, took, carriage.counts());
        } catch (IOException e) {
            // The settings stay written down, and are taken back by the next start.
            throw new RefusedException(
                    "what was changed on this host could not be taken back: " + e.getMessage(), e);
        }
    }

    /** Why users cannot be sampled, where a protocol of the run has none. */
    private static Optional<String> userless(List<Chosen> columns) {
        return columns.stream()
                .map(Chosen::protocol)
                .filter(protocol -> !protocol.knowsUsers())
                .findFirst()
                .map(
                        protocol ->
                                "sessions of protocol %s have no user: sample sessions, or clients:N%%; a protocol that is not certain has to be named with --protocol"
                                        .formatted(protocol.name()));
    }

    /** What is said of one of several targets begins with its name. */
    private static String whose(Chosen column, List<Chosen> columns) {
        return columns.size() == 1 ? "" : column.target() + ": ";
    }

    /** Copies while the plugins look again at their servers; what they find joins the warnings. */
    private Ended refreshed(
            RunPlan plan,
            List<Chosen> columns,
            RunControl control,
            Roads roads,
            List<List<String>> warnings)
            throws RefusedException {
        List<Refreshing> refreshings = new ArrayList<>();
        for (Chosen column : columns) {
            refreshings.add(
                    Refreshing.begin(
                            column.protocol(),
                            column.plan().context(),
                            warning ->
                                    control.say("warning: " + whose(column, columns) + warning)));
        }
        try {
            return copy(plan, columns, control, roads);
        } finally {
            for (int i = 0; i < refreshings.size(); i++) {
                refreshings.get(i).close();
                warnings.get(i).addAll(refreshings.get(i).warnings());
            }
        }
    }

    private Ended copy(RunPlan plan, List<Chosen> columns, RunControl control, Roads roads)
            throws RefusedException {
        boolean live = plan.tempo().pacing() instanceof Pacing.Live;
        HostLimits host = live ? plan.configuration().host() : HostLimits.NONE;
        HostGuard.requireKeepable(host);
        PacketSource source = open(plan, roads.keyLogs().ofRecording(), control);
        Rehearsal rehearsal =
                new Rehearsal(
                        new Rehearsal.Plan(
                                new Traffic.Packets(source),
                                plan.tempo().pacing(),
                                columns.stream().map(Chosen::plan).toList(),
                                plan.configuration().run(),
                                plan.order() != Order.SESSION,
                                plan.duration(),
                                plan.shape(),
                                plan.tempo().skipIdle(),
                                roads.keyLogs().reading(),
                                Copy.onlineOf(plan.copies()).stream()
                                        .flatMap(online -> online.all().stream())
                                        .collect(Collectors.toSet()),
                                plan.requestsOnly()),
                        roads.transport(),
                        roads.carriage().connector());
        List<Ledger> ledgers = columns.stream().map(Chosen::ledger).toList();
        Steering steering = new Steering(rehearsal, live, ledgers, userless(columns));
        Optional<SteeringSocket> socket = steered(plan.steered(), steering, source, control);
        try (HostGuard guard = HostGuard.begin(rehearsal, host)) {
            control.opened(ledgers.toArray(Ledger[]::new));
            control.onStop(rehearsal::stop);
            Ending ending = ending(plan, source, rehearsal.run());
            List<String> said = new ArrayList<>(source.warnings());
            said.addAll(rehearsal.warnings());
            said.addAll(guard.warnings());
            sidesSeen(plan.requestsOnly(), rehearsal.flows()).ifPresent(said::add);
            return new Ended(ending, rehearsal.lost(), steering.told(), said, tables(source));
        } finally {
            socket.ifPresent(SteeringSocket::close);
        }
    }

    /** What is to be said where a capture shows another direction than it was read for. */
    private static Optional<String> sidesSeen(boolean requestsOnly, FlowCounts flows) {
        if (requestsOnly && flows.serverPayloads() > 0) {
            return Optional.of(
                    "%d packets with answers of the online server were in the capture and passed over: without --requests-only they are compared"
                            .formatted(flows.serverPayloads()));
        }
        if (!requestsOnly && flows.clientPayloads() > 0 && flows.serverPayloads() == 0) {
            return Optional.of(
                    "only requests were seen, %d packets of them, and no answer: a mirror of one direction is copied with --requests-only"
                            .formatted(flows.clientPayloads()));
        }
        if (flows.clientPayloads() == 0 && flows.serverPayloads() > 0) {
            return Optional.of(
                    "only answers were seen, %d packets of them, and no request: the mirror has to show what clients send"
                            .formatted(flows.serverPayloads()));
        }
        return Optional.empty();
    }

    /** Where the run takes commands; a run whose place was not asked for goes on without one. */
    private static Optional<SteeringSocket> steered(
            RunPlan.Steered wanted, Steering steering, PacketSource source, RunControl control)
            throws RefusedException {
        try {
            SteeringSocket socket = SteeringSocket.open(wanted.socket(), steering::obey);
            control.say("understudy ctl reaches this run at " + socket.path());
            return Optional.of(socket);
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException e) {
            if (wanted.required()) {
                source.close();
                throw new RefusedException(
                        "--socket %s cannot be opened (%s): name a file of a folder that may be written to"
                                .formatted(wanted.socket(), e.getMessage()),
                        e);
            }
            LOG.debug("no socket for 'understudy ctl'", e);
            return Optional.empty();
        }
    }

    /** What the report says of the source beside its counts. */
    private static List<Table> tables(PacketSource source) {
        return source instanceof TapSource taps ? List.of(TapTable.of(taps.taps())) : List.of();
    }

    private static Ending ending(RunPlan plan, PacketSource source, RunEnd end) {
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
            case RunEnd.Looped(String reason) -> new Ending.TargetLost(reason);
            case RunEnd.TargetLost(String reason) -> targetLost(plan.targets().getFirst(), reason);
            case RunEnd.SourceFailed(String reason) -> new Ending.SourceFailed(reason);
            case RunEnd.Broken(Throwable fault) -> {
                LOG.error("internal error; please report this", fault);
                yield new Ending.Failed("copying: " + fault);
            }
        };
    }

    private static Ending targetLost(Endpoint target, String reason) {
        return new Ending.TargetLost(
                "the target %s was lost: %s; is it running, and may it be reached?"
                        .formatted(target, reason));
    }

    private PacketSource open(RunPlan plan, SecretsReader secrets, RunControl control)
            throws RefusedException {
        try {
            return switch (plan.source()) {
                case RunPlan.Source.Interface(String name) ->
                        live.open(name, Copy.onlineOf(plan.copies()), plan.ringMib());
                case RunPlan.Source.File(var path) ->
                        plan.tempo().passes() == 1
                                ? PcapngSource.recording(path, secrets)
                                : RepeatedSource.open(
                                        () -> PcapngSource.recording(path, secrets),
                                        plan.tempo().passes());
                case RunPlan.Source.StandardInput() ->
                        PcapngSource.open(PcapngSource.STANDARD_INPUT, secrets);
                case RunPlan.Source.Mirror(var from, var overlay, var senders, var networks) ->
                        OverlaySource.open(
                                new OverlaySource.Plan(
                                        overlay,
                                        from.at(),
                                        sender ->
                                                senders.stream()
                                                        .anyMatch(range -> range.contains(sender)),
                                        Set.copyOf(networks),
                                        plan.ringMib() << 20));
                case RunPlan.Source.Taps(var from, var secretFile) ->
                        TapSource.listen(from.at(), SharedSecret.read(secretFile), control::say);
            };
        } catch (IOException e) {
            throw new RefusedException(String.valueOf(e.getMessage()), e);
        }
    }

    /** A protocol for each target, in the order of the copies. */
    private static List<Chosen> choose(RunPlan plan, ProtocolCatalog catalog)
            throws RefusedException {
        PacketLedger packets = new PacketLedger();
        List<Chosen> columns = new ArrayList<>();
        for (Copy copy : plan.copies()) {
            for (Endpoint target : copy.targets()) {
                Pair pair =
                        new Pair(plan.configuration(), plan.order(), copy.online(), target, false);
                columns.add(choose(copy.protocol(), pair, new Ledger(packets), catalog));
            }
            if (copy.control().isPresent()) {
                Endpoint control = copy.control().get();
                Pair pair =
                        new Pair(plan.configuration(), plan.order(), copy.online(), control, true);
                columns.add(choose(copy.protocol(), pair, new Ledger(packets), catalog));
            }
        }
        return columns;
    }

    /** An online server and one of its targets. */
    private record Pair(
            Configuration configuration,
            Order order,
            Endpoint online,
            Endpoint target,
            boolean control) {
        private RunContext context(String protocolName) {
            return new RunContext(
                    configuration.protocol(protocolName),
                    online.address(),
                    target.address(),
                    configuration.replyKeepBytes(),
                    control,
                    order == Order.COMMIT);
        }

        private Chosen chosen(Protocol protocol, String plugin, String settings, Ledger ledger) {
            return new Chosen(
                    online,
                    target,
                    plugin,
                    ledger,
                    new TargetPlan(protocol, context(settings), ledger, control));
        }
    }

    /** By name, else by port, else by the first bytes of each connection. */
    private static Chosen choose(
            Optional<String> name, Pair pair, Ledger ledger, ProtocolCatalog catalog)
            throws RefusedException {
        int port = pair.online().address().getPort();
        try {
            Optional<LoadedProtocol> usual =
                    name.isPresent()
                            ? Optional.of(catalog.byName(name.get()))
                            : catalog.byPort(port);
            if (usual.isPresent()) {
                LoadedProtocol loaded = usual.get();
                return pair.chosen(
                        catalog.newInstance(loaded.name()),
                        loaded.version() + " " + loaded.file(),
                        loaded.name(),
                        ledger);
            }
        } catch (PluginException e) {
            throw new RefusedException(e.getMessage(), e);
        }
        Map<String, Protocol> candidates = catalog.candidates();
        if (candidates.isEmpty()) {
            throw new RefusedException(
                    "no plugin is there that could tell the protocol of port %d: put one into the plugins directory, or copy blindly with --protocol tcp"
                            .formatted(port));
        }
        return pair.chosen(
                new DetectedProtocol(candidates, pair::context),
                "detected by the first bytes",
                "",
                ledger);
    }

    private static List<String> prepare(RunPlan plan, Chosen chosen) throws RefusedException {
        Preparation found =
                Preparing.within(
                        PREPARE,
                        chosen.protocol().name(),
                        () -> chosen.protocol().prepare(chosen.plan().context()));
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
                    PREPARE, name, () -> chosen.protocol().conclude(chosen.plan().context()));
        } catch (RefusedException e) {
            return new Conclusion(
                    List.of(), List.of("the plugin could not sum up: " + e.getMessage()));
        }
    }

    /** A target that is down is told before anything is captured. */
    private static Optional<String> unreachable(RunPlan plan) {
        if (plan.way() instanceof Carriage.Way.Agents) {
            // The agent was asked; from here there need be no way.
            return Optional.empty();
        }
        for (Endpoint target : plan.targets()) {
            try (Socket socket = new Socket()) {
                socket.connect(
                        target.address(),
                        (int) plan.configuration().run().connectTimeout().toMillis());
            } catch (IOException e) {
                return Optional.of(
                        "the target %s cannot be reached (%s): is it running, does a firewall forbid it?"
                                .formatted(target, e.getMessage()));
            }
        }
        return Optional.empty();
    }
}
