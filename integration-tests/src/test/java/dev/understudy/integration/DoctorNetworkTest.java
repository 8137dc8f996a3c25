package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.Hosts;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Doctor names what stands between two hosts: each fault is planted, and its line asked for. In
 * namespaces without a way out; whatever doctor tries it takes back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class DoctorNetworkTest {
    private static final String MAPPED = "10.98.0.1";

    private Path folder;
    private Hosts hosts;
    private CacheServer target;
    private String address;
    private String rulesOfTarget;
    private String rulesOfCopy;

    @BeforeAll
    void start(@TempDir Path empty) throws IOException {
        folder = empty;
        hosts = Hosts.up();
        target = CacheServer.startIn(hosts.namespace("target"), Hosts.TARGET_ADDRESS);
        address = Hosts.TARGET_ADDRESS + ":" + target.port();
        secretFile("secret", "long enough to be taken for a secret, and the same");
        secretFile("other", "long enough to be taken for a secret, and another");
        rulesOfTarget = rules("target");
        rulesOfCopy = rules("copy");
    }

    private void secretFile(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    @AfterAll
    void stop() {
        target.close();
        hosts.close();
    }

    private String rules(String host) {
        return sh(
                host,
                "ip rule; ip route show table 36524 2>/dev/null; sysctl net.ipv4.tcp_fwmark_accept");
    }

    private String sh(String host, String script) {
        return hosts.run(host, Map.of(), "bash", "-c", script);
    }

    private String doctor(int exitCode, List<String> under, String... arguments) {
        List<String> whole = new ArrayList<>(List.of("doctor"));
        whole.addAll(List.of(arguments));
        try (Understudy doctor = Understudy.start(under, Map.of(), whole, Path.of("/dev/null"))) {
            Understudy.Ended ended = doctor.ended();
            assertEquals(exitCode, ended.exitCode(), ended::toString);
            return ended.printed();
        }
    }

    private static void says(String printed, String... parts) {
        for (String part : parts) {
            assertTrue(printed.contains(part), part + " is not in\n" + printed);
        }
    }

    /** What doctor says while something is wrong; that is taken back, whatever it says. */
    private String with(
            String host, String wrong, String undo, List<String> under, String... line) {
        sh(host, wrong);
        try {
            return doctor(2, under, line);
        } finally {
            sh(host, undo);
        }
    }

    private String protectWith(String wrong, String undo) {
        return with("target", wrong, undo, hosts.on("target"), "--protect", address);
    }

    private String routeWith(String host, String wrong, String undo) {
        return with(
                host,
                wrong,
                undo,
                hosts.on("copy"),
                "--target",
                address,
                "--return-route",
                "--as",
                MAPPED);
    }

    @Test
    void whatKeepsTheTargetsAnswersFromAnInterceptIsNamed() {
        says(
                doctor(0, hosts.on("target"), "--protect", address),
                "ok       address     " + address + " was reached as 198.51.100.1");
        says(
                protectWith(
                        "iptables -A OUTPUT -m mark --mark 0x7564 -j DROP", "iptables -F OUTPUT"),
                "failed   firewall    ",
                "0x7564: let them pass",
                "iptables -t filter: -A OUTPUT -m mark --mark 0x7564 -j DROP");
        says(
                protectWith(
                        "iptables -A INPUT -i lo -p tcp --sport " + target.port() + " -j DROP",
                        "iptables -F INPUT"),
                "failed   firewall    ",
                "-A INPUT -i lo -p tcp -m tcp --sport " + target.port() + " -j DROP");
        says(
                protectWith("ip rule add fwmark 0x7564 lookup 100", "ip rule del fwmark 0x7564"),
                "failed   address     mark 0x7564 is taken by the rule");
        List<String> without = new ArrayList<>(hosts.on("target"));
        without.addAll(List.of("setpriv", "--inh-caps=-all", "--bounding-set=-net_admin"));
        says(
                doctor(2, without, "--protect", address),
                "failed   address     CAP_NET_ADMIN is missing");
        says(
                doctor(2, hosts.on("target"), "--protect", Hosts.TARGET_ADDRESS + ":1"),
                Hosts.TARGET_ADDRESS + ":1 cannot be reached as 198.51.100.1 (refused)");
        assertEquals(rulesOfTarget, rules("target"));
    }

    @Test
    void whatKeepsThemFromAReturnRouteIsNamed() {
        says(
                doctor(0, hosts.on("copy"), "--target", address, "--return-route", "--as", MAPPED),
                "ok       address     " + address + " was reached as " + MAPPED);
        says(
                routeWith(
                        "target",
                        "ip route del 10.98.0.0/16",
                        "ip route add 10.98.0.0/16 via 10.99.0.40"),
                "failed   route       no answer of " + address + " to " + MAPPED,
                "'ip route add " + MAPPED + " via THIS-HOST'");
        // The way there leads over a second cable, and answers come by the first.
        sh("copy", "ip link add v0 type veth peer name v1 netns " + hosts.namespace("target"));
        sh("target", "ip addr add 10.97.0.2/30 dev v1; ip link set v1 up");
        sh("copy", "ip addr add 10.97.0.1/30 dev v0; ip link set v0 up");
        says(
                routeWith(
                        "copy",
                        "ip route add 10.99.0.30 via 10.97.0.2;"
                                + " sysctl -qw net.ipv4.conf.eth0.rp_filter=1",
                        "ip link del v0; sysctl -qw net.ipv4.conf.eth0.rp_filter=0"),
                "failed   rp_filter   ",
                "net.ipv4.conf.eth0.rp_filter = 1");
        assertEquals(rulesOfCopy, rules("copy"));
    }

    @Test
    void theLinksToInterceptAndCopierAreTried() {
        String secret = folder.resolve("secret").toString();
        String other = folder.resolve("other").toString();
        String agent = Hosts.TARGET_ADDRESS + ":36524";
        String copier = "10.99.0.40:36525";
        List<String> here = hosts.on("copy");
        List<String> tapsHost = hosts.on("online");
        says(
                doctor(2, here, "--target", address, "--intercept", agent, "--secret-file", secret),
                "failed   intercept   the intercept " + agent + ": it cannot be reached");
        says(
                doctor(2, tapsHost, "--to", copier, "--secret-file", secret),
                "failed   tap         the copier " + copier + ": it cannot be reached");
        List<String> intercept =
                List.of("intercept", "--protect", address, "--secret-file", secret);
        List<String> copy =
                List.of(
                        "copy",
                        "--from",
                        "tap://:36525",
                        "--secret-file",
                        secret,
                        "--online",
                        "10.99.0.20:1",
                        "--target",
                        address,
                        "--protocol",
                        "tcp");
        Path nothing = Path.of("/dev/null");
        try (Understudy agentRuns =
                        Understudy.start(hosts.on("target"), Map.of(), intercept, nothing)
                                .awaitMessage("intercepting");
                Understudy copies =
                        Understudy.start(here, Map.of(), copy, nothing).awaitCapturing()) {
            says(
                    doctor(
                            0,
                            here,
                            "--target",
                            address,
                            "--intercept",
                            agent,
                            "--secret-file",
                            secret),
                    "ok       intercept   " + agent + " knows the secret, and reaches " + address);
            says(
                    doctor(
                            2,
                            here,
                            "--target",
                            address,
                            "--intercept",
                            agent,
                            "--secret-file",
                            other),
                    "failed   intercept   ",
                    "give both ends the same --secret-file");
            says(
                    doctor(
                            2,
                            here,
                            "--target",
                            Hosts.TARGET_ADDRESS + ":1",
                            "--intercept",
                            agent,
                            "--secret-file",
                            secret),
                    "does not protect " + Hosts.TARGET_ADDRESS + ":1");
            says(
                    doctor(0, tapsHost, "--to", copier, "--secret-file", secret),
                    "ok       tap         " + copier + " takes taps, and knows the secret");
            says(
                    doctor(2, tapsHost, "--to", copier, "--secret-file", other),
                    "failed   tap         ",
                    "give both ends the same --secret-file");
            says(
                    doctor(2, tapsHost, "--to", agent, "--secret-file", secret),
                    "failed   tap         ",
                    "check address and port");
            agentRuns.stop();
            Understudy.Ended ended = copies.stop();
            assertTrue(!ended.toString().contains("long enough"), ended::toString);
        }
        assertEquals(rulesOfTarget, rules("target"));
    }

    @Test
    void anInterfaceThatDoesNotSeeTheFlowIsToldFromNoTraffic() throws Exception {
        String online = Hosts.ONLINE_ADDRESS + ":9";
        List<String> here = hosts.on("online");
        says(
                doctor(0, here, "-i", "lo", "--online", online, "--duration", "1s"),
                "warning  flow        no packet of " + online + " seen on lo in 1 s: is there");
        List<String> calling = new ArrayList<>(hosts.on("client"));
        calling.addAll(
                List.of(
                        "bash",
                        "-c",
                        "while :; do (: </dev/tcp/10.99.0.20/9) 2>/dev/null; read -rt 0.05 <> <(:); done"));
        Process client =
                new ProcessBuilder(calling)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            says(
                    doctor(0, here, "-i", "lo", "--online", online, "--duration", "1s"),
                    "warning  flow        no packet of " + online + " seen on lo in 1 s, but ",
                    "on other interfaces: '-i any' takes them");
            says(
                    doctor(0, here, "-i", "eth0", "--online", online, "--duration", "1s"),
                    "packets of " + online + " seen on eth0 in 1 s");
        } finally {
            client.destroyForcibly().waitFor();
        }
    }
}
