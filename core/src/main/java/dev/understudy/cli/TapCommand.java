package dev.understudy.cli;

import dev.understudy.cli.config.HostLimits;
import dev.understudy.cli.config.Quantities;
import dev.understudy.link.SharedSecret;
import dev.understudy.report.Outcome;
import dev.understudy.tap.Tap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy tap}. */
@Command(
        name = "tap",
        sortOptions = false,
        description = {
            "Runs where the online server's packets pass: captures them and ships them to",
            "'copy --from tap://' elsewhere, which does all the rest. Captures while a copier is there."
        })
final class TapCommand implements Callable<Integer> {
    static final int DEFAULT_PORT = 36_525;

    /** As many as a capture filter takes. */
    private static final int MAX_SERVERS = 64;

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private final Parts parts;
    private final Console console;

    @Mixin private CaptureOptions capture;

    @Option(
            names = "--online",
            required = true,
            paramLabel = "ADDR:PORT",
            description = "the server in production; repeatable")
    private List<Endpoint> online = List.of();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "ADDR:PORT",
            description = "where 'copy --from tap://' listens")
    private Endpoint copier;

    @Option(
            names = "--secret-file",
            required = true,
            paramLabel = "FILE",
            description =
                    "for its owner alone, the same at both ends: openssl rand -base64 32 > FILE")
    private Path secretFile;

    @Option(
            names = "--compress",
            paramLabel = "none|zstd",
            defaultValue = "none",
            description =
                    "zstd costs this host CPU and saves the link bytes; default: ${DEFAULT-VALUE}")
    private Compression compression;

    @Option(
            names = "--buffer",
            paramLabel = "SIZE",
            defaultValue = "64MiB",
            description =
                    "memory for packets until the copier has taken them, as when the link is down;"
                            + " default: ${DEFAULT-VALUE}")
    private String buffer;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "what the copier's report calls it; default: the host's name/IFACE")
    private String name;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "ends after capturing this long, as 30s or 2m; default: when stopped")
    private Duration duration;

    @Option(
            names = "--cpu-limit",
            paramLabel = "P%",
            description =
                    "ships nothing while it takes more of this host's processors than this, and counts it; default: no limit")
    private String cpuLimit;

    @Option(
            names = "--pause-above",
            paramLabel = "P%",
            description = "nor while all programs together take more than this; default: no limit")
    private String pauseAbove;

    /** What batches are packed with. */
    enum Compression {
        NONE,
        ZSTD;

        static Compression parse(String text) {
            return switch (text) {
                case "none" -> NONE;
                case "zstd" -> ZSTD;
                default ->
                        throw new IllegalArgumentException(
                                "'%s' is no compression: write none or zstd".formatted(text));
            };
        }
    }

    TapCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    @Override
    public Integer call() throws RefusedException {
        if (online.size() > MAX_SERVERS) {
            throw new RefusedException(
                    "%d times --online: a tap takes %d".formatted(online.size(), MAX_SERVERS));
        }
        String interfaceName = capture.interfaceName();
        int ringMib = capture.ringMib();
        try {
            return ship(
                    interfaceName,
                    new Tap.Plan(
                            () -> parts.capture().open(interfaceName, online, ringMib),
                            copier.address(),
                            SharedSecret.read(secretFile),
                            shownName(interfaceName),
                            bufferBytes(),
                            compression == Compression.ZSTD,
                            Optional.ofNullable(duration),
                            makesRoom()));
        } catch (IOException e) {
            throw new RefusedException(e.getMessage(), e);
        }
    }

    private BooleanSupplier makesRoom() throws RefusedException {
        HostLimits limits =
                new HostLimits(share("--cpu-limit", cpuLimit), share("--pause-above", pauseAbove));
        if (!limits.any()) {
            return () -> false;
        }
        HostGuard.requireKeepable(limits);
        return new TapGuard(limits, line -> console.err().println(line));
    }

    private static Optional<Double> share(String option, String text) throws RefusedException {
        try {
            return Optional.ofNullable(text).map(HostLimits::share);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(option + " " + e.getMessage(), e);
        }
    }

    private long bufferBytes() throws RefusedException {
        long bytes;
        try {
            bytes = Quantities.bytes(buffer);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("--buffer " + e.getMessage(), e);
        }
        if (bytes < Tap.MIN_BUFFER_BYTES || bytes > Tap.MAX_BUFFER_BYTES) {
            throw new RefusedException(
                    "--buffer %s: it must be from %d MiB to %d GiB"
                            .formatted(
                                    buffer,
                                    Tap.MIN_BUFFER_BYTES >> 20,
                                    Tap.MAX_BUFFER_BYTES >> 30));
        }
        return bytes;
    }

    private String shownName(String interfaceName) throws RefusedException {
        if (name == null) {
            String shown = hostName() + "/" + interfaceName;
            return Tap.isName(shown) ? shown : "tap";
        }
        if (!Tap.isName(name)) {
            throw new RefusedException(
                    "--name '%s': write 1 to 64 letters, digits or signs of ASCII without blanks"
                            .formatted(name));
        }
        return name;
    }

    /** Without asking a name server. */
    private static String hostName() {
        try {
            return Files.readString(HOST_NAME).strip();
        } catch (IOException _) {
            return "tap";
        }
    }

    private int ship(String interfaceName, Tap.Plan plan) throws IOException {
        Tap tap = new Tap(plan);
        String servers = online.stream().map(Endpoint::toString).collect(Collectors.joining(", "));
        AtomicBoolean begun = new AtomicBoolean();
        parts.interrupts()
                .install(
                        tap::stop,
                        () -> console.err().println("ending: what was captured is being shipped"));
        Tap.Summary summary;
        try {
            summary =
                    tap.run(
                            new Tap.Progress() {
                                @Override
                                public void capturing() {
                                    begun.set(true);
                                    console.err()
                                            .printf(
                                                    "capturing on %s: %s is shipped to %s%n",
                                                    interfaceName, servers, copier);
                                }

                                @Override
                                public void say(String line) {
                                    console.err().println(line);
                                }
                            });
        } catch (IOException e) {
            if (!begun.get()) {
                throw e;
            }
            console.err().println("understudy tap: the capture broke off: " + e.getMessage());
            return ExitCode.CAPTURE_LOSS;
        }
        console.err()
                .printf(
                        Locale.ROOT,
                        "shipped %,d packets, %,d bytes; dropped by the kernel %,d, for want of"
                                + " buffer %,d, for want of processor time %,d; not taken in the"
                                + " end %,d%n",
                        summary.packets()
                                - summary.droppedForRoom()
                                - summary.withheld()
                                - summary.notTaken(),
                        summary.bytes(),
                        summary.droppedByKernel(),
                        summary.droppedForRoom(),
                        summary.withheld(),
                        summary.notTaken());
        if (summary.captures() == 0) {
            console.err()
                    .println("no copier came: is 'copy --from tap://' running at " + copier + "?");
            return Outcome.INCOMPLETE.exitCode();
        }
        return summary.lost() ? ExitCode.CAPTURE_LOSS : ExitCode.OK;
    }
}
