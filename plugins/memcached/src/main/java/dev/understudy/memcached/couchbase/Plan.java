package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.Opcode;
import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.KeptValue;
import dev.understudy.memcached.command.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is sent in the place of one memcached request, and what its answers mean to memcached's
 * client.
 *
 * @param parts at least one; they are independent of each other
 */
record Plan(List<KvRequest> parts, Reading reading) {
    /** What the replies to all parts, in their order, say together. */
    @FunctionalInterface
    interface Reading {
        Answer of(List<KvReply> replies);
    }

    Plan {
        parts = List.copyOf(parts);
    }

    /** A read of one or several keys in the classic dialect: what is a miss is not mentioned. */
    static Plan items(List<KvRequest> parts, List<String> keys) {
        List<String> names = List.copyOf(keys);
        return new Plan(
                parts,
                replies -> {
                    List<Item> items = new ArrayList<>(replies.size());
                    for (int i = 0; i < replies.size(); i++) {
                        KvReply reply = replies.get(i);
                        if (reply.is(Status.SUCCESS)) {
                            items.add(item(names.get(i), reply));
                        } else if (!reply.is(Status.KEY_NOT_FOUND)) {
                            return textError(reply);
                        }
                    }
                    return new Answer.Items(items);
                });
    }

    private static Item item(String key, KvReply reply) {
        return Item.of(
                key, reply.flags(), reply.value().orElse(KeptValue.of(new byte[0])), reply.cas());
    }

    /** A read of one key of which the client wants to see this much. */
    static Plan metaItem(KvRequest part, String key, boolean value, boolean flags, boolean size) {
        return new Plan(
                List.of(part),
                replies -> {
                    KvReply reply = replies.getFirst();
                    if (reply.is(Status.KEY_NOT_FOUND)) {
                        return new Answer.Items(List.of());
                    }
                    if (!reply.is(Status.SUCCESS)) {
                        return textError(reply);
                    }
                    Optional<KeptValue> kept = reply.value();
                    return new Answer.Items(
                            List.of(
                                    new Item(
                                            key,
                                            flags
                                                    ? OptionalLong.of(reply.flags())
                                                    : OptionalLong.empty(),
                                            (value || size) && kept.isPresent()
                                                    ? OptionalLong.of(kept.get().length())
                                                    : OptionalLong.empty(),
                                            value ? kept : Optional.empty(),
                                            OptionalLong.empty(),
                                            reply.cas(),
                                            false)));
                });
    }

    /** A write, delete or touch in a text dialect. */
    static Plan status(KvRequest part, Kind kind, String key) {
        return new Plan(
                List.of(part),
                replies -> {
                    KvReply reply = replies.getFirst();
                    return reply.is(Status.SUCCESS)
                            ? new Answer.Status(Answer.done(kind), key, reply.cas())
                            : word(part.opcode(), reply)
                                    .<Answer>map(said -> new Answer.Status(said, key, 0))
                                    .orElseGet(() -> textError(reply));
                });
    }

    /**
     * An increment or decrement in a text dialect.
     *
     * @param shown whether its answer tells the number
     */
    static Plan number(KvRequest part, String key, boolean shown) {
        return new Plan(
                List.of(part),
                replies -> {
                    KvReply reply = replies.getFirst();
                    if (reply.is(Status.SUCCESS)) {
                        String digits = shown ? Long.toUnsignedString(reply.number()) : "";
                        return new Answer.Counted(digits, key, reply.cas());
                    }
                    return word(part.opcode(), reply)
                            .<Answer>map(said -> new Answer.Status(said, key, 0))
                            .orElseGet(() -> textError(reply));
                });
    }

    /** memcached's word for a refusal that is no error, for the operation it answers. */
    private static Optional<String> word(Opcode opcode, KvReply reply) {
        boolean extends_ = opcode == Opcode.APPEND || opcode == Opcode.PREPEND;
        if (reply.is(Status.KEY_NOT_FOUND)) {
            return Optional.of(extends_ || opcode == Opcode.REPLACE ? "NOT_STORED" : "NOT_FOUND");
        }
        if (reply.is(Status.KEY_EXISTS)) {
            return Optional.of(opcode == Opcode.ADD ? "NOT_STORED" : "EXISTS");
        }
        return reply.is(Status.NOT_STORED) ? Optional.of("NOT_STORED") : Optional.empty();
    }

    private static Answer textError(KvReply reply) {
        boolean clients =
                reply.is(Status.INVALID_ARGUMENTS)
                        || reply.is(Status.NOT_A_NUMBER)
                        || reply.is(Status.RANGE);
        return new Answer.Failed(clients ? "CLIENT_ERROR" : "SERVER_ERROR", reply.word());
    }

    /** A request of the binary dialect. */
    static Plan packet(KvRequest part, Kind kind, String key) {
        return new Plan(
                List.of(part),
                replies -> {
                    KvReply reply = replies.getFirst();
                    if (reply.is(Status.SUCCESS)) {
                        return switch (kind) {
                            case READ -> new Answer.Items(List.of(item(key, reply)));
                            case COUNT ->
                                    new Answer.Counted(
                                            Long.toUnsignedString(reply.number()),
                                            key,
                                            reply.cas());
                            case SET, ADD, MODIFY, DELETE, TOUCH ->
                                    new Answer.Status(Answer.done(kind), key, reply.cas());
                            case BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN ->
                                    new Answer.Said(part.opcode() + " done");
                        };
                    }
                    if (reply.is(Status.KEY_NOT_FOUND)) {
                        return kind == Kind.READ
                                ? new Answer.Items(List.of())
                                : new Answer.Status("NOT_FOUND", key, 0);
                    }
                    if (reply.is(Status.KEY_EXISTS)) {
                        return new Answer.Status("EXISTS", key, 0);
                    }
                    return reply.is(Status.NOT_STORED)
                            ? new Answer.Status("NOT_STORED", key, 0)
                            : new Answer.Failed(reply.word(), "");
                });
    }
}
