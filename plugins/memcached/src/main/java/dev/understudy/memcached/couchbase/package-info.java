/**
 * A Couchbase cluster in the place of the target memcached: which node owns a key, how a connection
 * to it begins, what a memcached request becomes there, and what its answer means to memcached's
 * client. Each session is its own client of the cluster, with a lane for each data node; the map of
 * the cluster is shared by the sessions of a copy.
 */
package dev.understudy.memcached.couchbase;
