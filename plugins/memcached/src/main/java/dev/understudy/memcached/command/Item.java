package dev.understudy.memcached.command;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * An item as an answer shows it: of a meta answer only what was asked for.
 *
 * @param flags the client's own number, 0..2^32-1
 * @param length bytes of the value, where they are told
 * @param ttl seconds it has left, -1 for ever
 * @param cas its version, 0 where it was not told
 * @param contended whether the answer says that one client of several is to renew it ({@code W},
 *     {@code Z}) or that it is stale ({@code X}): who that is depends on the moment
 */
public record Item(
        String key,
        OptionalLong flags,
        OptionalLong length,
        Optional<KeptValue> value,
        OptionalLong ttl,
        long cas,
        boolean contended) {
    /** An item with its value and flags. */
    public static Item of(String key, long flags, KeptValue value, long cas) {
        return new Item(
                key,
                OptionalLong.of(flags),
                OptionalLong.of(value.length()),
                Optional.of(value),
                OptionalLong.empty(),
                cas,
                false);
    }

    String describe() {
        StringBuilder out = new StringBuilder("hit");
        length.ifPresent(bytes -> out.append(", ").append(bytes).append(" bytes"));
        flags.ifPresent(number -> out.append(", flags ").append(number));
        ttl.ifPresent(seconds -> out.append(", ttl ").append(seconds));
        return out.toString();
    }
}
