package dev.understudy.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy ctl}. */
@Command(
        name = "ctl",
        sortOptions = false,
        description = "Asks a run of this host how it is, or changes it while it goes on.")
final class CtlCommand implements Callable<Integer> {
    private final Parts parts;
    private final Console console;

    @Parameters(
            arity = "1..*",
            paramLabel = "status|pause|resume|speed X|sample P",
            description =
                    "pause: a recording stands still, a live capture takes no new connections;"
                            + " speed: as replay --speed; sample: as --sample, for new connections")
    private List<String> words;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description =
                    "of the run, as it was shown at its start; default: the only one there is")
    private Path socket;

    CtlCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    @Override
    public Integer call() throws RefusedException {
        String line = String.join(" ", words);
        if (line.length() >= SteeringSocket.MAX_LINE_BYTES) {
            throw new RefusedException("that is no command: see 'understudy ctl --help'");
        }
        Path path = socket == null ? onlyOne() : socket;
        String answer;
        try {
            answer = SteeringSocket.ask(path, line);
        } catch (IOException e) {
            throw new RefusedException(
                    "--socket %s: no run answers there (%s): is it still running?"
                            .formatted(path, e.getMessage()),
                    e);
        }
        if (!answer.startsWith("ok ")) {
            throw new RefusedException(answer);
        }
        console.out().println(answer.substring("ok ".length()));
        return ExitCode.OK;
    }

    private Path onlyOne() throws RefusedException {
        Path folder = SteeringSocket.folder(parts.environment());
        List<Path> running;
        try {
            running = SteeringSocket.running(folder);
        } catch (IOException e) {
            throw new RefusedException(
                    "%s cannot be read (%s): name --socket".formatted(folder, e.getMessage()), e);
        }
        if (running.isEmpty()) {
            throw new RefusedException(
                    "no run of this user has a socket in %s: name --socket PATH, as the run has shown it"
                            .formatted(folder));
        }
        if (running.size() > 1) {
            throw new RefusedException(
                    "%d runs are there: name one of them by --socket: %s"
                            .formatted(
                                    running.size(),
                                    running.stream()
                                            .map(Path::toString)
                                            .collect(Collectors.joining(" "))));
        }
        return running.getFirst();
    }
}
