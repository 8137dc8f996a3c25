package dev.understudy.testkit;

import com.github.dockerjava.api.model.ContainerNetwork;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.testcontainers.containers.ContainerState;
import org.testcontainers.containers.JdbcDatabaseContainer;

/** Servers in containers. The only class that knows Testcontainers, which need not be there. */
final class ContainerServers {
    private ContainerServers() {}

    /** Whether Testcontainers is on the class path; where it is not, nothing else may be called. */
    static boolean areKnown() {
        try {
            Class.forName(
                    "org.testcontainers.containers.ContainerState",
                    false,
                    ContainerServers.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException _) {
            return false;
        }
    }

    static boolean isOne(Object server) {
        return server instanceof ContainerState;
    }

    /** Host and port by which it is reached from here. */
    static String address(Object server) {
        ContainerState container = (ContainerState) server;
        if (!container.isRunning()) {
            throw new IllegalArgumentException(
                    "the container %s does not run: start it before the rehearsal"
                            .formatted(container.getClass().getSimpleName()));
        }
        List<Integer> ports = container.getExposedPorts();
        if (ports.isEmpty()) {
            throw new IllegalArgumentException(
                    "the container exposes no port: name one with withExposedPorts");
        }
        return container.getHost() + ":" + container.getMappedPort(ports.getFirst());
    }

    /** Host and port within its own network, where the engine tells them. */
    static Optional<InetSocketAddress> ownAddress(Object server) {
        ContainerState container = (ContainerState) server;
        int port = container.getExposedPorts().getFirst();
        return container.getContainerInfo().getNetworkSettings().getNetworks().values().stream()
                .map(ContainerNetwork::getIpAddress)
                .filter(address -> address != null && !address.isEmpty())
                .map(address -> new InetSocketAddress(address, port))
                .findFirst();
    }

    /** The image that it was made from. */
    static String image(Object server) {
        return ((ContainerState) server).getContainerInfo().getConfig().getImage();
    }

    /** The URL that a database's container tells. */
    static Optional<String> jdbcUrl(Object server) {
        try {
            return server instanceof JdbcDatabaseContainer<?> database
                    ? Optional.of(database.getJdbcUrl())
                    : Optional.empty();
        } catch (NoClassDefFoundError _) {
            // Without that module it can be none of its containers.
            return Optional.empty();
        }
    }
}
