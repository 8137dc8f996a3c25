/**
 * The client's side of SASL as state machines: PLAIN (RFC 4616) and SCRAM with SHA-1, SHA-256 and
 * SHA-512 (RFC 5802, RFC 7677). No I/O: what carries the messages is the caller's business, as is
 * where nonces come from.
 */
package dev.understudy.memcached.sasl;
