/** memcached as a protocol of Understudy: the classic text, meta and binary dialects. */
package dev.understudy.memcached;
