package dev.understudy.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * The header that tells a server whom a connection is made for (The PROXY protocol, versions 1 and
 * 2, sections 2.1 and 2.2).
 */
public final class ProxyHeader {
    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final int VERSION_2_PROXY = 0x21;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;
    private static final int PORTS_LENGTH = 4;

    private ProxyHeader() {}

    /** How it is written. */
    public enum Version {
        /** A line of text. */
        V1,
        /** Binary. */
        V2
    }

    /** The header of a connection; the buffer is the caller's. */
    static ByteBuf encode(Version version, Origin origin) {
        return switch (version) {
            case V1 -> text(origin.client(), origin.server());
            case V2 -> binary(origin.client(), origin.server());
        };
    }

    private static ByteBuf text(InetSocketAddress client, InetSocketAddress server) {
        String line =
                "PROXY %s %s %s %d %d\r\n"
                        .formatted(
                                client.getAddress() instanceof Inet6Address ? "TCP6" : "TCP4",
                                literal(client.getAddress()),
                                literal(server.getAddress()),
                                client.getPort(),
                                server.getPort());
        return Unpooled.copiedBuffer(line, StandardCharsets.US_ASCII);
    }

    /** Without a scope: {@code %eth0} is of no use elsewhere. */
    private static String literal(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    private static ByteBuf binary(InetSocketAddress client, InetSocketAddress server) {
        byte[] from = client.getAddress().getAddress();
        byte[] to = server.getAddress().getAddress();
        ByteBuf header = Unpooled.buffer(64);
        header.writeBytes(SIGNATURE).writeByte(VERSION_2_PROXY);
        header.writeByte(from.length == 16 ? TCP_OVER_IPV6 : TCP_OVER_IPV4);
        header.writeShort(from.length + to.length + PORTS_LENGTH).writeBytes(from).writeBytes(to);
        return header.writeShort(client.getPort()).writeShort(server.getPort());
    }
}
