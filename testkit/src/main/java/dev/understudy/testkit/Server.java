package dev.understudy.testkit;

import dev.understudy.cli.Endpoint;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * A server as the test named it.
 *
 * @param address resolved
 * @param name for the report
 * @param jdbcUrl by which clients reach it, where one is known
 * @param seenAs its address on its own network: a container's, where it is one
 */
record Server(
        InetSocketAddress address,
        String name,
        Optional<String> jdbcUrl,
        InetSocketAddress seenAs) {
    private static final String JDBC = "jdbc:";

    /**
     * Reads what {@link RehearsalPlan#online} takes.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    static Server of(Object server) {
        return switch (server) {
            case String text when text.startsWith(JDBC) -> ofUrl(text);
            case String text -> ofText(text, Optional.empty());
            case InetSocketAddress address when !address.isUnresolved() ->
                    new Server(
                            address,
                            address.getAddress().getHostAddress() + ":" + address.getPort(),
                            Optional.empty(),
                            address);
            case InetSocketAddress address ->
                    throw new IllegalArgumentException(
                            "the name '%s' has no address: check it, or write the address itself"
                                    .formatted(address.getHostString()));
            case null -> throw new IllegalArgumentException("no server was given, but null");
            case Object other -> ofContainer(other);
        };
    }

    private static Server ofText(String hostAndPort, Optional<String> jdbcUrl) {
        Endpoint endpoint = Endpoint.parse(hostAndPort);
        return new Server(endpoint.address(), endpoint.toString(), jdbcUrl, endpoint.address());
    }

    private static Server ofUrl(String url) {
        try {
            String authority = new URI(url.substring(JDBC.length())).getAuthority();
            if (authority != null) {
                return ofText(authority, Optional.of(url));
            }
        } catch (URISyntaxException _) {
            // Refused below. The parser's own message would show the whole URL, with a password.
        }
        throw new IllegalArgumentException(
                "a JDBC URL must name one server as host:port, like jdbc:mysql://127.0.0.1:3306/app");
    }

    private static Server ofContainer(Object server) {
        if (!ContainerServers.areKnown() || !ContainerServers.isOne(server)) {
            throw new IllegalArgumentException(
                    "a %s is no server: give host:port, a JDBC URL, an InetSocketAddress or a container of Testcontainers"
                            .formatted(server.getClass().getName()));
        }
        Server mapped = ofText(ContainerServers.address(server), ContainerServers.jdbcUrl(server));
        return new Server(
                mapped.address,
                "%s (%s)".formatted(mapped.name, ContainerServers.image(server)),
                mapped.jdbcUrl,
                ContainerServers.ownAddress(server).orElse(mapped.address));
    }

    /** The URL for clients of {@code relay}, where this server's is known. */
    Optional<String> jdbcUrlAt(InetSocketAddress relay) {
        return jdbcUrl.map(
                url -> {
                    String authority = URI.create(url.substring(JDBC.length())).getAuthority();
                    String at = relay.getAddress().getHostAddress() + ":" + relay.getPort();
                    return JdbcUrls.readable(url.replace("//" + authority, "//" + at));
                });
    }
}
