package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.DebianHost;
import dev.understudy.integration.lab.Hosts;
import dev.understudy.integration.lab.Project;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Debian package and the container image, on hosts that have no Java, run by a real systemd.
 */
@Timeout(300)
class PackageTest {
    private static final String PACKAGE = "/root/understudy.deb";

    /** Of 10; what {@code systemd-analyze security} calls OK ends at 4. */
    private static final String HIGHEST_EXPOSURE = "25";

    private static Path built;

    @TempDir private Path folder;

    @BeforeAll
    static void build() {
        built = Path.of(Shell.run(Project.root().resolve("dist/build-deb").toString()).strip());
    }

    private static void install(DebianHost host) {
        host.copyIn(built, PACKAGE);
        host.run("dpkg", "--install", PACKAGE);
    }

    @Test
    void replaysOnAHostWithoutJavaAndLeavesNothingBehind() throws IOException {
        Path recording = folder.resolve("talk.pcapng");
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start();
                DebianHost host = DebianHost.up()) {
            try (Understudy record =
                    Understudy.start(
                            Map.of(),
                            List.of(
                                    "record",
                                    "-i",
                                    "lo",
                                    "--online",
                                    online.address(),
                                    "-o",
                                    recording.toString()))) {
                record.awaitCapturing();
                online.talk("set a 0 0 1\r\n1\r\nget a\r\n", "END\r\n");
                assertEquals(0, record.stop().exitCode());
            }
            String filesBefore = programFiles(host);
            assertTrue(host.run("sh", "-c", "command -v java || echo none").startsWith("none"));
            install(host);

            assertTrue(host.run("understudy", "--version").contains("Java 25"));
            for (String protocol : List.of("http", "memcached", "mysql")) {
                assertTrue(host.run("understudy", "plugins").contains("\n" + protocol + " "));
            }
            host.copyIn(recording, "/root/talk.pcapng");
            String report =
                    host.run(
                            "understudy",
                            "replay",
                            "/root/talk.pcapng",
                            "--online",
                            online.address(),
                            "--target",
                            target.address(),
                            "--protocol",
                            "memcached");
            assertTrue(report.contains("outcome: ok"), report);
            assertEquals(1, target.counters().get("cmd_set"), report);

            host.run("dpkg", "--purge", "understudy");
            assertEquals(filesBefore, programFiles(host));
        }
    }

    private static String programFiles(DebianHost host) {
        return host.run("sh", "-c", "find /usr /etc/systemd -name '*understudy*'; ls /etc");
    }

    @Test
    void aUnitCopiesWithOneCapabilityAndReportsWhenItIsStopped() throws IOException {
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start();
                DebianHost host = DebianHost.up()) {
            install(host);
            host.write(
                    "/etc/understudy/shop.conf",
                    "UNDERSTUDY_ARGS=copy -i lo --online %s --target %s --protocol memcached --report /var/lib/understudy/shop\n"
                            .formatted(online.address(), target.address()));
            host.run("systemctl", "start", "understudy@shop");
            host.awaitJournal("understudy@shop", "capturing on lo");
            String pid = host.run("systemctl", "show", "-P", "MainPID", "understudy@shop").strip();
            String status = host.run("cat", "/proc/" + pid + "/status");
            for (String line :
                    List.of(
                            "CapEff:\t0000000000002000",
                            "CapBnd:\t0000000000002000",
                            "NoNewPrivs:\t1",
                            "Seccomp:\t2")) {
                assertTrue(status.contains(line), line + " of " + status);
            }
            assertFalse(status.contains("\nUid:\t0"), status);

            assertTrue(host.run("understudy", "ctl", "status").contains("sessions 0"));
            online.talk("set a 0 0 1\r\n1\r\nget a\r\n", "END\r\n");
            host.run("systemctl", "stop", "understudy@shop");

            String journal = host.journal("understudy@shop");
            assertTrue(journal.contains("outcome: ok"), journal);
            assertEquals(
                    "0",
                    host.run("systemctl", "show", "-P", "ExecMainStatus", "understudy@shop")
                            .strip());
            JsonNode report =
                    new ObjectMapper()
                            .readTree(
                                    Files.readString(
                                            host.at("/var/lib/understudy/shop/report.json")));
            assertEquals(2, report.at("/requests/same").asInt(), report::toString);
            assertEquals(1, target.counters().get("cmd_set"), journal);
        }
    }

    @Test
    void theInterceptsUnitTakesItsRulesBack() {
        try (Hosts hosts = Hosts.up();
                DebianHost host = DebianHost.up(hosts.namespace("target"))) {
            install(host);
            host.run(
                    "sh",
                    "-c",
                    "umask 077; head -c 32 /dev/urandom | base64 >/etc/understudy/secret;"
                            + " chown understudy: /etc/understudy/secret");
            host.write(
                    "/etc/understudy/shop.conf",
                    "INTERCEPT_ARGS=--protect %s:11211 --secret-file /etc/understudy/secret\n"
                            .formatted(Hosts.TARGET_ADDRESS));
            String before = routing(hosts);
            host.run("systemctl", "start", "understudy-intercept@shop");
            host.awaitJournal("understudy-intercept@shop", "36524");
            String during = routing(hosts);
            assertNotEquals(before, during);

            // Killed, it is started anew, and takes back what it finds written down.
            host.run("systemctl", "kill", "--signal", "KILL", "understudy-intercept@shop");
            host.awaitJournal("understudy-intercept@shop", "Scheduled restart job");
            host.run(
                    "sh",
                    "-c",
                    "until systemctl is-active --quiet understudy-intercept@shop; do sleep 0.1; done");
            host.run("systemctl", "stop", "understudy-intercept@shop");
            assertEquals(before, routing(hosts), host.journal("understudy-intercept@shop"));
        }
    }

    private static String routing(Hosts hosts) {
        return hosts.run(
                "target",
                Map.of(),
                "sh",
                "-c",
                "ip rule; ip -6 rule; ip route show table 36524 2>/dev/null; sysctl net.ipv4.tcp_fwmark_accept");
    }

    @Test
    void unitsExposeLittle() {
        try (DebianHost host = DebianHost.up()) {
            install(host);
            for (String unit : List.of("understudy@x", "understudy-intercept@x")) {
                // A higher exposure is a status of 1.
                host.run(
                        "systemd-analyze",
                        "security",
                        "--no-pager",
                        "--offline=yes",
                        "--threshold=" + HIGHEST_EXPOSURE,
                        unit + ".service");
                assertEquals("", host.run("systemd-analyze", "verify", unit + ".service"));
            }
        }
    }

    @Test
    void theImageRunsAsAUserOfItsOwn() {
        String image = "understudy-it:" + ProcessHandle.current().pid();
        Path dist = Project.root().resolve("dist");
        Shell.run(
                Map.of("DOCKER_BUILDKIT", "0"),
                List.of(
                        "docker",
                        "build",
                        "--quiet",
                        "--network=none",
                        "--build-arg",
                        "BASE=lab/clean:1",
                        "-t",
                        image,
                        "-f",
                        dist.resolve("container/Containerfile").toString(),
                        dist.resolve("target").toString()));
        try {
            String version =
                    Shell.run(
                            "docker",
                            "run",
                            "--rm",
                            "--network=none",
                            "--cap-drop=ALL",
                            image,
                            "--version");
            assertTrue(version.contains("Java 25"), version);
        } finally {
            Shell.run("docker", "rmi", "--force", image);
        }
    }
}
