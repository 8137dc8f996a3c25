package dev.understudy.cli;

import java.net.InetSocketAddress;
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
 * @param protocol its name; empty: by port, then by the first bytes
 */
record Copy(Endpoint online, List<Endpoint> targets, Optional<String> protocol) {
    /** Targets of a run, over all its copies. */
    static final int MAX_TARGETS = 64;

    /** Neither an address nor a protocol's name holds one of the three signs. */
    private static final Pattern FORM = Pattern.compile("([^=@]+)=([^=@]+)(?:@([^=@,]+))?");

    Copy {
        targets = List.copyOf(targets);
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
                Endpoint.parse(matcher.group(1)), targets, Optional.ofNullable(matcher.group(3)));
    }

    /** The same, of the protocol named if it names none itself. */
    Copy withProtocol(Optional<String> named) {
        return new Copy(online, targets, protocol.or(() -> named));
    }

    /** Copies that would copy copies, or the same twice, are refused. */
    static void requireFit(List<Copy> copies) throws RefusedException {
        Set<List<InetSocketAddress>> pairs = new HashSet<>();
        for (Copy copy : copies) {
            for (Endpoint target : copy.targets()) {
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

    /** All targets, each address once. */
    static List<Endpoint> targetsOf(List<Copy> copies) {
        return distinct(copies.stream().flatMap(copy -> copy.targets().stream()));
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
                + targets.stream().map(Endpoint::toString).collect(Collectors.joining(" and "));
    }
}
