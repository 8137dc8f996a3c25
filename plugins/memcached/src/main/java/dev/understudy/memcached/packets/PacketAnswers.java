package dev.understudy.memcached.packets;

import dev.understudy.memcached.binary.BinaryHeader;
import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.PacketHead;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Answers;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.KeptValue;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pairing;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Reads the answers of one side of the binary dialect. Operation and opaque say which request a
 * packet answers; the quiet ones before it stayed without an answer, and that is theirs.
 */
public final class PacketAnswers implements Answers {
    private static final int MAX_MESSAGE = 200;

    private static final Found NOTHING = new Found.Nothing();

    private final Pairing pairing;
    private final BinaryLimits limits;
    private final int keepBytes;

    private Optional<Reading> reading = Optional.empty();

    /** A packet of which the value is being read. */
    private record Reading(
            Pending request, BinaryHeader header, long flags, String key, KeptValue.Keeper value) {}

    /**
     * Reads by these limits.
     *
     * @param keepBytes of an answer that are kept
     */
    public PacketAnswers(Pairing pairing, BinaryLimits limits, int keepBytes) {
        this.pairing = pairing;
        this.limits = limits;
        this.keepBytes = keepBytes;
    }

    @Override
    public Found next(ByteBuf in) {
        while (true) {
            if (reading.isEmpty()) {
                Optional<Found> found = head(in);
                if (found.isPresent()) {
                    return found.get();
                }
            }
            Reading packet = reading.orElseThrow();
            if (!packet.value.take(in)) {
                return NOTHING;
            }
            reading = Optional.empty();
            if (goesOn(packet)) {
                unfinished = Optional.of(packet.request);
            } else {
                return new Found.Whole(pairing.silent(), packet.request, answer(packet));
            }
        }
    }

    /** A request whose answer takes several packets. */
    private Optional<Pending> unfinished = Optional.empty();

    /** Statistics end with a packet that names none. */
    private static boolean goesOn(Reading packet) {
        return packet.header.opcode() == Opcode.STAT.code()
                && packet.header.is(Status.SUCCESS)
                && packet.header.keyLength() > 0;
    }

    /** Begins a packet; present where it cannot be read, or not yet. */
    private Optional<Found> head(ByteBuf in) {
        return switch (PacketHead.decode(in, Magic.ANSWER, limits)) {
            case Decoded.Incomplete<PacketHead> _ -> Optional.of(NOTHING);
            case Decoded.Malformed<PacketHead>(int _, String reason) ->
                    Optional.of(broken("malformed-answer", reason));
            case Decoded.Complete<PacketHead>(PacketHead head, int length) ->
                    begun(head, length, in);
        };
    }

    private Optional<Found> begun(PacketHead head, int length, ByteBuf in) {
        BinaryHeader header = head.header();
        String key = head.key().toString(StandardCharsets.ISO_8859_1);
        String due = pairing.due();
        Optional<Pending> request =
                unfinished.isPresent() ? unfinished : pairing.claim(ask -> fits(ask, header, key));
        unfinished = Optional.empty();
        if (request.isEmpty()) {
            return Optional.of(
                    broken(
                            due.equals("nothing") ? "unexpected-answer" : "out-of-step",
                            "operation 0x%02x, opaque %d is none to %s"
                                    .formatted(header.opcode(), header.opaque(), due)));
        }
        long flags =
                head.extras().readableBytes() >= Opcode.FLAGS_EXTRAS
                        ? head.extras().getUnsignedInt(head.extras().readerIndex())
                        : 0;
        in.skipBytes(length);
        reading =
                Optional.of(
                        new Reading(
                                request.get(),
                                header,
                                flags,
                                key,
                                new KeptValue.Keeper(
                                        header.valueLength(),
                                        request.get().ask().keptBytes(keepBytes))));
        return Optional.empty();
    }

    private Found broken(String reason, String detail) {
        return new Found.Broken(reason, pairing.whose() + " answer: " + detail);
    }

    private static boolean fits(Ask ask, BinaryHeader header, String key) {
        return ask.shape() instanceof Shape.Packet(int opcode, int opaque)
                && opaque == header.opaque()
                && loud(opcode) == loud(header.opcode())
                && (key.isEmpty()
                        || ask.kind() != Kind.READ
                        || ask.keys().isEmpty()
                        || ask.keys().getFirst().equals(key));
    }

    private static int loud(int opcode) {
        return Opcode.of(opcode).map(Opcode::loud).map(Opcode::code).orElse(opcode);
    }

    private static Answer answer(Reading packet) {
        Ask ask = packet.request.ask();
        BinaryHeader header = packet.header;
        String key = ask.keys().isEmpty() ? "" : ask.keys().getFirst();
        KeptValue value = packet.value.value();
        if (!header.is(Status.SUCCESS)) {
            return refused(ask, header, key, value);
        }
        return switch (ask.kind()) {
            case READ -> new Answer.Items(List.of(Item.of(key, packet.flags, value, header.cas())));
            case COUNT -> new Answer.Counted(number(value), key, header.cas());
            case SET, ADD, MODIFY, DELETE, TOUCH ->
                    new Answer.Status(Answer.done(ask.kind()), key, header.cas());
            case VERSION, BARRIER, QUIT, LOGIN, CONTROL, UNKNOWN ->
                    new Answer.Said(ask.operation() + " done");
        };
    }

    private static String number(KeptValue value) {
        byte[] bytes = value.head();
        return bytes.length == Long.BYTES
                ? Long.toUnsignedString(dev.understudy.memcached.command.CasUse.of(bytes))
                : "";
    }

    private static Answer refused(Ask ask, BinaryHeader header, String key, KeptValue value) {
        Optional<Status> status = header.knownStatus();
        if (status.isPresent() && ask.kind() != Kind.LOGIN) {
            switch (status.get()) {
                case KEY_NOT_FOUND -> {
                    return ask.kind() == Kind.READ
                            ? new Answer.Items(List.of())
                            : new Answer.Status("NOT_FOUND", key, 0);
                }
                case KEY_EXISTS -> {
                    return new Answer.Status("EXISTS", key, 0);
                }
                case NOT_STORED -> {
                    return new Answer.Status("NOT_STORED", key, 0);
                }
                default -> {
                    // An error like any other.
                }
            }
        }
        byte[] message = value.head();
        return new Answer.Failed(
                status.map(Status::name)
                        .orElse("status 0x%02x".formatted(header.vbucketOrStatus())),
                new String(
                        message,
                        0,
                        Math.min(message.length, MAX_MESSAGE),
                        StandardCharsets.ISO_8859_1));
    }
}
