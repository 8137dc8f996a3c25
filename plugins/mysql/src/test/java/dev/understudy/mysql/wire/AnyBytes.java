package dev.understudy.mysql.wire;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Bytes that mean nothing, for what must take any: first the edges, then those of a seed that never
 * changes. A failure names its round and its bytes, and comes back with the same ones.
 */
public final class AnyBytes {
    /** More than a length of one byte can announce. */
    private static final int MAX_LENGTH = 300;

    private static final long SEED = 20261124;

    private AnyBytes() {}

    /**
     * Shows bytes to a claim, which must neither throw nor fail.
     *
     * @param rounds behind the edges
     */
    public static void each(int rounds, Consumer<byte[]> claim) {
        Random random = new Random(SEED);
        int round = 0;
        for (byte[] edge : edges()) {
            show(round++, claim, edge);
        }
        for (int i = 0; i < rounds; i++) {
            show(round++, claim, next(random));
        }
    }

    /** As {@link #each}, of two pieces: every edge with every other comes first. */
    public static void eachPair(int rounds, BiConsumer<byte[], byte[]> claim) {
        Random random = new Random(SEED);
        int round = 0;
        for (byte[] first : edges()) {
            for (byte[] second : edges()) {
                show(round++, claim, first, second);
            }
        }
        for (int i = 0; i < rounds; i++) {
            show(round++, claim, next(random), next(random));
        }
    }

    /** What to throw where a claim about some bytes came to {@code reason}. */
    public static AssertionError failure(int round, Throwable reason, byte[]... bytes) {
        List<String> shown = Arrays.stream(bytes).map(HexFormat.of()::formatHex).toList();
        return new AssertionError("round %d, bytes %s: %s".formatted(round, shown, reason), reason);
    }

    private static void show(int round, Consumer<byte[]> claim, byte[] bytes) {
        try {
            claim.accept(bytes);
        } catch (RuntimeException | Error e) {
            throw failure(round, e, bytes);
        }
    }

    private static void show(
            int round, BiConsumer<byte[], byte[]> claim, byte[] first, byte[] second) {
        try {
            claim.accept(first, second);
        } catch (RuntimeException | Error e) {
            throw failure(round, e, first, second);
        }
    }

    private static List<byte[]> edges() {
        return List.of(
                new byte[0],
                new byte[] {0},
                new byte[] {1},
                new byte[] {(byte) 0xff},
                new byte[MAX_LENGTH],
                filled((byte) 0xff));
    }

    private static byte[] filled(byte value) {
        byte[] bytes = new byte[MAX_LENGTH];
        Arrays.fill(bytes, value);
        return bytes;
    }

    /** Of 0..{@value #MAX_LENGTH} bytes, more often short, where most of the decoders' ends lie. */
    private static byte[] next(Random random) {
        byte[] bytes = new byte[random.nextInt(1 + random.nextInt(1 + MAX_LENGTH))];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            // Small numbers and the marks of length-encoded ones lead further than noise does.
            switch (random.nextInt(4)) {
                case 0 -> bytes[i] = (byte) random.nextInt(4);
                case 1 -> bytes[i] = (byte) (0xfa + random.nextInt(6));
                default -> {}
            }
        }
        return bytes;
    }
}
