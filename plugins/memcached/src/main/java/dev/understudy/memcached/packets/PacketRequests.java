package dev.understudy.memcached.packets;

import dev.understudy.memcached.binary.BinaryHeader;
import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.PacketHead;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.command.Silence;
import dev.understudy.memcached.text.TextRequests;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Reads requests of the binary dialect up to their values. */
public final class PacketRequests {
    /** Where the cas value stands in a header. */
    private static final int CAS_AT = 16;

    /** Where the number that a counter begins with, and its time, stand in its extras. */
    private static final int INITIAL_AT = 8;

    private static final int EXPTIME_AT = 16;

    private final BinaryLimits limits;

    /** Reads by these limits. */
    public PacketRequests(BinaryLimits limits) {
        this.limits = limits;
    }

    /**
     * Reads one request's header, extras and key at {@code in}'s reader index, and leaves the index
     * where it is. Complete's length is theirs, without the value behind them.
     */
    public Decoded<Ask> decode(ByteBuf in) {
        return switch (PacketHead.decode(in, Magic.REQUEST, limits)) {
            case Decoded.Incomplete<PacketHead>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<PacketHead>(int at, String reason) ->
                    new Decoded.Malformed<>(at, reason);
            case Decoded.Complete<PacketHead>(PacketHead head, int length) ->
                    new Decoded.Complete<>(ask(head), length);
        };
    }

    private static Ask ask(PacketHead head) {
        BinaryHeader header = head.header();
        Optional<Opcode> known = header.knownOpcode();
        if (known.isEmpty()) {
            return Ask.loud(
                            Kind.UNKNOWN,
                            "unknown",
                            List.of(),
                            header.valueLength(),
                            new Shape.Packet(header.opcode(), header.opaque()))
                    .shownAs("operation 0x%02x".formatted(header.opcode()))
                    .under(TextRequests.UNKNOWN_COMMAND)
                    .improper();
        }
        Opcode opcode = known.get();
        Kind kind = kind(opcode);
        // The name of a login's mechanism and of a statistic is no key of an item.
        List<String> keys =
                header.keyLength() > 0 && kind != Kind.LOGIN && kind != Kind.CONTROL
                        ? List.of(head.key().toString(StandardCharsets.ISO_8859_1))
                        : List.of();
        Ask ask =
                Ask.loud(
                                kind,
                                opcode.name(),
                                keys,
                                header.valueLength(),
                                opcode == Opcode.QUITQ
                                        ? new Shape.None()
                                        : new Shape.Packet(opcode.code(), header.opaque()))
                        .shownAs(shown(opcode, header, keys));
        if (opcode.quiet() && opcode != Opcode.QUITQ) {
            ask = ask.silent(opcode.reads() ? Silence.MISS : Silence.DONE);
        }
        if (!keys.isEmpty()) {
            ask = ask.givingCas();
        }
        if (header.cas() != 0 && kind.writes()) {
            ask = ask.dependingOn(new CasUse(CAS_AT, Long.BYTES, header.cas()));
        }
        if (kind == Kind.COUNT && opcode.fits(header) && creates(head)) {
            ask = ask.creating();
        }
        Optional<String> rule = rule(opcode);
        ask = rule.isPresent() ? ask.under(rule.get()) : ask;
        return opcode.fits(header) ? ask : ask.improper();
    }

    private static boolean creates(PacketHead head) {
        return head.extras().getInt(head.extras().readerIndex() + EXPTIME_AT)
                != Opcode.DO_NOT_CREATE;
    }

    private static String shown(Opcode opcode, BinaryHeader header, List<String> keys) {
        StringBuilder out = new StringBuilder(opcode.name());
        for (String key : keys) {
            out.append(' ');
            key.chars().forEach(c -> out.append(c > ' ' && c < 0x7F ? (char) c : '.'));
        }
        if (!keys.isEmpty() && header.valueLength() > 0) {
            out.append(", ").append(header.valueLength()).append(" bytes");
        }
        return out.toString();
    }

    private static Kind kind(Opcode opcode) {
        return switch (opcode.loud()) {
            case GET, GETK, GAT, GATK -> Kind.READ;
            case SET -> Kind.SET;
            case ADD -> Kind.ADD;
            case REPLACE, APPEND, PREPEND -> Kind.MODIFY;
            case INCREMENT, DECREMENT -> Kind.COUNT;
            case DELETE -> Kind.DELETE;
            case TOUCH -> Kind.TOUCH;
            case NOOP -> Kind.BARRIER;
            case VERSION -> Kind.VERSION;
            case QUIT -> Kind.QUIT;
            case SASL_LIST, SASL_AUTH, SASL_STEP -> Kind.LOGIN;
            case FLUSH, STAT, VERBOSITY -> Kind.CONTROL;
            case GETQ, GETKQ, GATQ, GATKQ, SETQ, ADDQ, REPLACEQ, DELETEQ, INCREMENTQ ->
                    throw new IllegalStateException("a loud form that is quiet: " + opcode);
            case DECREMENTQ, QUITQ, FLUSHQ, APPENDQ, PREPENDQ ->
                    throw new IllegalStateException("a loud form that is quiet: " + opcode);
        };
    }

    private static Optional<String> rule(Opcode opcode) {
        return switch (opcode) {
            case FLUSH, FLUSHQ -> Optional.of("flush_all");
            case STAT -> Optional.of("stats");
            case VERBOSITY -> Optional.of("verbosity");
            default -> Optional.empty();
        };
    }

    /** The head of an {@code ADD} as that of a SET which no item lets pass. */
    public static ByteBuf withCasThatNoneHas(ByteBuf head) {
        ByteBuf out = head.copy();
        return out.setByte(out.readerIndex() + 1, Opcode.SET.code())
                .setLong(out.readerIndex() + CAS_AT, CasUse.NONE_HAS);
    }

    /** The number that a counter begins with where it is not there. */
    public static long initial(ByteBuf head) {
        return head.getLong(head.readerIndex() + BinaryHeader.LENGTH + INITIAL_AT);
    }

    /** A head of a counter that begins with another number. */
    public static ByteBuf withInitial(ByteBuf head, long number) {
        ByteBuf out = head.copy();
        return out.setLong(out.readerIndex() + BinaryHeader.LENGTH + INITIAL_AT, number);
    }

    /** A head with another cas value in its place; 0 makes the request unconditional. */
    public static ByteBuf withCas(ByteBuf head, CasUse use, long cas) {
        ByteBuf out = head.copy();
        return out.setLong(out.readerIndex() + use.at(), cas);
    }
}
