package dev.understudy.cli;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The network interfaces of this host, or of the network namespace the process runs in. */
final class Interfaces {
    /** Stands for all of them. */
    static final String ANY = "any";

    private static final Path DEVICES = Path.of("/proc/net/dev");
    private static final int HEADER_LINES = 2;

    private Interfaces() {}

    /**
     * Refuses a name that is none.
     *
     * @throws RefusedException naming those there are
     */
    static void require(String name) throws RefusedException {
        SortedSet<String> names = names();
        if (!name.equals(ANY) && !names.contains(name)) {
            throw new RefusedException(
                    "no interface '%s': there are %s, and %s for all of them"
                            .formatted(name, String.join(", ", names), ANY));
        }
    }

    /** Java's own list lacks interfaces without address, as a mirror port has none; Linux's not. */
    private static SortedSet<String> names() {
        SortedSet<String> names = new TreeSet<>();
        try (Stream<String> lines = Files.lines(DEVICES)) {
            lines.skip(HEADER_LINES)
                    .filter(line -> line.indexOf(':') > 0)
                    .forEach(line -> names.add(line.substring(0, line.indexOf(':')).strip()));
        } catch (IOException _) {
            try {
                NetworkInterface.networkInterfaces().forEach(one -> names.add(one.getName()));
            } catch (SocketException _) {
                return names;
            }
        }
        return names;
    }
}
