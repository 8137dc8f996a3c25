package dev.understudy.cli;

import dev.understudy.session.Pacing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy replay}. */
@Command(
        name = "replay",
        sortOptions = false,
        description = "Copies the sessions of a recording onto the target, and compares answers.")
final class ReplayCommand implements Callable<Integer> {
    private static final String STANDARD_INPUT = "-";
    private static final int MAX_PASSES = 1_000_000;

    private final Copying copying;
    private final Console console;

    @Parameters(
            paramLabel = "FILE|-",
            description =
                    "pcap or pcapng, by 'understudy record', tcpdump or any other; - reads a stream")
    private String file;

    @Mixin private CopyingOptions options;

    @Option(
            names = "--speed",
            paramLabel = "1|2.5|max",
            defaultValue = "1",
            description = "times the recorded pace; max: as fast as the target answers")
    private Pacing speed;

    @Option(
            names = "--skip-idle",
            paramLabel = "TIME",
            description = "times without a packet are cut to this one, as 5s")
    private Duration skipIdle;

    @Option(
            names = "--loop",
            paramLabel = "N",
            defaultValue = "1",
            description = "reads the file so often, one after the other")
    private int loop;

    ReplayCommand(Copying copying, Console console) {
        this.copying = copying;
        this.console = console;
    }

    @Override
    public Integer call() throws RefusedException {
        CopyRequest request = options.toRequest();
        RunPlan.Source source = source();
        return copying.run(
                request,
                source,
                new RunPlan.Tempo(speed, Optional.ofNullable(skipIdle), passes(source)),
                Optional.empty(),
                0,
                "reading " + source.describe());
    }

    private int passes(RunPlan.Source source) throws RefusedException {
        if (loop < 1 || loop > MAX_PASSES) {
            throw new RefusedException(
                    "--loop %d: it must be from 1 to %,d".formatted(loop, MAX_PASSES));
        }
        if (loop > 1 && !(source instanceof RunPlan.Source.File)) {
            throw new RefusedException(
                    "--loop %d: standard input is there once; name a file".formatted(loop));
        }
        return loop;
    }

    private RunPlan.Source source() throws RefusedException {
        if (file.equals(STANDARD_INPUT)) {
            if (console.inIsTerminal()) {
                throw new RefusedException(
                        "-: standard input is a terminal: pipe a capture into it, as 'tcpdump -U -w -' writes one");
            }
            return new RunPlan.Source.StandardInput();
        }
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            throw new RefusedException("no file %s: check its name".formatted(path));
        }
        if (Files.isDirectory(path) || !Files.isReadable(path)) {
            throw new RefusedException(
                    "%s cannot be read: it is a directory, or its permissions forbid it"
                            .formatted(path));
        }
        return new RunPlan.Source.File(path);
    }

    /** Reads {@code max} or a factor above 0. */
    static Pacing parseSpeed(String text) {
        if (text.equals("max")) {
            return new Pacing.FlatOut();
        }
        try {
            return new Pacing.Scaled(Double.parseDouble(text));
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException(
                    "'%s' is no speed: write a number above 0, as 1 or 2.5, or max"
                            .formatted(text));
        }
    }
}
