package dev.understudy.memcached.command;

import java.util.Optional;
import java.util.Set;

/** How the answer to a request looks, so that it can be told from the answer to another. */
public sealed interface Shape {
    /** {@code VALUE} blocks for keys of the request, then {@code END}. */
    record Items() implements Shape {}

    /** One of these words, alone on a line. */
    record Words(Set<String> words) implements Shape {
        public Words {
            words = Set.copyOf(words);
        }
    }

    /** A number, or {@code NOT_FOUND}. */
    record Count() implements Shape {}

    /**
     * A meta answer.
     *
     * @param command its two letters
     * @param opaque what the client wants repeated as its own mark
     * @param key the key as it was written, where the client wants it repeated
     * @param value whether what is found comes with its value; empty where the server decides that,
     *     as for a read under the condition of a cas value
     */
    record Meta(
            String command, Optional<String> opaque, Optional<String> key, Optional<Boolean> value)
            implements Shape {}

    /** Lines of any kind, up to one that ends them. */
    record Lines() implements Shape {}

    /** Settings in a block of a length that is told, as ElastiCache's, then {@code END}. */
    record Settings() implements Shape {}

    /**
     * A packet with that operation and mark.
     *
     * @param opcode of the request, 0..255
     */
    record Packet(int opcode, int opaque) implements Shape {}

    /** None at all: the connection ends. */
    record None() implements Shape {}
}
