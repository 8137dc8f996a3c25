package dev.understudy.cli;

import dev.understudy.ledger.Ledger;
import dev.understudy.ledger.PacketLedger;
import dev.understudy.ledger.SessionEnd;
import dev.understudy.ledger.SessionLabel;
import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.Request;
import dev.understudy.protocol.Verdict;
import dev.understudy.report.Ending;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs command lines in this process, with streams that can be read afterwards and with an engine
 * that books one session and one request, answered alike, instead of copying.
 */
final class CommandLineRun implements RunEngine, Recorder, CaptureProbe {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();
    private final List<RunPlan> plans = new ArrayList<>();
    private final List<Recorder.Plan> recordings = new ArrayList<>();
    private final Path plugins;

    private Engine engine = (plan, control) -> control.opened(new Ledger());
    private Ending ending = new Ending.Finished("end of the recording");
    private Verdict verdict = new Verdict.Same();
    private long kernelDrops;
    private long packetsSeen = 1;
    private Interrupts interrupts = (first, second) -> {};

    /** What the engine does before it books. */
    interface Engine {
        void run(RunPlan plan, RunControl control) throws RefusedException;
    }

    /**
     * Nothing was run yet.
     *
     * @param plugins the plugin directory
     */
    CommandLineRun(Path plugins) {
        this.plugins = plugins;
    }

    CommandLineRun with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    CommandLineRun engine(Engine replaced) {
        engine = replaced;
        return this;
    }

    CommandLineRun ending(Ending replaced) {
        ending = replaced;
        return this;
    }

    CommandLineRun verdict(Verdict replaced) {
        verdict = replaced;
        return this;
    }

    CommandLineRun kernelDrops(long drops) {
        kernelDrops = drops;
        return this;
    }

    CommandLineRun packetsSeen(long packets) {
        packetsSeen = packets;
        return this;
    }

    CommandLineRun interrupts(Interrupts replaced) {
        interrupts = replaced;
        return this;
    }

    /** Runs a command line and gives the exit code. */
    int run(String... arguments) {
        Console console =
                new Console(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        true);
        Parts parts =
                new Parts(
                        this,
                        this,
                        this,
                        (name, online, ringMib) -> {
                            throw new IOException("no capture in this test");
                        },
                        () -> ProtocolCatalog.load(plugins).withBuiltIn("tcp", OpaqueTcp::new),
                        interrupts,
                        environment);
        return Understudy.run(parts, console, arguments);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    RunPlan plan() {
        return plans.getLast();
    }

    Recorder.Plan recording() {
        return recordings.getLast();
    }

    boolean wasBegun() {
        return !plans.isEmpty() || !recordings.isEmpty();
    }

    @Override
    public RunResult run(RunPlan plan, ProtocolCatalog catalog, RunControl control)
            throws RefusedException {
        plans.add(plan);
        engine.run(plan, control);
        PacketLedger packets = new PacketLedger();
        packets.droppedByKernel(kernelDrops);
        List<RunResult.Column> columns = new ArrayList<>();
        for (Copy copy : plan.copies()) {
            for (Endpoint target : copy.targets()) {
                columns.add(booked(copy.online(), target, new Ledger(packets)));
            }
        }
        return new RunResult(
                columns,
                Instant.parse("2026-11-23T09:00:00Z"),
                Duration.ofSeconds(1),
                new TreeMap<>());
    }

    private RunResult.Column booked(Endpoint online, Endpoint target, Ledger ledger) {
        SessionLabel session = new SessionLabel(1, "192.0.2.7:40312");
        Request request = new Request(0, "COM_QUERY", "select ?", "select 1", 0, true);
        Reply reply = () -> "1 row";
        ledger.sessionCaptured();
        ledger.asked(request);
        ledger.verdict(session, new Exchange(request, reply, reply, 0, 1_000, 1_000), verdict);
        ledger.sessionEnded(session, new SessionEnd.Complete());
        return new RunResult.Column(
                online,
                target,
                false,
                ledger,
                ending,
                "tcp",
                "1.0.0, (built in)",
                List.of("nothing was rewritten"),
                List.of());
    }

    @Override
    public Recorder.Result record(Recorder.Plan plan, Recorder.Progress progress) {
        recordings.add(plan);
        progress.opened();
        return new Recorder.Result(1_200, 98_304, kernelDrops);
    }

    @Override
    public long packetsSeen(String interfaceName, Endpoint online, Duration look) {
        return packetsSeen;
    }
}
