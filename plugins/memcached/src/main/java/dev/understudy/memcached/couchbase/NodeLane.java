package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.BinaryHeader;
import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.PacketHead;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.KeptValue;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The connection of one session to one data node: what it waits for, and how its bytes read. */
final class NodeLane {
    /** Bytes of an answer: an item of 20 MiB, or a map. */
    private static final BinaryLimits LIMITS =
            new BinaryLimits(BinaryLimits.MAX_KEY_BYTES, 64 << 20);

    /** How far the connection is. */
    sealed interface State {
        /** Not open; not to be opened again before so many rounds of the retry timer. */
        record Closed(int rounds) implements State {}

        record Opening() implements State {}

        record LoggingIn(NodeLogin login) implements State {}

        record Ready() implements State {}
    }

    /** What a node says. */
    sealed interface Said {
        /** Nothing whole; more bytes may help. */
        record Nothing() implements Said {}

        /** A packet of the login. */
        record Step(BinaryPacket packet) implements Said {}

        /** The answer to a part. */
        record Replied(Batch.Part part, KvReply reply) implements Said {}

        /** The part's key is elsewhere; the body is a map or empty. */
        record Moved(Batch.Part part, ByteBuf map) implements Said {}

        /** The map that was asked for; empty where the node gives none now. */
        record Map(ByteBuf map) implements Said {}

        /** What follows cannot be read. */
        record Broken(String detail) implements Said {}
    }

    /** A request on its way; without a part one for the map. */
    private record Flight(int opaque, Optional<Batch.Part> part) {}

    private record Reading(
            Batch.Part part, BinaryHeader header, long flags, KeptValue.Keeper value) {}

    private static final Said NOTHING = new Said.Nothing();

    private final int number;
    private final Optional<InetSocketAddress> peer;
    private final String name;
    private final int keepBytes;
    private final ArrayDeque<Batch.Part> waiting = new ArrayDeque<>(4);
    private final ArrayDeque<Flight> flights = new ArrayDeque<>(4);
    private State state = new State.Closed(0);
    private Optional<Reading> reading = Optional.empty();
    private int silentTicks;

    /**
     * A lane that is not open yet.
     *
     * @param peer where it leads, empty for the run's target
     */
    NodeLane(int number, Optional<InetSocketAddress> peer, String name, int keepBytes) {
        this.number = number;
        this.peer = peer;
        this.name = name;
        this.keepBytes = keepBytes;
    }

    int number() {
        return number;
    }

    Optional<InetSocketAddress> peer() {
        return peer;
    }

    String name() {
        return name;
    }

    State state() {
        return state;
    }

    void state(State next) {
        state = next;
        silentTicks = 0;
    }

    boolean ready() {
        return state instanceof State.Ready;
    }

    boolean closed() {
        return state instanceof State.Closed;
    }

    /** Whether it is too early to open it again. */
    boolean cooling() {
        return state instanceof State.Closed(int rounds) && rounds > 0;
    }

    /** One round less until it may be opened again. */
    void cool() {
        if (state instanceof State.Closed(int rounds) && rounds > 0) {
            state = new State.Closed(rounds - 1);
        }
    }

    /** A part that is sent once the login is done. */
    void await(Batch.Part part) {
        waiting.add(part);
    }

    /** Takes out what waits for the login. */
    List<Batch.Part> takeWaiting() {
        List<Batch.Part> parts = List.copyOf(waiting);
        waiting.clear();
        return parts;
    }

    /** A request for a part, or for the map, has been sent. */
    void sent(int opaque, Optional<Batch.Part> part) {
        flights.add(new Flight(opaque, part));
    }

    boolean asksForMap() {
        return flights.stream().anyMatch(flight -> flight.part().isEmpty());
    }

    /** Takes out what was sent and not answered. */
    List<Batch.Part> takeFlights() {
        List<Batch.Part> parts = new ArrayList<>(flights.size());
        flights.forEach(flight -> flight.part().ifPresent(parts::add));
        flights.clear();
        reading = Optional.empty();
        return parts;
    }

    /** Counts one more tick without a word, where one is due; says how many there were. */
    int tick() {
        silentTicks =
                flights.isEmpty() && !(state instanceof State.LoggingIn) ? 0 : silentTicks + 1;
        return silentTicks;
    }

    /** Reads on, and spends what was read. */
    Said next(ByteBuf in) {
        silentTicks = 0;
        return switch (state) {
            case State.LoggingIn _ -> whole(in);
            case State.Ready() -> reading.isPresent() ? value(in) : head(in);
            case State.Closed _, State.Opening() -> {
                in.skipBytes(in.readableBytes());
                yield NOTHING;
            }
        };
    }

    private Said whole(ByteBuf in) {
        return switch (BinaryPacket.decode(in, Magic.ANSWER, LIMITS)) {
            case Decoded.Incomplete<BinaryPacket> _ -> NOTHING;
            case Decoded.Malformed<BinaryPacket>(int _, String reason) -> new Said.Broken(reason);
            case Decoded.Complete<BinaryPacket>(BinaryPacket packet, int length) -> {
                in.skipBytes(length);
                yield new Said.Step(packet);
            }
        };
    }

    private Said head(ByteBuf in) {
        return switch (PacketHead.decode(in, Magic.ANSWER, LIMITS)) {
            case Decoded.Incomplete<PacketHead> _ -> NOTHING;
            case Decoded.Malformed<PacketHead>(int _, String reason) -> new Said.Broken(reason);
            case Decoded.Complete<PacketHead>(PacketHead head, int length) -> {
                Flight due = flights.peek();
                if (due == null || due.opaque() != head.header().opaque()) {
                    yield new Said.Broken("an answer to nothing that is due");
                }
                yield due.part().isEmpty() || head.header().is(Status.NOT_MY_VBUCKET)
                        ? withMap(in, due, head.header(), length)
                        : withValue(in, due.part().get(), head, length);
            }
        };
    }

    private Said withMap(ByteBuf in, Flight due, BinaryHeader header, int length) {
        if (header.valueLength() > ClusterMap.MAX_BYTES) {
            return new Said.Broken(
                    "a cluster map of " + header.valueLength() + " bytes, over the limit");
        }
        if (in.readableBytes() < length + header.valueLength()) {
            return NOTHING;
        }
        flights.remove();
        in.skipBytes(length);
        ByteBuf map =
                Unpooled.wrappedBuffer(
                        ByteBufUtil.getBytes(in, in.readerIndex(), header.valueLength()));
        in.skipBytes(header.valueLength());
        if (due.part().isPresent()) {
            return new Said.Moved(due.part().get(), map);
        }
        return new Said.Map(header.is(Status.SUCCESS) ? map : Unpooled.EMPTY_BUFFER);
    }

    private Said withValue(ByteBuf in, Batch.Part part, PacketHead head, int length) {
        flights.remove();
        long flags =
                head.extras().readableBytes() >= Integer.BYTES
                        ? head.extras().getUnsignedInt(head.extras().readerIndex())
                        : 0;
        in.skipBytes(length);
        reading =
                Optional.of(
                        new Reading(
                                part,
                                head.header(),
                                flags,
                                new KeptValue.Keeper(
                                        head.header().valueLength(),
                                        part.batch().keptBytes(keepBytes))));
        return value(in);
    }

    private Said value(ByteBuf in) {
        Reading packet = reading.orElseThrow();
        if (!packet.value().take(in)) {
            return NOTHING;
        }
        reading = Optional.empty();
        BinaryHeader header = packet.header();
        return new Said.Replied(
                packet.part(),
                new KvReply(
                        header.vbucketOrStatus(),
                        header.cas(),
                        packet.flags(),
                        header.is(Status.SUCCESS)
                                ? Optional.of(packet.value().value())
                                : Optional.empty()));
    }
}
