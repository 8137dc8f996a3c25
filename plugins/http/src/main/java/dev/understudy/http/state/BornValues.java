package dev.understudy.http.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which values the online server has made up in this run, over all sessions of one copy: only these
 * are worth asking the target's value for. Holds hashes; past {@value #MAX_VALUES} of a kind the
 * one used longest ago is forgotten. Safe for use by several threads.
 */
public final class BornValues {
    private static final int MAX_VALUES = 131_072;

    /**
     * Slots of ids: {@code id/order/number#0}, the last part for the rule that found it; in a list
     * {@code #0/3 of 7}.
     */
    private static final String ID = "id/";

    /**
     * A value that an answer gave.
     *
     * @param copied whether the request of that answer was sent to the target, so that it has made
     *     a value too
     */
    record Born(String slot, boolean copied) {}

    private record Hash(long high, long low) {}

    private static final class Latest<V> extends LinkedHashMap<Hash, V> {
        private Latest() {
            super(64, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Hash, V> eldest) {
            return size() > MAX_VALUES;
        }
    }

    private final Map<Hash, Born> inSlots = new Latest<>();
    private final Map<Hash, Born> tokens = new Latest<>();
    private final Map<Hash, Boolean> equal = new Latest<>();
    private boolean ids;

    /** An online answer gave a value. */
    synchronized void add(String slot, String value, boolean copied) {
        Born born = new Born(slot, copied);
        Hash hash = hash(known(slot), value);
        Born before = inSlots.get(hash);
        // An answer that gave an id alone has paired it better than a list of other length can.
        if (before == null || !isInList(slot) || isInList(before.slot())) {
            inSlots.put(hash, born);
        }
        ids |= slot.startsWith(ID);
        if (!slot.startsWith("etag/") && !slot.startsWith(ID)) {
            tokens.put(hash("", value), born);
        }
    }

    /** A value as it is used where only one slot fits, as a cookie of that name. */
    synchronized Optional<Born> find(String slot, String value) {
        return inSlots.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(inSlots.get(hash(slot, value)));
    }

    /** A value as it is used where tokens of any origin may stand. */
    synchronized Optional<Born> findToken(String value) {
        return tokens.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(tokens.get(hash("", value)));
    }

    private static boolean isInList(String slot) {
        return slot.startsWith(ID) && slot.indexOf('/', slot.indexOf('#')) > 0;
    }

    /** Ids of one kind are asked for whatever rule found them. */
    private static String known(String slot) {
        return slot.startsWith(ID) ? slot.substring(0, slot.indexOf('#')) : slot;
    }

    /** Whether any id is known. */
    synchronized boolean hasIds() {
        return ids;
    }

    /** Whether any token is known that a body could carry. */
    synchronized boolean hasTokens() {
        return !tokens.isEmpty();
    }

    /** Both servers gave the same value: it needs no mapping, now and later. */
    synchronized void equal(String slot, String value) {
        Hash hash = hash(slot, value);
        equal.put(hash, true);
        inSlots.remove(hash(known(slot), value));
        tokens.remove(hash("", value));
    }

    synchronized boolean isEqual(String slot, String value) {
        return !equal.isEmpty() && equal.get(hash(slot, value)) != null;
    }

    private static Hash hash(String slot, String value) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(slot.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            ByteBuffer bytes =
                    ByteBuffer.wrap(digest.digest(value.getBytes(StandardCharsets.UTF_8)));
            return new Hash(bytes.getLong(), bytes.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }
}
