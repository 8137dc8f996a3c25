package dev.understudy.memcached;

import dev.understudy.memcached.command.KeyTable;
import dev.understudy.memcached.couchbase.CouchbaseTarget;
import dev.understudy.memcached.sasl.ScramKeys;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the sessions of one copy share.
 *
 * @param cluster the target, where it is no memcached
 * @param nonces printable texts without a comma, never the same one twice
 */
record Shared(
        MemcachedSettings settings,
        KeyTable keys,
        ScramKeys scramKeys,
        Refusals refusals,
        HitRates hitRates,
        Supplier<String> nonces,
        Optional<CouchbaseTarget> cluster) {}
