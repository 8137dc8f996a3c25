package dev.understudy.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What Linux says of this process and of its ports; elsewhere there is nothing to say. */
final class KernelState {
    private static final int CAP_NET_RAW = 13;

    /** Ports below this are soon used up by short connections. */
    private static final int FEW_PORTS = 10_000;

    private static final int MAX_SETTING_BYTES = 4096;

    private final Path proc;

    /**
     * Reads below a directory.
     *
     * @param proc {@code /proc}
     */
    KernelState(Path proc) {
        this.proc = proc;
    }

    /** Whether packets may be captured ({@code CapEff} of /proc/self/status, capabilities(7)). */
    Optional<Check> capturePermission() {
        try (Stream<String> lines = Files.lines(proc.resolve("self/status"))) {
            return lines.filter(line -> line.startsWith("CapEff:"))
                    .findFirst()
                    .map(line -> Long.parseUnsignedLong(line.split("\\s+", -1)[1], 16))
                    .map(
                            capabilities ->
                                    (capabilities >>> CAP_NET_RAW & 1) == 1
                                            ? Check.ok("permission", "packets may be captured")
                                            : Check.failed(
                                                    "permission",
                                                    "CAP_NET_RAW is missing: run as root, or give it to"
                                                            + " the service"));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /** Packets that were dropped by reverse path filtering so far; 0 where that is not counted. */
    long reversePathDrops() {
        // Two lines for each group: names, and numbers below them.
        try (Stream<String> file = Files.lines(proc.resolve("self/net/netstat"))) {
            List<String> lines = file.filter(line -> line.startsWith("TcpExt:")).toList();
            List<String> names = List.of(lines.get(0).split("\\s+", -1));
            List<String> numbers = List.of(lines.get(1).split("\\s+", -1));
            return Long.parseLong(numbers.get(names.indexOf("IPReversePathFilter")));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException _) {
            return 0;
        }
    }

    /** The settings of this host by which reverse paths are filtered strictly (ip-sysctl). */
    String strictReversePaths() {
        try (Stream<Path> interfaces = Files.list(proc.resolve("sys/net/ipv4/conf"))) {
            List<String> strict =
                    interfaces
                            .map(each -> String.valueOf(each.getFileName()))
                            .filter(this::isStrict)
                            .map("net.ipv4.conf.%s.rp_filter = 1"::formatted)
                            .sorted()
                            .toList();
            return strict.isEmpty() ? "net.ipv4.conf.*.rp_filter" : String.join(", ", strict);
        } catch (IOException _) {
            return "net.ipv4.conf.*.rp_filter";
        }
    }

    private boolean isStrict(String interfaceName) {
        try {
            return read("sys/net/ipv4/conf/" + interfaceName + "/rp_filter").equals("1");
        } catch (IOException _) {
            return false;
        }
    }

    /** How many connections to the target there can be, and how fast ports come back. */
    Optional<Check> ports() {
        try {
            String[] range = read("sys/net/ipv4/ip_local_port_range").split("\\s+", -1);
            int ports = Integer.parseInt(range[1]) - Integer.parseInt(range[0]) + 1;
            boolean reused = read("sys/net/ipv4/tcp_tw_reuse").equals("1");
            String found =
                    "%d local ports, net.ipv4.tcp_tw_reuse is %s"
                            .formatted(ports, reused ? "on" : "off, or on for loopback only");
            return Optional.of(
                    ports < FEW_PORTS && !reused
                            ? Check.warning(
                                    "ports",
                                    found
                                            + ": for many short connections widen"
                                            + " net.ipv4.ip_local_port_range, or set tcp_tw_reuse to 1")
                            : Check.ok("ports", found));
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException _) {
            return Optional.empty();
        }
    }

    /**
     * Reads at one go: the kernel gives the rest of a setting to no second read, and {@link
     * Files#readString} begins with one byte where a file's size is told as 0.
     */
    private String read(String name) throws IOException {
        byte[] buffer = new byte[MAX_SETTING_BYTES];
        try (InputStream in = Files.newInputStream(proc.resolve(name))) {
            int length = in.read(buffer);
            return new String(buffer, 0, Math.max(0, length), StandardCharsets.US_ASCII).strip();
        }
    }
}
