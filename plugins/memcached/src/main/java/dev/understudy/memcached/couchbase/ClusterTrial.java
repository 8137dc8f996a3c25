package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.trial.TrialConnection;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Logs in on the cluster before a run, by the same {@link NodeLogin} that sessions use, and fetches
 * its map. Blocks; for {@link dev.understudy.protocol.Protocol#prepare} alone.
 */
final class ClusterTrial {
    private static final BinaryLimits LIMITS =
            new BinaryLimits(BinaryLimits.MAX_KEY_BYTES, ClusterMap.MAX_BYTES);

    private final InetSocketAddress address;
    private final boolean tls;
    private final NodeLogin login;

    ClusterTrial(InetSocketAddress address, boolean tls, NodeLogin login) {
        this.address = address;
        this.tls = tls;
        this.login = login;
    }

    /**
     * The cluster's map.
     *
     * @throws IOException where the node cannot be reached, does not let us in, or gives none; the
     *     message says which
     */
    ClusterMap map() throws IOException {
        try (TrialConnection node = TrialConnection.open(address, tls)) {
            return converse(node);
        }
    }

    private ClusterMap converse(TrialConnection node) throws IOException {
        ByteBuf unread = Unpooled.buffer();
        node.send(login.first());
        while (true) {
            switch (BinaryPacket.decode(unread, Magic.ANSWER, LIMITS)) {
                case Decoded.Incomplete<BinaryPacket> _ -> node.read(unread);
                case Decoded.Malformed<BinaryPacket>(int _, String reason) ->
                        throw new IOException("is no Couchbase: " + reason);
                case Decoded.Complete<BinaryPacket>(BinaryPacket packet, int length) -> {
                    NodeLogin.Progress progress = login.on(packet);
                    switch (progress) {
                        case NodeLogin.Progress.Going(ByteBuf send) -> node.send(send);
                        case NodeLogin.Progress.Refused(String detail) ->
                                throw new IOException(detail);
                        case NodeLogin.Progress.Ready(Optional<ByteBuf> map) -> {
                            return ClusterMap.read(
                                    map.orElseThrow(
                                            () -> new IOException("gives no map of the cluster")),
                                    address.getAddress().getHostAddress());
                        }
                    }
                    unread.skipBytes(length);
                }
            }
        }
    }
}
