package dev.understudy.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The threads of this process by name, and its sockets and event queues by kind. */
record LeftBehind(Map<String, Long> things) {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    static LeftBehind now() throws IOException {
        Map<String, Long> things = new TreeMap<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            String name = thread.getName();
            // Carriers of virtual threads are the JDK's, which has as many as it likes.
            if (!name.startsWith("ForkJoinPool") && !name.startsWith("VirtualThread")) {
                things.merge("thread " + name.replaceAll("\\d+", "N"), 1L, Long::sum);
            }
        }
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            for (Path descriptor : descriptors.toList()) {
                things.merge(kind(descriptor), 1L, Long::sum);
            }
        }
        things.remove("other");
        return new LeftBehind(things);
    }

    private static String kind(Path descriptor) {
        try {
            String to = Files.readSymbolicLink(descriptor).toString();
            return to.startsWith("socket:") || to.startsWith("anon_inode:")
                    ? to.replaceAll("\\d+", "N")
                    : "other";
        } catch (IOException _) {
            // Closed since, as the one that lists the folder is.
            return "other";
        }
    }

    /** Waits until there is nothing more than this; what ends a moment later is no leak. */
    void awaitNothingMore() throws IOException {
        long giveUp = System.nanoTime() + PATIENCE.toNanos();
        Map<String, Long> more = more();
        while (!more.isEmpty() && System.nanoTime() < giveUp) {
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            more = more();
        }
        if (!more.isEmpty()) {
            throw new AssertionError("left behind: " + more);
        }
    }

    private Map<String, Long> more() throws IOException {
        Map<String, Long> more = new TreeMap<>();
        now().things()
                .forEach(
                        (thing, count) -> {
                            if (count > things.getOrDefault(thing, 0L)) {
                                more.put(thing, count - things.getOrDefault(thing, 0L));
                            }
                        });
        return more;
    }
}
