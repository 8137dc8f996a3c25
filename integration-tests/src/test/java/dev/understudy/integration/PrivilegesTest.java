package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running Understudy could do to its host, by the kernel's account; run as root. */
@Timeout(60)
class PrivilegesTest {
    /** CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_NET_RAW: bits 1, 2, 3 and 13. */
    private static final String KEPT = "000000000000200e";

    @TempDir private Path folder;

    @Test
    void rootKeepsWhatCapturingTakes() throws IOException {
        try (Understudy record =
                Understudy.start(
                        Map.of(),
                        List.of(
                                "record",
                                "-i",
                                "lo",
                                "--online",
                                "127.0.0.1:1",
                                "-o",
                                folder.resolve("r.pcapng").toString()))) {
            record.awaitCapturing();
            Set<String> ofAllThreads = new TreeSet<>();
            Path tasks = Path.of("/proc", String.valueOf(record.process().pid()), "task");
            try (Stream<Path> threads = Files.list(tasks)) {
                for (Path thread : threads.toList()) {
                    Files.readAllLines(thread.resolve("status")).stream()
                            .filter(line -> line.startsWith("Cap") || line.startsWith("NoNewPrivs"))
                            .forEach(ofAllThreads::add);
                }
            }
            assertEquals(
                    Set.of(
                            "CapAmb:\t0000000000000000",
                            "CapInh:\t0000000000000000",
                            "CapBnd:\t" + KEPT,
                            "CapEff:\t" + KEPT,
                            "CapPrm:\t" + KEPT,
                            "NoNewPrivs:\t1"),
                    ofAllThreads);
            assertEquals(0, record.stop().exitCode());
        }
    }
}
