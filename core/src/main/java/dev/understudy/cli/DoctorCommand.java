package dev.understudy.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code understudy doctor}. */
@Command(
        name = "doctor",
        sortOptions = false,
        description = "Checks what a copy would need; what is not named is not checked.")
final class DoctorCommand implements Callable<Integer> {
    private final Parts parts;
    private final Console console;

    @Option(
            names = {"-i", "--interface"},
            paramLabel = "IFACE",
            description = "where the online server's packets pass")
    private String interfaceName;

    @Option(names = "--online", paramLabel = "ADDR:PORT", description = "the server in production")
    private Endpoint online;

    @Option(names = "--target", paramLabel = "ADDR:PORT", description = "the server to copy to")
    private Endpoint target;

    @Option(
            names = "--protocol",
            paramLabel = "NAME",
            description = "see 'understudy plugins'; default: by port")
    private String protocol;

    @Option(names = "--config", paramLabel = "FILE", description = "as copy takes it")
    private Path config;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "3s",
            description = "how long to look for packets; default: ${DEFAULT-VALUE}")
    private Duration look;

    DoctorCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    /** 2 where a check failed: a copy would not begin, or copy nothing. */
    @Override
    public Integer call() {
        Doctor.Patient patient =
                new Doctor.Patient(
                        Optional.ofNullable(interfaceName),
                        Optional.ofNullable(online),
                        Optional.ofNullable(target),
                        Optional.ofNullable(protocol),
                        Optional.ofNullable(config),
                        look);
        List<Check> checks = new Doctor(parts, new KernelState(Path.of("/proc"))).examine(patient);
        for (Check check : checks) {
            console.out()
                    .printf(
                            "%-8s %-11s %s%n",
                            check.result().name().toLowerCase(Locale.ROOT),
                            check.subject(),
                            check.text());
        }
        boolean failed = checks.stream().anyMatch(check -> check.result() == Check.Result.FAILED);
        return failed ? ExitCode.USAGE : ExitCode.OK;
    }
}
