/**
 * The agent beside the target, and the copier's end of its connection: a {@link
 * dev.understudy.delivery.TargetConnector} whose connections are made on the target's own host,
 * from the clients' addresses, while what carries them is one TLS connection for each event loop.
 * Either end runs on one event loop, so nothing here is locked. Sees {@code delivery} and {@code
 * link}.
 */
package dev.understudy.intercept;
