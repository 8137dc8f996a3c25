package dev.understudy.memcached.couchbase;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterMapTest {
    private static ByteBuf utf8(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }

    private static ClusterMap map(String json) throws IOException {
        return ClusterMap.read(utf8(json), "192.0.2.1");
    }

    private static ClusterMap at(long epoch, long revision) {
        return new ClusterMap(epoch, revision, List.of(new ClusterMap.Node("h", 1, 0)), List.of(0));
    }

    /** Checked against the locator of Couchbase's own Java client. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"foo,115,115,51", "hello,528,16,16", "k,98,98,34", "user:1,933,37,37"})
    void keysHashToTheirVbuckets(String key, int of1024, int of128, int of64) {
        assertEquals(of1024, ClusterMap.vbucket(utf8(key), 1024));
        assertEquals(of128, ClusterMap.vbucket(utf8(key), 128));
        assertEquals(of64, ClusterMap.vbucket(utf8(key), 64));
    }

    @Test
    void aMapTellsNodesAndOwners() throws IOException {
        ClusterMap map =
                map(
                        """
                        {"rev":17,"revEpoch":2,"name":"bk","nodeLocator":"vbucket",
                         "nodesExt":[{"services":{"kv":11210,"kvSSL":11207},"thisNode":true},
                                     {"services":{"kv":11210},"hostname":"cb2"}],
                         "vBucketServerMap":{"hashAlgorithm":"CRC","numReplicas":1,
                          "serverList":["$HOST:11210","cb2:11210","[2001:db8::1]:11210"],
                          "vBucketMap":[[0,1],[1,0],[2,-1],[-1,0]]}}
                        """);
        assertEquals(2, map.epoch());
        assertEquals(17, map.revision());
        assertEquals(new ClusterMap.Node("192.0.2.1", 11210, 11207), map.nodes().get(0));
        assertEquals(Optional.of(new ClusterMap.Node("cb2", 11210, 0)), map.owner(1));
        assertEquals("2001:db8::1", map.owner(2).orElseThrow().host());
        assertEquals(Optional.empty(), map.owner(3));
        assertEquals(ClusterMap.vbucket(utf8("foo"), 4), map.vbucket(utf8("foo")));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    no JSON         | {"rev":                                                                   | is no JSON
                    no vbuckets     | {"rev":1,"nodeLocator":"ketama"}                                          | no vBucketServerMap
                    no servers      | {"vBucketServerMap":{"serverList":[],"vBucketMap":[[0]]}}                 | 0 servers
                    no port         | {"vBucketServerMap":{"serverList":["a"],"vBucketMap":[[0]]}}              | server 'a'
                    no map          | {"vBucketServerMap":{"serverList":["a:1"],"vBucketMap":[]}}               | 0 vbuckets
                    foreign owner   | {"vBucketServerMap":{"serverList":["a:1"],"vBucketMap":[[1]]}}            | server 1 of 1
                    """)
    void whatIsNoMapIsRefused(String name, String json, String why) {
        IOException refused = assertThrows(IOException.class, () -> map(json), name);
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
    }

    @Test
    void onlyANewerMapIsTaken() {
        ClusterMaps maps = new ClusterMaps();
        assertTrue(maps.offer(at(1, 5)));
        assertFalse(maps.offer(at(1, 5)));
        assertFalse(maps.offer(at(1, 4)));
        assertFalse(maps.offer(at(0, 9)));
        assertTrue(maps.offer(at(1, 6)));
        assertTrue(maps.offer(at(2, 1)));
        assertEquals(Optional.of(at(2, 1)), maps.latest());
    }

    @Test
    void namesAreLookedUpLaterAndLiteralsNever() throws IOException {
        InetAddress given = InetAddress.ofLiteral("192.0.2.9");
        HostNames names = new HostNames(Map.of("cb9", given));
        assertEquals(Optional.of(given), names.address("cb9"));
        assertEquals(
                "2001:db8:0:0:0:0:0:1",
                names.address("2001:db8::1").orElseThrow().getHostAddress());
        assertEquals(Optional.empty(), names.address("localhost"));
        assertEquals(Set.of(), names.lookUp());
        assertTrue(names.address("localhost").orElseThrow().isLoopbackAddress());
        assertEquals(Optional.empty(), names.address("nobody.invalid"));
        assertEquals(Set.of("nobody.invalid"), names.lookUp());
    }
}
