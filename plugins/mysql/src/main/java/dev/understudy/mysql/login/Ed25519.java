package dev.understudy.mysql.login;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Signatures of Ed25519 whose secret is a byte string of any length: MariaDB signs with the
 * password itself, where the JDK wants 32 bytes. Not in constant time: whoever could measure it has
 * the configuration already.
 *
 * @see "RFC 8032, section 5.1; MariaDB, plugin/auth_ed25519"
 */
final class Ed25519 {
    /** Bytes of a signature. */
    static final int SIGNATURE_LENGTH = 64;

    private static final int HALF = 32;
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger ORDER =
            BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    private static final BigInteger D =
            BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(P)).mod(P);
    private static final Point BASE =
            Point.of(
                    new BigInteger(
                            "15112221349535400772501151409588531511454012693041857206046113283949847762202"),
                    new BigInteger(
                            "46316835694926478169428394003475163141307993866256225615783033603165251855960"));

    private Ed25519() {}

    /** A point in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
    private record Point(BigInteger x, BigInteger y, BigInteger z, BigInteger t) {
        private static final Point NEUTRAL = of(BigInteger.ZERO, BigInteger.ONE);

        static Point of(BigInteger x, BigInteger y) {
            return new Point(x, y, BigInteger.ONE, x.multiply(y).mod(P));
        }

        /** Holds for equal points as well (RFC 8032, section 5.1.4). */
        Point plus(Point other) {
            BigInteger a = y.subtract(x).multiply(other.y.subtract(other.x)).mod(P);
            BigInteger b = y.add(x).multiply(other.y.add(other.x)).mod(P);
            BigInteger c = t.multiply(D).multiply(other.t).shiftLeft(1).mod(P);
            BigInteger d = z.multiply(other.z).shiftLeft(1).mod(P);
            BigInteger e = b.subtract(a);
            BigInteger f = d.subtract(c);
            BigInteger g = d.add(c);
            BigInteger h = b.add(a);
            return new Point(
                    e.multiply(f).mod(P),
                    g.multiply(h).mod(P),
                    f.multiply(g).mod(P),
                    e.multiply(h).mod(P));
        }

        Point times(BigInteger factor) {
            Point sum = NEUTRAL;
            Point power = this;
            for (int i = 0; i < factor.bitLength(); i++) {
                if (factor.testBit(i)) {
                    sum = sum.plus(power);
                }
                power = power.plus(power);
            }
            return sum;
        }

        byte[] encoded() {
            BigInteger inverse = z.modInverse(P);
            byte[] bytes = littleEndian(y.multiply(inverse).mod(P));
            if (x.multiply(inverse).mod(P).testBit(0)) {
                bytes[HALF - 1] |= (byte) 0x80;
            }
            return bytes;
        }
    }

    /**
     * The signature of a message.
     *
     * @param secret of any length; of 32 bytes it gives the signatures of RFC 8032
     */
    static byte[] sign(byte[] secret, byte[] message) {
        byte[] hash = sha512(secret);
        byte[] scalar = Arrays.copyOf(hash, HALF);
        scalar[0] &= (byte) 0xF8;
        scalar[HALF - 1] = (byte) ((scalar[HALF - 1] & 0x7F) | 0x40);
        BigInteger a = number(scalar);
        byte[] prefix = Arrays.copyOfRange(hash, HALF, hash.length);
        BigInteger r = number(sha512(prefix, message)).mod(ORDER);
        byte[] commitment = BASE.times(r).encoded();
        BigInteger k = number(sha512(commitment, BASE.times(a).encoded(), message)).mod(ORDER);
        byte[] signature = Arrays.copyOf(commitment, SIGNATURE_LENGTH);
        byte[] s = littleEndian(r.add(k.multiply(a)).mod(ORDER));
        System.arraycopy(s, 0, signature, HALF, HALF);
        return signature;
    }

    private static BigInteger number(byte[] littleEndian) {
        return new BigInteger(1, reversed(littleEndian));
    }

    private static byte[] littleEndian(BigInteger number) {
        return Arrays.copyOf(reversed(number.toByteArray()), HALF);
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    private static byte[] sha512(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-512");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK lacks SHA-512", e);
        }
    }
}
