package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.integration.lab.Project;
import dev.understudy.integration.lab.RedisServer;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The example for those who write plugins, in the program that is shipped and beside no other
 * plugin: from Redis 7 to Valkey 8, driven by redis-cli. So a protocol that core has never heard of
 * needs nothing in core.
 */
@Timeout(180)
class RedisExampleTest {
    private static final String ONLINE_PASSWORD = "online-pw";
    private static final String TARGET_PASSWORD = "target-pw-not-the-same";
    private static final List<String> RESP2 = List.of();
    private static final List<String> RESP3 = List.of("-3");

    /** What the test asks for itself. */
    private static final List<String> OWN = List.of("info", "auth");

    @TempDir private Path folder;

    private Understudy copy(RedisServer online, RedisServer target) throws IOException {
        Path plugins = Files.createDirectory(folder.resolve("plugins"));
        Files.copy(Project.examplePlugin(), plugins.resolve("plugin-redis.jar"));
        Path config = folder.resolve("redis.yaml");
        Files.writeString(
                config,
                """
                redis:
                  users:
                    default: { password: "${env:TARGET_PASSWORD}" }
                """);
        return Understudy.start(
                        Map.of(
                                "TARGET_PASSWORD",
                                TARGET_PASSWORD,
                                "UNDERSTUDY_PLUGINS",
                                plugins.toString()),
                        List.of(
                                "copy",
                                "-i",
                                "lo",
                                "--online",
                                online.address(),
                                "--target",
                                target.address(),
                                "--protocol",
                                "redis",
                                "--config",
                                config.toString()))
                .awaitCapturing();
    }

    private static Map<String, Long> since(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> grown = new TreeMap<>(after);
        grown.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
        grown.keySet().removeAll(OWN);
        grown.values().removeIf(count -> count == 0);
        return grown;
    }

    private static void plant(RedisServer server, String value, String list) {
        server.cli(RESP2, "set planted " + value, "del typed", list);
    }

    private static void workload(RedisServer server) throws Exception {
        server.cli(
                RESP2,
                "set k v ex 1000",
                "get k",
                "incr k",
                "incr n",
                "ttl k",
                "mset a 1 b 2 c 3",
                "sadd s x y z x",
                "smembers s",
                "hset h f 1 g 2",
                "hgetall h",
                "watch n",
                "multi",
                "incr n",
                "smembers s",
                "exec",
                "get planted",
                "lrange typed 0 -1");
        server.cli(RESP3, "hgetall h", "incrbyfloat n 0.5", "zadd z 1.5 m", "zscore z m", "get no");
        CompletableFuture<String> blocked =
                CompletableFuture.supplyAsync(() -> server.cli(RESP2, "blpop q 30"));
        while (!server.cli(RESP2, "info clients").contains("blocked_clients:1")) {
            Thread.onSpinWait();
        }
        server.cli(RESP2, "rpush q job");
        assertTrue(blocked.get().contains("job"));
        assertEquals("+OK", server.raw("AUTH " + ONLINE_PASSWORD + "\\r\\nPING\\r\\n"));
        assertTrue(server.cli("wrong", RESP2, "get k").contains("NOAUTH"));
    }

    @Test
    void aProtocolThatCoreNeverHeardOfIsCopied() throws Exception {
        try (RedisServer online = RedisServer.start(RedisServer.REDIS_7, ONLINE_PASSWORD);
                RedisServer target = RedisServer.start(RedisServer.VALKEY_8, TARGET_PASSWORD)) {
            plant(online, "one", "rpush typed a");
            plant(target, "two", "set typed a");
            Map<String, Long> onlineBefore = online.calls();
            Map<String, Long> targetBefore = target.calls();
            Understudy.Ended ended;
            try (Understudy copy = copy(online, target)) {
                workload(online);
                online.cli(RESP2, "flushall");
                assertEquals("-NOAUTH", online.raw("SUBSCRIBE c\\r\\n").split(" ", -1)[0]);
                ended = copy.stop();
            }
            // A session was left out, and INFO says nothing of the other server.
            assertEquals(6, ended.exitCode(), ended::toString);
            assertEquals(2, ended.count("requests.different"), ended::toString);
            assertEquals(1, ended.count("requests.different.value"), ended::toString);
            assertEquals(1, ended.count("requests.different.error"), ended::toString);
            assertEquals(1, ended.count("requests.skipped.flushall"), ended::toString);
            assertEquals(1, ended.count("requests.skipped.login-refused-online"), ended::toString);
            assertEquals(1, ended.count("sessions.leftOut.pub-sub"), ended::toString);
            assertEquals(1, ended.count("sessions.leftOut"), ended::toString);
            assertEquals(0, ended.count("requests.unanswered"), ended::toString);
            assertTrue(groups(ended.report()).contains("GET ?"), ended::toString);

            Map<String, Long> asked = since(onlineBefore, online.calls());
            asked.remove("flushall");
            assertEquals(asked, since(targetBefore, target.calls()), ended::toString);
            assertEquals(3, asked.get("get"), asked::toString);
            for (String password : List.of(ONLINE_PASSWORD, TARGET_PASSWORD)) {
                assertFalse(
                        (ended.toString() + ended.report()).contains(password), ended::toString);
            }
        }
    }

    private static String groups(JsonNode report) {
        return report.path("groups").toString();
    }
}
