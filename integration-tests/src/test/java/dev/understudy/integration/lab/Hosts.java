package dev.understudy.integration.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Network namespaces that stand for the hosts of a rehearsal, on a switch of their own, with the
 * offloads of real network cards: packets larger than the MTU, checksums not filled in.
 */
public final class Hosts implements AutoCloseable {
    /** Where the online server is. */
    public static final String ONLINE_ADDRESS = "10.99.0.20";

    /** Where the target is. */
    public static final String TARGET_ADDRESS = "10.99.0.30";

    private static final List<String> NAMES = List.of("client", "online", "target", "copy");

    /** The last byte of their addresses, and the names of their ports at the switch. */
    private static final Map<String, Integer> NUMBERS =
            Map.of("client", 10, "online", 20, "target", 30, "copy", 40);

    private final String network;

    private Hosts(String network) {
        this.network = network;
    }

    /** Makes them. */
    public static Hosts up() {
        Hosts hosts = new Hosts("it" + ProcessHandle.current().pid());
        hosts.script("up");
        for (String name : NAMES) {
            hosts.run(
                    name, Map.of(), "ethtool", "-K", "eth0", "tx", "on", "sg", "on", "tso", "on",
                    "gso", "on", "gro", "on");
        }
        return hosts;
    }

    private void script(String action) {
        Shell.run(Map.of("LAB_NET", network), List.of(Project.lab("netns.sh"), action));
    }

    /** The name of a host's namespace: of {@code client}, {@code online}, {@code target}. */
    public String namespace(String host) {
        return network + "-" + host;
    }

    /** What runs a program on a host. */
    public List<String> on(String host) {
        return List.of("ip", "netns", "exec", namespace(host));
    }

    /** Runs a program on a host to its end. */
    public String run(String host, Map<String, String> environment, String... command) {
        List<String> whole = new ArrayList<>(on(host));
        whole.addAll(Arrays.asList(command));
        return Shell.run(environment, whole);
    }

    /** Takes a host's cable out, or puts it in again. */
    public void cut(String host, boolean out) {
        String port = "p" + NUMBERS.get(host);
        Shell.run("ip", "-n", network + "-sw", "link", "set", port, out ? "down" : "up");
    }

    @Override
    public void close() {
        script("down");
    }
}
