package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.ledger.Ledger;
import dev.understudy.protocol.Verdict;
import dev.understudy.report.Ending;
import dev.understudy.session.Pacing;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandsTest {
    private static final String[] COPY = {
        "copy", "-i", "lo", "--online", "192.0.2.1:3306", "--target", "[2001:db8::2]:3307"
    };

    @TempDir private Path directory;
    private CommandLineRun understudy;

    @BeforeEach
    void plugins() throws Exception {
        Path plugins = Files.createDirectory(directory.resolve("plugins"));
        understudy = new CommandLineRun(plugins);
    }

    private static String[] copy(String... more) {
        List<String> arguments = new ArrayList<>(List.of(COPY));
        arguments.addAll(List.of(more));
        return arguments.toArray(new String[0]);
    }

    @Test
    void copyHandsItsOptionsToTheEngine() throws Exception {
        Path config = directory.resolve("c.yaml");
        Files.writeString(config, "run: { drain: 3s }\n");
        assertEquals(
                0,
                understudy.run(
                        copy(
                                "--protocol=tcp",
                                "--config=" + config,
                                "--duration=2m",
                                "--order=session",
                                "--ring-mib=64")));
        RunPlan plan = understudy.plan();
        assertEquals(new RunPlan.Source.Interface("lo"), plan.source());
        Copy only = plan.copies().getFirst();
        assertEquals("192.0.2.1:3306", only.online().toString());
        assertEquals("[2001:db8:0:0:0:0:0:2]:3307", only.targets().getFirst().toString());
        assertEquals(Optional.of("tcp"), only.protocol());
        assertEquals(1, plan.copies().size());
        assertEquals(Optional.of(Duration.ofMinutes(2)), plan.duration());
        assertEquals(Order.SESSION, plan.order());
        assertEquals(64, plan.ringMib());
        assertEquals(new Pacing.Live(), plan.tempo().pacing());
        assertEquals(Duration.ofSeconds(3), plan.configuration().run().drain());
    }

    @Test
    void copiesNameSeveralServersAndTheirTargets() {
        assertEquals(
                0,
                understudy.run(
                        "copy",
                        "-i",
                        "lo",
                        "--protocol=tcp",
                        "--copy=192.0.2.1:3306=192.0.2.7:3306,[2001:db8::7]:3307",
                        "--copy=[2001:db8::1]:80=192.0.2.8:8080@tcp"));
        List<Copy> copies = understudy.plan().copies();
        assertEquals(
                "192.0.2.1:3306 is copied to 192.0.2.7:3306 and [2001:db8:0:0:0:0:0:7]:3307;"
                        + " [2001:db8:0:0:0:0:0:1]:80 is copied to 192.0.2.8:8080",
                Copy.describe(copies));
        assertEquals(Optional.of("tcp"), copies.getFirst().protocol());
        assertTrue(understudy.out().contains("3 targets, order causal"), understudy.out());
    }

    @Test
    void copiesMayStandInTheConfiguration() throws Exception {
        Path config = directory.resolve("c.yaml");
        Files.writeString(
                config,
                """
                copies:
                - online: 192.0.2.1:3306
                  target: [192.0.2.7:3306, 192.0.2.8:3306]
                  control: 192.0.2.9:3306
                  protocol: tcp
                - { online: 192.0.2.2:3306, target: 192.0.2.7:3306 }
                """);
        assertEquals(
                0,
                understudy.run(
                        "copy", "-i", "lo", "--protocol=tcp", "--config", config.toString()));
        assertEquals(
                "192.0.2.1:3306 is copied to 192.0.2.7:3306 and 192.0.2.8:3306, with"
                        + " 192.0.2.9:3306 as control; 192.0.2.2:3306 is copied to 192.0.2.7:3306",
                Copy.describe(understudy.plan().copies()));
        assertEquals(3, understudy.plan().targets().size());
    }

    @Test
    void theLoadIsShapedByOptions() {
        assertEquals(
                0,
                understudy.run(
                        copy(
                                "--sample=clients:2.50%",
                                "--ramp=10m",
                                "--multiply=3",
                                "--clients=192.0.2.0/24",
                                "--clients=2001:db8::1/128")));
        assertEquals(
                "sample clients:2.5%, ramp 600s, clients 192.0.2.0/24 2001:db8:0:0:0:0:0:1/128,"
                        + " multiply 3",
                understudy.plan().shape().toString());
        assertTrue(understudy.out().contains("sample clients:2.5%"), understudy.out());
    }

    @Test
    void oneServerMayBeCopiedToSeveralTargets() {
        assertEquals(0, understudy.run(copy("--target", "192.0.2.9:1")));
        assertEquals(2, understudy.plan().copies().getFirst().targets().size());
        assertEquals(2, understudy.plan().targets().size());
    }

    @Test
    void capturingIsSaidOnceAndNotBeforeItIsTrue() {
        understudy.engine(
                (plan, control) -> {
                    assertFalse(understudy.err().contains("capturing"));
                    control.opened(new Ledger());
                    control.opened(new Ledger());
                });
        assertEquals(0, understudy.run(COPY));
        assertEquals(
                1, understudy.err().lines().filter(line -> line.contains("capturing")).count());
    }

    @Test
    void aReplayTakesCausalOrderAndItsOwnPaceUnlessToldOtherwise() throws Exception {
        Path file = Files.writeString(directory.resolve("day.pcapng"), "");
        String[] replay = {
            "replay", file.toString(), "--online", "192.0.2.1:1", "--target", "192.0.2.2:1"
        };
        assertEquals(0, understudy.run(replay));
        assertEquals(new RunPlan.Source.File(file), understudy.plan().source());
        assertEquals(new Pacing.Scaled(1), understudy.plan().tempo().pacing());
        assertEquals(Order.CAUSAL, understudy.plan().order());
        assertFalse(understudy.err().contains("capturing"));
    }

    @ParameterizedTest(name = "--speed {0}")
    @CsvSource({"1, 1", "2.5, 2.5", "0.1, 0.1"})
    void speedsAreFactors(String text, double factor) {
        assertEquals(new Pacing.Scaled(factor), ReplayCommand.parseSpeed(text));
        assertEquals(new Pacing.FlatOut(), ReplayCommand.parseSpeed("max"));
    }

    @Test
    void theReportGoesToStandardOutputAndToItsDirectory() throws Exception {
        Path reports = directory.resolve("reports/today");
        assertEquals(0, understudy.run(copy("--report", reports.toString())));
        assertTrue(understudy.out().startsWith("outcome: ok (exit code 0)\n"), understudy.out());
        assertTrue(understudy.out().contains("warning: nothing was rewritten"));
        assertEquals(understudy.out(), Files.readString(reports.resolve("report.txt")));
        assertTrue(
                Files.readString(reports.resolve("report.json")).contains("\"outcome\" : \"ok\""));
        assertTrue(understudy.err().contains("report: " + reports.resolve("report.json")));
    }

    @Test
    void theOutcomeIsTheExitCode() {
        assertEquals(4, understudy.ending(new Ending.TargetLost("gone")).run(COPY));
        assertEquals(6, understudy.ending(new Ending.SourceFailed("cut")).run(COPY));
        assertEquals(5, understudy.ending(new Ending.Failed("boom")).run(COPY));
        understudy.ending(new Ending.Finished("done")).kernelDrops(1);
        assertEquals(3, understudy.run(COPY));
        understudy.kernelDrops(0).verdict(new Verdict.Different("rows", "1", "2"));
        assertEquals(1, understudy.run(COPY));
        assertEquals(0, understudy.run(copy("--max-differences", "1")));
        assertEquals(6, understudy.verdict(new Verdict.NotCompared("too-large")).run(COPY));
    }

    @Test
    void aSecretIsInNoStream() throws Exception {
        Path config = directory.resolve("c.yaml");
        Files.writeString(config, "tcp:\n  a: ${env:P}\n  b: written-out\nlimits: { lost: 3 }\n");
        Path reports = directory.resolve("reports");
        understudy
                .with("P", "hunter2")
                .run(copy("--config", config.toString(), "--report", reports.toString()));
        String json = Files.readString(reports.resolve("report.json"));
        String all = understudy.out() + understudy.err() + json;
        assertFalse(all.contains("hunter2"), all);
        assertFalse(all.contains("written-out"), all);
        assertTrue(json.contains("\"limits.lost\" : \"3\""), json);
    }

    @Test
    void aSignalAsksTheRunToEndAndItsReportStillCounts() {
        List<Runnable> signals = new ArrayList<>();
        List<String> events = new ArrayList<>();
        understudy
                .interrupts((first, second) -> signals.add(first))
                .engine(
                        (plan, control) -> {
                            control.opened(new Ledger());
                            control.onStop(() -> events.add("stopped"));
                            signals.getFirst().run();
                            assertEquals(List.of("stopped"), events);
                        });
        assertEquals(0, understudy.run(COPY));
        assertTrue(understudy.err().contains("ending: no more is captured"));
        assertTrue(understudy.out().startsWith("outcome: ok"));
    }

    @Test
    void aSignalBeforeTheEngineListensIsNotLost() {
        List<Runnable> signals = new ArrayList<>();
        List<String> events = new ArrayList<>();
        understudy
                .interrupts((first, second) -> signals.add(first))
                .engine(
                        (plan, control) -> {
                            signals.getFirst().run();
                            control.onStop(() -> events.add("stopped"));
                        });
        understudy.run(COPY);
        assertEquals(List.of("stopped"), events);
    }

    @Test
    void recordSaysWhatItWrote() {
        Path file = directory.resolve("day.pcapng");
        assertEquals(
                0,
                understudy.run(
                        "record", "-i", "any", "--online", "192.0.2.1:1", "-o", file.toString()));
        assertEquals(file, understudy.recording().file());
        assertTrue(understudy.err().contains("capturing on any"), understudy.err());
        assertTrue(understudy.err().contains("recorded 1,200 packets, 98,304 bytes"));
        understudy.kernelDrops(1);
        assertEquals(
                3,
                understudy.run(
                        "record", "-i", "any", "--online", "192.0.2.1:1", "-o", file.toString()));
    }

    @Test
    void pluginsListsWhatThereIsAndSaysWhatDoesNotFit() throws Exception {
        assertEquals(0, understudy.run("plugins"));
        assertTrue(understudy.out().contains("tcp          1.0.0            -"), understudy.out());
        Files.writeString(directory.resolve("plugins/broken.jar"), "no jar");
        assertEquals(2, understudy.run("plugins"));
        assertTrue(understudy.err().contains("plugin broken.jar is damaged"), understudy.err());
    }

    @Test
    void interceptsMayStandInTheConfiguration() throws Exception {
        Path config = directory.resolve("agents.yaml");
        Files.writeString(
                config,
                """
                copies:
                  - online: 192.0.2.1:3306
                    target: [192.0.2.7:3306, 192.0.2.8:3306]
                    control: 192.0.2.9:3306
                    intercept: ["192.0.2.8:3306=192.0.2.8:36000", "192.0.2.7:36524"]
                  - { online: 192.0.2.2:3306, target: 192.0.2.8:3306, intercept: "192.0.2.8:36000" }
                  - { online: 192.0.2.3:3306, target: 192.0.2.10:3306 }
                """);
        understudy.run(
                "copy",
                "-i=lo",
                "--config=" + config,
                "--client-address=keep",
                "--secret-file=secret",
                "--intercept=192.0.2.10:36524");
        var agents = (Carriage.Way.Agents) understudy.plan().way();
        assertEquals(
                List.of(
                        "192.0.2.7:36524",
                        "192.0.2.8:36000",
                        "192.0.2.7:36524",
                        "192.0.2.10:36524"),
                understudy.plan().targets().stream()
                        .map(target -> agents.of(target).orElseThrow().toString())
                        .toList());
        assertEquals(Path.of("secret"), agents.secretFile());
    }

    @Test
    void doctorChecksWhatIsNamed() throws Exception {
        try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            understudy.run(
                    "doctor",
                    "-i=lo",
                    "--online=192.0.2.1:3306",
                    "--target=127.0.0.1:" + target.getLocalPort(),
                    "--protocol=tcp");
            assertTrue(understudy.out().contains("ok       interface   lo is there"));
            assertTrue(understudy.out().contains("ok       flow        1 packets"));
            assertTrue(understudy.out().contains("accepts connections"), understudy.out());
            assertTrue(understudy.out().contains("local ports, net.ipv4.tcp_tw_reuse is"));
        }
    }

    @Test
    void doctorFailsWhereTheTargetIsDownOrTheOnlineServerItself() throws Exception {
        int closedPort;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closedPort = socket.getLocalPort();
        }
        String target = "127.0.0.1:" + closedPort;
        assertEquals(2, understudy.run("doctor", "--target=" + target));
        assertTrue(understudy.out().contains("cannot be reached"), understudy.out());
        assertEquals(2, understudy.run("doctor", "--online=" + target, "--target=" + target));
        assertTrue(understudy.out().contains("is the online server"), understudy.out());
    }

    @Test
    void doctorConnectsAsNobodyToNoOtherHost() {
        assertEquals(2, understudy.run("doctor", "--protect=192.0.2.1:1"));
        assertTrue(understudy.out().contains("no interface here has this"), understudy.out());
        assertEquals(
                2,
                understudy.run(
                        "doctor", "--return-route", "--target=127.0.0.1:1", "--as=10.98.0.1"));
        assertTrue(understudy.out().contains("is on this host"), understudy.out());
        assertEquals(2, understudy.run("doctor", "--return-route"));
        assertTrue(understudy.out().contains("is tried with --target and --as"), understudy.out());
        assertEquals(2, understudy.run("doctor", "--to=127.0.0.1:1"));
        assertTrue(understudy.out().contains("name the --secret-file"), understudy.out());
    }

    @Test
    void doctorWarnsWhereNoPacketPasses() {
        understudy.packetsSeen(0).run("doctor", "-i", "lo", "--online", "192.0.2.1:1");
        assertTrue(
                understudy.out().contains("warning  flow        no packet of 192.0.2.1:1"),
                understudy.out());
    }

    @Test
    void helpAndVersionGoToStandardOutput() {
        assertEquals(0, understudy.run("--help"));
        assertEquals(0, understudy.run("copy", "--help"));
        assertEquals(0, understudy.run("--version"));
        assertEquals(0, understudy.run("replay", "--version"));
        assertTrue(understudy.out().contains("Usage: understudy copy"), understudy.out());
        assertTrue(understudy.out().contains("plugin-api 1.0.0"), understudy.out());
        assertEquals("", understudy.err());
    }
}
