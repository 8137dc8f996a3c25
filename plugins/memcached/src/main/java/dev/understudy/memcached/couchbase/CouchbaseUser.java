package dev.understudy.memcached.couchbase;

import dev.understudy.protocol.Secret;

/** Who logs in on the target cluster, and to which bucket. */
record CouchbaseUser(String bucket, String name, Secret password) {}
