package dev.understudy.http.compare;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Hashes of a body's blocks, for bodies too long to be kept. Blocks begin at {@value #LEAF_BYTES}
 * bytes and double whenever there are {@value #MAX_BLOCKS} of them, so a body of any length takes
 * 16 KiB or so. A larger block's hash is made of its halves' (the tree of RFC 6962, section 2.1),
 * so that bodies of different lengths can still be held against each other.
 */
final class BlockHashes {
    static final int LEAF_BYTES = 4096;
    static final int MAX_BLOCKS = 1024;

    /**
     * 64 bits: of a leaf its CRC-32 and its CRC-32C, both of which any JVM computes at many GB/s.
     * They hold against chance, not against somebody who makes collisions; that would be a target
     * out to deceive its own rehearsal. (SHA-256 under the first compiler alone, as the launcher
     * runs it, does 40 MB/s.)
     */
    private record Hash(long bits) {}

    /** A whole tree of {@code 1 << level} leaves. */
    private record Subtree(int level, Hash hash) {}

    /**
     * Where two bodies differ.
     *
     * @param from first byte of the first block that differs, in bytes from the body's beginning
     * @param to its end, exclusive
     * @param blocks how many blocks differ
     * @param longestFrom first byte of the longest stretch of blocks that differ
     * @param longestTo its end, exclusive
     */
    record Parts(long from, long to, int blocks, long longestFrom, long longestTo) {}

    private final CRC32 crc = new CRC32();
    private final CRC32C crcC = new CRC32C();
    private final List<Hash> blocks = new ArrayList<>();
    private final Deque<Subtree> open = new ArrayDeque<>();
    private int level;
    private int leafBytes;
    private long length;

    /** Takes in more of the body, and spends {@code bytes}. */
    void add(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            int take = Math.min(bytes.remaining(), LEAF_BYTES - leafBytes);
            int end = bytes.limit();
            bytes.limit(bytes.position() + take);
            crc.update(bytes.duplicate());
            crcC.update(bytes);
            bytes.limit(end);
            leafBytes += take;
            length += take;
            if (leafBytes == LEAF_BYTES) {
                endLeaf();
            }
        }
    }

    private void endLeaf() {
        Subtree grown = new Subtree(0, hash());
        crc.reset();
        crcC.reset();
        leafBytes = 0;
        while (!open.isEmpty() && open.peek().level() == grown.level() && grown.level() < level) {
            grown = new Subtree(grown.level() + 1, node(open.pop().hash(), grown.hash()));
        }
        if (grown.level() < level) {
            open.push(grown);
            return;
        }
        blocks.add(grown.hash());
        if (blocks.size() == MAX_BLOCKS) {
            List<Hash> halved = halved(blocks);
            blocks.clear();
            blocks.addAll(halved);
            level++;
        }
    }

    /** The hashes of all that was taken in; nothing may follow. */
    Sum end() {
        Optional<Hash> last = leafBytes > 0 ? Optional.of(hash()) : Optional.empty();
        while (!open.isEmpty()) {
            Hash left = open.pop().hash();
            last = Optional.of(last.map(right -> node(left, right)).orElse(left));
        }
        List<Hash> all = new ArrayList<>(blocks);
        last.ifPresent(all::add);
        return new Sum(length, level, List.copyOf(all));
    }

    private static List<Hash> halved(List<Hash> hashes) {
        List<Hash> halved = new ArrayList<>(hashes.size() / 2 + 1);
        for (int i = 0; i < hashes.size(); i += 2) {
            Hash left = hashes.get(i);
            halved.add(i + 1 < hashes.size() ? node(left, hashes.get(i + 1)) : left);
        }
        return halved;
    }

    private static Hash node(Hash left, Hash right) {
        return new Hash(mixed(mixed(left.bits()) + right.bits()));
    }

    private Hash hash() {
        return new Hash(crc.getValue() << 32 | crcC.getValue());
    }

    /** Spreads each bit over all (the finalizer of SplitMix64, by G. Steele and others). */
    private static long mixed(long bits) {
        long mixed = bits + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }

    /** The hashes of one whole body: equal sums mean equal bodies. */
    static final class Sum {
        private final long length;
        private final int level;
        private final List<Hash> blocks;

        private Sum(long length, int level, List<Hash> blocks) {
            this.length = length;
            this.level = level;
            this.blocks = blocks;
        }

        /** The body's length in bytes. */
        long length() {
            return length;
        }

        /** What differs from another body; empty where nothing does. */
        Optional<Parts> differsFrom(Sum other) {
            int common = Math.max(level, other.level);
            List<Hash> mine = at(common);
            List<Hash> theirs = other.at(common);
            long blockBytes = (long) LEAF_BYTES << common;
            long end = Math.max(length, other.length);
            long first = -1;
            int differing = 0;
            int run = 0;
            int longest = 0;
            int longestEnd = 0;
            for (int i = 0; i < Math.max(mine.size(), theirs.size()); i++) {
                boolean same =
                        i < mine.size() && i < theirs.size() && mine.get(i).equals(theirs.get(i));
                run = same ? 0 : run + 1;
                differing += same ? 0 : 1;
                first = first < 0 && !same ? i : first;
                if (run > longest) {
                    longest = run;
                    longestEnd = i + 1;
                }
            }
            return differing == 0
                    ? Optional.empty()
                    : Optional.of(
                            new Parts(
                                    first * blockBytes,
                                    Math.min(end, (first + 1) * blockBytes),
                                    differing,
                                    (longestEnd - longest) * blockBytes,
                                    Math.min(end, longestEnd * blockBytes)));
        }

        /** The hash of all, for a reader: 16 hexadecimal digits. */
        String shown() {
            List<Hash> hashes = blocks;
            while (hashes.size() > 1) {
                hashes = halved(hashes);
            }
            return HexFormat.of().toHexDigits(hashes.isEmpty() ? 0 : hashes.getFirst().bits());
        }

        private List<Hash> at(int wanted) {
            List<Hash> hashes = blocks;
            for (int i = level; i < wanted; i++) {
                hashes = halved(hashes);
            }
            return hashes;
        }
    }
}
