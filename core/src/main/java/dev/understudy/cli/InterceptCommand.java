package dev.understudy.cli;

import dev.understudy.delivery.Transport;
import dev.understudy.intercept.Agent;
import dev.understudy.link.SharedSecret;
import dev.understudy.sys.PolicyRouting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code understudy intercept}. */
@Command(
        name = "intercept",
        sortOptions = false,
        description = {
            "Runs on the target's host: makes connections to the target from the clients' own addresses",
            "for 'copy --intercept', and keeps the target's answers to them on this host.",
            "Changes routing rules and sysctls of this network namespace, and takes them back."
        })
final class InterceptCommand implements Callable<Integer> {
    static final int DEFAULT_PORT = 36_524;
    private static final int MAX_SERVERS = 64;

    private final Parts parts;
    private final Console console;

    @Option(
            names = "--protect",
            paramLabel = "ADDR:PORT",
            description =
                    "the target, by an address of this host: connections are made to it alone;"
                            + " repeatable")
    private List<Endpoint> servers = List.of();

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description =
                    "for its owner alone, the same at both ends: openssl rand -base64 32 > FILE")
    private Path secretFile;

    @Option(
            names = "--listen",
            paramLabel = "ADDR:PORT",
            description = "for copiers; default: port 36524 of the first --protect")
    private Endpoint listen;

    @Option(
            names = "--mark",
            paramLabel = "N",
            defaultValue = "0x7564",
            description = "of the connections, not used by others; default: ${DEFAULT-VALUE}")
    private String markText;

    @Option(
            names = "--table",
            paramLabel = "N",
            defaultValue = "36524",
            description = "routing table, not used by others; default: ${DEFAULT-VALUE}")
    private int table;

    @Option(
            names = "--clean",
            description =
                    "takes back what killed ones left in this network namespace, also by copy"
                            + " --return-route, and ends")
    private boolean clean;

    InterceptCommand(Parts parts, Console console) {
        this.parts = parts;
        this.console = console;
    }

    @Override
    public Integer call() throws RefusedException {
        try {
            if (clean) {
                int changes = PolicyRouting.clean(PolicyRouting.FOLDER);
                console.err()
                        .println(
                                changes == 0
                                        ? "nothing was left behind"
                                        : "took back %d changes".formatted(changes));
                return ExitCode.OK;
            }
            requireOptions();
            int mark = mark();
            return serve(SharedSecret.read(secretFile), mark);
        } catch (IOException e) {
            throw new RefusedException(e.getMessage(), e);
        }
    }

    private void requireOptions() throws RefusedException {
        if (servers.isEmpty() || servers.size() > MAX_SERVERS) {
            throw new RefusedException(
                    "name 1 to %d servers with --protect ADDR:PORT, or --clean"
                            .formatted(MAX_SERVERS));
        }
        if (secretFile == null) {
            throw new RefusedException(
                    "no --secret-file: make one by 'openssl rand -base64 32', the same at both ends");
        }
        requireTable(table);
        if (Transport.best() != Transport.EPOLL) {
            throw new RefusedException(
                    "intercept needs Linux and Netty's native library: there is none for this system");
        }
        for (Endpoint server : servers) {
            if (!LocalServers.isHere(server.address().getAddress())) {
                throw new RefusedException(
                        "--protect %s: no interface here has this address: run intercept on the target's host, in its network namespace"
                                .formatted(server));
            }
        }
    }

    private int mark() throws RefusedException {
        try {
            int mark = Integer.decode(markText);
            if (mark > 0) {
                return mark;
            }
        } catch (NumberFormatException _) {
            // Refused below, as 0 is.
        }
        throw new RefusedException(
                "--mark %s: write a number from 1, as 0x7564".formatted(markText));
    }

    /** 253 to 255 are the kernel's own: default, main, local. */
    static void requireTable(int table) throws RefusedException {
        if (table < 1 || (table >= 253 && table <= 255)) {
            throw new RefusedException(
                    "--table %d: name a number from 1, but not 253 to 255".formatted(table));
        }
    }

    private int serve(SharedSecret secret, int mark) throws IOException {
        List<InetSocketAddress> addresses = servers.stream().map(Endpoint::address).toList();
        InetSocketAddress at =
                listen == null
                        ? new InetSocketAddress(addresses.getFirst().getAddress(), DEFAULT_PORT)
                        : listen.address();
        CountDownLatch ended = new CountDownLatch(1);
        parts.interrupts()
                .install(
                        ended::countDown,
                        () -> console.err().println("ending: connections are being closed"));
        // The rules first: nothing may be connected without them. And they go last.
        try (PolicyRouting _ = PolicyRouting.beside(PolicyRouting.FOLDER, addresses, mark, table);
                Agent agent = Agent.listen(at, addresses, mark, secret, console.err()::println)) {
            console.err()
                    .printf(
                            "intercepting: %s for copiers on %s (mark %#x, table %d)%n",
                            servers.stream()
                                    .map(Endpoint::toString)
                                    .collect(Collectors.joining(", ")),
                            at.getAddress().getHostAddress() + ":" + at.getPort(),
                            mark,
                            table);
            ended.await();
            SortedMap<String, Long> counts = agent.counts();
            counts.forEach((name, count) -> console.out().println(name + " " + count));
            console.out().flush();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        console.err().println("all settings are as they were");
        return ExitCode.OK;
    }
}
