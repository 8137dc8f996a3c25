package dev.understudy.sys;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * One change of the kernel's network settings, that is made and taken back, and written down as one
 * line in between. Taking back what is not there (any more) does nothing.
 */
sealed interface RoutingChange {
    /** Words of a rule's selector: neither an option nor anything to a shell. */
    Pattern WORD = Pattern.compile("[0-9a-zA-Z:.]{1,64}");

    void make() throws IOException;

    void takeBack() throws IOException;

    String line();

    /**
     * A rule that sends packets to a table of ours (ip-rule(8)).
     *
     * @param family 4 or 6
     * @param selector as {@code ip rule} takes it
     */
    record Rule(int family, int priority, List<String> selector, int table)
            implements RoutingChange {
        @Override
        public void make() throws IOException {
            Command.must(ip("add"));
        }

        @Override
        public void takeBack() throws IOException {
            Command done = Command.run(ip("del"));
            if (done.status() != 0 && priorities(family).contains(priority)) {
                throw new IOException(String.join(" ", done.line()) + ": " + done.output());
            }
        }

        private List<String> ip(String action) {
            List<String> line = new ArrayList<>(List.of("ip", "-" + family, "rule", action));
            line.addAll(List.of("priority", String.valueOf(priority)));
            line.addAll(selector);
            line.addAll(List.of("lookup", String.valueOf(table)));
            return line;
        }

        /** Priorities in use, those of others too. */
        static List<Integer> priorities(int family) throws IOException {
            return Command.must(List.of("ip", "-" + family, "rule", "show")).lines().stream()
                    .map(line -> Integer.valueOf(line.substring(0, line.indexOf(':'))))
                    .toList();
        }

        @Override
        public String line() {
            return "rule %d %d %d %s"
                    .formatted(family, priority, table, String.join(" ", selector));
        }
    }

    /** The two routes of our table: everything is for this host, and if not, for nobody. */
    record Table(int family, int number) implements RoutingChange {
        /** Least preferred: the largest metric that both families take. */
        private static final String LAST = "2147483647";

        @Override
        public void make() throws IOException {
            Command.must(blackhole("add"));
            Command.must(local("add"));
        }

        @Override
        public void takeBack() throws IOException {
            // What is not there is refused, and need not be told from what is gone.
            Command.run(local("del"));
            Command.run(blackhole("del"));
            if (!routes(family, number).isEmpty()) {
                throw new IOException(
                        "routing table %d has routes of others beside ours ('ip -%d route show table %d'): remove them, then run 'understudy intercept --clean'"
                                .formatted(number, family, number));
            }
        }

        private List<String> local(String action) {
            return List.of(
                    "ip",
                    "-" + family,
                    "route",
                    action,
                    "local",
                    "default",
                    "dev",
                    "lo",
                    "table",
                    String.valueOf(number));
        }

        private List<String> blackhole(String action) {
            return List.of(
                    "ip",
                    "-" + family,
                    "route",
                    action,
                    "blackhole",
                    "default",
                    "metric",
                    LAST,
                    "table",
                    String.valueOf(number));
        }

        /** A table that nobody has used yet is unknown to the kernel, which ip calls an error. */
        static List<String> routes(int family, int table) throws IOException {
            Command shown =
                    Command.run(
                            List.of(
                                    "ip",
                                    "-" + family,
                                    "route",
                                    "show",
                                    "table",
                                    String.valueOf(table)));
            return shown.status() == 0 ? shown.lines() : List.of();
        }

        @Override
        public String line() {
            return "table %d %d".formatted(family, number);
        }
    }

    /**
     * A number below /proc/sys.
     *
     * @param name as {@code net/ipv4/fwmark_reflect}
     */
    record Setting(String name, int before, int during) implements RoutingChange {
        private static final Path SETTINGS = Path.of("/proc/sys");

        static int read(String name) throws IOException {
            // At one go: the kernel gives the rest of a setting to no second read.
            try (var in = Files.newInputStream(SETTINGS.resolve(name))) {
                byte[] text = new byte[32];
                int length = in.read(text);
                return Integer.parseInt(
                        new String(text, 0, Math.max(0, length), StandardCharsets.US_ASCII)
                                .strip());
            } catch (NumberFormatException e) {
                throw new IOException(SETTINGS.resolve(name) + " is no number", e);
            }
        }

        @Override
        public void make() throws IOException {
            write(during);
        }

        /** Only where it still is as we left it: whoever changed it since knows better. */
        @Override
        public void takeBack() throws IOException {
            if (read(name) == during) {
                write(before);
            }
        }

        private void write(int value) throws IOException {
            Files.writeString(SETTINGS.resolve(name), value + "\n");
        }

        @Override
        public String line() {
            return "setting %s %d %d".formatted(name, before, during);
        }
    }

    /**
     * Connections with our mark: made by others, and ended by us before the rule goes, since the
     * server's next answer over one of them would leave for the real client.
     */
    record Connections(int mark) implements RoutingChange {
        private static final int LOOKS = 50;
        private static final long LOOK_MILLIS = 100;

        @Override
        public void make() {
            // They come by themselves.
        }

        @Override
        public void takeBack() throws IOException {
            String filter = "fwmark = 0x" + Integer.toHexString(mark);
            List<String> left = List.of();
            for (int i = 0; i < LOOKS; i++) {
                Command.run(List.of("ss", "-K", "-H", "-t", "-a", "-n", filter));
                left =
                        Command.must(List.of("ss", "-H", "-t", "-a", "-n", filter)).lines().stream()
                                .filter(line -> !line.startsWith("TIME-WAIT"))
                                .toList();
                if (left.isEmpty()) {
                    return;
                }
                LockSupport.parkNanos(LOOK_MILLIS * 1_000_000);
            }
            throw new IOException(
                    "%d connections of the server still bear the mark %#x, and their answers must not reach the clients: end them ('ss -tan \"%s\"' shows them), then run 'understudy intercept --clean'"
                            .formatted(left.size(), mark, filter));
        }

        @Override
        public String line() {
            return "connections " + mark;
        }
    }

    /** Reads what {@link #line} wrote; empty for a line that was cut, or is none of ours. */
    static Optional<RoutingChange> parse(String line) {
        String[] words = line.split(" ", -1);
        try {
            return switch (words[0]) {
                case "rule" -> {
                    List<String> selector = List.of(words).subList(4, words.length);
                    yield selector.stream().allMatch(word -> WORD.matcher(word).matches())
                            ? Optional.of(
                                    new Rule(
                                            family(words[1]),
                                            Integer.parseInt(words[2]),
                                            selector,
                                            Integer.parseInt(words[3])))
                            : Optional.empty();
                }
                case "table" ->
                        Optional.of(new Table(family(words[1]), Integer.parseInt(words[2])));
                case "setting" ->
                        words[1].matches("net/ipv[46]/[a-z_]+")
                                ? Optional.of(
                                        new Setting(
                                                words[1],
                                                Integer.parseInt(words[2]),
                                                Integer.parseInt(words[3])))
                                : Optional.empty();
                case "connections" -> Optional.of(new Connections(Integer.parseInt(words[1])));
                default -> Optional.empty();
            };
        } catch (IllegalArgumentException | IndexOutOfBoundsException _) {
            return Optional.empty();
        }
    }

    private static int family(String word) {
        int family = Integer.parseInt(word);
        if (family != 4 && family != 6) {
            throw new IllegalArgumentException(word);
        }
        return family;
    }
}
