package dev.understudy.memcached.couchbase;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.understudy.memcached.binary.BinaryHeader;
import dev.understudy.memcached.binary.BinaryLimits;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.PacketHead;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Shape;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a memcached request becomes in Couchbase: loud requests of one key each, whatever the
 * dialect. What has no counterpart there is not translated, and so not sent.
 */
final class Translation {
    /**
     * A time of 1970, which no item outlives. memcached takes a negative time to mean that;
     * Couchbase reads numbers without a sign, in which it would be the year 2106.
     */
    static final int EXPIRED_AT_ONCE = 30 * 24 * 60 * 60 + 1;

    private static final int CAS_AT = 5;

    private Translation() {}

    /**
     * The requests to send in a request's place; empty where there are none.
     *
     * @param head the request without its value, with the target's cas values in it
     * @param body what followed: the value, and in text its line end; empty if it has none
     */
    static Optional<Plan> of(Ask ask, ByteBuf head, ByteBuf body) {
        if (!ask.proper() || !asksForKeys(ask.kind())) {
            return Optional.empty();
        }
        return switch (ask.shape()) {
            case Shape.Packet _ -> packet(ask, head, body);
            case Shape.Meta _ -> meta(ask, words(head), value(body));
            case Shape.Items _, Shape.Words _, Shape.Count _ ->
                    classic(ask, words(head), value(body));
            case Shape.Lines _, Shape.Settings _, Shape.None _ -> Optional.empty();
        };
    }

    private static boolean asksForKeys(Kind kind) {
        return switch (kind) {
            case READ, SET, ADD, MODIFY, COUNT, DELETE, TOUCH -> true;
            case BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN -> false;
        };
    }

    private static List<String> words(ByteBuf head) {
        return Arrays.asList(head.toString(ISO_8859_1).strip().split(" +", -1));
    }

    private static ByteBuf value(ByteBuf body) {
        return Unpooled.copiedBuffer(
                body.slice(body.readerIndex(), Math.max(0, body.readableBytes() - 2)));
    }

    private static ByteBuf bytes(String key) {
        return Unpooled.copiedBuffer(key, ISO_8859_1);
    }

    // Classic commands.

    private static Optional<Plan> classic(Ask ask, List<String> words, ByteBuf value) {
        ByteBuf key = bytes(ask.keys().getFirst());
        return switch (words.getFirst()) {
            case "get", "gets" ->
                    Optional.of(
                            Plan.items(
                                    ask.keys().stream()
                                            .map(name -> KvRequest.get(bytes(name)))
                                            .toList(),
                                    ask.keys()));
            case "gat", "gats" -> {
                int exptime = exptime(words.get(1));
                yield Optional.of(
                        Plan.items(
                                ask.keys().stream().map(name -> gat(bytes(name), exptime)).toList(),
                                ask.keys()));
            }
            case "set" -> Optional.of(status(ask, store(Opcode.SET, key, words, value, 0)));
            case "add" -> Optional.of(status(ask, store(Opcode.ADD, key, words, value, 0)));
            case "replace" -> Optional.of(status(ask, store(Opcode.REPLACE, key, words, value, 0)));
            case "cas" -> {
                long cas = Long.parseUnsignedLong(words.get(CAS_AT));
                // 0 is no version of Couchbase's, but says that any will do.
                yield cas == 0
                        ? Optional.empty()
                        : Optional.of(status(ask, store(Opcode.SET, key, words, value, cas)));
            }
            case "append" ->
                    Optional.of(status(ask, KvRequest.extend(Opcode.APPEND, key, value, 0)));
            case "prepend" ->
                    Optional.of(status(ask, KvRequest.extend(Opcode.PREPEND, key, value, 0)));
            case "delete" -> Optional.of(status(ask, KvRequest.delete(key, 0)));
            case "touch" ->
                    Optional.of(
                            status(ask, KvRequest.touch(Opcode.TOUCH, key, exptime(words.get(2)))));
            case "incr", "decr" -> {
                Opcode opcode =
                        words.getFirst().equals("incr") ? Opcode.INCREMENT : Opcode.DECREMENT;
                long delta = Long.parseUnsignedLong(words.get(2));
                yield Optional.of(
                        Plan.number(
                                KvRequest.count(opcode, key, delta, 0, Opcode.DO_NOT_CREATE),
                                ask.keys().getFirst(),
                                true));
            }
            default -> Optional.empty();
        };
    }

    private static KvRequest gat(ByteBuf key, int exptime) {
        return KvRequest.touch(Opcode.GAT, key, exptime);
    }

    private static KvRequest store(
            Opcode opcode, ByteBuf key, List<String> words, ByteBuf value, long cas) {
        int flags = (int) Long.parseLong(words.get(2));
        return KvRequest.store(opcode, key, flags, exptime(words.get(3)), value, cas);
    }

    private static Plan status(Ask ask, KvRequest request) {
        return Plan.status(request, ask.kind(), ask.keys().getFirst());
    }

    private static int exptime(String word) {
        long seconds = Long.parseLong(word);
        return seconds < 0 ? EXPIRED_AT_ONCE : (int) seconds;
    }

    // Meta commands.

    private static Optional<Plan> meta(Ask ask, List<String> words, ByteBuf value) {
        MetaFlags flags =
                MetaFlags.of(words.subList(words.getFirst().equals("ms") ? 3 : 2, words.size()));
        String key = ask.keys().getFirst();
        return switch (words.getFirst()) {
            case "mg" -> metaGet(key, flags);
            case "ms" -> metaSet(ask, key, flags, value);
            case "md" ->
                    flags.within("bkOqC") && flags.casFits()
                            ? Optional.of(status(ask, KvRequest.delete(bytes(key), flags.cas())))
                            : Optional.empty();
            case "ma" -> metaCount(key, flags);
            default -> Optional.empty();
        };
    }

    private static Optional<Plan> metaGet(String key, MetaFlags flags) {
        // t, h and l ask for what Couchbase does not tell: they are left out of the comparison.
        if (!flags.within("bkOqvfscthlT")) {
            return Optional.empty();
        }
        Optional<String> ttl = flags.argument('T');
        KvRequest request =
                ttl.isPresent() ? gat(bytes(key), exptime(ttl.get())) : KvRequest.get(bytes(key));
        return Optional.of(
                Plan.metaItem(request, key, flags.has('v'), flags.has('f'), flags.has('s')));
    }

    private static Optional<Plan> metaSet(Ask ask, String key, MetaFlags flags, ByteBuf value) {
        if (!flags.within("bkOqcCFTMs") || !flags.casFits()) {
            return Optional.empty();
        }
        int clientFlags = (int) Long.parseLong(flags.argument('F').orElse("0"));
        int exptime = exptime(flags.argument('T').orElse("0"));
        ByteBuf name = bytes(key);
        return switch (flags.argument('M').orElse("S")) {
            case "S", "s" ->
                    Optional.of(
                            status(
                                    ask,
                                    KvRequest.store(
                                            Opcode.SET,
                                            name,
                                            clientFlags,
                                            exptime,
                                            value,
                                            flags.cas())));
            case "E", "e" ->
                    Optional.of(
                            status(
                                    ask,
                                    KvRequest.store(
                                            Opcode.ADD, name, clientFlags, exptime, value, 0)));
            case "R", "r" ->
                    Optional.of(
                            status(
                                    ask,
                                    KvRequest.store(
                                            Opcode.REPLACE,
                                            name,
                                            clientFlags,
                                            exptime,
                                            value,
                                            flags.cas())));
            case "A", "a" ->
                    Optional.of(
                            status(ask, KvRequest.extend(Opcode.APPEND, name, value, flags.cas())));
            case "P", "p" ->
                    Optional.of(
                            status(
                                    ask,
                                    KvRequest.extend(Opcode.PREPEND, name, value, flags.cas())));
            default -> Optional.empty();
        };
    }

    private static Optional<Plan> metaCount(String key, MetaFlags flags) {
        // A counter that depends on a version, or gets another time, is none of Couchbase's.
        if (!flags.within("bkOqcvtDJNM")) {
            return Optional.empty();
        }
        Opcode opcode =
                switch (flags.argument('M').orElse("I")) {
                    case "D", "d", "-" -> Opcode.DECREMENT;
                    default -> Opcode.INCREMENT;
                };
        long delta = Long.parseUnsignedLong(flags.argument('D').orElse("1"));
        long initial = Long.parseUnsignedLong(flags.argument('J').orElse("0"));
        int exptime = flags.argument('N').map(Translation::exptime).orElse(Opcode.DO_NOT_CREATE);
        return Optional.of(
                Plan.number(
                        KvRequest.count(opcode, bytes(key), delta, initial, exptime),
                        key,
                        flags.has('v')));
    }

    // Packets.

    private static Optional<Plan> packet(Ask ask, ByteBuf head, ByteBuf body) {
        if (!(PacketHead.decode(head, Magic.REQUEST, BinaryLimits.MEMCACHED)
                instanceof Decoded.Complete<PacketHead>(PacketHead packet, int _))) {
            return Optional.empty();
        }
        BinaryHeader header = packet.header();
        Opcode opcode = header.knownOpcode().orElseThrow().forCouchbase();
        boolean counts = ask.kind() == Kind.COUNT;
        if (counts && header.cas() != 0) {
            return Optional.empty();
        }
        KvRequest request =
                new KvRequest(
                        opcode,
                        packet.key().copy(),
                        packet.extras().copy(),
                        Unpooled.copiedBuffer(body),
                        // Of a read it means nothing.
                        ask.kind().writes() ? header.cas() : 0);
        return Optional.of(Plan.packet(request, ask.kind(), ask.keys().getFirst()));
    }
}
