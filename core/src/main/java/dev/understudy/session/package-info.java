/**
 * A session's life: joins what was captured of one connection, the protocol's state machine and the
 * connections to the target, keeps the order that production had across sessions, and tells the
 * ledger how each request ended. A session belongs to one event loop from its first packet to its
 * verdict, so nothing here is locked. Sees {@code tls}, {@code flow}, {@code wire}, {@code
 * capture}, {@code delivery}, {@code ledger} and the plugin API.
 */
package dev.understudy.session;
