package dev.understudy.cli;

import dev.understudy.cli.config.Configuration;
import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.Transport;
import dev.understudy.intercept.AgentConnector;
import dev.understudy.link.SharedSecret;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.RunContext;
import dev.understudy.tap.Tap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at everything a copy needs, and goes on after what it finds. */
final class Doctor {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration PREPARE = Duration.ofSeconds(30);
    private static final String ANY = "any";

    private final Parts parts;
    private final KernelState kernel;

    Doctor(Parts parts, KernelState kernel) {
        this.parts = parts;
        this.kernel = kernel;
    }

    /** What is to be looked at; the checks of what is absent are left away. */
    record Patient(
            Optional<String> interfaceName,
            Optional<Endpoint> online,
            Optional<Endpoint> target,
            Optional<String> protocol,
            Optional<Path> config,
            Links links,
            Duration look) {}

    /**
     * Ways between hosts.
     *
     * @param intercept where the agent of the target listens
     * @param copier where {@code copy --from tap://} listens
     * @param protect the target, where this is its own host
     * @param returnRoute whether the target's answers to clients are to come here
     * @param client an address to try as
     */
    record Links(
            Optional<Endpoint> intercept,
            Optional<Endpoint> copier,
            Optional<Path> secretFile,
            Optional<Endpoint> protect,
            boolean returnRoute,
            Optional<InetAddress> client) {}

    List<Check> examine(Patient patient) {
        List<Check> checks = new ArrayList<>();
        patient.interfaceName().ifPresent(name -> checks.addAll(capture(name, patient)));
        patient.target().ifPresent(target -> checks.addAll(target(target, patient.online())));
        checks.addAll(links(patient));
        kernel.ports().ifPresent(checks::add);
        try (ProtocolCatalog catalog = parts.catalog().get()) {
            checks.addAll(plugins(catalog, patient));
        }
        return checks;
    }

    private List<Check> links(Patient patient) {
        Links links = patient.links();
        List<Check> checks = new ArrayList<>();
        links.intercept().ifPresent(agent -> checks.add(intercept(agent, links, patient.target())));
        links.copier()
                .ifPresent(
                        copier ->
                                checks.add(
                                        linked(
                                                "tap",
                                                copier + " takes taps, and knows the secret",
                                                () -> Tap.check(copier.address(), secret(links)))));
        AddressTrial trial = new AddressTrial(kernel);
        links.protect()
                .ifPresent(
                        server ->
                                checks.addAll(
                                        trial.beside(
                                                server,
                                                links.client()
                                                        .orElse(
                                                                AddressTrial.nobody(
                                                                        server.address())))));
        if (links.returnRoute()) {
            checks.addAll(
                    patient.target().isPresent() && links.client().isPresent()
                            ? trial.byRoute(patient.target().get(), links.client().get())
                            : List.of(
                                    Check.failed(
                                            "address",
                                            "--return-route is tried with --target and --as ADDR, a client's address or one of the range")));
        }
        return checks;
    }

    private static Check intercept(Endpoint agent, Links links, Optional<Endpoint> target) {
        if (target.isEmpty()) {
            return Check.failed("intercept", "--intercept is tried with --target: name it");
        }
        return linked(
                "intercept",
                "%s knows the secret, and reaches %s".formatted(agent, target.get()),
                () ->
                        new AgentConnector(
                                        agent.address(),
                                        secret(links),
                                        Transport.best(),
                                        Delivery.defaults()
                                                .withClientAddress(new ClientAddress.Keep(), 0),
                                        _ -> {})
                                .check(target.get().address()));
    }

    private static SharedSecret secret(Links links) throws IOException {
        return SharedSecret.read(
                links.secretFile()
                        .orElseThrow(() -> new IOException("name the --secret-file of both ends")));
    }

    private interface Linking {
        void check() throws IOException;
    }

    private static Check linked(String subject, String good, Linking linking) {
        try {
            linking.check();
            return Check.ok(subject, good);
        } catch (IOException e) {
            return Check.failed(subject, e.getMessage());
        }
    }

    private List<Check> capture(String name, Patient patient) {
        List<Check> checks = new ArrayList<>();
        try {
            Interfaces.require(name);
            checks.add(Check.ok("interface", name + " is there"));
        } catch (RefusedException e) {
            return List.of(Check.failed("interface", e.getMessage()));
        }
        kernel.capturePermission().ifPresent(checks::add);
        patient.online().ifPresent(online -> checks.add(flow(name, online, patient.look())));
        return checks;
    }

    private Check flow(String name, Endpoint online, Duration look) {
        try {
            long packets = parts.probe().packetsSeen(name, online, look);
            if (packets > 0) {
                return Check.ok(
                        "flow",
                        "%d packets of %s seen on %s in %d s"
                                .formatted(packets, online, name, look.toSeconds()));
            }
            String none =
                    "no packet of %s seen on %s in %d s".formatted(online, name, look.toSeconds());
            long elsewhere = name.equals(ANY) ? 0 : parts.probe().packetsSeen(ANY, online, look);
            return Check.warning(
                    "flow",
                    elsewhere > 0
                            ? "%s, but %d on other interfaces: '-i any' takes them, 'tcpdump -i any' names the interface"
                                    .formatted(none, elsewhere)
                            : none
                                    + ": is there traffic, and does it pass here? A mirror port may have to be promiscuous ('ip link set IFACE promisc on')");
        } catch (RefusedException e) {
            return Check.failed("flow", e.getMessage());
        }
    }

    private static List<Check> target(Endpoint target, Optional<Endpoint> online) {
        List<Check> checks = new ArrayList<>();
        online.ifPresent(
                captured -> {
                    try {
                        Copying.requireTwoServers(captured, target);
                    } catch (RefusedException e) {
                        checks.add(Check.failed("target", e.getMessage()));
                    }
                });
        try (Socket socket = new Socket()) {
            socket.connect(target.address(), (int) CONNECT.toMillis());
            checks.add(Check.ok("target", target + " accepts connections"));
        } catch (IOException e) {
            checks.add(
                    Check.failed(
                            "target",
                            "%s cannot be reached (%s): is it running, does a firewall forbid it?"
                                    .formatted(target, e.getMessage())));
        }
        return checks;
    }

    private List<Check> plugins(ProtocolCatalog catalog, Patient patient) {
        List<Check> checks = new ArrayList<>();
        catalog.problems().forEach(problem -> checks.add(Check.warning("plugins", problem)));
        Configuration configuration;
        Optional<LoadedProtocol> protocol;
        try {
            Copying.requireProtocol(patient.protocol(), catalog);
            configuration = Copying.configuration(parts, patient.config(), catalog);
            configuration
                    .warnings()
                    .forEach(warning -> checks.add(Check.warning("config", warning)));
            patient.config().ifPresent(file -> checks.add(Check.ok("config", file + " is read")));
            protocol = protocol(patient, catalog);
        } catch (RefusedException e) {
            checks.add(Check.failed("config", e.getMessage()));
            return checks;
        }
        if (protocol.isPresent() && patient.online().isPresent() && patient.target().isPresent()) {
            RunContext context =
                    new RunContext(
                            configuration.protocol(protocol.get().name()),
                            patient.online().get().address(),
                            patient.target().get().address(),
                            configuration.replyKeepBytes());
            checks.addAll(users(protocol.get().name(), catalog, context));
        }
        return checks;
    }

    private static Optional<LoadedProtocol> protocol(Patient patient, ProtocolCatalog catalog) {
        return catalog.protocols().stream()
                .filter(one -> patient.protocol().filter(one.name()::equals).isPresent())
                .findFirst()
                .or(() -> patient.online().flatMap(o -> catalog.byPort(o.address().getPort())));
    }

    /** The plugin's own preparation, as a run would make it; it may block, so it has a limit. */
    private static List<Check> users(String name, ProtocolCatalog catalog, RunContext context) {
        try {
            Protocol protocol = catalog.newInstance(name);
            Preparation found = Preparing.within(PREPARE, name, () -> protocol.examine(context));
            List<Check> checks = new ArrayList<>();
            found.problems().forEach(problem -> checks.add(Check.failed(name, problem)));
            found.warnings().forEach(warning -> checks.add(Check.warning(name, warning)));
            if (checks.isEmpty()) {
                checks.add(Check.ok(name, "settings are fit for a run"));
            }
            return checks;
        } catch (PluginException | RefusedException e) {
            return List.of(Check.failed(name, e.getMessage()));
        }
    }
}
