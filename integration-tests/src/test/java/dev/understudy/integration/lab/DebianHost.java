package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A Debian with nothing on it, booted with its own systemd. */
public final class DebianHost implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final long MAX_SECONDS = 60;
    private static final String MACHINES = Project.lab("machine.sh");

    private final String name;

    private DebianHost(String networkNamespace) {
        name = "it-%d-%d".formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
        try {
            Shell.run(Map.of("LAB_NETNS", networkNamespace), List.of(MACHINES, "up", name));
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    /** Boots one that shares this host's network. */
    public static DebianHost up() {
        return new DebianHost("-");
    }

    /** Boots one in a network namespace. */
    public static DebianHost up(String networkNamespace) {
        return new DebianHost(networkNamespace);
    }

    /** What a program on it printed; it must end with status 0. */
    public String run(String... command) {
        List<String> whole = new ArrayList<>(List.of(MACHINES, "exec", name));
        whole.addAll(Arrays.asList(command));
        return Shell.run(Map.of(), whole);
    }

    /** Copies a file of ours onto it. */
    public void copyIn(Path from, String to) {
        try {
            Files.copy(from, at(to));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a file on it. */
    public void write(String file, String text) {
        try {
            Files.writeString(at(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a file of it is seen on this host. */
    public Path at(String file) {
        return Path.of(Shell.run(MACHINES, "root", name).strip() + file);
    }

    /** Waits until a unit has written a line that holds this. */
    public void awaitJournal(String unit, String text) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MAX_SECONDS);
        String journal = journal(unit);
        while (!journal.contains(text)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("no '" + text + "' of " + unit + ": " + journal);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            journal = journal(unit);
        }
    }

    /** All that a unit has written. */
    public String journal(String unit) {
        return run("journalctl", "--no-pager", "--output", "cat", "--unit", unit);
    }

    @Override
    public void close() {
        Shell.run(MACHINES, "down", name);
    }
}
