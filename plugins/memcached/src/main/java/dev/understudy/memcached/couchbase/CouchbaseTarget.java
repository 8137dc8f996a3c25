package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.sasl.SaslMechanism;
import dev.understudy.memcached.sasl.ScramKeys;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The cluster that a copy goes to: what all its sessions share. Safe for use by several threads.
 */
public final class CouchbaseTarget {
    /** The name of the section below {@code memcached}. */
    public static final String SECTION = "couchbase";

    private static final int NONCE_BYTES = 24;

    private final InetSocketAddress address;
    private final CouchbaseUser user;
    private final Set<SaslMechanism> mechanisms;
    private final boolean tls;
    private final HostNames names;
    private final ClusterMaps maps = new ClusterMaps();
    private final ScramKeys keys = new ScramKeys();
    private final SecureRandom random = new SecureRandom();

    CouchbaseTarget(
            InetSocketAddress address,
            CouchbaseUser user,
            Set<SaslMechanism> mechanisms,
            boolean tls,
            Map<String, InetAddress> hosts) {
        this.address = address;
        this.user = user;
        this.mechanisms = EnumSet.copyOf(mechanisms);
        this.tls = tls;
        this.names = new HostNames(hosts);
    }

    /**
     * Reads the section {@code memcached.couchbase}: {@code bucket}, {@code user} (by default the
     * bucket's name), {@code password}, {@code plain} (whether the password may be sent as it is),
     * {@code tls}, {@code hosts}. Empty where there is no such section; a wrong one is a {@link
     * SettingsException}.
     *
     * @param address the data service of any node
     */
    public static Optional<CouchbaseTarget> of(Settings memcached, InetSocketAddress address) {
        if (!memcached.names().contains(SECTION)) {
            return Optional.empty();
        }
        Settings section = memcached.section(SECTION);
        section.allowOnly(Set.of("bucket", "user", "password", "plain", "tls", "hosts"));
        String bucket =
                section.text("bucket")
                        .orElseThrow(
                                () ->
                                        new SettingsException(
                                                "memcached.couchbase.bucket is missing: name the"
                                                        + " bucket to copy to"));
        CouchbaseUser user =
                new CouchbaseUser(
                        bucket,
                        section.text("user").orElse(bucket),
                        section.secret("password")
                                .orElseThrow(
                                        () ->
                                                new SettingsException(
                                                        "memcached.couchbase.password is missing:"
                                                                + " set the user's password, or"
                                                                + " \"\" where it has none")));
        boolean tls = section.flag("tls").orElse(false);
        boolean plain = section.flag("plain").orElse(tls);
        EnumSet<SaslMechanism> mechanisms = EnumSet.allOf(SaslMechanism.class);
        if (!plain) {
            mechanisms.remove(SaslMechanism.PLAIN);
        }
        return Optional.of(
                new CouchbaseTarget(
                        address, user, mechanisms, tls, hosts(section.section("hosts"))));
    }

    private static Map<String, InetAddress> hosts(Settings section) {
        Map<String, InetAddress> hosts = new HashMap<>();
        for (String name : section.names()) {
            String literal = section.text(name).orElse("");
            try {
                hosts.put(name, InetAddress.ofLiteral(literal));
            } catch (IllegalArgumentException _) {
                throw new SettingsException(
                        "memcached.couchbase.hosts.%s is '%s': it must be an IP address"
                                .formatted(name, literal));
            }
        }
        return hosts;
    }

    /** A session of its own, whose answers go to the sink. */
    public ClusterSession open(AnswerSink sink, int keepBytes) {
        return new ClusterSession(this, sink, keepBytes);
    }

    /**
     * Logs in, fetches the map of the cluster and looks up the names in it. Blocks.
     *
     * @return what stops the run, with its next step, and what does not
     */
    public Preparation prepare() {
        ClusterMap map;
        try {
            map = new ClusterTrial(address, tls, login()).map();
        } catch (IOException | IllegalArgumentException e) {
            return new Preparation(
                    List.of(
                            ("Couchbase at %s: %s: look at memcached.couchbase (bucket '%s', user"
                                            + " '%s'), and at whether --target is the data service"
                                            + " of a node (11210, with TLS 11207)")
                                    .formatted(
                                            shown(address),
                                            Optional.ofNullable(e.getMessage())
                                                    .orElseGet(e::toString),
                                            user.bucket(),
                                            user.name())),
                    List.of());
        }
        maps.offer(map);
        map.nodes().forEach(node -> names.address(node.host()));
        Set<String> unknown = names.lookUp();
        List<String> warnings = new ArrayList<>();
        if (!unknown.isEmpty()) {
            warnings.add(
                    ("the cluster's map names hosts that have no address here, and requests for"
                                    + " their keys will be lost: %s: set memcached.couchbase.hosts")
                            .formatted(String.join(", ", unknown)));
        }
        if (map.nodes().size() > ClusterSession.MAX_NODES) {
            warnings.add(
                    "the cluster has %d data nodes, and a session talks to %d at most"
                            .formatted(map.nodes().size(), ClusterSession.MAX_NODES));
        }
        warnings.add(
                "flags are kept bit by bit: the SDKs of Couchbase will not understand those of"
                        + " memcached's clients");
        return new Preparation(List.of(), warnings);
    }

    private static String shown(InetSocketAddress address) {
        return address.getHostString() + ":" + address.getPort();
    }

    /** Looks up the names of nodes that sessions met and could not. Blocks. */
    public Set<String> refresh() {
        return names.lookUp();
    }

    NodeLogin login() {
        return new NodeLogin(user, mechanisms, keys, this::nonce);
    }

    private String nonce() {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    InetSocketAddress address() {
        return address;
    }

    boolean tls() {
        return tls;
    }

    HostNames names() {
        return names;
    }

    ClusterMaps maps() {
        return maps;
    }
}
