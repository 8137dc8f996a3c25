package dev.understudy.cli;

import dev.understudy.cli.config.Configuration;
import dev.understudy.cli.config.CopySetting;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One online server, and the targets that each of its sessions goes to.
 *
 * @param targets one or more
 * @param control a server like the online one, that tells which answers are another each time
 * @param protocol its name; empty: by port, then by the first bytes
 * @param intercepts where agents for the targets listen, each with its target
 */
record Copy(
        Endpoint online,
        List<Endpoint> targets,
        Optional<Endpoint> control,
        Optional<String> protocol,
        List<Intercept> intercepts) {
    /** Targets of a run, over all its copies. */
    static final int MAX_TARGETS = 64;

    /** Neither an address nor a protocol's name holds one of the three signs. */
    private static final Pattern FORM = Pattern.compile("([^=@]+)=([^=@]+)(?:@([^=@,]+))?");

    Copy {
        targets = List.copyOf(targets);
        intercepts = List.copyOf(intercepts);
    }

    /**
     * Reads {@code ONLINE=TARGET[,TARGET…][@protocol]}, and resolves names.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    static Copy parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no copy: write ONLINE=TARGET, ONLINE=TARGET,TARGET or ONLINE=TARGET@protocol, as 192.0.2.1:3306=192.0.2.7:3306@mysql"
                            .formatted(text));
        }
        List<Endpoint> targets =
                Stream.of(matcher.group(2).split(",", -1)).map(Endpoint::parse).toList();
        return new Copy(
                Endpoint.parse(matcher.group(1)),
                targets,
                Optional.empty(),
                Optional.ofNullable(matcher.group(3)),
                List.of());
    }

    /**
     * What to copy: by the options or, where they name nothing, by the configuration.
     *
     * @throws RefusedException where both or neither say it, or what they say does not fit
     */
    static List<Copy> of(CopyRequest request, Configuration configuration) throws RefusedException {
        List<CopySetting> configured = configuration.copies();
        if (!configured.isEmpty() && !request.copies().isEmpty()) {
            throw new RefusedException(
                    "what to copy is said twice: by 'copies' in the configuration, and on the command line; take either away");
        }
        List<Copy> copies = new ArrayList<>(request.copies());
        for (CopySetting setting : configured) {
            copies.add(of(setting, configuration));
        }
        if (copies.isEmpty()) {
            throw new RefusedException(
                    "nothing to copy: name --online ADDR:PORT and --target ADDR:PORT, or --copy ONLINE=TARGET, or copies in the configuration");
        }
        if (request.control().isPresent()) {
            if (copies.size() > 1) {
                throw new RefusedException(
                        "--control %s: of which of %d copies? write 'control' beside each one's 'online' in the configuration"
                                .formatted(request.control().get(), copies.size()));
            }
            copies.set(0, copies.getFirst().withControl(request.control().get()));
        }
        copies.replaceAll(copy -> copy.withProtocol(request.protocol()));
        requireFit(copies);
        return List.copyOf(copies);
    }

    private static Copy of(CopySetting setting, Configuration configuration)
            throws RefusedException {
        try {
            Copy copy =
                    new Copy(
                            Endpoint.parse(setting.online()),
                            setting.targets().stream().map(Endpoint::parse).toList(),
                            setting.control().map(Endpoint::parse),
                            setting.protocol(),
                            List.of());
            return copy.withIntercepts(
                    Intercept.each(
                            setting.intercepts().stream().map(Intercept::parse).toList(),
                            copy.all()));
        } catch (IllegalArgumentException e) {
            throw new RefusedException(
                    configuration.places().locate(setting.path() + ": " + e.getMessage()), e);
        }
    }

    /** The same, of the protocol named if it names none itself. */
    private Copy withProtocol(Optional<String> named) {
        return new Copy(online, targets, control, protocol.or(() -> named), intercepts);
    }

    private Copy withControl(Endpoint other) {
        return new Copy(online, targets, Optional.of(other), protocol, intercepts);
    }

    private Copy withIntercepts(List<Intercept> others) {
        return new Copy(online, targets, control, protocol, others);
    }

    /** The targets, and behind them the control. */
    List<Endpoint> all() {
        return Stream.concat(targets.stream(), control.stream()).toList();
    }

    /** Copies that would copy copies, or the same twice, are refused. */
    private static void requireFit(List<Copy> copies) throws RefusedException {
        Set<List<InetSocketAddress>> pairs = new HashSet<>();
        for (Copy copy : copies) {
            for (Endpoint target : copy.all()) {
                for (Copy any : copies) {
                    Copying.requireTwoServers(any.online(), target);
                }
                if (!pairs.add(List.of(copy.online().address(), target.address()))) {
                    throw new RefusedException(
                            "%s is to be copied to %s twice: name each pair once"
                                    .formatted(copy.online(), target));
                }
            }
        }
        for (Endpoint online : onlineOf(copies)) {
            long controls =
                    copies.stream()
                            .filter(copy -> copy.online().address().equals(online.address()))
                            .filter(copy -> copy.control().isPresent())
                            .count();
            if (controls > 1) {
                throw new RefusedException(
                        "%s has %d controls: name one".formatted(online, controls));
            }
        }
        if (pairs.size() > MAX_TARGETS) {
            throw new RefusedException(
                    "%d targets: a run has at most %d; make two runs of it"
                            .formatted(pairs.size(), MAX_TARGETS));
        }
    }

    /** All online servers, each address once. */
    static List<Endpoint> onlineOf(List<Copy> copies) {
        return distinct(copies.stream().map(Copy::online));
    }

    /** All targets and controls, each address once. */
    static List<Endpoint> targetsOf(List<Copy> copies) {
        return distinct(copies.stream().flatMap(copy -> copy.all().stream()));
    }

    private static List<Endpoint> distinct(Stream<Endpoint> endpoints) {
        Set<InetSocketAddress> seen = new HashSet<>();
        return endpoints.filter(endpoint -> seen.add(endpoint.address())).toList();
    }

    /** For a reader: what is copied to what. */
    static String describe(List<Copy> copies) {
        return copies.stream().map(Copy::toString).collect(Collectors.joining("; "));
    }

    @Override
    public String toString() {
        return online
                + " is copied to "
                + targets.stream().map(Endpoint::toString).collect(Collectors.joining(" and "))
                + control.map(server -> ", with " + server + " as control").orElse("");
    }
}
