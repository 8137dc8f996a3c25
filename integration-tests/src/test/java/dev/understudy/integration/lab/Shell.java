package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs that run to their end. What fails says what it printed. */
public final class Shell {
    private static final long MAX_SECONDS = 180;

    private Shell() {}

    /** What a program printed on its standard output; it must end with status 0. */
    public static String run(Map<String, String> environment, List<String> command) {
        try {
            Path errors = Files.createTempFile("understudy-it", ".err");
            Path output = Files.createTempFile("understudy-it", ".out");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command)
                                .redirectInput(Path.of("/dev/null").toFile())
                                .redirectOutput(output.toFile())
                                .redirectError(errors.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("no end after " + MAX_SECONDS + " s: " + command);
                }
                String printed = Files.readString(output, StandardCharsets.UTF_8);
                if (process.exitValue() != 0) {
                    throw new AssertionError(
                            "status %d: %s%n%s%n%s"
                                    .formatted(
                                            process.exitValue(),
                                            command,
                                            printed,
                                            Files.readString(errors)));
                }
                return printed;
            } finally {
                Files.deleteIfExists(errors);
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + command, e);
        }
    }

    /** The same without further environment. */
    public static String run(String... command) {
        return run(Map.of(), List.of(command));
    }
}
