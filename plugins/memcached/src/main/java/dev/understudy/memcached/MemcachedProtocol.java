package dev.understudy.memcached;

import dev.understudy.memcached.command.CacheReply;
import dev.understudy.memcached.command.Comparison;
import dev.understudy.memcached.command.KeyTable;
import dev.understudy.memcached.couchbase.CouchbaseTarget;
import dev.understudy.memcached.sasl.ScramKeys;
import dev.understudy.protocol.Conclusion;
import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Exchange;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.ProtocolSession;
import dev.understudy.protocol.Reply;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.SessionContext;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.Verdict;
import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pf4j.Extension;

/** memcached 1.4 to 1.6 in all its dialects: classic text, meta commands, binary. */
@Extension
public final class MemcachedProtocol implements Protocol {
    private static final int USUAL_PORT = 11211;
    private static final int NONCE_BYTES = 18;
    private static final SecureRandom RANDOM = new SecureRandom();

    private record Run(Shared shared, Comparison comparison) {}

    private volatile Optional<Run> run = Optional.empty();

    @Override
    public String name() {
        return "memcached";
    }

    @Override
    public Set<Integer> usualPorts() {
        return Set.of(USUAL_PORT);
    }

    @Override
    public boolean knowsUsers() {
        return true;
    }

    @Override
    public Detection detect(Direction direction, ByteBuf firstBytes) {
        return switch (direction) {
            case FROM_CLIENT -> FirstBytes.ofClient(firstBytes);
            case FROM_SERVER -> FirstBytes.ofServer(firstBytes);
        };
    }

    @Override
    public Preparation prepare(RunContext context) {
        MemcachedSettings settings;
        Optional<CouchbaseTarget> cluster;
        try {
            settings = MemcachedSettings.of(context);
            cluster = CouchbaseTarget.of(context.settings(), context.target());
        } catch (SettingsException e) {
            return new Preparation(List.of(e.getMessage()), List.of());
        }
        Shared shared =
                new Shared(
                        settings,
                        new KeyTable(),
                        new ScramKeys(),
                        new Refusals(settings.failureLimit()),
                        new HitRates(),
                        MemcachedProtocol::nonce,
                        cluster);
        run = Optional.of(new Run(shared, new Comparison(settings.showValues())));
        Preparation reached = cluster.map(CouchbaseTarget::prepare).orElse(Preparation.nothing());
        List<String> warnings = new ArrayList<>(reached.warnings());
        if (!settings.allow().isEmpty()) {
            warnings.add(
                    "memcached.allow sends to the target what is skipped by default: "
                            + String.join(", ", new TreeSet<>(settings.allow())));
        }
        if (settings.warm()) {
            warnings.add(
                    "memcached.warm stores on the target what it lacks: its hit rate is not its own");
        }
        if (settings.showValues()) {
            warnings.add("memcached.show-values puts bytes of differing values into the report");
        }
        return new Preparation(reached.problems(), warnings);
    }

    /** Prepares, and tries each configured login on the target. */
    @Override
    public Preparation examine(RunContext context) {
        Preparation prepared = prepare(context);
        if (!prepared.problems().isEmpty()) {
            return prepared;
        }
        Preparation tried = new LoginTrial(known().shared(), context.target()).all();
        List<String> warnings = new ArrayList<>(prepared.warnings());
        warnings.addAll(tried.warnings());
        return new Preparation(tried.problems(), warnings);
    }

    /** A node whose name has no address yet should not wait long for it. */
    @Override
    public Duration refreshInterval() {
        return Duration.ofSeconds(1);
    }

    @Override
    public Preparation refresh(RunContext context) {
        Set<String> unknown =
                run.flatMap(known -> known.shared().cluster())
                        .map(CouchbaseTarget::refresh)
                        .orElse(Set.of());
        return unknown.isEmpty()
                ? Preparation.nothing()
                : new Preparation(
                        List.of(),
                        List.of(
                                "nodes of the cluster have no address here: "
                                        + String.join(", ", unknown)));
    }

    /** Tells the hit rates of both servers. */
    @Override
    public Conclusion conclude(RunContext context) {
        return new Conclusion(known().shared().hitRates().tables(), List.of());
    }

    @Override
    public ProtocolSession open(SessionContext session) {
        Shared shared = known().shared();
        return shared.settings()
                .filters()
                .open(session, () -> new MemcachedSession(session, shared));
    }

    @Override
    public Verdict compare(Exchange exchange, Optional<Reply> control) {
        if (exchange.online() instanceof CacheReply online
                && exchange.target() instanceof CacheReply target) {
            return known().comparison()
                    .compare(
                            online,
                            target,
                            control.filter(CacheReply.class::isInstance)
                                    .map(CacheReply.class::cast));
        }
        return new Verdict.NotCompared("login");
    }

    private static String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private Run known() {
        return run.orElseThrow(() -> new IllegalStateException("prepare comes first"));
    }
}
