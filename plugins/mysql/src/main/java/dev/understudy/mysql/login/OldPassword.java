package dev.understudy.mysql.login;

import java.util.Arrays;

/**
 * The login method of servers before MySQL 4.1. A token gives away what opens the account to
 * whoever tries long enough, so it is made only where the user says so.
 *
 * @see "MySQL 5.5, sql/password.c: hash_password, scramble_323"
 */
final class OldPassword {
    /** The name on the wire. */
    static final String PLUGIN = "mysql_old_password";

    /** Bytes of the nonce that count, and of the token without its final NUL. */
    static final int LENGTH = 8;

    private static final long MAX_VALUE = 0x3FFF_FFFFL;
    private static final long MASK = 0x7FFF_FFFFL;

    private OldPassword() {}

    /**
     * The answer to a nonce, with its final NUL; empty for an empty password.
     *
     * @param nonce at least {@link #LENGTH} bytes, of which the first count
     */
    static byte[] token(byte[] password, byte[] nonce) {
        if (password.length == 0) {
            return new byte[0];
        }
        long[] ofPassword = hash(password);
        long[] ofNonce = hash(Arrays.copyOf(nonce, LENGTH));
        Numbers numbers = new Numbers(ofPassword[0] ^ ofNonce[0], ofPassword[1] ^ ofNonce[1]);
        byte[] token = new byte[LENGTH + 1];
        for (int i = 0; i < LENGTH; i++) {
            token[i] = (byte) (numbers.next() + 64);
        }
        int extra = numbers.next();
        for (int i = 0; i < LENGTH; i++) {
            token[i] ^= (byte) extra;
        }
        return token;
    }

    private static long[] hash(byte[] text) {
        long first = 1_345_345_333L;
        long second = 0x1234_5671L;
        long add = 7;
        for (byte each : text) {
            if (each != ' ' && each != '\t') {
                long c = each & 0xFF;
                first ^= ((first & 63) + add) * c + (first << 8);
                second += (second << 8) ^ first;
                add += c;
            }
        }
        return new long[] {first & MASK, second & MASK};
    }

    /** The generator of numbers that both sides have. */
    private static final class Numbers {
        private long first;
        private long second;

        private Numbers(long first, long second) {
            this.first = first % MAX_VALUE;
            this.second = second % MAX_VALUE;
        }

        /** 0..30. */
        private int next() {
            first = (first * 3 + second) % MAX_VALUE;
            second = (first + second + 33) % MAX_VALUE;
            return (int) Math.floor((double) first / MAX_VALUE * 31);
        }
    }
}
