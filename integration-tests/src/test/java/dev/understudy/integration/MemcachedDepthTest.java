package dev.understudy.integration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.integration.lab.WrittenRecording;
import dev.understudy.memcached.MemcachedProtocol;
import dev.understudy.protocol.Preparation;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.rubyeye.xmemcached.GetsResponse;
import net.rubyeye.xmemcached.MemcachedClient;
import net.rubyeye.xmemcached.XMemcachedClientBuilder;
import net.rubyeye.xmemcached.command.BinaryCommandFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** memcached beyond the usual: pools, logins that are only tried, values of 100 MiB. */
@Timeout(300)
class MemcachedDepthTest {
    private static final int MIB = 1 << 20;

    // Clients that keep several connections to one server.

    private static MemcachedClient pooled(CacheServer server, boolean binary) throws IOException {
        XMemcachedClientBuilder builder =
                new XMemcachedClientBuilder(
                        List.of(
                                new InetSocketAddress(
                                        InetAddress.getLoopbackAddress(), server.port())));
        builder.setConnectionPoolSize(4);
        builder.setOpTimeout(20_000);
        if (binary) {
            builder.setCommandFactory(new BinaryCommandFactory());
        }
        return builder.build();
    }

    /** One thread's share of the work, on keys of its own. */
    private static int work(MemcachedClient client, String mine) throws Exception {
        int swaps = 0;
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
            String key = mine + ":" + i;
            keys.add(key);
            assertTrue(client.add(key, 100, "value " + i));
            assertFalse(client.add(key, 100, "refused " + i));
            GetsResponse<String> held = client.gets(key);
            assertTrue(client.cas(key, 100, "swapped " + i, held.getCas()));
            assertFalse(client.cas(key, 100, "too late " + i, held.getCas()));
            swaps++;
            assertTrue(client.append(key, "+"));
            assertEquals(i + 5L, client.incr(mine + ":count", i == 0 ? 7 : 1, 5));
        }
        assertEquals(15, client.get(keys).size());
        assertTrue(client.delete(mine + ":3"));
        assertTrue(client.replace(mine + ":4", 100, "replaced"));
        assertTrue(client.touch(mine + ":5", 50));
        return swaps;
    }

    @ParameterizedTest(name = "binary: {0}")
    @ValueSource(booleans = {false, true})
    void equalServersWithUnlikeCasValuesAnswerAlikeWhateverConnectionOfAPoolIsTaken(
            boolean binary, @TempDir Path folder) throws Exception {
        Path config = Files.writeString(folder.resolve("config.yaml"), "memcached: {}\n");
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start()) {
            target.talk("set shift 0 0 1 noreply\r\n1\r\n".repeat(211) + "mn\r\n", "MN\r\n");
            target.talk("delete shift\r\n", "DELETED\r\n");
            Map<String, Long> before = target.counters();
            Understudy.Ended ended;
            try (Understudy copy =
                            Understudy.start(
                                            Map.of(),
                                            List.of(
                                                    "copy",
                                                    "-i",
                                                    "lo",
                                                    "--online",
                                                    online.address(),
                                                    "--target",
                                                    target.address(),
                                                    "--protocol",
                                                    "memcached",
                                                    "--config",
                                                    config.toString()))
                                    .awaitCapturing();
                    ExecutorService threads = Executors.newFixedThreadPool(3)) {
                MemcachedClient client = pooled(online, binary);
                List<Future<Integer>> shares = new ArrayList<>();
                for (String mine : List.of("red", "green", "blue")) {
                    shares.add(threads.submit(() -> work(client, mine)));
                }
                for (Future<Integer> share : shares) {
                    assertEquals(15, share.get());
                }
                client.shutdown();
                ended = copy.stop();
            }
            assertEquals(0, ended.exitCode(), ended::toString);
            assertEquals(0, ended.count("requests.different"), ended::toString);
            assertEquals(0, ended.count("requests.notCompared"), ended::toString);
            assertEquals(0, ended.count("requests.skipped"), ended::toString);
            assertTrue(ended.count("sessions.complete") >= 4, ended::toString);
            Map<String, Long> after = target.counters();
            assertEquals(45, after.get("cas_hits") - before.get("cas_hits"), ended::toString);
            assertEquals(45, after.get("cas_badval") - before.get("cas_badval"), ended::toString);
        }
    }

    // What `doctor` tries.

    private static Preparation examined(CacheServer target, Map<String, Object> settings) {
        return new MemcachedProtocol()
                .examine(
                        new RunContext(
                                Settings.of("memcached", settings),
                                new InetSocketAddress("192.0.2.1", 11211),
                                new InetSocketAddress(
                                        InetAddress.getLoopbackAddress(), target.port()),
                                RunContext.DEFAULT_REPLY_KEEP_BYTES));
    }

    private static Map<String, Object> user(String password, Map<String, Object> more) {
        Map<String, Object> settings = new java.util.HashMap<>(more);
        settings.put("users", Map.of("app", Map.of("password", password)));
        return settings;
    }

    @Test
    void eachMechanismIsTriedOnARealServerAndAWrongPasswordNamed() {
        try (CacheServer target = CacheServer.withSasl("app", "right")) {
            for (String mechanism :
                    List.of("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512")) {
                Map<String, Object> alone = Map.of("mechanisms", List.of(mechanism));
                assertEquals(
                        Preparation.nothing(), examined(target, user("right", alone)), mechanism);
                Preparation wrong = examined(target, user("wrong", alone));
                assertEquals(1, wrong.problems().size(), wrong::toString);
                String problem = wrong.problems().getFirst();
                assertTrue(
                        problem.contains("refused the login of 'app'")
                                && problem.contains("memcached.users.app.password"),
                        problem);
            }
        }
    }

    @Test
    void aLoginInTextIsTriedWhereTheTargetSpeaksNoSasl() {
        try (CacheServer target = CacheServer.withTextAuth("app", "right");
                CacheServer open = CacheServer.start()) {
            assertEquals(Preparation.nothing(), examined(target, user("right", Map.of())));
            Preparation wrong = examined(target, user("wrong", Map.of()));
            assertTrue(wrong.problems().getFirst().contains("CLIENT_ERROR"), wrong::toString);
            Preparation unasked = examined(open, user("right", Map.of()));
            assertEquals(List.of(), unasked.problems());
            assertTrue(unasked.warnings().getFirst().contains("no login"), unasked::toString);
        }
    }

    // Large values.

    /** 100 MiB, of which no two MiB are alike. */
    private static byte[] large() {
        byte[] value = new byte[100 * MIB];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) (i * 31 + (i >> 20));
        }
        return value;
    }

    private static byte[] text(String text) {
        return text.getBytes(ISO_8859_1);
    }

    @Test
    void aValueOf100MibPassesAndItsLargestDifferingPartIsNamed(@TempDir Path folder)
            throws IOException {
        Path file = folder.resolve("large.pcap");
        byte[] value = large();
        String announced = "large 3 0 " + value.length + "\r\n";
        String hit = "VALUE large 3 " + value.length + "\r\n";
        try (WrittenRecording recording = WrittenRecording.open(file, 11211)) {
            recording.client(text("set " + announced)).client(value).client(text("\r\n"));
            recording.server(text("STORED\r\n"));
            recording.client(text("get large\r\n"));
            recording.server(text(hit)).server(value).server(text("\r\nEND\r\n"));
            value[20 * MIB] ^= 1;
            value[60 * MIB] ^= 1;
            value[61 * MIB] ^= 1;
            recording.client(text("get large\r\n"));
            recording.server(text(hit)).server(value).server(text("\r\nEND\r\n"));
        }
        Path config = Files.writeString(folder.resolve("config.yaml"), "memcached: {}\n");
        try (CacheServer target = CacheServer.start("-I", "128m", "-m", "1024");
                Understudy replay =
                        Understudy.start(
                                Map.of(),
                                List.of(
                                        "replay",
                                        file.toString(),
                                        "--online",
                                        "192.0.2.1:11211",
                                        "--target",
                                        target.address(),
                                        "--protocol",
                                        "memcached",
                                        "--speed",
                                        "max",
                                        "--config",
                                        config.toString()))) {
            Understudy.Ended ended = replay.ended();
            assertEquals(1, ended.exitCode(), ended::toString);
            assertEquals(2, ended.count("requests.same"), ended::toString);
            assertEquals(1, ended.count("requests.different"), ended::toString);
            assertTrue(
                    ended.report().toString().contains("the largest part of 3 MiB in all"),
                    ended::toString);
        }
    }
}
