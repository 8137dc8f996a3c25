package dev.understudy.delivery;

import java.net.InetSocketAddress;

/**
 * Where a copied connection comes from in production: what {@link ClientAddress} keeps of it.
 *
 * @param client as captured, with its port
 * @param server the online server's side of the captured connection
 * @param main whether this is the session's own connection in the first copy: it alone may have the
 *     client's port, since two connections with the same four numbers cannot be
 */
public record Origin(InetSocketAddress client, InetSocketAddress server, boolean main) {}
