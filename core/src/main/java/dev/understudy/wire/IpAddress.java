package dev.understudy.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * An IPv6 address as two numbers, or an IPv4 address in its mapped form ({@code ::ffff:192.0.2.7}).
 *
 * @param high the first 8 bytes, big-endian; 0 for IPv4
 * @param low the last 8 bytes, big-endian
 */
public record IpAddress(long high, long low) {
    private static final long V4_MAPPED = 0x0000_ffff_0000_0000L;

    /** The same address; the scope of a link-local one is dropped, packets do not carry it. */
    public static IpAddress of(InetAddress address) {
        byte[] bytes = address.getAddress();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return bytes.length == Integer.BYTES
                ? new IpAddress(0, mapped(in.getInt()))
                : new IpAddress(in.getLong(), in.getLong());
    }

    /** The low half of an IPv4 address in its mapped form. */
    static long mapped(int v4) {
        return V4_MAPPED | Integer.toUnsignedLong(v4);
    }

    /** Whether it is {@code 0.0.0.0} or {@code ::}, which stand for any address. */
    public boolean isUnspecified() {
        return high == 0 && (low == 0 || low == V4_MAPPED);
    }

    /** As the JDK has it; a mapped address becomes an {@link java.net.Inet4Address}. */
    public InetAddress toInetAddress() {
        byte[] bytes = ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array();
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    /** {@code 192.0.2.7:3306} or {@code [2001:db8:0:0:0:0:0:7]:3306}. */
    public String withPort(int port) {
        boolean v4 = high == 0 && low >>> Integer.SIZE == V4_MAPPED >>> Integer.SIZE;
        return (v4 ? toString() : "[" + this + "]") + ":" + port;
    }

    @Override
    public String toString() {
        return toInetAddress().getHostAddress();
    }
}
