package dev.understudy.memcached.command;

import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is kept of a value: its first bytes, and hashes of the blocks behind them. Two values whose
 * kept parts agree agree.
 */
public final class KeptValue {
    /** Bytes of a block that has one hash. */
    static final int BLOCK_BYTES = 1 << 20;

    private static final int FIRST_READ = 512;

    private final long length;
    private final byte[] head;
    private final List<byte[]> blocks;

    private KeptValue(long length, byte[] head, List<byte[]> blocks) {
        this.length = length;
        this.head = head;
        this.blocks = blocks;
    }

    /** A value that is kept whole. */
    public static KeptValue of(byte[] value) {
        return new KeptValue(value.length, value.clone(), List.of());
    }

    /** Bytes of the value, kept or not. */
    public long length() {
        return length;
    }

    /** Whether every byte is kept. */
    public boolean whole() {
        return head.length == length;
    }

    /** A copy of the bytes that are kept. */
    public byte[] head() {
        return head.clone();
    }

    /** Whether the two are the same, byte for byte or by their hashes. */
    public boolean sameAs(KeptValue other) {
        return length == other.length && place(other).isEmpty();
    }

    /**
     * Where two values first differ, for a reader, and behind what is kept where they differ most;
     * empty where they do not.
     */
    String place(KeptValue other) {
        int both = Math.min(head.length, other.head.length);
        int differs = Arrays.mismatch(head, 0, both, other.head, 0, both);
        if (differs >= 0) {
            return "at byte " + differs;
        }
        if (length != other.length) {
            return "at byte " + Math.min(length, other.length) + " at the latest";
        }
        if (head.length != other.head.length) {
            // Of one length and kept unlike: told by the session, which keeps alike.
            return "behind byte " + both;
        }
        return largestPart(other);
    }

    /** The longest row of blocks that differ: where values differ most. */
    private String largestPart(KeptValue other) {
        int differing = 0;
        int row = 0;
        int longest = 0;
        int end = 0;
        for (int i = 0; i < blocks.size(); i++) {
            row = Arrays.equals(blocks.get(i), other.blocks.get(i)) ? 0 : row + 1;
            differing += row > 0 ? 1 : 0;
            if (row > longest) {
                longest = row;
                end = i + 1;
            }
        }
        if (differing == 0) {
            return "";
        }
        long from = head.length + (long) (end - longest) * BLOCK_BYTES;
        long last = Math.min(head.length + (long) end * BLOCK_BYTES, length) - 1;
        String part = "in bytes %d to %d".formatted(from, last);
        return differing == longest
                ? part
                : "%s, the largest part of %d MiB in all".formatted(part, differing);
    }

    /** Whether the two are numbers that differ in nothing but blanks around them. */
    boolean sameNumber(KeptValue other) {
        return whole() && other.whole() && isNumber() && trimmed().equals(other.trimmed());
    }

    private boolean isNumber() {
        String text = trimmed();
        return !text.isEmpty()
                && text.length() <= 20
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private String trimmed() {
        return head.length > 64
                ? ""
                : new String(head, java.nio.charset.StandardCharsets.ISO_8859_1).strip();
    }

    /** Some bytes from an offset on, for a reader: what does not print is shown as a dot. */
    String shown(int from, int bytes) {
        StringBuilder out = new StringBuilder(bytes);
        for (int i = Math.max(0, from); i < head.length && out.length() < bytes; i++) {
            out.append(head[i] >= ' ' && head[i] < 0x7F ? (char) head[i] : '.');
        }
        return out.toString();
    }

    /** The index of the first kept byte that differs, or -1. */
    int firstDifference(KeptValue other) {
        return Arrays.mismatch(head, other.head);
    }

    /** Takes a value in piece by piece. */
    public static final class Keeper {
        private final long length;
        private final int keep;
        private final List<byte[]> blocks = new ArrayList<>(0);
        private byte[] head;
        private int kept;
        private long taken;
        private int inBlock;
        private MessageDigest digest;

        /**
         * @param length bytes of the value, at least 0
         * @param keep bytes that may be kept, at least 0
         */
        public Keeper(long length, int keep) {
            this.length = length;
            this.keep = (int) Math.min(keep, length);
            this.head = new byte[Math.min(this.keep, FIRST_READ)];
        }

        /** Bytes that are still to come. */
        public long left() {
            return length - taken;
        }

        /** Bytes of it that will be kept. */
        public int keeps() {
            return keep;
        }

        /** Reads as much of the value as is there; says whether that was its end. */
        public boolean take(ByteBuf in) {
            int now = (int) Math.min(left(), in.readableBytes());
            taken += now;
            int mine = Math.min(now, keep - kept);
            if (mine > 0) {
                // Never by the length that was announced: grows with what has come.
                if (kept + mine > head.length) {
                    head =
                            Arrays.copyOf(
                                    head, Math.min(keep, Math.max(kept + mine, head.length * 2)));
                }
                in.readBytes(head, kept, mine);
                kept += mine;
            }
            hash(in, now - Math.max(0, mine));
            return left() == 0;
        }

        private void hash(ByteBuf in, int bytes) {
            int due = bytes;
            while (due > 0) {
                if (digest == null) {
                    digest = sha256();
                }
                int now = Math.min(due, BLOCK_BYTES - inBlock);
                digest.update(in.nioBuffer(in.readerIndex(), now));
                in.skipBytes(now);
                due -= now;
                inBlock += now;
                if (inBlock == BLOCK_BYTES) {
                    endBlock();
                }
            }
        }

        private void endBlock() {
            blocks.add(Arrays.copyOf(digest.digest(), 16));
            inBlock = 0;
        }

        /** What was taken, once all of it was. */
        public KeptValue value() {
            if (inBlock > 0) {
                endBlock();
            }
            return new KeptValue(
                    length, kept == head.length ? head : Arrays.copyOf(head, kept), blocks);
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
    }
}
