package dev.understudy.cli;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A server as the user named it.
 *
 * @param host a name or an address literal
 * @param all what the name was resolved to, once, with a port of 1..65535; one or more
 */
public record Endpoint(String host, List<InetSocketAddress> all) {
    private static final Pattern FORM =
            Pattern.compile("(?:\\[([^\\]]+)]|([^:\\[\\]]+)):(\\d{1,9})");

    /** Gives every address of a name. */
    interface Names {
        InetAddress[] of(String name) throws UnknownHostException;
    }

    public Endpoint {
        all = List.copyOf(all);
    }

    /** The address that is used: the first one. */
    public InetSocketAddress address() {
        return all.getFirst();
    }

    /**
     * Reads {@code ADDR:PORT}, {@code [v6]:PORT} or {@code NAME:PORT}, and resolves the name.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    public static Endpoint parse(String text) {
        return parse(text, InetAddress::getAllByName);
    }

    static Endpoint parse(String text, Names names) {
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
        return new Endpoint(
                host,
                Stream.of(resolve(host, names))
                        .map(address -> new InetSocketAddress(address, port))
                        .distinct()
                        .toList());
    }

    private static InetAddress[] resolve(String host, Names names) {
        InetAddress[] addresses;
        try {
            addresses = names.of(host);
        } catch (UnknownHostException _) {
            throw new IllegalArgumentException(
                    "the name '%s' has no address: check it, or write the address itself"
                            .formatted(host));
        }
        if (Stream.of(addresses).anyMatch(InetAddress::isAnyLocalAddress)) {
            throw new IllegalArgumentException(
                    "'%s' stands for every address: name the one the server is reached by"
                            .formatted(host));
        }
        return addresses;
    }

    /** Address and port, brackets around IPv6. */
    String literal() {
        return literal(address());
    }

    static String literal(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        return (ip instanceof Inet6Address ? "[" + ip.getHostAddress() + "]" : ip.getHostAddress())
                + ":"
                + address.getPort();
    }

    /** The address that is used, and the name it was given by, with how many it has. */
    @Override
    public String toString() {
        String literal = literal();
        if (literal.contains(host) || isLiteral()) {
            return literal;
        }
        String others =
                all.size() == 1 ? "" : ", the first of its %d addresses".formatted(all.size());
        return literal + " (" + host + others + ")";
    }

    /** Only addresses hold a colon, or digits and dots alone. */
    private boolean isLiteral() {
        return host.contains(":") || host.chars().allMatch(c -> c == '.' || Character.isDigit(c));
    }
}
