package dev.understudy.delivery;

import java.net.InetSocketAddress;

/**
 * Where a copied connection comes from in production: what {@link ClientAddress} keeps of it.
 *
 * @param client as captured, with its port
 * @param server the online server's side of the captured connection
 * @param main whether this is the session's own connection in the first copy: it alone may have the
 *     client's port, since two connections with the same four numbers cannot be
 * @param copyNumber which copy of a multiplied session, from 0
 */
public record Origin(
        InetSocketAddress client, InetSocketAddress server, boolean main, int copyNumber) {
    /** Of a session that is copied once. */
    public Origin(InetSocketAddress client, InetSocketAddress server, boolean main) {
        this(client, server, main, 0);
    }
}
