package dev.understudy.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy record}. */
@Command(
        name = "record",
        sortOptions = false,
        description = "Records the online server's packets to a file, for 'understudy replay'.")
final class RecordCommand implements Callable<Integer> {
    /** How long the last packets may take to be written when the recording was stopped. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Parts parts;
    private final Console console;

    @Mixin private CaptureOptions capture;

    @Option(
            names = "--online",
            required = true,
            paramLabel = "ADDR:PORT",
            description = "the server in production; [v6]:PORT and names are taken too")
    private Endpoint online;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE.pcapng",
            description = "written anew; it holds what clients sent, so keep it safe")
    private Path file;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "ends the recording after this time, as 30s or 2m; default: when stopped")
    private Duration duration;

    RecordCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    @Override
    public Integer call() throws RefusedException {
        String name = capture.interfaceName();
        Path directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || directory == null || !Files.isWritable(directory)) {
            throw new RefusedException(
                    "-o %s cannot be written: name a file in a directory that is there and may be written to"
                            .formatted(file));
        }
        Recorder.Plan plan =
                new Recorder.Plan(
                        name, online, file, Optional.ofNullable(duration), capture.ringMib());
        String openedLine = "capturing on %s: %s is recorded".formatted(name, online);
        try (LiveControl control =
                new LiveControl(console, parts.interrupts(), openedLine, PATIENCE)) {
            Recorder.Result result = parts.recorder().record(plan, control);
            console.err()
                    .printf(
                            Locale.ROOT,
                            "recorded %,d packets, %,d bytes, to %s; %,d dropped by the kernel%n",
                            result.packets(),
                            result.bytes(),
                            file,
                            result.droppedByKernel());
            return result.droppedByKernel() > 0 ? ExitCode.CAPTURE_LOSS : ExitCode.OK;
        } catch (IOException e) {
            throw new RefusedException(
                    "-o %s cannot be written on (%s): make room, or name another file"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }
}
