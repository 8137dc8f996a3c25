package dev.understudy.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The file in which one process writes down each change before it makes it. The process holds a
 * lock on it, which the kernel drops with the process: a file that can be locked and has lines is
 * what a killed one left behind. Files stay, empty; /run is memory.
 */
final class RoutingJournal implements AutoCloseable {
    private static final int MAX_BYTES = 64 * 1024;

    private final FileChannel file;

    private RoutingJournal(FileChannel file) {
        this.file = file;
    }

    /** Which network namespace this is: each has settings of its own (namespaces(7)). */
    static String namespace() throws IOException {
        String link = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        return link.replaceAll("[^0-9]", "");
    }

    /** The journal of that name in this namespace; empty where a living process has it. */
    static Optional<RoutingJournal> open(Path folder, String name) throws IOException {
        try {
            Files.createDirectory(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException _) {
            // Made by an earlier run.
        }
        return lock(folder.resolve(namespace() + "-" + name));
    }

    /** All journals of this namespace that nobody holds. */
    static List<RoutingJournal> abandoned(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<RoutingJournal> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            String prefix = namespace() + "-";
            for (Path path :
                    files.filter(each -> each.getFileName().toString().startsWith(prefix))
                            .sorted()
                            .toList()) {
                lock(path).ifPresent(found::add);
            }
        }
        return found;
    }

    private static Optional<RoutingJournal> lock(Path path) throws IOException {
        FileChannel file =
                FileChannel.open(
                        path,
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try {
            if (file.tryLock() != null) {
                return Optional.of(new RoutingJournal(file));
            }
        } catch (OverlappingFileLockException _) {
            // Held by this very process: the same as by another.
        }
        file.close();
        return Optional.empty();
    }

    void add(RoutingChange change) throws IOException {
        ByteBuffer line =
                ByteBuffer.wrap((change.line() + "\n").getBytes(StandardCharsets.US_ASCII));
        file.position(file.size());
        while (line.hasRemaining()) {
            file.write(line);
        }
    }

    /** In the order they were made. */
    List<RoutingChange> changes() throws IOException {
        ByteBuffer text = ByteBuffer.allocate((int) Math.min(MAX_BYTES, file.size()));
        file.position(0);
        while (text.hasRemaining() && file.read(text) >= 0) {
            // A file may be read in parts.
        }
        return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII)
                .lines()
                .flatMap(line -> RoutingChange.parse(line).stream())
                .toList();
    }

    /** Takes all back, the last one first, and forgets them; says how many there were. */
    int takeBack() throws IOException {
        List<RoutingChange> changes = changes();
        for (RoutingChange change : changes.reversed()) {
            change.takeBack();
        }
        file.truncate(0);
        return changes.size();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
