package dev.understudy.session;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.net.InetSocketAddress;
import java.util.Locale;

/**
 * A share of all sessions, or of all clients, that is the same for the same client in each run.
 *
 * <p>The rule, for whoever wants to know beforehand: murmur3 (128 bits, x64, seed 0) over the bytes
 * of the client's address (4 or 16) and, by session, its port (2 bytes, the high one first). The
 * first 64 bits, read as a little-endian unsigned number, modulo 1,000,000 are the session's place;
 * it is in the sample if its place is below the share in millionths.
 *
 * @param share 0..1, of which millionths count
 */
public record Sample(double share, By by) {
    /** What a share is taken of. */
    public enum By {
        /** Address and port: connections. */
        SESSION,
        /** The address: all connections of a client, or none. */
        CLIENT
    }

    /** All sessions. */
    public static final Sample ALL = new Sample(1, By.SESSION);

    private static final int PLACES = 1_000_000;

    public Sample {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a share is 0 to 1: " + share);
        }
    }

    /** Whether it is every session. */
    boolean isAll() {
        return share >= 1;
    }

    /** Whether the session of this client is in the sample. */
    public boolean takes(InetSocketAddress client) {
        return takes(client, 1);
    }

    /** The same where only a part of the share, 0..1, counts yet. */
    boolean takes(InetSocketAddress client, double part) {
        return place(client) < Math.round(share * part * PLACES);
    }

    private long place(InetSocketAddress client) {
        Hasher hasher =
                Hashing.murmur3_128().newHasher().putBytes(client.getAddress().getAddress());
        if (by == By.SESSION) {
            hasher.putByte((byte) (client.getPort() >>> Byte.SIZE))
                    .putByte((byte) client.getPort());
        }
        HashCode hash = hasher.hash();
        return Long.remainderUnsigned(hash.asLong(), PLACES);
    }

    /** As the user writes it: {@code 10%}, {@code clients:2.5%}. */
    @Override
    public String toString() {
        String percent = String.format(Locale.ROOT, "%.4f", share * 100);
        String plain = percent.replaceFirst("\\.?0+$", "");
        return (by == By.CLIENT ? "clients:" : "") + plain + "%";
    }
}
