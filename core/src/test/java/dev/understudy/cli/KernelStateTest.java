package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelStateTest {
    @TempDir private Path proc;

    private void write(String name, String content) throws IOException {
        Path file = proc.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @ParameterizedTest(name = "{0} reuse {1}")
    @CsvSource({
        "32768 60999, 2, OK, 28232 local ports",
        "61000 61999, 2, WARNING, 1000 local ports",
        "61000 61999, 1, OK, tcp_tw_reuse is on"
    })
    void fewPortsThatComeBackSlowlyAreAWarning(
            String range, String reuse, Check.Result result, String part) throws Exception {
        write("sys/net/ipv4/ip_local_port_range", range.replace(' ', '\t') + "\n");
        write("sys/net/ipv4/tcp_tw_reuse", reuse + "\n");
        Check check = new KernelState(proc).ports().orElseThrow();
        assertEquals(result, check.result());
        assertTrue(check.text().contains(part), check.text());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "000001ffffffffff, OK",
        "0000000000002000, OK",
        "0000000000001000, FAILED",
        "0000000000000000, FAILED"
    })
    void capturingNeedsARawSocket(String capabilities, Check.Result result) throws Exception {
        write("self/status", "Name:\tjava\nCapEff:\t" + capabilities + "\n");
        assertEquals(result, new KernelState(proc).capturePermission().orElseThrow().result());
    }

    @Test
    void whereNothingCanBeReadNothingIsSaid() throws Exception {
        assertTrue(new KernelState(proc).ports().isEmpty());
        assertTrue(new KernelState(proc).capturePermission().isEmpty());
        write("sys/net/ipv4/ip_local_port_range", "nonsense");
        write("sys/net/ipv4/tcp_tw_reuse", "1");
        assertTrue(new KernelState(proc).ports().isEmpty());
    }
}
