package dev.understudy.delivery;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Addresses that share their first bits (RFC 4632).
 *
 * @param network the first of them
 * @param prefixBits how many bits they share
 */
public record AddressRange(InetAddress network, int prefixBits) {
    /** Literals alone: a name would be looked up. */
    private static final Pattern FORM =
            Pattern.compile("([0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)/(\\d{1,3})");

    /** Two addresses of a range are not used. */
    private static final int LEAST_FREE_BITS = 2;

    /**
     * Reads {@code 10.98.0.0/16} or {@code 2001:db8::/64}.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static AddressRange parse(String text) {
        return parse(text, 1, LEAST_FREE_BITS);
    }

    /**
     * Reads a network of any size: {@code 0.0.0.0/0} and {@code 192.0.2.7/32} as well.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static AddressRange parseNetwork(String text) {
        return parse(text, 0, 0);
    }

    private static AddressRange parse(String text, int leastPrefix, int leastFreeBits) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no range of addresses: write 10.98.0.0/16 or 2001:db8::/64"
                            .formatted(text));
        }
        InetAddress network;
        try {
            network = InetAddress.ofLiteral(matcher.group(1));
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException(
                    "'%s' is no address: write 10.98.0.0/16 or 2001:db8::/64"
                            .formatted(matcher.group(1)));
        }
        int bits = network.getAddress().length * 8;
        int prefix = Integer.parseInt(matcher.group(2));
        if (prefix < leastPrefix || prefix > bits - leastFreeBits) {
            throw new IllegalArgumentException(
                    "'%s': the number behind / must be from %d to %d"
                            .formatted(text, leastPrefix, bits - leastFreeBits));
        }
        if (new BigInteger(1, network.getAddress()).getLowestSetBit() != -1
                && new BigInteger(1, network.getAddress()).getLowestSetBit() < bits - prefix) {
            throw new IllegalArgumentException(
                    "'%s': the address has bits set behind the first %d: write the range's first address"
                            .formatted(text, prefix));
        }
        return new AddressRange(network, prefix);
    }

    /** One of them, the same for the same number; neither the first nor the last. */
    InetAddress pick(long number) {
        int freeBits = network.getAddress().length * 8 - prefixBits;
        BigInteger usable = BigInteger.ONE.shiftLeft(freeBits).subtract(BigInteger.TWO);
        BigInteger offset =
                new BigInteger(Long.toUnsignedString(number)).mod(usable).add(BigInteger.ONE);
        byte[] sum = new BigInteger(1, network.getAddress()).add(offset).toByteArray();
        byte[] address = new byte[network.getAddress().length];
        int length = Math.min(sum.length, address.length);
        System.arraycopy(sum, sum.length - length, address, address.length - length, length);
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of %d bytes".formatted(address.length), e);
        }
    }

    /** Whether the address is one of them. */
    public boolean contains(InetAddress address) {
        if (!isFamilyOf(address)) {
            return false;
        }
        int freeBits = address.getAddress().length * 8 - prefixBits;
        return new BigInteger(1, address.getAddress())
                .shiftRight(freeBits)
                .equals(new BigInteger(1, network.getAddress()).shiftRight(freeBits));
    }

    /** Whether these are addresses of the same family. */
    public boolean isFamilyOf(InetAddress address) {
        return network instanceof Inet6Address == address instanceof Inet6Address;
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefixBits;
    }
}
