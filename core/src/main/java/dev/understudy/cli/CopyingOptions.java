package dev.understudy.cli;

import dev.understudy.delivery.ClientAddress;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that {@code copy} and {@code replay} share; filled by picocli. */
final class CopyingOptions {
    @Option(
            names = "--online",
            required = true,
            paramLabel = "ADDR:PORT",
            description = "the server in production; [v6]:PORT and names are taken too")
    private Endpoint online;

    @Option(
            names = "--target",
            required = true,
            paramLabel = "ADDR:PORT",
            description = "the server to copy to")
    private Endpoint target;

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
            names = "--report",
            paramLabel = "DIR",
            description = "writes report.json and report.txt there")
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
            paramLabel = "ADDR:PORT",
            description = "for keep and map: where 'understudy intercept' listens")
    private Endpoint intercept;

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description = "for --intercept: the same as the intercept has")
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
            paramLabel = "causal|session",
            defaultValue = "causal",
            description =
                    "causal: a request waits until every answer that came before it in production has"
                            + " come on the target; session: order is kept within each session only")
    private Order order;

    @Option(
            names = "--max-differences",
            paramLabel = "N",
            description = "as many differing answers are no failure; default: 0")
    private Long maxDifferences;

    /** Whether requests keep production's order across sessions. */
    enum Order {
        CAUSAL,
        SESSION;

        static Order parse(String text) {
            return switch (text) {
                case "causal" -> CAUSAL;
                case "session" -> SESSION;
                default ->
                        throw new IllegalArgumentException(
                                "'%s' is no order: write causal or session".formatted(text));
            };
        }
    }

    /** What was asked for. */
    CopyRequest toRequest() throws RefusedException {
        if (maxDifferences != null && maxDifferences < 0) {
            throw new RefusedException(
                    "--max-differences %d: a count is 0 or more".formatted(maxDifferences));
        }
        Carriage.requireFit(clientAddress, way(), target);
        return new CopyRequest(
                online,
                target,
                Optional.ofNullable(protocol),
                Optional.ofNullable(config),
                Optional.ofNullable(report),
                clientAddress,
                way(),
                order == Order.CAUSAL,
                Optional.ofNullable(maxDifferences));
    }

    private Carriage.Way way() throws RefusedException {
        if (returnRoute) {
            if (intercept != null || secretFile != null) {
                throw new RefusedException(
                        "--return-route and --intercept are two ways to the same end: name one");
            }
            InterceptCommand.requireTable(table);
            return new Carriage.Way.ReturnRoute(table);
        }
        if (intercept == null && secretFile == null) {
            return new Carriage.Way.Plain();
        }
        if (intercept == null || secretFile == null) {
            throw new RefusedException("--intercept and --secret-file go together: name both");
        }
        return new Carriage.Way.Agent(intercept, secretFile);
    }
}
