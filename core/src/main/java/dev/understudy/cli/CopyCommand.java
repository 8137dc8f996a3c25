package dev.understudy.cli;

import dev.understudy.session.Pacing;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy copy}. */
@Command(
        name = "copy",
        sortOptions = false,
        description =
                "Copies live sessions from an interface onto the target, and compares answers.")
final class CopyCommand implements Callable<Integer> {
    private final Copying copying;

    @Mixin private CaptureOptions capture;
    @Mixin private CopyingOptions options;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "ends the capture after this time, as 30s or 2m; default: when stopped")
    private Duration duration;

    CopyCommand(Copying copying) {
        this.copying = copying;
    }

    @Override
    public Integer call() throws RefusedException {
        CopyRequest request = options.toRequest();
        String name = capture.interfaceName();
        return copying.run(
                request,
                new RunPlan.Source.Interface(name),
                new RunPlan.Tempo(new Pacing.Live(), Optional.empty(), 1),
                Optional.ofNullable(duration),
                capture.ringMib(),
                "capturing on " + name);
    }
}
