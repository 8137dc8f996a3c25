package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.hash.Hashing;
import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.Understudy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several online servers and targets in one run, by the counters of real memcached servers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class ManyServersTest {
    private CacheServer online;
    private CacheServer otherOnline;
    private CacheServer target;
    private CacheServer otherTarget;

    @BeforeAll
    void start() {
        online = CacheServer.start();
        otherOnline = CacheServer.start();
        target = CacheServer.start();
        otherTarget = CacheServer.start();
        int history = 0;
        for (CacheServer server : List.of(online, otherOnline, target, otherTarget)) {
            // No server's cas values agree with another's by chance.
            server.talk("set h 0 0 1 noreply\r\n1\r\n".repeat(history) + "mn\r\n", "MN\r\n");
            server.talk("set a 0 0 2\r\nhi\r\nset b 0 0 2\r\nho\r\n", "STORED\r\nSTORED\r\n");
            history += 50;
        }
    }

    @AfterAll
    void stop() {
        for (CacheServer server : List.of(online, otherOnline, target, otherTarget)) {
            server.close();
        }
    }

    private static Understudy copy(String... options) {
        List<String> command = new ArrayList<>(List.of("copy", "-i", "lo"));
        command.addAll(List.of(options));
        return Understudy.start(Map.of(), command).awaitCapturing();
    }

    private static long gets(CacheServer server) {
        return server.counters().get("cmd_get");
    }

    private static JsonNode column(Understudy.Ended ended, int target) {
        return ended.report().path("targets").path(target);
    }

    private static long sum(JsonNode counts) {
        return counts.valueStream().mapToLong(JsonNode::asLong).sum();
    }

    @Test
    void twoServersGoToOneTargetAndADifferenceOfTheOtherTargetIsInItsColumnAlone() {
        otherTarget.talk("set b 0 0 2\r\nhu\r\n", "STORED\r\n");
        long targetBefore = gets(target);
        long otherBefore = gets(otherTarget);
        Understudy.Ended ended;
        try (Understudy copy =
                copy(
                        "--copy",
                        online.address()
                                + "="
                                + target.address()
                                + ","
                                + otherTarget.address()
                                + "@memcached",
                        "--copy",
                        otherOnline.address() + "=" + target.address() + "@memcached")) {
            for (int i = 0; i < 5; i++) {
                online.talk("get a\r\n", "END\r\n");
                otherOnline.talk("get a\r\nget a\r\n", "END\r\nVALUE a 0 2\r\nhi\r\nEND\r\n");
            }
            online.talk("get b\r\n", "END\r\n");
            ended = copy.stop();
        }
        otherTarget.talk("set b 0 0 2\r\nho\r\n", "STORED\r\n");

        assertEquals(6 + 10, gets(target) - targetBefore, ended::toString);
        assertEquals(6, gets(otherTarget) - otherBefore, ended::toString);
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals(3, ended.report().path("targets").size());
        assertEquals("ok", column(ended, 0).path("outcome").asText(), ended::toString);
        assertEquals("differences", column(ended, 1).path("outcome").asText(), ended::toString);
        assertEquals("ok", column(ended, 2).path("outcome").asText(), ended::toString);
        assertEquals(6, column(ended, 0).path("requests").path("same").asLong());
        assertEquals(5, column(ended, 1).path("requests").path("same").asLong());
        assertEquals(1, sum(column(ended, 1).path("requests").path("different")));
        assertEquals(10, column(ended, 2).path("requests").path("same").asLong());
        assertTrue(ended.printed().contains("target 2  " + otherTarget.address()), ended::toString);
    }

    /** The rule as docs/operations.md tells it. */
    private static boolean inSample(int clientPort, int percent) {
        byte[] key =
                ByteBuffer.allocate(6)
                        .put(new byte[] {127, 0, 0, 1})
                        .putShort((short) clientPort)
                        .array();
        long place =
                Long.remainderUnsigned(Hashing.murmur3_128().hashBytes(key).asLong(), 1_000_000);
        return place < percent * 10_000L;
    }

    @Test
    void aSampleThatIsMultipliedReachesTheTargetExactlySoOften() {
        long before = gets(target);
        long connectionsBefore = connections(target);
        int sampled = 0;
        Understudy.Ended ended;
        try (Understudy copy =
                copy(
                        "--online",
                        online.address(),
                        "--target",
                        target.address(),
                        "--protocol",
                        "memcached",
                        "--sample",
                        "30%",
                        "--multiply",
                        "3")) {
            for (int i = 0; i < 60; i++) {
                try (CacheServer.Conversation client = online.open()) {
                    client.ask("get a\r\n", "END\r\n");
                    sampled += inSample(client.clientPort(), 30) ? 1 : 0;
                }
            }
            ended = copy.stop();
        }
        assertTrue(sampled > 0 && sampled < 60, "a sample of " + sampled);
        assertEquals(3L * sampled, gets(target) - before, ended::toString);
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(180, ended.count("sessions.captured"), ended::toString);
        assertEquals(3L * sampled, ended.count("sessions.complete"), ended::toString);
        assertEquals(180 - 3L * sampled, ended.count("sessions.notSampled"), ended::toString);
        assertEquals(3L * sampled, ended.count("requests.same"), ended::toString);
        assertTrue(connections(target) - connectionsBefore >= 3L * sampled, ended::toString);
    }

    @Test
    void aCopierThatTakesMoreThanItMayMakesRoom(@TempDir Path folder) throws Exception {
        Path config = folder.resolve("host.yaml");
        // Less than a process that sleeps takes: a single tick of three seconds is over it.
        Files.writeString(config, "host: { cpu-limit: 0.01% }\n");
        List<CacheServer.Conversation> kept = new ArrayList<>();
        int passedOver = 0;
        Understudy.Ended ended;
        try (Understudy copy =
                copy(
                        "--online",
                        online.address(),
                        "--target",
                        target.address(),
                        "--protocol",
                        "memcached",
                        "--config",
                        config.toString())) {
            for (int i = 0; i < 8; i++) {
                kept.add(online.open());
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (passedOver < 20 && System.nanoTime() < end) {
                // Each reaches the target before the next is begun, unless it was passed over.
                long before = gets(target);
                online.talk("get a\r\n", "END\r\n");
                kept.getLast().ask("get a\r\n", "END\r\n");
                await(() -> gets(target) > before);
                passedOver += gets(target) > before ? 0 : 1;
            }
            kept.forEach(CacheServer.Conversation::close);
            ended = copy.stop();
        }
        assertEquals(20, passedOver, ended::toString);
        JsonNode sessions = ended.report().path("sessions");
        assertTrue(sessions.path("notSampled").path("cpu-limit").asLong() >= 20, ended::toString);
        assertTrue(sessions.path("leftOut").path("cpu-limit").asLong() >= 1, ended::toString);
        assertTrue(ended.printed().contains("over host.cpu-limit"), ended::toString);
    }

    /** Waits for half a second, at most, for what may not come. */
    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 50 && !condition.getAsBoolean(); i++) {
            Thread.sleep(10);
        }
    }

    private static long connections(CacheServer server) {
        for (String line : server.talk("stats\r\n", "END\r\n").split("\r\n", -1)) {
            if (line.startsWith("STAT total_connections ")) {
                return Long.parseLong(line.substring("STAT total_connections ".length()));
            }
        }
        throw new AssertionError("no total_connections");
    }

    @Test
    void aControlWithTheSameNoiseMasksItAndNothingElse() {
        target.talk("set b 0 0 2\r\nhu\r\n", "STORED\r\n");
        Understudy.Ended ended;
        try (Understudy copy =
                copy(
                        "--online",
                        online.address(),
                        "--target",
                        target.address(),
                        "--control",
                        otherTarget.address(),
                        "--protocol",
                        "tcp")) {
            try (CacheServer.Conversation client = online.open()) {
                client.ask("get a\r\n", "END\r\n");
                client.ask("gets a\r\n", "END\r\n");
                client.ask("get b\r\n", "END\r\n");
            }
            ended = copy.stop();
        }
        target.talk("set b 0 0 2\r\nho\r\n", "STORED\r\n");
        JsonNode requests = column(ended, 0).path("requests");
        assertEquals(1, requests.path("same").asLong(), ended::toString);
        assertEquals(1, requests.path("notCompared").path("differs-on-control").asLong());
        assertEquals(1, sum(requests.path("different")), ended::toString);
        assertEquals(3, column(ended, 0).path("comparedWithControl").path("with").asLong());
        assertTrue(column(ended, 1).path("control").asBoolean(), ended::toString);
        assertEquals("ok", column(ended, 1).path("outcome").asText(), ended::toString);
        assertEquals(1, sum(column(ended, 1).path("requests").path("different")));
    }

    @Test
    void itemsThatTheControlHasOtherwiseTooAreNoiseAndTheOthersAreJudged() {
        target.talk("set a 0 0 2\r\nt1\r\nset b 0 0 2\r\nt2\r\n", "STORED\r\nSTORED\r\n");
        otherTarget.talk("set a 0 0 2\r\nc1\r\n", "STORED\r\n");
        Understudy.Ended ended;
        try (Understudy copy =
                copy(
                        "--online",
                        online.address(),
                        "--target",
                        target.address(),
                        "--control",
                        otherTarget.address(),
                        "--protocol",
                        "memcached")) {
            online.talk("get a\r\nget b\r\nget a b\r\n", "hi\r\nVALUE b 0 2\r\nho\r\nEND\r\n");
            ended = copy.stop();
        }
        target.talk("set a 0 0 2\r\nhi\r\nset b 0 0 2\r\nho\r\n", "STORED\r\nSTORED\r\n");
        otherTarget.talk("set a 0 0 2\r\nhi\r\n", "STORED\r\n");
        JsonNode requests = column(ended, 0).path("requests");
        assertEquals(1, requests.path("notCompared").path("noise").asLong(), ended::toString);
        assertEquals(2, requests.path("different").path("value").asLong(), ended::toString);
        assertEquals(3, column(ended, 0).path("comparedWithControl").path("with").asLong());
    }
}
