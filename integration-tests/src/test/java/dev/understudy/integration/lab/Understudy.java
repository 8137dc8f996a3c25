package dev.understudy.integration.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A run of the shipped launcher, in a process of its own. */
public final class Understudy implements AutoCloseable {
    private static final long MAX_SECONDS = 120;

    private final Process process;
    private final Path folder;

    private Understudy(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    /** How a run ended. */
    public record Ended(int exitCode, String printed, String messages, JsonNode report) {
        /** A number of the report, as {@code requests.same}; 0 where there is none. */
        public long count(String path) {
            JsonNode node = report;
            for (String name : Splitter.on('.').split(path)) {
                node = node.path(name);
            }
            if (node.isObject()) {
                long sum = 0;
                for (JsonNode each : node) {
                    sum += each.asLong();
                }
                return sum;
            }
            return node.asLong();
        }

        @Override
        public String toString() {
            return "exit code " + exitCode + "\n" + messages + "\n" + printed;
        }
    }

    /** Starts it with these arguments; a report is added where the command makes one. */
    public static Understudy start(Map<String, String> environment, List<String> arguments) {
        return start(environment, arguments, Path.of("/dev/null"));
    }

    /** The same, reading from a file or pipe. */
    public static Understudy start(
            Map<String, String> environment, List<String> arguments, Path input) {
        return start(List.of(), environment, arguments, input);
    }

    /**
     * The same under another program, as {@code ip netns exec}, that becomes Understudy in the end.
     */
    public static Understudy start(
            List<String> under,
            Map<String, String> environment,
            List<String> arguments,
            Path input) {
        try {
            Path folder = Files.createTempDirectory("understudy-it");
            List<String> command = new ArrayList<>(under);
            // Whoever runs the tests in the background may have SIGINT ignored, for all below it.
            command.addAll(List.of("env", "--default-signal=INT"));
            command.add(Project.distribution().resolve("bin/understudy").toString());
            command.addAll(arguments);
            if (List.of("copy", "replay").contains(arguments.getFirst())) {
                command.addAll(List.of("--report", folder.resolve("report").toString()));
            }
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectInput(input.toFile())
                            .redirectOutput(folder.resolve("out").toFile())
                            .redirectError(folder.resolve("err").toFile());
            builder.environment().putAll(environment);
            return new Understudy(builder.start(), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the line that says packets are being captured. */
    public Understudy awaitCapturing() {
        await(() -> read("err").contains("capturing"), "the line 'capturing'");
        return this;
    }

    private void await(BooleanSupplier condition, String what) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        try {
            while (!condition.getAsBoolean()) {
                if (System.nanoTime() > end || process.waitFor(20, TimeUnit.MILLISECONDS)) {
                    if (condition.getAsBoolean()) {
                        return;
                    }
                    throw new AssertionError("no " + what + ": " + read("err") + read("out"));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Sends it a signal: {@code INT}, {@code STOP}. */
    public void signal(String name) {
        Shell.run("kill", "-" + name, String.valueOf(process.pid()));
    }

    /** Waits for a message on standard error. */
    public Understudy awaitMessage(String text) {
        await(() -> read("err").contains(text), "message '" + text + "'");
        return this;
    }

    /** Where its output and its report are. */
    public Path folder() {
        return folder;
    }

    /** Its process. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    /** What {@code explain} tells of a session of this run, which has ended with a report. */
    public Ended explain(String session) {
        String report = folder.resolve("report").toString();
        try (Understudy explain =
                start(Map.of(), List.of("explain", session, "--report", report))) {
            return explain.ended();
        }
    }

    /** Asks it to end (SIGTERM), and waits for that. */
    public Ended stop() {
        process.destroy();
        return ended();
    }

    /** Waits for its end. */
    public Ended ended() {
        try {
            if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("no end: " + read("err") + read("out"));
            }
            Path report = folder.resolve("report/report.json");
            JsonNode json =
                    Files.exists(report)
                            ? new ObjectMapper().readTree(report.toFile())
                            : new ObjectMapper().createObjectNode();
            return new Ended(process.exitValue(), read("out"), read("err"), json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private String read(String name) {
        try {
            return Files.readString(folder.resolve(name), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
