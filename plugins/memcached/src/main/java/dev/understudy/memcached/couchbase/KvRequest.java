package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.BinaryPacket;
import dev.understudy.memcached.binary.Magic;
import dev.understudy.memcached.binary.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * One request for one key, as Couchbase understands it: loud, without vbucket and opaque, which
 * depend on where and when it is sent. The buffers are its own.
 *
 * @param cas the version that the item has to have, 0 for any
 */
record KvRequest(Opcode opcode, ByteBuf key, ByteBuf extras, ByteBuf value, long cas) {
    /** A read. */
    static KvRequest get(ByteBuf key) {
        return new KvRequest(Opcode.GET, key, Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER, 0);
    }

    /** A read or nothing that gives the item another time to live. */
    static KvRequest touch(Opcode opcode, ByteBuf key, int exptime) {
        ByteBuf extras = Unpooled.buffer(Opcode.TOUCH_EXTRAS).writeInt(exptime);
        return new KvRequest(opcode, key, extras, Unpooled.EMPTY_BUFFER, 0);
    }

    /** SET, ADD or REPLACE. */
    static KvRequest store(
            Opcode opcode, ByteBuf key, int flags, int exptime, ByteBuf value, long cas) {
        ByteBuf extras = Unpooled.buffer(Opcode.STORE_EXTRAS).writeInt(flags).writeInt(exptime);
        return new KvRequest(opcode, key, extras, value, cas);
    }

    /** APPEND or PREPEND. */
    static KvRequest extend(Opcode opcode, ByteBuf key, ByteBuf value, long cas) {
        return new KvRequest(opcode, key, Unpooled.EMPTY_BUFFER, value, cas);
    }

    /** INCREMENT or DECREMENT. */
    static KvRequest count(Opcode opcode, ByteBuf key, long delta, long initial, int exptime) {
        ByteBuf extras =
                Unpooled.buffer(Opcode.ARITHMETIC_EXTRAS)
                        .writeLong(delta)
                        .writeLong(initial)
                        .writeInt(exptime);
        return new KvRequest(opcode, key, extras, Unpooled.EMPTY_BUFFER, 0);
    }

    /** DELETE. */
    static KvRequest delete(ByteBuf key, long cas) {
        return new KvRequest(Opcode.DELETE, key, Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER, cas);
    }

    /** Whether it may be sent again when nobody knows if it was carried out. */
    boolean repeatable() {
        return opcode == Opcode.GET || opcode == Opcode.GAT || opcode == Opcode.TOUCH;
    }

    /** Bytes that are held for it until it is answered. */
    int heldBytes() {
        return key.readableBytes() + extras.readableBytes() + value.readableBytes();
    }

    /** The packet to send. */
    ByteBuf encoded(int vbucket, int opaque) {
        return BinaryPacket.of(
                        Magic.REQUEST, opcode.code(), vbucket, opaque, cas, extras, key, value)
                .encoded();
    }
}
