package dev.understudy.cli;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server as the user named it.
 *
 * @param host a name or an address literal
 * @param address what the name was resolved to, once, with a port of 1..65535
 */
public record Endpoint(String host, InetSocketAddress address) {
    private static final Pattern FORM =
            Pattern.compile("(?:\\[([^\\]]+)]|([^:\\[\\]]+)):(\\d{1,9})");

    /**
     * Reads {@code ADDR:PORT}, {@code [v6]:PORT} or {@code NAME:PORT}, and resolves the name.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static Endpoint parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no server: write 192.0.2.1:3306, [2001:db8::1]:3306 or db.example:3306"
                            .formatted(text));
        }
        int port = Integer.parseInt(matcher.group(3));
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "'%s': the port must be from 1 to 65535".formatted(text));
        }
        String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        return new Endpoint(host, new InetSocketAddress(resolve(host), port));
    }

    private static InetAddress resolve(String host) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException _) {
            throw new IllegalArgumentException(
                    "the name '%s' has no address: check it, or write the address itself"
                            .formatted(host));
        }
        if (address.isAnyLocalAddress()) {
            throw new IllegalArgumentException(
                    "'%s' stands for every address: name the one the server is reached by"
                            .formatted(host));
        }
        return address;
    }

    /** Address and port, brackets around IPv6. */
    String literal() {
        InetAddress ip = address.getAddress();
        return (ip instanceof Inet6Address ? "[" + ip.getHostAddress() + "]" : ip.getHostAddress())
                + ":"
                + address.getPort();
    }

    /** The address, and the name it was given by. */
    @Override
    public String toString() {
        String literal = literal();
        return literal.contains(host) || isLiteral() ? literal : literal + " (" + host + ")";
    }

    /** Only addresses hold a colon, or digits and dots alone. */
    private boolean isLiteral() {
        return host.contains(":") || host.chars().allMatch(c -> c == '.' || Character.isDigit(c));
    }
}
