package dev.understudy.cli;

import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.ProtocolCatalog;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code understudy plugins}. */
@Command(name = "plugins", description = "Lists the protocols, and plugins that do not fit.")
final class PluginsCommand implements Callable<Integer> {
    private static final String ROW = "%-12s %-16s %-24s %s%n";

    private final Parts parts;
    private final Console console;

    PluginsCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    /** 2 where a plugin does not fit, so that an installation can be checked by a script. */
    @Override
    public Integer call() {
        try (ProtocolCatalog catalog = parts.catalog().get()) {
            console.out().printf(ROW, "PROTOCOL", "VERSION", "PORTS", "FILE");
            for (LoadedProtocol protocol : catalog.protocols()) {
                console.out()
                        .printf(
                                ROW,
                                protocol.name(),
                                protocol.version(),
                                ports(protocol),
                                protocol.file());
            }
            List<String> problems = catalog.problems();
            problems.forEach(problem -> console.err().println("understudy: " + problem));
            return problems.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
        }
    }

    private static String ports(LoadedProtocol protocol) {
        return protocol.usualPorts().isEmpty()
                ? "-"
                : protocol.usualPorts().stream()
                        .sorted()
                        .map(String::valueOf)
                        .collect(Collectors.joining(", "));
    }
}
