package dev.understudy.cli;

import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.Delivery;
import dev.understudy.delivery.DeliveryCounts;
import dev.understudy.delivery.NettyConnector;
import dev.understudy.delivery.TargetConnector;
import dev.understudy.delivery.Transport;
import dev.understudy.intercept.AgentConnector;
import dev.understudy.link.SharedSecret;
import dev.understudy.sys.PolicyRouting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The way to the target, as long as a run has it: opened before anything is captured, and whatever
 * it changed on this host is taken back by {@link #close}.
 */
final class Carriage implements AutoCloseable {
    private final TargetConnector connector;
    private final Supplier<SortedMap<String, Long>> counts;
    private final Closing closing;

    /** How a foreign address gets its answers. */
    sealed interface Way {
        /** It needs none: the address is this host's. */
        record Plain() implements Way {}

        /** By an agent beside the target. */
        record Agent(Endpoint agent, Path secretFile) implements Way {}

        /** By a route on the target's side that leads here. */
        record ReturnRoute(int table) implements Way {}
    }

    private interface Closing {
        void close() throws IOException;
    }

    private Carriage(
            TargetConnector connector, Supplier<SortedMap<String, Long>> counts, Closing closing) {
        this.connector = connector;
        this.counts = counts;
        this.closing = closing;
    }

    /** Opens it; with an agent, sees that the agent is there and reaches the target. */
    static Carriage open(RunPlan plan, Transport transport, Consumer<String> say)
            throws RefusedException {
        Delivery delivery =
                plan.configuration().run().delivery().withClientAddress(plan.clientAddress(), 0);
        if (plan.clientAddress().isForeign() && transport != Transport.EPOLL) {
            throw new RefusedException(
                    "--client-address %s needs Linux and Netty's native library: there is none for this system"
                            .formatted(plan.clientAddress().word()));
        }
        try {
            return switch (plan.way()) {
                case Way.Plain() -> direct(transport, delivery, () -> {});
                case Way.ReturnRoute(int table) -> byRoute(plan, transport, delivery, table);
                case Way.Agent(Endpoint agent, Path secretFile) -> {
                    AgentConnector connector =
                            new AgentConnector(
                                    agent.address(),
                                    SharedSecret.read(secretFile),
                                    transport,
                                    delivery,
                                    say);
                    for (Endpoint target : plan.targets()) {
                        connector.check(target.address());
                    }
                    yield new Carriage(connector, connector::counts, () -> {});
                }
            };
        } catch (IOException e) {
            throw new RefusedException(e.getMessage(), e);
        }
    }

    private static Carriage byRoute(RunPlan plan, Transport transport, Delivery delivery, int table)
            throws IOException, RefusedException {
        Endpoint target = plan.targets().getFirst();
        if (LocalServers.isHere(target.address().getAddress())) {
            throw new RefusedException(
                    "--return-route: the target %s is on this host, and its answers to everybody would stay here: use 'understudy intercept' and --intercept"
                            .formatted(target));
        }
        PolicyRouting routing =
                PolicyRouting.answersOf(PolicyRouting.FOLDER, target.address(), table);
        return direct(transport, delivery, routing::close);
    }

    private static Carriage direct(Transport transport, Delivery delivery, Closing closing) {
        DeliveryCounts counts = new DeliveryCounts();
        return new Carriage(
                new NettyConnector(transport, delivery, counts),
                () -> {
                    SortedMap<String, Long> named = new TreeMap<>();
                    if (delivery.clientAddress().isForeign()) {
                        named.put("otherPort", counts.otherPorts());
                    }
                    return named;
                },
                closing);
    }

    TargetConnector connector() {
        return connector;
    }

    /** What was counted so far, by name; may ask the agent, and block. */
    SortedMap<String, Long> counts() {
        return counts.get();
    }

    /** Checks what only goes together. */
    static void requireFit(ClientAddress address, Way way, List<Copy> copies)
            throws RefusedException {
        List<Endpoint> targets = Copy.targetsOf(copies);
        boolean plain = way instanceof Way.Plain;
        if (address.isForeign() && plain) {
            throw new RefusedException(
                    "--client-address %s: the target's answers have to come back: name --intercept ADDR:PORT with --secret-file, or --return-route where a route on the target's side leads here"
                            .formatted(address.word()));
        }
        if (!address.isForeign() && !plain) {
            throw new RefusedException(
                    "--client-address %s needs neither --intercept nor --return-route: leave them out, or write keep or map:CIDR"
                            .formatted(address.word()));
        }
        if (!plain && targets.size() > 1) {
            throw new RefusedException(
                    "--client-address %s: it is for one target yet, and this run has %d: make a run for each"
                            .formatted(address.word(), targets.size()));
        }
        if (address instanceof ClientAddress.Mapped(var range)) {
            for (Endpoint target : targets) {
                if (!range.isFamilyOf(target.address().getAddress())) {
                    throw new RefusedException(
                            "--client-address map:%s: the target %s is of the other family, IPv4 or IPv6"
                                    .formatted(range, target));
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        closing.close();
    }
}
