package dev.understudy.testkit;

import dev.understudy.capture.PacketSource;
import dev.understudy.cli.Version;
import dev.understudy.delivery.NettyConnector;
import dev.understudy.ledger.Ledger;
import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.report.Ending;
import dev.understudy.report.Report;
import dev.understudy.report.RunDescription;
import dev.understudy.report.SampleDetail;
import dev.understudy.session.Pacing;
import dev.understudy.session.Refreshing;
import dev.understudy.session.RunEnd;
import dev.understudy.session.TargetPlan;
import dev.understudy.session.Traffic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A rehearsal within a test. Clients connect to {@link #address}; a relay in this process passes
 * them on to the online server, and all they do is copied onto the target. The relay stands in the
 * path and is for tests alone. {@link RehearsalPlan#capturing} and {@link RehearsalPlan#recording}
 * do without it.
 *
 * <p>Safe for use by several threads. Close it: that ends its connections, threads and sockets.
 */
public final class Rehearsal implements AutoCloseable {
    private static final Duration PREPARE = Duration.ofSeconds(30);

    /** Beside the time for draining: closing sockets and comparing. */
    private static final Duration CLOSING = Duration.ofSeconds(30);

    /** The longest that a recording may take to be copied. */
    private static final Duration RECORDING = Duration.ofMinutes(30);

    private final RehearsalPlan.Prepared plan;
    private final LoadedProtocol protocol;
    private final List<String> warnings;
    private final Optional<Relay> relay;
    private final Optional<PacketSource> source;
    private final Ledger ledger;
    private final Supplier<Conclusion> conclusion;
    private final Refreshing refreshing;
    private final dev.understudy.session.Rehearsal copy;
    private final CompletableFuture<RunEnd> end = new CompletableFuture<>();
    private final Instant started = Instant.now();
    private Optional<RehearsalResult> result = Optional.empty();

    /** What a rehearsal has when its servers were found to be there. */
    private record Ready(
            LoadedProtocol loaded, Protocol protocol, RunContext context, List<String> warnings) {}

    private Rehearsal(
            RehearsalPlan.Prepared plan,
            LoadedProtocol protocol,
            List<String> warnings,
            Optional<Relay> relay,
            Optional<PacketSource> source,
            Ledger ledger,
            Supplier<Conclusion> conclusion,
            Refreshing refreshing,
            dev.understudy.session.Rehearsal copy) {
        this.plan = plan;
        this.protocol = protocol;
        this.warnings = warnings;
        this.relay = relay;
        this.source = source;
        this.ledger = ledger;
        this.conclusion = conclusion;
        this.refreshing = refreshing;
        this.copy = copy;
    }

    /**
     * Plans a rehearsal.
     *
     * @param protocol of a plugin on the class path, as {@code mysql}; or {@code tcp}, which copies
     *     blindly
     */
    public static RehearsalPlan of(String protocol) {
        return new RehearsalPlan(protocol);
    }

    static Rehearsal begin(RehearsalPlan.Prepared plan) {
        ProtocolCatalog catalog = plan.catalog().withBuiltIn("tcp", OpaqueTcp::new);
        LoadedProtocol loaded;
        Protocol protocol;
        try {
            loaded = catalog.byName(plan.protocol());
            protocol = catalog.newInstance(plan.protocol());
        } catch (PluginException e) {
            throw new RehearsalException(
                    e.getMessage() + "\n  is the plugin a dependency of the test?", e);
        }
        boolean captured = plan.way() instanceof Way.Beside;
        RunContext context =
                new RunContext(
                        plan.settings(),
                        captured ? plan.online().seenAs() : plan.online().address(),
                        plan.target().address(),
                        RunContext.DEFAULT_REPLY_KEEP_BYTES);
        List<String> warnings = new ArrayList<>(catalog.problems());
        warnings.addAll(prepare(protocol, context));
        if (!(plan.way() instanceof Way.Recorded)) {
            requireReachable("online", plan.online(), plan.limits().connectTimeout());
        }
        requireReachable("target", plan.target(), plan.limits().connectTimeout());
        Ready ready = new Ready(loaded, protocol, context, warnings);
        return switch (plan.way()) {
            case Way.InThePath() -> {
                Tap tap = new Tap();
                Relay relay = Relay.listen(plan.online().address(), tap);
                Rehearsal rehearsal = of(plan, ready, new Traffic.Flows(tap), Optional.of(relay));
                CompletableFuture.anyOf(tap.begun(), rehearsal.end).join();
                relay.start();
                yield rehearsal;
            }
            case Way.Beside beside -> ofPackets(plan, ready, beside.open(plan.online()));
            case Way.Recorded recorded -> ofPackets(plan, ready, recorded.open());
        };
    }

    private static Rehearsal ofPackets(
            RehearsalPlan.Prepared plan, Ready ready, PacketSource source) {
        return of(plan, ready, new Traffic.Packets(source), Optional.empty());
    }

    private static Rehearsal of(
            RehearsalPlan.Prepared plan, Ready ready, Traffic traffic, Optional<Relay> relay) {
        Ledger ledger = new Ledger();
        Pacing pacing =
                plan.way() instanceof Way.Recorded ? new Pacing.FlatOut() : new Pacing.Live();
        Protocol protocol = ready.protocol();
        RunContext context = ready.context();
        Rehearsal rehearsal =
                new Rehearsal(
                        plan,
                        ready.loaded(),
                        ready.warnings(),
                        relay,
                        traffic instanceof Traffic.Packets(PacketSource source)
                                ? Optional.of(source)
                                : Optional.empty(),
                        ledger,
                        () -> protocol.conclude(context),
                        Refreshing.begin(protocol, context, _ -> {}),
                        new dev.understudy.session.Rehearsal(
                                new dev.understudy.session.Rehearsal.Plan(
                                        traffic,
                                        pacing,
                                        List.of(new TargetPlan(protocol, context, ledger)),
                                        plan.limits(),
                                        plan.acrossSessions(),
                                        Optional.empty()),
                                plan.transport(),
                                new NettyConnector(plan.transport(), plan.limits().delivery())));
        rehearsal.run();
        return rehearsal;
    }

    private void run() {
        Thread.ofPlatform()
                .name("understudy-rehearsal")
                .daemon()
                .start(
                        () -> {
                            try {
                                end.complete(copy.run());
                            } catch (RuntimeException | Error e) {
                                end.complete(new RunEnd.Broken(e));
                            }
                        });
    }

    /** A plugin's own preparation: it may block, so it has a thread and a limit. */
    private static List<String> prepare(Protocol protocol, RunContext context) {
        CompletableFuture<Preparation> preparing = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                preparing.complete(protocol.prepare(context));
                            } catch (RuntimeException | LinkageError e) {
                                preparing.completeExceptionally(e);
                            }
                        });
        try {
            Preparation found = preparing.orTimeout(PREPARE.toSeconds(), TimeUnit.SECONDS).join();
            if (!found.problems().isEmpty()) {
                throw new RehearsalException(String.join("\n", found.problems()));
            }
            return found.warnings();
        } catch (CompletionException e) {
            throw new RehearsalException(protocol.name() + ": " + e.getCause(), e);
        }
    }

    private static void requireReachable(String which, Server server, Duration limit) {
        try (Socket socket = new Socket()) {
            socket.connect(server.address(), (int) limit.toMillis());
        } catch (IOException e) {
            throw new RehearsalException(
                    "the %s server %s cannot be reached (%s): start it before the rehearsal"
                            .formatted(which, server.name(), e.getMessage()),
                    e);
        }
    }

    /**
     * Where clients connect instead of at the online server: a port of loopback. Where the plan is
     * {@link RehearsalPlan#capturing}, the online server itself.
     *
     * @throws IllegalStateException for a recording, which has no clients
     */
    public InetSocketAddress address() {
        return switch (plan.way()) {
            case Way.InThePath() -> relay.orElseThrow().address();
            case Way.Beside() -> plan.online().address();
            case Way.Recorded(var file) ->
                    throw new IllegalStateException(
                            "clients cannot connect to the recording " + file);
        };
    }

    /**
     * The online server's JDBC URL, with {@link #address} in its place and TLS off: what is
     * encrypted cannot be compared. There is one where the online server was given as a database's
     * container or by its URL.
     *
     * @throws IllegalStateException where there is none
     */
    public String jdbcUrl() {
        return plan.online()
                .jdbcUrlAt(address())
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "no JDBC URL is known of %s: give the online server as a JDBC URL or a database's container, or make the URL of address()"
                                                .formatted(plan.online().name())));
    }

    /**
     * Ends the copy and gives what it came to; the same result each time. What clients did before
     * is part of it. Clients that go on are passed on to the online server until {@link #close},
     * and copied no more.
     *
     * @throws RehearsalException where the copy does not end, or the report cannot be written
     */
    public synchronized RehearsalResult finish() {
        if (result.isEmpty()) {
            boolean recorded = plan.way() instanceof Way.Recorded;
            if (!recorded) {
                copy.stop();
            }
            Duration patience =
                    plan.limits()
                            .drain()
                            .multipliedBy(2)
                            .plus(plan.limits().orderWaitMax())
                            .plus(CLOSING)
                            .plus(recorded ? RECORDING : Duration.ZERO);
            RunEnd how;
            try {
                how = end.copy().orTimeout(patience.toSeconds(), TimeUnit.SECONDS).join();
            } catch (CompletionException e) {
                throw new RehearsalException("the copy did not end within " + patience, e);
            } finally {
                refreshing.close();
            }
            result = Optional.of(new RehearsalResult(report(how), plan.reviewed()));
            plan.reportDirectory().ifPresent(result.get()::writeTo);
        }
        return result.get();
    }

    private Report report(RunEnd how) {
        List<String> told = new ArrayList<>(warnings);
        told.addAll(refreshing.warnings());
        relay.flatMap(Relay::refusals).ifPresent(told::add);
        Conclusion said = Conclusion.nothing();
        try {
            said = conclusion.get();
            told.addAll(said.warnings());
        } catch (RuntimeException | LinkageError e) {
            told.add("the plugin could not sum up: " + e);
        }
        RunDescription description =
                new RunDescription(
                        Version.current(),
                        protocol.name(),
                        protocol.version() + " " + protocol.file(),
                        switch (plan.way()) {
                            case Way.InThePath() -> "relay in the path, for tests";
                            case Way.Beside(), Way.Recorded(var _) ->
                                    source.orElseThrow().describe();
                        },
                        plan.online().name(),
                        plan.target().name(),
                        "own",
                        new TreeMap<>(),
                        plan.acrossSessions() ? "causal" : "session",
                        plan.way() instanceof Way.Recorded ? "max" : "live",
                        started,
                        Duration.between(started, Instant.now()),
                        new TreeMap<>(),
                        told,
                        said.tables());
        long reviewed = RehearsalResult.reviewedSum(ledger.scoreboard().groups(), plan.reviewed());
        return Report.of(
                description,
                ledger,
                ending(how),
                plan.allowed().withDifferences(plan.allowed().differences() + reviewed),
                SampleDetail.FULL);
    }

    private Ending ending(RunEnd how) {
        if (source.isPresent() && source.get().counts().cutShort()) {
            return new Ending.SourceFailed(
                    source.get().describe() + " ends within a packet: it was cut");
        }
        return switch (how) {
            case RunEnd.Finished() -> new Ending.Finished("finished");
            case RunEnd.Stopped() -> new Ending.Finished("finished");
            case RunEnd.Looped(String reason) -> new Ending.TargetLost(reason);
            case RunEnd.TargetLost(String reason) ->
                    new Ending.TargetLost(
                            "the target %s was lost: %s".formatted(plan.target().name(), reason));
            case RunEnd.SourceFailed(String reason) -> new Ending.SourceFailed(reason);
            case RunEnd.Broken(Throwable fault) -> new Ending.Failed("copying: " + fault);
        };
    }

    /** Ends the copy, where it was not finished, and every connection that is still passed on. */
    @Override
    public void close() {
        try {
            finish();
        } finally {
            relay.ifPresent(Relay::close);
        }
    }
}
