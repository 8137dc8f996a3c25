package dev.understudy.cli;

import java.net.InetAddress;
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
            names = "--intercept",
            paramLabel = "ADDR:PORT",
            description =
                    "on the copy host, with --target and --secret-file: whether the intercept there"
                            + " believes this host and reaches the target")
    private Endpoint intercept;

    @Option(
            names = "--to",
            paramLabel = "ADDR:PORT",
            description =
                    "on a tap's host, with --secret-file: whether 'copy --from tap://' there"
                            + " believes this host")
    private Endpoint copier;

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description = "the same as at the other end")
    private Path secretFile;

    @Option(
            names = "--protect",
            paramLabel = "ADDR:PORT",
            description =
                    "on the target's host: connects to it once as an intercept would, with the same"
                            + " changes of the routing, and takes them back")
    private Endpoint protect;

    @Option(
            names = "--return-route",
            description =
                    "on the copy host, with --target and --as: connects to it once as a copy with"
                            + " --return-route would")
    private boolean returnRoute;

    @Option(
            names = "--as",
            paramLabel = "ADDR",
            description =
                    "for these two: the client's address to connect from; for --protect by default"
                            + " one that nobody has")
    private String client;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "3s",
            description = "how long to look for packets; default: ${DEFAULT-VALUE}")
    private Duration look;

    private Optional<InetAddress> client() throws RefusedException {
        try {
            return Optional.ofNullable(client).map(InetAddress::ofLiteral);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(
                    "--as %s: write an address, as 10.98.0.1".formatted(client), e);
        }
    }

    DoctorCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    /** 2 where a check failed: a copy would not begin, or copy nothing. */
    @Override
    public Integer call() throws RefusedException {
        Doctor.Patient patient =
                new Doctor.Patient(
                        Optional.ofNullable(interfaceName),
                        Optional.ofNullable(online),
                        Optional.ofNullable(target),
                        Optional.ofNullable(protocol),
                        Optional.ofNullable(config),
                        new Doctor.Links(
                                Optional.ofNullable(intercept),
                                Optional.ofNullable(copier),
                                Optional.ofNullable(secretFile),
                                Optional.ofNullable(protect),
                                returnRoute,
                                client()),
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
