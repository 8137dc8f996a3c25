package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.MockCluster;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import net.spy.memcached.BinaryConnectionFactory;
import net.spy.memcached.CASValue;
import net.spy.memcached.MemcachedClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real memcached online, a Couchbase cluster of four nodes as the target: the requests of text,
 * meta and binary clients are carried out by the nodes that own their keys, while keys move.
 */
@Timeout(180)
class CouchbaseMigrationTest {
    private static final int NODES = 4;
    private static final int KEYS = 40;

    private CacheServer online;
    private MockCluster target;
    private Path config;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        online = CacheServer.start();
        target = MockCluster.start(NODES);
        config = folder.resolve("config.yaml");
        Files.writeString(
                config,
                """
                memcached:
                  couchbase: { bucket: %s, password: "${env:CLUSTER_PASSWORD}" }
                """
                        .formatted(MockCluster.BUCKET));
    }

    @AfterEach
    void stop() {
        online.close();
        target.close();
    }

    private Understudy copy(String password) {
        return Understudy.start(
                Map.of("CLUSTER_PASSWORD", password),
                List.of(
                        "copy",
                        "-i",
                        "lo",
                        "--online",
                        online.address(),
                        "--target",
                        target.nodes().getFirst(),
                        "--protocol",
                        "memcached",
                        "--config",
                        config.toString()));
    }

    /** Everything that the classic and meta dialects do to one key and those of its kind. */
    private static void textWork(CacheServer.Conversation client, int i) {
        String key = "text:" + i;
        client.ask("set %s %d 0 5\r\nfirst\r\n".formatted(key, i * 65537L), "STORED\r\n");
        client.ask("set n%s 0 0 1 noreply\r\n7\r\nincr n%s 5\r\n".formatted(key, key), "12\r\n");
        client.ask("add %s 0 0 1\r\nx\r\n".formatted(key), "NOT_STORED\r\n");
        client.ask("append %s 0 0 4\r\n\r\nhi\r\n".formatted(key), "STORED\r\n");
        client.ask("prepend %s 0 0 1\r\n>\r\n".formatted(key), "STORED\r\n");
        client.ask("get %s n%s nothing%s\r\n".formatted(key, key, key), "END\r\n");
        String items = client.ask("gets " + key + "\r\n", "END\r\n");
        String cas = Splitter.on(' ').splitToList(items.lines().findFirst().orElseThrow()).get(4);
        client.ask("cas %s 3 0 3 %s\r\nnew\r\n".formatted(key, cas), "STORED\r\n");
        client.ask("cas %s 3 0 3 %s\r\nold\r\n".formatted(key, cas), "EXISTS\r\n");
        client.ask("replace %s 4294967295 0 2\r\nrp\r\n".formatted(key), "STORED\r\n");
        client.ask("touch %s 1000\r\n".formatted(key), "TOUCHED\r\n");
        client.ask("gat 2000 %s\r\n".formatted(key), "END\r\n");
        client.ask("decr n%s 2\r\n".formatted(key), "10\r\n");
        client.ask("mg %s v f s k O%d\r\n".formatted(key, i), "rp\r\n");
        client.ask("mg gone%s v q\r\nmn\r\n".formatted(key), "MN\r\n");
        String meta = client.ask("ms m%s 4 F7 T0 c\r\nmeta\r\n".formatted(key), "\r\n");
        String version = meta.strip().substring("HD c".length());
        client.ask("ms m%s 4 C%s q\r\nmta2\r\nmn\r\n".formatted(key, version), "MN\r\n");
        client.ask("ma c%s N0 J41 v\r\n".formatted(key), "41\r\n");
        client.ask("ma c%s D1 v\r\n".formatted(key), "42\r\n");
        client.ask("md m%s\r\n".formatted(key), "HD\r\n");
        client.ask("delete n%s\r\n".formatted(key), "DELETED\r\n");
        client.ask("delete n%s\r\n".formatted(key), "NOT_FOUND\r\n");
        client.ask("get n%s\r\n".formatted(key), "END\r\n");
    }

    private static void binaryWork(MemcachedClient client, int i) {
        String key = "binary:" + i;
        done(client.set(key, 0, "value " + i));
        done(client.add(key, 0, "not added"));
        done(client.replace(key, 0, "replaced"));
        CASValue<Object> version = client.gets(key);
        client.cas(key, version.getCas(), "by its version");
        client.cas(key, version.getCas(), "too late");
        client.incr("n" + key, 1, 10);
        client.incr("n" + key, 5, 10);
        client.decr("n" + key, 2, 10);
        done(client.append(0, key, "?"));
        client.getBulk(List.of(key, "n" + key, "nothing" + key));
        done(client.touch(key, 500));
        client.getAndTouch(key, 900);
        client.get("nothing" + key);
        done(client.delete("n" + key));
    }

    private static void done(Future<?> operation) {
        try {
            operation.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** One after the other: what a key's request came to is in the mock before it is rebalanced. */
    private static void forEachKey(int from, Consumer<Integer> work) {
        for (int i = from; i < from + KEYS; i++) {
            work.accept(i);
        }
    }

    @Test
    void nothingIsLostAndNothingDiffersWhileKeysMove() throws IOException {
        Understudy.Ended ended;
        try (Understudy copy = copy(MockCluster.PASSWORD).awaitCapturing()) {
            workWhileKeysMove();
            ended = copy.stop();
        }
        assertEquals(0, ended.count("requests.different"), ended::toString);
        assertEquals(0, ended.count("requests.lost"), ended::toString);
        assertEquals(0, ended.count("requests.unanswered"), ended::toString);
        assertEquals(0, ended.count("requests.notCompared"), ended::toString);
        assertEquals(
                ended.count("requests.captured"),
                ended.count("requests.same")
                        + ended.count("requests.skipped")
                        + ended.count("requests.noAnswerDue"),
                ended::toString);
        assertTrue(ended.count("requests.same") > 3 * KEYS * 35, ended::toString);
        assertEquals(0, ended.count("sessions.leftOut"), ended::toString);
        assertFalse(ended.toString().contains(MockCluster.PASSWORD), "a password is shown");
    }

    private void workWhileKeysMove() throws IOException {
        try (CacheServer.Conversation text = online.open();
                CacheServer.Conversation other = online.open()) {
            MemcachedClient binary =
                    new MemcachedClient(
                            new BinaryConnectionFactory(),
                            List.of(
                                    new InetSocketAddress(
                                            InetAddress.getLoopbackAddress(), online.port())));
            for (int round = 0; round < 3; round++) {
                int from = round * KEYS;
                forEachKey(from, i -> textWork(text, i));
                forEachKey(from, i -> binaryWork(binary, i));
                // A version that one connection was told, and another uses.
                String read = text.ask("gets text:%d\r\n".formatted(from), "END\r\n");
                String version =
                        Splitter.on(' ').splitToList(read.lines().findFirst().orElseThrow()).get(4);
                String last = "round " + round;
                other.ask(
                        "cas text:%d 1 0 %d %s\r\n%s\r\n"
                                .formatted(from, last.length(), version, last),
                        "STORED\r\n");
                MockCluster.await(
                        () ->
                                target.value("text:" + from).equals(last)
                                        && target.value("binary:" + (from + KEYS - 1))
                                                .startsWith("by its version"),
                        last + " on the target");
                long before = target.revision();
                target.rebalance();
                assertTrue(target.revision() > before);
            }
            forEachKey(0, i -> text.ask("get text:%d\r\n".formatted(i), "END\r\n"));
            // A node that says nothing any more: reads find their keys on the others.
            target.failOver(2);
            forEachKey(KEYS, i -> text.ask("get text:%d\r\n".formatted(i), "END\r\n"));
            text.ask("get text:0 text:1 text:2\r\n", "END\r\n");
            binary.shutdown();
        }
    }

    @Test
    void plantedDifferencesAreFoundAndNamed() throws IOException {
        Understudy.Ended ended;
        try (Understudy copy = copy(MockCluster.PASSWORD).awaitCapturing()) {
            plant();
            ended = copy.stop();
        }
        assertEquals(1, ended.exitCode(), ended::toString);
        assertEquals(3, ended.count("requests.different"), ended::toString);
        Set<String> found = new TreeSet<>();
        for (JsonNode group : ended.report().path("groups")) {
            JsonNode sample = group.path("sample");
            if (sample.path("end").asText().equals("different")) {
                found.add(sample.path("text").asText() + ": " + sample.path("reason").asText());
            }
        }
        assertEquals(
                Set.of(
                        "get planted:value: value",
                        "gets planted:flags: flags",
                        "mg planted:gone v: evicted"),
                found,
                ended::toString);
    }

    private void plant() {
        try (CacheServer.Conversation client = online.open()) {
            for (String name : List.of("value", "flags", "gone", "kept")) {
                client.ask("set planted:%s 5 0 4\r\nsame\r\n".formatted(name), "STORED\r\n");
            }
            MockCluster.await(
                    () -> target.value("planted:kept").equals("same"), "item on the target");
            target.plant("planted:value", "else");
            target.takeOut("planted:flags");
            target.plant("planted:flags", "same");
            target.takeOut("planted:gone");
            client.ask("get planted:value\r\n", "END\r\n");
            client.ask("gets planted:flags\r\n", "END\r\n");
            client.ask("mg planted:gone v\r\n", "\r\n");
            client.ask("get planted:kept\r\n", "END\r\n");
        }
    }

    @Test
    void aWrongPasswordStopsTheRunBeforeItBegins() {
        try (Understudy copy = copy("wrong")) {
            Understudy.Ended ended = copy.ended();
            assertTrue(ended.exitCode() != 0, ended::toString);
            assertTrue(ended.messages().contains("memcached.couchbase"), ended::toString);
            assertTrue(ended.messages().contains("'bk'"), ended::toString);
        }
    }

    @Test
    void whatHasNoCounterpartIsSkippedAndCounted() {
        Understudy.Ended ended;
        try (Understudy copy = copy(MockCluster.PASSWORD).awaitCapturing()) {
            askWhatHasNoCounterpart();
            ended = copy.stop();
        }
        assertEquals(6, ended.count("requests.captured"), ended::toString);
        assertEquals(5, ended.count("requests.skipped"), ended::toString);
        assertEquals(2, ended.count("requests.skipped.couchbase-unsupported"), ended::toString);
        assertEquals(1, ended.count("requests.same"), ended::toString);
    }

    private void askWhatHasNoCounterpart() {
        try (CacheServer.Conversation client = online.open()) {
            client.ask("mg vivified N30 v\r\n", "\r\n");
            client.ask("set stale 0 0 1\r\nx\r\n", "STORED\r\n");
            client.ask("md stale I T30\r\n", "HD\r\n");
            client.ask("flush_all\r\n", "OK\r\n");
            client.ask("version\r\n", "\r\n");
            client.ask("mn\r\n", "MN\r\n");
            MockCluster.await(() -> target.value("stale").equals("x"), "item on the target");
        }
    }
}
