package dev.understudy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals as a process gets them. */
class InterruptsTest {
    private static final int PATIENCE_SECONDS = 60;

    private Process process;
    private BufferedReader output;

    private void start(String how) throws IOException {
        process =
                // Whoever runs the tests in the background may have these two ignored, for all
                // below
                // it.
                new ProcessBuilder(
                                "env",
                                "--default-signal=INT,HUP",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                SignalledCopy.class.getName(),
                                how)
                        .redirectError(Redirect.INHERIT)
                        .start();
        output = process.inputReader();
        assertEquals("capturing", output.readLine());
    }

    private void signal(String name) throws Exception {
        Process kill =
                new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                        .inheritIO()
                        .start();
        assertEquals(0, kill.waitFor());
    }

    private int exitCode() throws InterruptedException {
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the process goes on");
        return process.exitValue();
    }

    @AfterEach
    void endTheProcess() {
        process.destroyForcibly();
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "HUP"})
    void aSignalEndsTheRunWithItsReportAndItsExitCode(String name) throws Exception {
        start("willing");
        signal(name);
        assertEquals("stopping", output.readLine());
        assertEquals("outcome: ok (exit code 0)", output.readLine());
        assertEquals(0, exitCode());
    }

    @Test
    void aSecondSignalEndsTheProcessAtOnce() throws Exception {
        start("stubborn");
        signal("INT");
        assertEquals("stopping", output.readLine());
        signal("INT");
        assertEquals(130, exitCode());
    }
}
