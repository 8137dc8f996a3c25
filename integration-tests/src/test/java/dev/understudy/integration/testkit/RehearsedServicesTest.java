package dev.understudy.integration.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.MockCluster;
import dev.understudy.integration.lab.Understudy;
import dev.understudy.testkit.Rehearsal;
import dev.understudy.testkit.RehearsalPlan;
import dev.understudy.testkit.RehearsalResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.lifecycle.Startables;

/** Migrations of caches and of a web service between containers; and the ways beside the relay. */
@Timeout(180)
class RehearsedServicesTest {
    private static final int CACHE_PORT = 11211;

    private static final GenericContainer<?> CACHE = cache();
    private static final GenericContainer<?> OTHER_CACHE = cache();

    /** Takes items of 2 MiB, the others none of more than 1 MiB. */
    private static final GenericContainer<?> LARGE_CACHE =
            cache().withCommand("memcached", "-vv", "-I", "2m");

    private static final GenericContainer<?> SITE_1 = site("4.20", 200);
    private static final GenericContainer<?> OTHER_SITE_1 = site("4.20", 200);
    private static final GenericContainer<?> SITE_2 = site("4.99", 410);

    private static final List<GenericContainer<?>> ALL =
            List.of(CACHE, OTHER_CACHE, LARGE_CACHE, SITE_1, OTHER_SITE_1, SITE_2);

    @BeforeAll
    static void start() {
        Startables.deepStart(ALL).join();
    }

    @AfterAll
    static void stop() {
        ALL.forEach(GenericContainer::stop);
    }

    private static GenericContainer<?> cache() {
        // Its log tells when it listens; looking for the port takes a process in the container.
        return new GenericContainer<>("memcached:1.6")
                .withExposedPorts(CACHE_PORT)
                .withCommand("memcached", "-vv")
                .waitingFor(Wait.forLogMessage(".*server listening.*", 1));
    }

    /** A service whose versions differ in a price and in what became of a page. */
    private static GenericContainer<?> site(String price, int oldPage) {
        return new GenericContainer<>("lab/nginx:1")
                .withExposedPorts(80)
                .waitingFor(Wait.forHttp("/"))
                .withCopyToContainer(
                        Transferable.of(
                                """
                                server {
                                  listen 80;
                                  default_type application/json;
                                  location /item { return 200 '{"id":7,"name":"chair","price":%s}'; }
                                  location /old { return %d '{"page":"old"}'; }
                                  location / { return 200 '{"up":true}'; }
                                }
                                """
                                        .formatted(price, oldPage)),
                        "/etc/nginx/sites-available/default");
    }

    private static CacheServer.Conversation open(InetSocketAddress server) {
        return CacheServer.Conversation.at(server.getPort());
    }

    private static void work(InetSocketAddress server) {
        try (CacheServer.Conversation client = open(server)) {
            client.ask("set a 5 0 5\r\nchair\r\n", "STORED\r\n");
            client.ask("get a\r\n", "END\r\n");
            client.ask("set n 0 0 1\r\n7\r\nincr n 5\r\n", "12\r\n");
            client.ask("delete a\r\nget a\r\n", "END\r\n");
        }
    }

    private static Map<String, Long> counters(GenericContainer<?> server) {
        return CacheServer.counters(server.getMappedPort(CACHE_PORT));
    }

    private static RehearsalPlan caches(Object target) {
        return Rehearsal.of("memcached").online(CACHE).target(target);
    }

    @Test
    void aCacheMovesToItsLikeAndBothCountTheSame() {
        Map<String, Long> onlineBefore = counters(CACHE);
        Map<String, Long> targetBefore = counters(OTHER_CACHE);
        try (Rehearsal rehearsal = caches(OTHER_CACHE).start()) {
            work(rehearsal.address());
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(6, result.requests(), result::text);
            Map<String, Long> asked = since(onlineBefore, counters(CACHE));
            assertEquals(asked, since(targetBefore, counters(OTHER_CACHE)), result::text);
            assertEquals(2, asked.get("cmd_set"), asked::toString);
        }
    }

    private static Map<String, Long> since(Map<String, Long> before, Map<String, Long> after) {
        after.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
        return after;
    }

    @Test
    void aCacheOfLargerItemsIsFoundOut() {
        try (Rehearsal rehearsal = caches(LARGE_CACHE).start()) {
            try (CacheServer.Conversation client = open(rehearsal.address())) {
                client.ask(
                        "set large 0 0 1500000\r\n" + "x".repeat(1_500_000) + "\r\n", "cache\r\n");
            }
            RehearsalResult result = rehearsal.finish();
            assertNames(result, "set large", "SERVER_ERROR object too large for cache");
            assertEquals(1, result.differences(), result::text);
        }
    }

    private static RehearsalPlan ontoCluster(MockCluster cluster) {
        return caches(cluster.nodes().getFirst())
                .setting("show-values", true)
                .setting("couchbase.bucket", MockCluster.BUCKET)
                .setting("couchbase.password", MockCluster.PASSWORD);
    }

    @Test
    void aCacheMovesToAClusterAndWhatTheClusterHasOtherwiseIsNamed() {
        Map<String, Long> onlineBefore = counters(CACHE);
        try (MockCluster cluster = MockCluster.start(2)) {
            try (Rehearsal rehearsal = ontoCluster(cluster).start()) {
                work(rehearsal.address());
                RehearsalResult result = rehearsal.finish().assertNoDifferences();
                assertEquals(6, result.counts().requests().same(), result::text);
                Map<String, Long> asked = since(onlineBefore, counters(CACHE));
                assertEquals(2, asked.get("cmd_set"), asked::toString);
                assertEquals("12", cluster.value("n"));
            }
            try (Rehearsal rehearsal = ontoCluster(cluster).start()) {
                try (CacheServer.Conversation client = open(rehearsal.address())) {
                    client.ask("set a 0 0 5\r\nchair\r\n", "STORED\r\n");
                    client.ask("set b 0 0 5\r\ntable\r\n", "STORED\r\n");
                    client.ask(
                            "set c 0 0 4\r\nlamp\r\nset n 0 0 1\r\n7\r\n", "STORED\r\nSTORED\r\n");
                    MockCluster.await(
                            () -> cluster.value("n").equals("7"), "the last item on the target");
                    cluster.plant("a", "stool");
                    cluster.takeOut("b");
                    cluster.plant("n", "70");
                    client.ask("get a\r\nget b\r\nget c\r\nincr n 5\r\n", "12\r\n");
                }
                RehearsalResult result = rehearsal.finish();
                assertNames(result, "get a", "stool");
                assertNames(result, "get b", "miss");
                assertNames(result, "incr n", "75");
                assertEquals(3, result.differences(), result::text);
                assertEquals(5, result.counts().requests().same(), result::text);
            }
        }
    }

    private static void browse(InetSocketAddress site) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (String page : List.of("/", "/item", "/old", "/")) {
                URI uri = URI.create("http://127.0.0.1:" + site.getPort() + page);
                client.send(
                        HttpRequest.newBuilder(uri).version(HttpClient.Version.HTTP_1_1).build(),
                        BodyHandlers.ofString());
            }
        }
    }

    /** Browses the site, and holds the rehearsal's count against those of both servers. */
    private static RehearsalResult browsed(GenericContainer<?> target) throws Exception {
        int onlineBefore = served(SITE_1);
        int targetBefore = served(target);
        try (Rehearsal rehearsal = Rehearsal.of("http").online(SITE_1).target(target).start()) {
            browse(rehearsal.address());
            RehearsalResult result = rehearsal.finish();
            assertEquals(4, result.requests(), result::text);
            assertEquals(4, served(SITE_1) - onlineBefore);
            assertEquals(4, served(target) - targetBefore);
            return result;
        }
    }

    @Test
    void theSameVersionOfAServiceAnswersTheSame() throws Exception {
        RehearsalResult result = browsed(OTHER_SITE_1).assertNoDifferences();
        assertEquals(4, result.counts().requests().same(), result::text);
    }

    @Test
    void theNextVersionOfAServiceIsFoundOut() throws Exception {
        RehearsalResult result = browsed(SITE_2);
        assertNames(result, "GET /item", "4.99");
        assertNames(result, "GET /old", "410");
        assertEquals(2, result.differences(), result::text);
        assertEquals(2, result.counts().requests().same(), result::text);
    }

    /** Requests by the server's own log. */
    private static int served(GenericContainer<?> site) throws IOException, InterruptedException {
        return Integer.parseInt(
                site.execInContainer("sh", "-c", "wc -l </var/log/nginx/access.log")
                        .getStdout()
                        .strip());
    }

    private static void assertNames(RehearsalResult result, String request, String answer) {
        AssertionError failure = assertThrows(AssertionError.class, result::assertNoDifferences);
        String summary = failure.getMessage().split("\n\n", 2)[0];
        assertTrue(summary.contains(request), summary);
        assertTrue(summary.contains(answer), summary);
    }

    @Test
    void onTheBridgeOfTheContainersNothingStandsInThePath() {
        try (Rehearsal rehearsal = caches(OTHER_CACHE).capturing().start()) {
            assertEquals(CACHE.getMappedPort(CACHE_PORT), rehearsal.address().getPort());
            work(rehearsal.address());
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(6, result.requests(), result::text);
            assertTrue(result.counts().packets().used() > 6, result::text);
        }
    }

    @Test
    void aRecordingIsCopiedWithoutItsServer(@TempDir Path folder) {
        Path file = folder.resolve("work.pcapng");
        String online = addressOf(CACHE) + ":" + CACHE_PORT;
        try (Understudy record =
                Understudy.start(
                        Map.of(),
                        List.of(
                                "record",
                                "-i",
                                "any",
                                "--online",
                                online,
                                "-o",
                                file.toString()))) {
            record.awaitCapturing();
            work(
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), CACHE.getMappedPort(CACHE_PORT)));
            assertEquals(0, record.stop().exitCode());
        }
        try (Rehearsal rehearsal =
                Rehearsal.of("memcached")
                        .online(online)
                        .target(OTHER_CACHE)
                        .recording(file)
                        .start()) {
            assertThrows(IllegalStateException.class, rehearsal::address);
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(6, result.requests(), result::text);
        }
    }

    private static String addressOf(GenericContainer<?> container) {
        return container.getContainerInfo().getNetworkSettings().getNetworks().values().stream()
                .findFirst()
                .orElseThrow()
                .getIpAddress();
    }
}
