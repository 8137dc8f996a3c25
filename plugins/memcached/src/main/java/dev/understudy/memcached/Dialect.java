package dev.understudy.memcached;

import dev.understudy.memcached.command.Answers;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;

/** One connection's dialect: how its bytes are read and made. No I/O. */
interface Dialect {
    /**
     * Reads the head of a request at {@code in}'s reader index, and leaves the index where it is.
     */
    Decoded<Ask> ask(ByteBuf in);

    /** The answers of one side. */
    Answers answers(Side side);

    /** A head that depends on another cas value. */
    ByteBuf withCas(ByteBuf head, CasUse use, long cas);

    /** A head that depends on no cas value any more. */
    ByteBuf withoutCas(ByteBuf head, Ask ask, CasUse use);

    /** A request of our own that stores an item where none is. */
    Own add(Item item, long ttlSeconds);

    /** A request of our own, and what its answer is paired by. */
    record Own(Pending pending, ByteBuf bytes) {}
}
