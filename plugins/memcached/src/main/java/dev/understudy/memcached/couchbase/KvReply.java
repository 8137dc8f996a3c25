package dev.understudy.memcached.couchbase;

import dev.understudy.memcached.binary.Status;
import dev.understudy.memcached.command.KeptValue;
import java.util.Optional;

/**
 * What a node said to one request.
 *
 * @param status 0..65535
 * @param flags of an item, 0..2^32-1
 * @param value of an item, or the eight bytes of a number; empty with any error
 */
record KvReply(int status, long cas, long flags, Optional<KeptValue> value) {
    boolean is(Status other) {
        return status == other.code();
    }

    /** The status as a word to count by. */
    String word() {
        return Status.of(status).map(Status::name).orElseGet(() -> "0x%02x".formatted(status));
    }

    /** The number of an increment or decrement; what is none is 0. */
    long number() {
        byte[] bytes = value.map(KeptValue::head).orElse(new byte[0]);
        long number = 0;
        for (byte b : bytes) {
            number = number << 8 | (b & 0xFF);
        }
        return number;
    }
}
