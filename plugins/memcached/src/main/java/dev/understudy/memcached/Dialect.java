package dev.understudy.memcached;

import dev.understudy.memcached.command.Answers;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.Decoded;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

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

    /**
     * A loud add, as production refused it, in a form that no server carries out whatever it has:
     * {@code EXISTS} says that the target would have refused the add as well, {@code NOT_FOUND}
     * that it would have stored what production did not.
     */
    Rewritten refusedAdd(ByteBuf head, Ask ask);

    /** A request as the target is asked, and what its answer is paired by. */
    record Rewritten(ByteBuf head, Ask ask) {}

    /**
     * The head of a counter that begins, where it is not there, with the number that production has
     * come to; empty where it does so anyway.
     */
    Optional<ByteBuf> startingAt(ByteBuf head, String digits);

    /** A request of our own that stores an item where none is. */
    Own add(Item item, long ttlSeconds);

    /** A request of our own that is answered whatever comes before it. */
    Own barrier();

    /** A request of our own, and what its answer is paired by. */
    record Own(Pending pending, ByteBuf bytes) {}
}
