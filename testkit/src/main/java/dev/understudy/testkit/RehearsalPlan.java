package dev.understudy.testkit;

import dev.understudy.cli.LocalServers;
import dev.understudy.delivery.Transport;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.report.AllowedLimits;
import dev.understudy.session.RunLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is rehearsed, and how; {@link #start} begins. Used by one thread. */
public final class RehearsalPlan {
    private final String protocol;
    private final Map<String, Object> settings = new LinkedHashMap<>();
    private final List<Reviewed> reviewed = new ArrayList<>();
    private Optional<Server> online = Optional.empty();
    private Optional<Server> target = Optional.empty();
    private Optional<Path> reportDirectory = Optional.empty();
    private AllowedLimits allowed = AllowedLimits.strict();
    private RunLimits limits = RunLimits.defaults();
    private boolean acrossSessions = true;
    private Way way = new Way.InThePath();
    private Transport transport = Transport.best();
    private ClassLoader plugins;

    RehearsalPlan(String protocol) {
        this.protocol = protocol;
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        plugins = ofThread == null ? RehearsalPlan.class.getClassLoader() : ofThread;
    }

    /**
     * The server that clients use today.
     *
     * @param server {@code "host:port"}, a JDBC URL, an {@code InetSocketAddress}, or a running
     *     container of Testcontainers, which is asked for its first exposed port. Not a type for
     *     each, so that tests without Testcontainers compile
     * @throws IllegalArgumentException where it is none of these
     */
    public RehearsalPlan online(Object server) {
        online = Optional.of(Server.of(server));
        return this;
    }

    /** The server that clients shall use tomorrow; named as {@link #online} is. */
    public RehearsalPlan target(Object server) {
        target = Optional.of(Server.of(server));
        return this;
    }

    /** A user's password on the target: the setting {@code users.<name>.password}. */
    public RehearsalPlan user(String name, String password) {
        section(section(settings, "users"), name).put("password", new Secret(password));
        return this;
    }

    /**
     * A setting of the protocol, as its section of the configuration file has it.
     *
     * @param path names of sections and of the setting, with dots between: {@code target-tls}
     * @param value text, a number, a flag, or a list of these
     */
    public RehearsalPlan setting(String path, Object value) {
        String[] names = path.split("\\.", -1);
        Map<String, Object> section = settings;
        for (int i = 0; i < names.length - 1; i++) {
            section = section(section, names[i]);
        }
        section.put(names[names.length - 1], value);
        return this;
    }

    @SuppressWarnings("unchecked") // Sections are made here and nowhere else.
    private static Map<String, Object> section(Map<String, Object> in, String name) {
        Object section = in.computeIfAbsent(name, _ -> new LinkedHashMap<String, Object>());
        if (section instanceof Map<?, ?>) {
            return (Map<String, Object>) section;
        }
        throw new IllegalArgumentException(
                "setting '" + name + "' was set before: it is no section");
    }

    /**
     * A difference that is known and in order: the assertions do not count it.
     *
     * @param kind as the report names it: {@code warnings}, {@code content}
     * @param statement a part of the statement as the report shows it, values left out
     * @param why for whoever reads the test
     */
    public RehearsalPlan reviewed(String kind, String statement, String why) {
        reviewed.add(new Reviewed(kind, statement, why));
        return this;
    }

    /** What may be left out, lost, unanswered or not compared; nothing unless said here. */
    public RehearsalPlan allow(AllowedLimits most) {
        allowed = most;
        return this;
    }

    /** What the run may take; {@link RunLimits#defaults} unless said here. */
    public RehearsalPlan limits(RunLimits most) {
        limits = most;
        return this;
    }

    /** Each session keeps its own order, but does not wait for the answers of others. */
    public RehearsalPlan inSessionOrder() {
        acrossSessions = false;
        return this;
    }

    /**
     * Captures beside the path, on the interface of this host that leads to the online server: the
     * bridge of a container's network, loopback for a server here. Clients then use the online
     * server itself. This needs root, or the capability {@code CAP_NET_RAW}, and containers on this
     * host.
     */
    public RehearsalPlan capturing() {
        way = new Way.Beside();
        return this;
    }

    /**
     * Copies a recording, as fast as the target answers. {@link #online} is the server's address in
     * it, and need not be there any more; {@link Rehearsal#finish} waits for the recording's end.
     *
     * @param file pcap or pcapng
     */
    public RehearsalPlan recording(Path file) {
        way = new Way.Recorded(file);
        return this;
    }

    /** Connects to the target by this; the best there is here unless said. */
    RehearsalPlan transport(Transport other) {
        transport = other;
        return this;
    }

    /**
     * Where {@code report.json}, {@code .txt} and {@code .html} are written once it has finished.
     */
    public RehearsalPlan report(Path directory) {
        reportDirectory = Optional.of(directory);
        return this;
    }

    /** Where protocol plugins are looked for; the thread's own class path unless said here. */
    public RehearsalPlan plugins(ClassLoader loader) {
        plugins = loader;
        return this;
    }

    /**
     * Begins: from now on clients of {@link Rehearsal#address} are passed on to the online server,
     * and copied.
     *
     * @throws RehearsalException where it cannot be begun; nothing is left open then
     */
    public Rehearsal start() {
        Server from = online.orElseThrow(() -> missing("online"));
        Server to = target.orElseThrow(() -> missing("target"));
        if (LocalServers.areOne(from.address(), to.address())) {
            throw new RehearsalException(
                    "the target %s is the online server %s itself: name two servers"
                            .formatted(to.name(), from.name()));
        }
        return Rehearsal.begin(
                new Prepared(
                        protocol,
                        from,
                        to,
                        Settings.of(protocol, copy(settings)),
                        List.copyOf(reviewed),
                        reportDirectory,
                        allowed,
                        limits,
                        acrossSessions,
                        way,
                        transport,
                        ProtocolCatalog.ofClassPath(plugins)));
    }

    private static RehearsalException missing(String which) {
        return new RehearsalException(
                "no %s server: name one with %s(\"host:port\") or a container"
                        .formatted(which, which));
    }

    private static Map<String, Object> copy(Map<String, Object> section) {
        Map<String, Object> copy = new HashMap<>();
        section.forEach(
                (name, value) ->
                        copy.put(
                                name,
                                value instanceof Map<?, ?> inner ? Map.copyOf(inner) : value));
        return copy;
    }

    /** A plan that is complete. */
    record Prepared(
            String protocol,
            Server online,
            Server target,
            Settings settings,
            List<Reviewed> reviewed,
            Optional<Path> reportDirectory,
            AllowedLimits allowed,
            RunLimits limits,
            boolean acrossSessions,
            Way way,
            Transport transport,
            ProtocolCatalog catalog) {}
}
