package dev.understudy.sys;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Routing by rules that brings packets for addresses of others to sockets of this host: transparent
 * sockets (ip(7), IP_TRANSPARENT; the kernel's Documentation/networking/tproxy.rst). Every change
 * is written down first, and taken back by {@link #close}, by the next start after a kill, or by
 * {@link #clean}.
 */
public final class PolicyRouting implements AutoCloseable {
    /** The usual place of the journals. */
    public static final Path FOLDER = Path.of("/run/understudy");

    /** Of our sockets and of what the server's answer to them. */
    public static final int DEFAULT_MARK = 0x7564;

    /** Of our routes. */
    public static final int DEFAULT_TABLE = 36_524;

    /** What 'main' has; ours come before it. */
    private static final int MAIN_PRIORITY = 32_766;

    private static final int CAP_NET_ADMIN = 12;

    private final RoutingJournal journal;

    private PolicyRouting(RoutingJournal journal) {
        this.journal = journal;
    }

    /**
     * For connections made beside the servers, on their own host: what a server answers to sockets
     * with the mark stays on this host. Others are not touched.
     *
     * @param servers addresses of this host, of either family
     * @throws IOException with a message for the user; nothing is left changed
     */
    public static PolicyRouting beside(
            Path folder, Collection<InetSocketAddress> servers, int mark, int table)
            throws IOException {
        List<RoutingChange> changes = new ArrayList<>();
        TreeSet<String> settings = new TreeSet<>(List.of("net/ipv4/tcp_fwmark_accept"));
        for (int family : families(servers)) {
            // Else the kernel's own refusals would leave for the real client.
            settings.add("net/ipv%d/fwmark_reflect".formatted(family));
            changes.add(new RoutingChange.Table(family, table));
            changes.add(
                    new RoutingChange.Rule(
                            family, 0, List.of("fwmark", "0x" + Integer.toHexString(mark)), table));
        }
        // The last to be made, the first to be taken back.
        changes.add(new RoutingChange.Connections(mark));
        return make(folder, "intercept", table, settings, changes);
    }

    /**
     * For connections to a server on another host whose answers are routed here: they stay on this
     * host, whomever they are for.
     *
     * @throws IOException with a message for the user; nothing is left changed
     */
    public static PolicyRouting answersOf(Path folder, InetSocketAddress server, int table)
            throws IOException {
        int family = families(List.of(server)).getFirst();
        List<String> selector =
                List.of(
                        "from",
                        literal(server.getAddress()),
                        "ipproto",
                        "tcp",
                        "sport",
                        String.valueOf(server.getPort()));
        return make(
                folder,
                "return-route-" + table,
                table,
                new TreeSet<>(),
                List.of(
                        new RoutingChange.Table(family, table),
                        new RoutingChange.Rule(family, 0, selector, table)));
    }

    /** Takes back what killed processes left in this network namespace; says how much. */
    public static int clean(Path folder) throws IOException {
        requirePrivilege();
        int changes = 0;
        for (RoutingJournal abandoned : RoutingJournal.abandoned(folder)) {
            try (abandoned) {
                changes += abandoned.takeBack();
            }
        }
        return changes;
    }

    private static PolicyRouting make(
            Path folder,
            String name,
            int table,
            Collection<String> settings,
            List<RoutingChange> changes)
            throws IOException {
        clean(folder);
        RoutingJournal journal =
                RoutingJournal.open(folder, name)
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                "another understudy %s is at work in this network namespace: end it first"
                                                        .formatted(name)));
        PolicyRouting made = new PolicyRouting(journal);
        try {
            for (RoutingChange change : changes) {
                requireFree(change, table);
            }
            for (String setting : settings) {
                int before = RoutingChange.Setting.read(setting);
                if (before != 1) {
                    made.change(new RoutingChange.Setting(setting, before, 1));
                }
            }
            for (RoutingChange change : changes) {
                made.change(
                        change instanceof RoutingChange.Rule rule
                                ? new RoutingChange.Rule(
                                        rule.family(),
                                        freePriority(rule.family()),
                                        rule.selector(),
                                        rule.table())
                                : change);
            }
            return made;
        } catch (IOException e) {
            try {
                made.close();
            } catch (IOException more) {
                e.addSuppressed(more);
            }
            throw e;
        }
    }

    private void change(RoutingChange change) throws IOException {
        journal.add(change);
        change.make();
    }

    private static void requireFree(RoutingChange change, int table) throws IOException {
        switch (change) {
            case RoutingChange.Table(int family, int number) -> {
                if (!RoutingChange.Table.routes(family, number).isEmpty()) {
                    throw new IOException(
                            "routing table %d is taken ('ip -%d route show table %d'): choose another with --table"
                                    .formatted(number, family, number));
                }
            }
            case RoutingChange.Rule rule -> {
                for (String line :
                        Command.must(List.of("ip", "-" + rule.family(), "rule", "show")).lines()) {
                    List<String> words = List.of(line.strip().split("\\s+", -1));
                    if (follows(words, "lookup", String.valueOf(table))) {
                        throw new IOException(
                                "routing table %d is taken by the rule '%s': choose another with --table"
                                        .formatted(table, line));
                    }
                    if (rule.selector().getFirst().equals("fwmark")
                            && follows(words, "fwmark", rule.selector().getLast())) {
                        throw new IOException(
                                "mark %s is taken by the rule '%s': choose another with --mark"
                                        .formatted(rule.selector().getLast(), line));
                    }
                }
            }
            case RoutingChange.Connections _ -> {}
            case RoutingChange.Setting _ -> {}
        }
    }

    private static boolean follows(List<String> words, String name, String value) {
        int at = words.indexOf(name);
        return at >= 0
                && at + 1 < words.size()
                && (words.get(at + 1).equals(value) || words.get(at + 1).startsWith(value + "/"));
    }

    /** Before main and all that others put before it; a VPN's rule would take our packets. */
    private static int freePriority(int family) throws IOException {
        int first =
                RoutingChange.Rule.priorities(family).stream()
                        .filter(priority -> priority > 0)
                        .mapToInt(Integer::intValue)
                        .min()
                        .orElse(MAIN_PRIORITY);
        if (first <= 1) {
            throw new IOException(
                    "a routing rule with priority 1 stands before all others ('ip -%d rule show'): give it a larger number"
                            .formatted(family));
        }
        return Math.min(first, MAIN_PRIORITY) - 1;
    }

    private static List<Integer> families(Collection<InetSocketAddress> servers)
            throws IOException {
        requirePrivilege();
        TreeSet<Integer> families = new TreeSet<>();
        for (InetSocketAddress server : servers) {
            families.add(server.getAddress() instanceof Inet6Address ? 6 : 4);
        }
        if (families.contains(6)
                && (!Files.exists(Path.of("/proc/sys/net/ipv6"))
                        || RoutingChange.Setting.read("net/ipv6/conf/lo/disable_ipv6") != 0)) {
            throw new IOException(
                    "IPv6 is off here (net.ipv6.conf.lo.disable_ipv6): switch it on, or name the server's IPv4 address");
        }
        return List.copyOf(families);
    }

    private static void requirePrivilege() throws IOException {
        long effective;
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            effective =
                    lines.filter(line -> line.startsWith("CapEff:"))
                            .map(line -> line.substring("CapEff:".length()).strip())
                            .mapToLong(hex -> Long.parseUnsignedLong(hex, 16))
                            .findFirst()
                            .orElse(0);
        }
        if ((effective >>> CAP_NET_ADMIN & 1) == 0) {
            throw new IOException(
                    "CAP_NET_ADMIN is missing: routing and transparent sockets need it; run as root, or give it to the service");
        }
    }

    private static String literal(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    /**
     * Takes everything back.
     *
     * @throws IOException where something could not be; it stays written down
     */
    @Override
    public void close() throws IOException {
        try (journal) {
            journal.takeBack();
        }
    }
}
