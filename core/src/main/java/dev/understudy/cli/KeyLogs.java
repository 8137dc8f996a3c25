package dev.understudy.cli;

import dev.understudy.capture.SecretsReader;
import dev.understudy.protocol.Table;
import dev.understudy.session.TlsReading;
import dev.understudy.tls.KeyLogFollower;
import dev.understudy.tls.KeyLogText;
import dev.understudy.tls.KeyTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The secrets of captured TLS that a run has: out of key logs, and out of the recording itself. */
final class KeyLogs implements AutoCloseable {
    private final KeyTable table;
    private final TlsReading reading;
    private final List<Path> files;
    private final List<String> warnings = new ArrayList<>();
    private final Consumer<String> console;
    private final KeyLogText ofRecording;
    private Optional<KeyLogFollower> follower = Optional.empty();

    private KeyLogs(RunPlan plan, Consumer<String> console) {
        this.table = new KeyTable(plan.configuration().tls().keys());
        this.reading = new TlsReading(table, plan.configuration().tls().keyWait());
        this.files = plan.keyLogs();
        this.console = console;
        this.ofRecording =
                new KeyLogText("the secrets in " + plan.source().describe(), table, this::warn);
    }

    /**
     * Reads the key logs of a run, and follows them.
     *
     * @param console for warnings, from any thread
     * @throws RefusedException where one cannot be read
     */
    static KeyLogs open(RunPlan plan, Consumer<String> console) throws RefusedException {
        KeyLogs logs = new KeyLogs(plan, console);
        if (!logs.files.isEmpty()) {
            for (Path file : logs.files) {
                logs.requireReadable(file);
            }
            logs.table.expect();
            try {
                logs.follower =
                        Optional.of(KeyLogFollower.start(logs.files, logs.table, logs::warn));
            } catch (IOException e) {
                throw new RefusedException(
                        "a key log cannot be read: %s: check its permissions"
                                .formatted(e.getMessage()),
                        e);
            }
        }
        return logs;
    }

    private void requireReadable(Path file) throws RefusedException {
        if (!Files.exists(file)) {
            throw new RefusedException(
                    "no key log %s: check its name; one that is still to be written has to be there, empty (touch %s)"
                            .formatted(file, file));
        }
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new RefusedException(
                    "key log %s cannot be read: it is no file, or its permissions forbid it"
                            .formatted(file));
        }
        try {
            if (Files.getFileStore(file).supportsFileAttributeView("posix")
                    && Files.getPosixFilePermissions(file)
                            .contains(PosixFilePermission.OTHERS_READ)) {
                warn("key log %s can be read by everybody: chmod 600 it".formatted(file));
            }
        } catch (IOException e) {
            throw new RefusedException(
                    "key log %s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private void warn(String warning) {
        synchronized (warnings) {
            warnings.add(warning);
        }
        console.accept("warning: " + warning);
    }

    TlsReading reading() {
        return reading;
    }

    /** For the recording that the run reads. */
    SecretsReader ofRecording() {
        return lines -> {
            table.expect();
            ofRecording.add(lines, System.nanoTime());
        };
    }

    /** What was odd. */
    List<String> warnings() {
        List<String> all = new ArrayList<>();
        synchronized (warnings) {
            all.addAll(warnings);
        }
        KeyTable.Counts counts = table.counts();
        if (!files.isEmpty() && counts.secrets() == 0) {
            all.add("no secret was in the key log: is it the one that the clients write?");
        }
        if (counts.forgotten() > 0) {
            all.add(
                    "secrets of %d connections were let go: tls.max-connections, tls.key-bytes or tls.key-age was reached"
                            .formatted(counts.forgotten()));
        }
        return all;
    }

    List<Table> tables() {
        return reading.tables();
    }

    @Override
    public void close() {
        follower.ifPresent(KeyLogFollower::close);
    }
}
