package dev.understudy.session;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A share of all sessions, of all clients, or of all users, that is the same for the same one in
 * each run.
 *
 * <p>The rule, for whoever wants to know beforehand: murmur3 (128 bits, x64, seed 0) over the bytes
 * of the client's address (4 or 16) and, by session, its port (2 bytes, the high one first); by
 * user over the bytes of the name in UTF-8. The first 64 bits, read as a little-endian unsigned
 * number, modulo 1,000,000 are the session's place; it is in the sample if its place is below the
 * share in millionths.
 *
 * @param share 0..1, of which millionths count
 */
public record Sample(double share, By by) {
    /** What a share is taken of. */
    public enum By {
        /** Address and port: connections. */
        SESSION,
        /** The address: all connections of a client, or none. */
        CLIENT,
        /** The name: all sessions of a user, or none. It is not known when a connection begins. */
        USER
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

    /** Whether the session of this client is in the sample, which is not one of users. */
    public boolean takes(InetSocketAddress client) {
        return isBelow(placeOf(client), 1);
    }

    /** The same where only a part of the share, 0..1, counts yet. */
    boolean takes(InetSocketAddress client, double part) {
        return isBelow(placeOf(client), part);
    }

    /** Whether the sessions of this user are in the sample, which is one of users. */
    public boolean takes(String user) {
        return takes(user, 1);
    }

    /** The same where only a part of the share, 0..1, counts yet. */
    boolean takes(String user, double part) {
        return isBelow(place(Hashing.murmur3_128().hashString(user, StandardCharsets.UTF_8)), part);
    }

    private boolean isBelow(long place, double part) {
        return place < Math.round(share * part * PLACES);
    }

    private long placeOf(InetSocketAddress client) {
        Hasher hasher =
                Hashing.murmur3_128().newHasher().putBytes(client.getAddress().getAddress());
        if (by == By.SESSION) {
            hasher.putByte((byte) (client.getPort() >>> Byte.SIZE))
                    .putByte((byte) client.getPort());
        }
        return place(hasher.hash());
    }

    private static long place(HashCode hash) {
        return Long.remainderUnsigned(hash.asLong(), PLACES);
    }

    /** As the user writes it: {@code 10%}, {@code clients:2.5%}, {@code users:10%}. */
    @Override
    public String toString() {
        String percent = String.format(Locale.ROOT, "%.4f", share * 100);
        String plain = percent.replaceFirst("\\.?0+$", "");
        String of =
                switch (by) {
                    case SESSION -> "";
                    case CLIENT -> "clients:";
                    case USER -> "users:";
                };
        return of + plain + "%";
    }
}
