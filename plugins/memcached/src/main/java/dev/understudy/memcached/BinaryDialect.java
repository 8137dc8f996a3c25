package dev.understudy.memcached;

import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.command.Answers;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.OpenRequests;
import dev.understudy.memcached.command.Pairing;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.packets.PacketAnswers;
import dev.understudy.memcached.packets.PacketRequests;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Packets of the binary dialect. */
final class BinaryDialect implements Dialect {
    /** Extras and key may come on top of a value. */
    private static final int MAX_REST_BYTES = 255 + BinaryLimits.MAX_KEY_BYTES;

    /** Marks requests of our own; what a client chooses is most often a small number. */
    private static final int OWN_OPAQUE = 0x556E6473;

    private final PacketRequests requests;
    private final PacketAnswers online;
    private final PacketAnswers target;

    BinaryDialect(OpenRequests open, MemcachedSettings settings) {
        BinaryLimits limits =
                new BinaryLimits(
                        BinaryLimits.MAX_KEY_BYTES,
                        (int)
                                Math.min(
                                        BinaryLimits.MAX_BODY_BYTES,
                                        settings.maxValueBytes() + MAX_REST_BYTES));
        requests = new PacketRequests(limits);
        online = new PacketAnswers(new Pairing(open, Side.ONLINE), limits, settings.keepBytes());
        target = new PacketAnswers(new Pairing(open, Side.TARGET), limits, settings.keepBytes());
    }

    @Override
    public Decoded<Ask> ask(ByteBuf in) {
        return requests.decode(in);
    }

    @Override
    public Answers answers(Side side) {
        return side == Side.ONLINE ? online : target;
    }

    @Override
    public ByteBuf withCas(ByteBuf head, CasUse use, long cas) {
        return PacketRequests.withCas(head, use, cas);
    }

    @Override
    public ByteBuf withoutCas(ByteBuf head, Ask ask, CasUse use) {
        return PacketRequests.withCas(head, use, 0);
    }

    @Override
    public Rewritten refusedAdd(ByteBuf head, Ask ask) {
        int opaque = ask.shape() instanceof Shape.Packet(int _, int mark) ? mark : 0;
        return new Rewritten(
                PacketRequests.withCasThatNoneHas(head),
                ask.answeredAs(new Shape.Packet(Opcode.SET.code(), opaque)));
    }

    @Override
    public Optional<ByteBuf> startingAt(ByteBuf head, String digits) {
        long number = Long.parseUnsignedLong(digits);
        return PacketRequests.initial(head) == number
                ? Optional.empty()
                : Optional.of(PacketRequests.withInitial(head, number));
    }

    @Override
    public Own barrier() {
        Ask ask =
                Ask.loud(
                        Kind.BARRIER,
                        "NOOP",
                        List.of(),
                        0,
                        new Shape.Packet(Opcode.NOOP.code(), OWN_OPAQUE));
        return new Own(
                Pending.untold(ask, SessionAction.NO_ORDINAL),
                BinaryPacket.request(Opcode.NOOP, OWN_OPAQUE).encoded());
    }

    @Override
    public Own add(Item item, long ttlSeconds) {
        ByteBuf extras =
                Unpooled.buffer(Opcode.STORE_EXTRAS)
                        .writeInt((int) item.flags().orElse(0))
                        .writeInt((int) ttlSeconds);
        BinaryPacket packet =
                BinaryPacket.of(
                        Magic.REQUEST,
                        Opcode.ADD.code(),
                        0,
                        OWN_OPAQUE,
                        0,
                        extras,
                        Unpooled.copiedBuffer(item.key(), StandardCharsets.ISO_8859_1),
                        Unpooled.wrappedBuffer(item.value().orElseThrow().head()));
        Ask ask =
                Ask.loud(
                        Kind.ADD,
                        "ADD",
                        List.of(item.key()),
                        0,
                        new Shape.Packet(Opcode.ADD.code(), OWN_OPAQUE));
        return new Own(Pending.untold(ask, SessionAction.NO_ORDINAL), packet.encoded());
    }
}
