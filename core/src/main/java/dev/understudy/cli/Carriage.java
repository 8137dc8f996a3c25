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
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

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

        /**
         * By agents beside the targets.
         *
         * @param secretFile the same for all
         */
        record Agents(List<Intercept> intercepts, Path secretFile) implements Way {
            public Agents {
                intercepts = List.copyOf(intercepts);
            }

            /** Where the agent of a target listens: its own, or the one for all. */
            Optional<Endpoint> of(Endpoint target) {
                return intercepts.stream()
                        .filter(one -> one.isOf(target))
                        .findFirst()
                        .or(() -> usual().findFirst())
                        .map(Intercept::agent);
            }

            private Stream<Intercept> usual() {
                return intercepts.stream().filter(one -> one.target().isEmpty());
            }

            private void requireFit(List<Endpoint> targets) throws RefusedException {
                if (usual().count() > 1) {
                    throw new RefusedException(
                            "--intercept without a target is named twice: write TARGET=ADDR:PORT for each target");
                }
                Map<InetSocketAddress, InetSocketAddress> named = new HashMap<>();
                for (Intercept one : intercepts) {
                    if (one.target().isEmpty()) {
                        continue;
                    }
                    Endpoint target = one.target().get();
                    if (targets.stream().noneMatch(one::isOf)) {
                        throw new RefusedException(
                                "--intercept %s=…: that is no target of this run"
                                        .formatted(target));
                    }
                    InetSocketAddress agent = one.agent().address();
                    InetSocketAddress other = named.put(target.address(), agent);
                    // Two copies to one target may both name its agent.
                    if (other != null && !other.equals(agent)) {
                        throw new RefusedException(
                                "--intercept %s=…: named twice for one target".formatted(target));
                    }
                }
                for (Endpoint target : targets) {
                    if (of(target).isEmpty()) {
                        throw new RefusedException(
                                "the target %s has no --intercept: name %<s=ADDR:PORT"
                                        .formatted(target));
                    }
                }
            }
        }

        /** By a route on the target's side that leads here. */
        record ReturnRoute(int table) implements Way {}

        /** What the options ask for, and the intercepts that the configuration names. */
        static Way of(CopyRequest request, List<Copy> copies) throws RefusedException {
            List<Intercept> configured =
                    copies.stream().flatMap(copy -> copy.intercepts().stream()).toList();
            if (configured.isEmpty()) {
                if (request.way() instanceof Plain
                        && request.secretFile().isPresent()
                        && !request.secretForSource()) {
                    throw new RefusedException(
                            "--intercept and --secret-file go together: name both, or write intercept in copies of the configuration");
                }
                return request.way();
            }
            List<Intercept> all = new ArrayList<>();
            switch (request.way()) {
                case Plain() -> {}
                case Agents agents -> all.addAll(agents.intercepts());
                case ReturnRoute _ ->
                        throw new RefusedException(
                                "--return-route, and intercept in copies of the configuration, are two ways to the same end: take one away");
            }
            all.addAll(configured);
            return new Agents(
                    all,
                    request.secretFile()
                            .orElseThrow(
                                    () ->
                                            new RefusedException(
                                                    "intercept in copies of the configuration needs --secret-file FILE, the same as at the other end")));
        }
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
                case Way.Agents agents -> byAgents(plan, transport, delivery, agents, say);
            };
        } catch (IOException e) {
            throw new RefusedException(e.getMessage(), e);
        }
    }

    /** Each target by its own agent; the counts of several have their agents' addresses before. */
    private static Carriage byAgents(
            RunPlan plan,
            Transport transport,
            Delivery delivery,
            Way.Agents agents,
            Consumer<String> say)
            throws IOException {
        SharedSecret secret = SharedSecret.read(agents.secretFile());
        Map<Endpoint, AgentConnector> connectors = new LinkedHashMap<>();
        Map<InetSocketAddress, AgentConnector> byTarget = new HashMap<>();
        for (Endpoint target : plan.targets()) {
            AgentConnector connector =
                    connectors.computeIfAbsent(
                            agents.of(target).orElseThrow(),
                            agent ->
                                    new AgentConnector(
                                            agent.address(), secret, transport, delivery, say));
            connector.check(target.address());
            byTarget.put(target.address(), connector);
        }
        AgentConnector first = connectors.values().iterator().next();
        if (connectors.size() == 1) {
            return new Carriage(first, first::counts, () -> {});
        }
        return new Carriage(
                // An address that is no target's is refused by whichever agent is asked.
                (peer, origin, tls, loop, listener) ->
                        byTarget.getOrDefault(peer, first)
                                .connect(peer, origin, tls, loop, listener),
                () -> {
                    SortedMap<String, Long> all = new TreeMap<>();
                    connectors.forEach(
                            (agent, connector) ->
                                    connector
                                            .counts()
                                            .forEach(
                                                    (name, count) ->
                                                            all.put(
                                                                    agent.literal() + " " + name,
                                                                    count)));
                    return all;
                },
                () -> {});
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
        switch (way) {
            case Way.Plain() -> {}
            case Way.Agents agents -> agents.requireFit(targets);
            case Way.ReturnRoute _ when targets.size() > 1 ->
                    throw new RefusedException(
                            "--return-route is for one target, and this run has %d: make a run for each, or use intercepts"
                                    .formatted(targets.size()));
            case Way.ReturnRoute _ -> {}
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
