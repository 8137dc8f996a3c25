package dev.understudy.cli;

import dev.understudy.delivery.AddressRange;
import dev.understudy.delivery.ClientAddress;
import dev.understudy.session.Sample;
import dev.understudy.session.Shape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that {@code copy} and {@code replay} share; filled by picocli. */
final class CopyingOptions {
    @Option(
            names = "--online",
            paramLabel = "ADDR:PORT",
            description = "the server in production; [v6]:PORT and names are taken too")
    private Endpoint online;

    @Option(
            names = "--target",
            paramLabel = "ADDR:PORT",
            description = "the server to copy to; named more than once: to each of them")
    private List<Endpoint> targets = new ArrayList<>();

    @Option(
            names = "--copy",
            paramLabel = "ONLINE=TARGET[,TARGET...][@PROTOCOL]",
            description =
                    "in place of --online and --target; named more than once: several servers in"
                            + " one run")
    private List<Copy> copies = new ArrayList<>();

    @Option(
            names = "--control",
            paramLabel = "ADDR:PORT",
            description =
                    "a server like the online one: what it answers otherwise than that is no"
                            + " difference of a target")
    private Endpoint control;

    @Option(
            names = "--protocol",
            paramLabel = "NAME",
            description = "see 'understudy plugins'; default: by port, then by the first bytes")
    private String protocol;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML: users and their passwords on the target, limits")
    private Path config;

    @Option(
            names = "--tls-keylog",
            paramLabel = "FILE",
            description =
                    "secrets of captured TLS in the NSS format (SSLKEYLOGFILE), followed while it"
                            + " grows; named more than once: each of them")
    private List<Path> keyLogs = new ArrayList<>();

    @Option(
            names = "--report",
            paramLabel = "DIR",
            description =
                    "writes report.json, report.txt, report.html, and for 'understudy explain' sessions.jsonl there")
    private Path report;

    @Option(
            names = "--client-address",
            paramLabel = "own|keep|map:CIDR|proxy-protocol",
            defaultValue = "own",
            description =
                    "what the target sees: own: this host's address; keep: the client's; map: one of a"
                            + " range for each client; proxy-protocol[:v1|:v2]: this host's, with the"
                            + " client's in a header; default: ${DEFAULT-VALUE}")
    private ClientAddress clientAddress;

    @Option(
            names = "--intercept",
            paramLabel = "[TARGET=]ADDR:PORT",
            description =
                    "for keep and map: where 'understudy intercept' listens; of several targets each"
                            + " may have its own: named more than once, with the target before")
    private List<Intercept> intercepts = new ArrayList<>();

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description = "for --intercept and --from tap: the same as at the other end")
    private Path secretFile;

    @Option(
            names = "--return-route",
            description =
                    "for keep and map without an intercept: the target's answers to clients are"
                            + " routed to this host")
    private boolean returnRoute;

    @Option(
            names = "--table",
            paramLabel = "N",
            defaultValue = "36524",
            description =
                    "for --return-route: routing table, not used by others; default: ${DEFAULT-VALUE}")
    private int table;

    @Option(
            names = "--order",
            paramLabel = "causal|commit|session",
            defaultValue = "causal",
            description =
                    "causal: a request waits until every answer that came before it in production has"
                            + " come on the target; commit: besides, what takes locks waits until all that"
                            + " was committed before production answered it is on the target; session: order"
                            + " is kept within each session only")
    private Order order;

    @Option(
            names = "--sample",
            paramLabel = "N%|clients:N%|users:N%",
            defaultValue = "100%",
            description =
                    "copies this share of the sessions, or all sessions of this share of the"
                            + " clients or users; which is the same in each run")
    private Sample sample;

    @Option(
            names = "--ramp",
            paramLabel = "TIME",
            description = "the share grows from nothing within this time, as 10m")
    private Duration ramp;

    @Option(
            names = "--requests-only",
            description =
                    "the capture shows what clients sent and no answers: sessions are copied by the"
                            + " target's answers, and none is compared")
    private boolean requestsOnly;

    @Option(
            names = "--clients",
            paramLabel = "CIDR",
            description =
                    "copies these clients only, as 192.0.2.0/24; named more than once: of each")
    private List<AddressRange> clients = new ArrayList<>();

    @Option(
            names = "--multiply",
            paramLabel = "N",
            defaultValue = "1",
            description = "copies each session N times to the target, each with its own connection")
    private int multiply;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description =
                    "where 'understudy ctl' reaches this run; default: a file in $XDG_RUNTIME_DIR/understudy"
                            + " or /run/understudy, shown at the start")
    private Path socket;

    @Option(
            names = "--max-differences",
            paramLabel = "N",
            description = "as many differing answers are no failure; default: 0")
    private Long maxDifferences;

    /** What links to other hosts are secured with. */
    Optional<Path> secretFile() {
        return Optional.ofNullable(secretFile);
    }

    /** What was asked for. */
    CopyRequest toRequest() throws RefusedException {
        return toRequest(false);
    }

    /**
     * The same.
     *
     * @param secretForSource whether the secret file is asked for by where packets come from
     */
    CopyRequest toRequest(boolean secretForSource) throws RefusedException {
        if (maxDifferences != null && maxDifferences < 0) {
            throw new RefusedException(
                    "--max-differences %d: a count is 0 or more".formatted(maxDifferences));
        }
        if (requestsOnly && control != null) {
            throw new RefusedException(
                    "--control %s: with --requests-only no answers are compared; name it without one of them"
                            .formatted(control));
        }
        return new CopyRequest(
                copies(),
                Optional.ofNullable(control),
                Optional.ofNullable(protocol),
                Optional.ofNullable(config),
                Optional.ofNullable(report),
                clientAddress,
                way(secretForSource),
                secretFile(),
                secretForSource,
                order,
                shape(),
                requestsOnly,
                keyLogs,
                Optional.ofNullable(socket),
                Optional.ofNullable(maxDifferences));
    }

    private Shape shape() throws RefusedException {
        if (multiply < 1 || multiply > Shape.MAX_COPIES) {
            throw new RefusedException(
                    "--multiply %d: it must be from 1 to %d".formatted(multiply, Shape.MAX_COPIES));
        }
        return new Shape(sample, Optional.ofNullable(ramp), clients, multiply);
    }

    /** What the options name; nothing where the configuration has to say it. */
    private List<Copy> copies() throws RefusedException {
        boolean pair = online != null || !targets.isEmpty();
        if (!copies.isEmpty() && pair) {
            throw new RefusedException(
                    "--copy and --online with --target say the same thing: name one of them");
        }
        if (pair && (online == null || targets.isEmpty())) {
            throw new RefusedException(
                    "nothing to copy: --online ADDR:PORT and --target ADDR:PORT go together: name both");
        }
        return pair
                ? List.of(new Copy(online, targets, Optional.empty(), Optional.empty(), List.of()))
                : copies;
    }

    private Carriage.Way way(boolean secretForSource) throws RefusedException {
        if (returnRoute) {
            if (!intercepts.isEmpty() || (secretFile != null && !secretForSource)) {
                throw new RefusedException(
                        "--return-route and --intercept are two ways to the same end: name one");
            }
            InterceptCommand.requireTable(table);
            return new Carriage.Way.ReturnRoute(table);
        }
        if (intercepts.isEmpty()) {
            return new Carriage.Way.Plain();
        }
        if (secretFile == null) {
            throw new RefusedException("--intercept and --secret-file go together: name both");
        }
        return new Carriage.Way.Agents(intercepts, secretFile);
    }
}
