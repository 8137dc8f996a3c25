/**
 * Reads TLS that others speak, with the secrets that one of them has written down: {@link
 * dev.understudy.tls.KeyTable} keeps these, {@link dev.understudy.tls.TlsConnection} follows one
 * connection's handshake and opens its records. No sockets and no clock; of files only the key log,
 * by {@link dev.understudy.tls.KeyLogFollower}. Sees {@code protocol} alone, for the names of the
 * directions.
 */
package dev.understudy.tls;
