package dev.understudy.integration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.integration.lab.CacheServer;
import dev.understudy.integration.lab.Shell;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import net.spy.memcached.CASResponse;
import net.spy.memcached.CASValue;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;
import net.spy.memcached.auth.AuthDescriptor;
import net.spy.memcached.auth.PlainCallbackHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From one memcached 1.6 to another, driven by clients that nobody here wrote and by raw bytes. */
@Timeout(300)
class MemcachedCopyTest {
    private static final String ONLINE_PASSWORD = "online-pw";
    private static final String TARGET_PASSWORD = "target-pw-not-the-same";

    private static Understudy copy(CacheServer online, CacheServer target, String config) {
        try {
            Path file = Files.createTempFile("understudy-it", ".yaml");
            Files.writeString(file, config);
            List<String> command =
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
                            file.toString());
            return Understudy.start(Map.of("TARGET_PASSWORD", TARGET_PASSWORD), command)
                    .awaitCapturing();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Understudy copy(CacheServer online, CacheServer target) {
        return copy(online, target, "memcached: {}\n");
    }

    /** So that no cas value of the target agrees with production's by chance. */
    private static void unlikeHistory(CacheServer target) {
        StringBuilder writes = new StringBuilder();
        for (int i = 0; i < 137; i++) {
            writes.append("set history 0 0 1 noreply\r\n1\r\n");
        }
        target.talk(writes + "delete history noreply\r\nmn\r\n", "MN\r\n");
    }

    private static Map<String, Long> since(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> grown = new java.util.TreeMap<>(after);
        grown.replaceAll((name, count) -> count - before.getOrDefault(name, 0L));
        return grown;
    }

    private static void assertClean(Understudy.Ended ended) {
        assertEquals(0, ended.exitCode(), ended::toString);
        assertEquals(0, ended.count("requests.different"), ended::toString);
        assertTrue(ended.count("requests.same") > 0, ended::toString);
    }

    @Test
    void rawTextMetaAndQuietFormsReachTheTargetAsTheyReachedProduction() {
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start()) {
            unlikeHistory(target);
            Map<String, Long> onlineBefore = online.counters();
            Map<String, Long> targetBefore = target.counters();
            Understudy.Ended ended;
            String explained;
            try (Understudy copy = copy(online, target)) {
                try (CacheServer.Conversation one = online.open();
                        CacheServer.Conversation two = online.open()) {
                    one.ask("set a 5 0 11\r\nEND\r\nSTORED\r\n", "STORED\r\n");
                    one.ask("get a b a\r\n", "END\r\n");
                    one.ask(
                            "set n 0 0 2 noreply\r\n10\r\nset m 0 0 1 noreply\r\nx\r\nincr n 5\r\n",
                            "15\r\n");
                    one.ask("decr n 9\r\nget n\r\n", "END\r\n");
                    one.ask("append m 0 0 1\r\ny\r\ntouch m 100\r\ngat 50 m\r\n", "END\r\n");
                    one.ask(
                            "add m 0 0 1\r\nz\r\nreplace none 0 0 1\r\nz\r\ndelete none\r\n",
                            "NOT_FOUND\r\n");
                    one.ask(
                            "set big 0 0 2000000\r\n" + "v".repeat(2_000_000) + "\r\n",
                            "cache\r\n");
                    one.ask("ms meta 3 T100 F7 c\r\nabc\r\n", "\r\n");
                    one.ask(
                            "mg meta v f t k Oxyz\r\nmg meta s q\r\nmg none v q\r\nmd none q\r\nmn\r\n",
                            "MN\r\n");
                    one.ask("ms aGVsbG8= 2 b\r\nhi\r\nget hello\r\nma n D2 v\r\nmn\r\n", "MN\r\n");
                    // Read on one connection, used on another.
                    String cas =
                            one.ask("gets a\r\n", "END\r\n").split(" ", -1)[4].split("\r\n", -1)[0];
                    two.ask("cas a 6 0 3 " + cas + "\r\nnew\r\n", "STORED\r\n");
                    two.ask("cas a 6 0 3 " + cas + "\r\nnew\r\n", "EXISTS\r\n");
                    String meta = one.ask("mg a c\r\n", "\r\n").strip().substring("HD c".length());
                    two.ask("ms a 3 C" + meta + "\r\nmet\r\n", "HD\r\n");
                    two.ask("incr a 1\r\n", "value\r\n");
                    two.ask("get " + "k".repeat(251) + "\r\n", "\r\n");
                    two.ask("nonsense\r\nversion\r\nget a\r\n", "END\r\n");
                }
                ended = copy.stop();
                explained = copy.explain("2").printed();
            }
            assertClean(ended);
            String cas = "rewritten: cas value: the target's own in the place of production's";
            assertEquals(4, explained.split(cas, -1).length, explained);
            Map<String, Long> onlineCounted = since(onlineBefore, online.counters());
            Map<String, Long> targetCounted = since(targetBefore, target.counters());
            assertEquals(onlineCounted, targetCounted, ended::toString);
            assertEquals(2, targetCounted.get("cas_hits"), ended::toString);
            assertEquals(1, targetCounted.get("cas_badval"), ended::toString);
            assertEquals(1, ended.count("requests.skipped"), ended::toString);
        }
    }

    /** The dialects of a client that somebody else wrote. */
    enum Spoken {
        TEXT(ConnectionFactoryBuilder.Protocol.TEXT),
        BINARY(ConnectionFactoryBuilder.Protocol.BINARY);

        private final ConnectionFactoryBuilder.Protocol protocol;

        Spoken(ConnectionFactoryBuilder.Protocol protocol) {
            this.protocol = protocol;
        }
    }

    private static MemcachedClient spy(CacheServer server, ConnectionFactoryBuilder builder)
            throws IOException {
        return new MemcachedClient(
                builder.build(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port())));
    }

    private static void work(MemcachedClient reader, MemcachedClient writer) throws Exception {
        for (int i = 0; i < 40; i++) {
            assertTrue(writer.set("user:" + i, 100, "value " + i).get());
        }
        TreeSet<String> keys = new TreeSet<>();
        for (int i = 0; i < 60; i++) {
            keys.add("user:" + i);
        }
        assertEquals(40, reader.getBulk(keys).size());
        for (int i = 0; i < 10; i++) {
            CASValue<Object> held = reader.gets("user:" + i);
            assertEquals(CASResponse.OK, writer.cas("user:" + i, held.getCas(), "changed " + i));
            assertEquals(CASResponse.EXISTS, writer.cas("user:" + i, held.getCas(), "again " + i));
        }
        assertEquals(5, writer.incr("count", 1, 5));
        assertEquals(6, writer.incr("count", 1, 5));
        assertTrue(writer.delete("user:3").get());
        assertFalse(writer.add("user:4", 10, "there").get());
        assertTrue(writer.append("user:5", "more").get());
        assertTrue(writer.touch("user:6", 50).get());
        assertEquals("changed 7", reader.get("user:7"));
    }

    @ParameterizedTest
    @EnumSource(Spoken.class)
    void spymemcachedsCasSucceedsOnTheTargetAsItDidOnline(Spoken spoken) throws Exception {
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start()) {
            unlikeHistory(target);
            Map<String, Long> onlineBefore = online.counters();
            Map<String, Long> targetBefore = target.counters();
            Understudy.Ended ended;
            try (Understudy copy = copy(online, target)) {
                MemcachedClient reader =
                        spy(online, new ConnectionFactoryBuilder().setProtocol(spoken.protocol));
                MemcachedClient writer =
                        spy(online, new ConnectionFactoryBuilder().setProtocol(spoken.protocol));
                work(reader, writer);
                reader.shutdown(5, TimeUnit.SECONDS);
                writer.shutdown(5, TimeUnit.SECONDS);
                ended = copy.stop();
            }
            assertClean(ended);
            assertEquals(
                    since(onlineBefore, online.counters()),
                    since(targetBefore, target.counters()),
                    ended::toString);
            assertEquals(10, since(targetBefore, target.counters()).get("cas_hits"));
        }
    }

    @Test
    void libmemcachedsToolsAreCopiedInBothDialects() throws Exception {
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start()) {
            Map<String, Long> before = target.counters();
            Map<String, Long> onlineBefore = online.counters();
            Path file = Files.createTempFile("understudy-it", ".value");
            Files.writeString(file, "a value\r\nEND\r\n", ISO_8859_1);
            String key = file.getFileName().toString();
            Understudy.Ended ended;
            try (Understudy copy = copy(online, target)) {
                for (String dialect : List.of("--verbose", "--binary")) {
                    Shell.run("memccp", "--servers=" + online.address(), dialect, file.toString());
                    Shell.run("memccat", "--servers=" + online.address(), dialect, key);
                }
                Shell.run(
                        "memcslap",
                        "--servers=" + online.address(),
                        "--concurrency=4",
                        "--execute-number=200",
                        "--test=get",
                        "--initial-load=100");
                ended = copy.stop();
            }
            assertClean(ended);
            assertEquals(
                    since(onlineBefore, online.counters()),
                    since(before, target.counters()),
                    ended::toString);
        }
    }

    @Test
    void plantedDifferencesAreFoundAndNamed() {
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start()) {
            String same = "set flags 1 0 1 noreply\r\nx\r\nset value 0 0 5 noreply\r\nright\r\n";
            online.talk(same + "mn\r\n", "MN\r\n");
            target.talk(
                    "set flags 2 0 1 noreply\r\nx\r\nset value 0 0 5 noreply\r\nwrong\r\nmn\r\n",
                    "MN\r\n");
            Understudy.Ended ended;
            try (Understudy copy = copy(online, target);
                    CacheServer.Conversation client = online.open()) {
                client.ask("get flags\r\nget value\r\n", "right\r\nEND\r\n");
                client.ask("set gone 0 0 1\r\nx\r\n", "STORED\r\n");
                awaitItem(target, "gone");
                target.talk("delete gone\r\n", "DELETED\r\n");
                client.ask("get gone\r\n", "END\r\n");
                client.end();
                ended = copy.stop();
            }
            assertEquals(1, ended.exitCode(), ended::toString);
            assertEquals(3, ended.count("requests.different"), ended::toString);
            for (String kind : List.of("flags", "value", "evicted")) {
                assertTrue(kinds(ended.report()).contains(kind), () -> kind + " in " + ended);
            }
        }
    }

    private static void awaitItem(CacheServer server, String key) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!server.talk("get " + key + "\r\n", "END\r\n").startsWith("VALUE")) {
            assertTrue(System.nanoTime() < end, key + " never came");
        }
    }

    private static String kinds(JsonNode report) {
        return report.path("requests").path("different").toString();
    }

    private static MemcachedClient loggedIn(CacheServer server, String mechanism, String password)
            throws IOException {
        return spy(
                server,
                new ConnectionFactoryBuilder()
                        .setProtocol(ConnectionFactoryBuilder.Protocol.BINARY)
                        .setAuthDescriptor(
                                new AuthDescriptor(
                                        new String[] {mechanism},
                                        new PlainCallbackHandler("app", password))));
    }

    @Test
    void saslLoginsAreDoneAnewOnTheTarget() throws Exception {
        try (CacheServer online = CacheServer.withSasl("app", ONLINE_PASSWORD);
                CacheServer target = CacheServer.withSasl("app", TARGET_PASSWORD)) {
            Understudy.Ended ended;
            try (Understudy copy =
                    copy(
                            online,
                            target,
                            "memcached: { users: { app: { password: '${env:TARGET_PASSWORD}' } } }\n")) {
                for (String mechanism : List.of("PLAIN", "CRAM-MD5")) {
                    MemcachedClient client = loggedIn(online, mechanism, ONLINE_PASSWORD);
                    assertTrue(client.set(mechanism, 100, "value").get());
                    assertEquals("value", client.get(mechanism));
                    client.shutdown(5, TimeUnit.SECONDS);
                }
                ended = copy.stop();
            }
            assertClean(ended);
            assertEquals(0, ended.count("sessions.leftOut"), ended::toString);
            assertNoPassword(ended);
            MemcachedClient there = loggedIn(target, "PLAIN", TARGET_PASSWORD);
            assertEquals("value", there.get("PLAIN"));
            assertEquals("value", there.get("CRAM-MD5"));
            there.shutdown(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void textLoginsAreReplaced() {
        try (CacheServer online = CacheServer.withTextAuth("app", ONLINE_PASSWORD);
                CacheServer target = CacheServer.withTextAuth("rehearsal", TARGET_PASSWORD)) {
            Understudy.Ended ended;
            try (Understudy copy =
                            copy(
                                    online,
                                    target,
                                    "memcached: { text-auth: true, users: { app: { as: rehearsal, password:"
                                            + " '${env:TARGET_PASSWORD}' } } }\n");
                    CacheServer.Conversation client = online.open()) {
                String login = "app " + ONLINE_PASSWORD;
                client.ask("set x 0 0 " + login.length() + "\r\n" + login + "\r\n", "STORED\r\n");
                client.ask("set k 0 0 1\r\nv\r\nget k x\r\n", "END\r\n");
                client.end();
                ended = copy.stop();
            }
            assertClean(ended);
            assertNoPassword(ended);
            String login = "rehearsal " + TARGET_PASSWORD;
            assertTrue(
                    target.talk(
                                    "set x 0 0 %d\r\n%s\r\nget k x\r\n"
                                            .formatted(login.length(), login),
                                    "END\r\n")
                            .contains("VALUE k 0 1\r\nv\r\nEND"));
        }
    }

    private static void assertNoPassword(Understudy.Ended ended) {
        String all = ended + ended.report().toString();
        assertFalse(all.contains(ONLINE_PASSWORD) || all.contains(TARGET_PASSWORD), all);
    }

    @Test
    void whatTheTargetLacksIsAddedThereWhereTheUserWantsIt() {
        try (CacheServer online = CacheServer.start();
                CacheServer target = CacheServer.start()) {
            online.talk("set old 9 0 3 noreply\r\nabc\r\nmn\r\n", "MN\r\n");
            Understudy.Ended ended;
            try (Understudy copy = copy(online, target, "memcached: { warm: true }\n");
                    CacheServer.Conversation client = online.open()) {
                client.ask("get old\r\n", "END\r\n");
                awaitItem(target, "old");
                client.ask("get old\r\n", "END\r\n");
                client.end();
                ended = copy.stop();
            }
            assertEquals(1, ended.count("requests.same"), ended::toString);
            assertEquals(1, ended.count("requests.notCompared"), ended::toString);
            assertTrue(target.talk("get old\r\n", "END\r\n").startsWith("VALUE old 9 3"));
        }
    }
}
