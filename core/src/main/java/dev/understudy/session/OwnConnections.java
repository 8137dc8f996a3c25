package dev.understudy.session;

import dev.understudy.delivery.TargetListener;
import dev.understudy.flow.Flow;
import io.netty.buffer.ByteBuf;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * This run's own connections to targets, to be known again where the capture shows them. A target
 * behind address translation may be the online server by another name; a copy of what goes there
 * would be copied again, without end, and production would be written to. Such a flow begins at the
 * local address of a connection of ours, between the moment it was begun and the moment it was up:
 * another process may have the same port to another peer, but seldom just then. Where it has, its
 * session is left out for nothing, and named; the other mistake would write to production.
 *
 * <p>Not known again: a connection whose source address was changed on the way, and one that an
 * agent made from a port of its own choice. Owned by one event loop.
 */
final class OwnConnections {
    /** Connections remembered, each by its local address: the last ones. */
    static final int MAX_REMEMBERED = 65_536;

    /** Peers counted each for itself; a cluster may name many. */
    private static final int MAX_PEERS = 1024;

    /** How far the stamps of a capture may be off. */
    private static final long CLOCK_NANOS = 5_000_000L;

    /** One that we gave up before it was up may come back so late. */
    private static final long CONNECT_NANOS = 10_000_000_000L;

    /** So many that came back, and one in so many of all that were made, are no accident. */
    static final int CERTAIN = 3;

    static final int CERTAIN_SHARE = 4;

    private final Map<InetSocketAddress, Made> made =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<InetSocketAddress, Made> eldest) {
                    return size() > MAX_REMEMBERED;
                }
            };
    private final Map<InetSocketAddress, Peer> peers = new HashMap<>();
    private Optional<String> loop = Optional.empty();

    /** Connections to one address: all of them, and those that came back. */
    private static final class Peer {
        private long begun;
        private long cameBack;
    }

    /** One connection that is, or may still come, up. */
    private static final class Made {
        private final InetSocketAddress peer;
        private final InetSocketAddress local;
        private final WeakReference<Lane> lane;
        private final long begunNanos;
        private boolean up;
        private long latestNanos;

        private Made(InetSocketAddress peer, InetSocketAddress local, Lane lane, long begunNanos) {
            this.peer = peer;
            this.local = local;
            latestNanos = begunNanos + CONNECT_NANOS;
            this.lane = new WeakReference<>(lane);
            this.begunNanos = begunNanos;
        }
    }

    /** Who a connection to {@code peer} tells, so that it is known again. */
    TargetListener watch(InetSocketAddress peer, Lane lane) {
        return new Watched(peer, lane);
    }

    /**
     * Whether the flow is one of ours that came back. If it is, the session that the connection was
     * made for is left out, so that nothing more is sent there.
     */
    boolean cameBack(Flow flow) {
        Made one = made.get(flow.client());
        if (one == null
                || flow.openedNanos() < one.begunNanos - CLOCK_NANOS
                || flow.openedNanos() - CLOCK_NANOS > one.latestNanos) {
            return false;
        }
        // It comes back once.
        made.remove(flow.client());
        Peer peer = peer(one.peer);
        peer.cameBack++;
        if (loop.isEmpty()
                && peer.cameBack >= CERTAIN
                && peer.cameBack * CERTAIN_SHARE >= peer.begun) {
            loop =
                    Optional.of(
                            "%d of %d connections to the target %s came back as connections to the online server, the last as %s: it is the online server by another address, or leads there; name another target"
                                    .formatted(peer.cameBack, peer.begun, named(one.peer), flow));
        }
        Lane lane = one.lane.get();
        if (lane != null) {
            lane.leaveOut("loop", "its connection to the target came back as " + flow);
        }
        return true;
    }

    private static String named(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    /** Why the run must not go on, once it is certain that a target leads back. */
    Optional<String> loop() {
        return loop;
    }

    private Peer peer(InetSocketAddress address) {
        Peer known = peers.get(address);
        if (known != null) {
            return known;
        }
        Peer counted = new Peer();
        if (peers.size() < MAX_PEERS) {
            peers.put(address, counted);
        }
        return counted;
    }

    /** Passes on all that it is told. */
    private final class Watched implements TargetListener {
        private final InetSocketAddress peer;
        private final Lane lane;
        private Optional<Made> latest = Optional.empty();

        private Watched(InetSocketAddress peer, Lane lane) {
            this.peer = peer;
            this.lane = lane;
        }

        @Override
        public void begun(InetSocketAddress local, long timeNanos) {
            failed();
            Made one = new Made(peer, local, lane, timeNanos);
            latest = Optional.of(one);
            peer(peer).begun++;
            // Taken out first, so that it becomes the youngest.
            made.remove(local);
            made.put(local, one);
        }

        /** What did not come up led nowhere, and its address is others' again. */
        private void failed() {
            latest.filter(one -> !one.up)
                    .filter(one -> made.remove(one.local, one))
                    .ifPresent(one -> peer(peer).begun--);
            latest = Optional.empty();
        }

        @Override
        public void up(long timeNanos) {
            latest.ifPresent(
                    one -> {
                        one.up = true;
                        one.latestNanos = timeNanos;
                    });
            lane.up(timeNanos);
        }

        @Override
        public void received(ByteBuf bytes, long timeNanos) {
            lane.received(bytes, timeNanos);
        }

        @Override
        public void writable(boolean writable) {
            lane.writable(writable);
        }

        @Override
        public void ended(String reason, long timeNanos) {
            failed();
            lane.ended(reason, timeNanos);
        }
    }
}
