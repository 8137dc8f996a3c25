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
 * @param prefixBits how many bits they share; 2 or more are left
 */
public record AddressRange(InetAddress network, int prefixBits) {
    /** Literals alone: a name would be looked up. */
    private static final Pattern FORM =
            Pattern.compile("([0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)/(\\d{1,3})");

    private static final int LEAST_FREE_BITS = 2;

    /**
     * Reads {@code 10.98.0.0/16} or {@code 2001:db8::/64}.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static AddressRange parse(String text) {
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
        if (prefix < 1 || prefix > bits - LEAST_FREE_BITS) {
            throw new IllegalArgumentException(
                    "'%s': the number behind / must be from 1 to %d"
                            .formatted(text, bits - LEAST_FREE_BITS));
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

    /** Whether these are addresses of the same family. */
    public boolean isFamilyOf(InetAddress address) {
        return network instanceof Inet6Address == address instanceof Inet6Address;
    }

    @Override
    public String toString() {
        return network.getHostAddress() + "/" + prefixBits;
    }
}
