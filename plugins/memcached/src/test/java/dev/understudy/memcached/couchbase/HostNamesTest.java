package dev.understudy.memcached.couchbase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Names of nodes, before and after they were looked up. */
class HostNamesTest {
    @Test
    void aNameThatALaterMapBringsHasAnAddressOnceItWasLookedUp() {
        HostNames names = new HostNames(Map.of("given", InetAddress.ofLiteral("192.0.2.9")));
        assertEquals(Optional.of(InetAddress.ofLiteral("192.0.2.9")), names.address("given"));
        assertEquals(
                Optional.of(InetAddress.ofLiteral("2001:db8::1")), names.address("2001:db8::1"));
        assertEquals(Optional.empty(), names.address("localhost"));
        assertEquals(Set.of(), names.lookUp());
        assertTrue(names.address("localhost").orElseThrow().isLoopbackAddress());
    }
}
