package dev.understudy.cli;

import dev.understudy.session.Pacing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy copy}. */
@Command(
        name = "copy",
        sortOptions = false,
        description =
                "Copies live sessions from an interface or from taps onto the target, and compares answers.")
final class CopyCommand implements Callable<Integer> {
    private final Copying copying;

    @ArgGroup(multiplicity = "1")
    private Where where;

    @Mixin private RingOption ring;
    @Mixin private CopyingOptions options;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "ends the capture after this time, as 30s or 2m; default: when stopped")
    private Duration duration;

    /** Where packets come from: one of the two. */
    private static final class Where {
        @Option(
                names = {"-i", "--interface"},
                required = true,
                paramLabel = "IFACE",
                description = "where the online server's packets pass; 'any' for all interfaces")
        private String interfaceName;

        @Option(
                names = "--from",
                required = true,
                paramLabel = "tap://[ADDR]:PORT",
                description = "listens here for 'understudy tap' on other hosts; --secret-file")
        private From from;
    }

    CopyCommand(Copying copying) {
        this.copying = copying;
    }

    @Override
    public Integer call() throws RefusedException {
        RunPlan.Source source = source();
        CopyRequest request = options.toRequest(source instanceof RunPlan.Source.Taps);
        String place = where.from == null ? where.interfaceName : where.from.toString();
        return copying.run(
                request,
                source,
                new RunPlan.Tempo(new Pacing.Live(), Optional.empty(), 1),
                Optional.ofNullable(duration),
                ring.mib(),
                "capturing on " + place);
    }

    private RunPlan.Source source() throws RefusedException {
        if (where.from == null) {
            Interfaces.require(where.interfaceName);
            return new RunPlan.Source.Interface(where.interfaceName);
        }
        Path secretFile =
                options.secretFile()
                        .orElseThrow(
                                () ->
                                        new RefusedException(
                                                "--from %s needs --secret-file: make one by 'openssl rand -base64 32', the same at both ends"
                                                        .formatted(where.from)));
        return new RunPlan.Source.Taps(where.from, secretFile);
    }
}
