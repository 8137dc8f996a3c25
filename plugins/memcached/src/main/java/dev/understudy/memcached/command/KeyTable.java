package dev.understudy.memcached.command;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What one copy knows of the keys on its target, for all sessions and from several threads: which
 * were written since it began, of which the last write was lost, of which nobody knows whether
 * production wrote what the target did, and whether one was touched since. Fixed in size: no key is
 * ever taken for cold that was written; one in some ten thousand cold keys may be taken for written
 * while a million keys are known, and one in fifty with eight million.
 */
public final class KeyTable {
    private static final int BITS_LOG = 26;
    private static final int HASHES = 4;

    /** Bits of a page, which is made with its first one. */
    private static final int PAGE_LOG = 18;

    /** Marks of writes and of changes, each shared by the keys that fall on it: the last counts. */
    private static final int SLOTS_LOG = 16;

    private final AtomicReferenceArray<AtomicLongArray> written =
            new AtomicReferenceArray<>(1 << (BITS_LOG - PAGE_LOG));
    private final AtomicLongArray lost = new AtomicLongArray(1 << SLOTS_LOG);
    private final AtomicLongArray unsure = new AtomicLongArray(1 << SLOTS_LOG);
    private final AtomicIntegerArray changes = new AtomicIntegerArray(1 << SLOTS_LOG);

    /** A write was sent that makes the key whatever it was: it is cold no more. */
    public void stored(String key) {
        long hash = hash(key);
        for (int i = 0; i < HASHES; i++) {
            int bit = bit(hash, i);
            long mask = 1L << (bit & 63);
            AtomicLongArray page = page(bit);
            if ((page.get(word(bit)) & mask) == 0) {
                page.accumulateAndGet(word(bit), mask, (before, one) -> before | one);
            }
        }
    }

    private AtomicLongArray page(int bit) {
        AtomicLongArray page = written.get(bit >>> PAGE_LOG);
        if (page != null) {
            return page;
        }
        AtomicLongArray made = new AtomicLongArray(1 << (PAGE_LOG - 6));
        AtomicLongArray other = written.compareAndExchange(bit >>> PAGE_LOG, null, made);
        return other == null ? made : other;
    }

    /** The place of a bit's word in its page. */
    private static int word(int bit) {
        return (bit & ((1 << PAGE_LOG) - 1)) >>> 6;
    }

    /** The target took a write of the key. */
    public void took(String key) {
        clear(lost, hash(key));
    }

    /** What is sent makes the key whatever it was; or takes it away. */
    public void sure(String key) {
        clear(unsure, hash(key));
    }

    /** What is sent may store on the target what production has not stored. */
    public void unsure(String key) {
        long hash = hash(key);
        unsure.set(slot(hash), hash);
    }

    private static void clear(AtomicLongArray marks, long hash) {
        int slot = slot(hash);
        if (marks.get(slot) == hash) {
            marks.compareAndSet(slot, hash, 0);
        }
    }

    /** The target did not take a write of the key that might have stored it, or it was not sent. */
    public void lost(String key) {
        long hash = hash(key);
        lost.set(slot(hash), hash);
    }

    /** What is known of the key. */
    public KeyPast past(String key) {
        long hash = hash(key);
        if (lost.get(slot(hash)) == hash) {
            return KeyPast.LOST;
        }
        if (unsure.get(slot(hash)) == hash) {
            return KeyPast.UNSURE;
        }
        for (int i = 0; i < HASHES; i++) {
            int bit = bit(hash, i);
            AtomicLongArray page = written.get(bit >>> PAGE_LOG);
            if (page == null || (page.get(word(bit)) & 1L << (bit & 63)) == 0) {
                return KeyPast.COLD;
            }
        }
        return KeyPast.WRITTEN;
    }

    /** Something is being sent that may change the key. */
    public void changing(String key) {
        changes.incrementAndGet(slot(hash(key)));
    }

    /** A number that is another one once the key may have changed. */
    public int changes(String key) {
        return changes.get(slot(hash(key)));
    }

    private static int bit(long hash, int i) {
        long step = Long.rotateLeft(hash, 32) | 1;
        return (int) ((hash + i * step) >>> (64 - BITS_LOG));
    }

    private static int slot(long hash) {
        return (int) hash & ((1 << SLOTS_LOG) - 1);
    }

    /** 64 bits of a key, never 0: FNV-1a, stirred as in MurmurHash3's finish. */
    private static long hash(String key) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < key.length(); i++) {
            hash = (hash ^ key.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        hash ^= hash >>> 33;
        return hash == 0 ? 1 : hash;
    }
}
