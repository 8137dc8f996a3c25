package dev.understudy.tls;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Reads key logs, and what is written to them later, on a thread of its own. A file that is cut is
 * read again from its beginning, one that is put in its place too. (A file that is cut and has
 * grown past where it was read to within one look is taken for one that only grew.)
 */
public final class KeyLogFollower implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(100);

    /** Looks without a byte after which a last line without its end is taken for a whole one. */
    private static final int QUIET_LOOKS = 10;

    private static final int BUFFER_BYTES = 64 << 10;

    private final KeyTable table;
    private final Consumer<String> warnings;
    private final List<Followed> files;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private final Thread thread = new Thread(this::follow, "key-log");
    private volatile boolean closed;

    private final class Followed {
        private final Path path;
        private final KeyLogText text;
        private FileChannel channel;
        private Object identity;
        private int quietLooks;
        private boolean failed;

        private Followed(Path path) throws IOException {
            this.path = path;
            this.text = new KeyLogText("key log " + path, table, warnings);
            open();
        }

        private void open() throws IOException {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            identity = identity();
        }

        private Object identity() throws IOException {
            return Objects.requireNonNullElse(
                    Files.readAttributes(path, BasicFileAttributes.class).fileKey(), "");
        }

        private void look() throws IOException {
            boolean grown = read();
            if (isReplaced()) {
                // Where this fails the old one stays, and the new one is tried again.
                FileChannel old = channel;
                open();
                old.close();
                text.restart();
                grown |= read();
            }
            quietLooks = grown ? 0 : quietLooks + 1;
            if (quietLooks == QUIET_LOOKS && text.hasOpenLine()) {
                text.tellOpenLine(System.nanoTime());
            }
        }

        private boolean read() throws IOException {
            if (channel.size() < channel.position()) {
                channel.position(0);
                text.restart();
            }
            boolean some = false;
            while (!closed && channel.read(buffer.clear()) > 0) {
                some = true;
                text.add(buffer.flip(), System.nanoTime());
            }
            return some;
        }

        private boolean isReplaced() throws IOException {
            try {
                return !identity().equals(identity);
            } catch (NoSuchFileException _) {
                // On the way out; another is to come in its place.
                return false;
            }
        }
    }

    private KeyLogFollower(List<Path> paths, KeyTable table, Consumer<String> warnings)
            throws IOException {
        this.table = table;
        this.warnings = warnings;
        List<Followed> opened = new ArrayList<>();
        this.files = opened;
        try {
            for (Path path : paths) {
                opened.add(new Followed(path));
            }
        } catch (IOException e) {
            closeFiles();
            throw e;
        }
        thread.setDaemon(true);
    }

    /**
     * Reads what the files hold, and goes on to follow them.
     *
     * @param warnings told of what is odd, each once, from any thread
     * @throws IOException if one cannot be read
     */
    public static KeyLogFollower start(List<Path> files, KeyTable table, Consumer<String> warnings)
            throws IOException {
        KeyLogFollower follower = new KeyLogFollower(files, table, warnings);
        for (Followed file : follower.files) {
            file.look();
        }
        follower.thread.start();
        return follower;
    }

    private void follow() {
        try {
            while (!closed) {
                Thread.sleep(LOOK);
                table.expire(System.nanoTime());
                files.forEach(this::look);
            }
        } catch (InterruptedException _) {
            // Closed.
        } finally {
            closeFiles();
        }
    }

    private void look(Followed file) {
        try {
            file.look();
            file.failed = false;
        } catch (IOException e) {
            if (!closed && !file.failed) {
                file.failed = true;
                warnings.accept(
                        "key log %s cannot be read any more (%s); it is tried again"
                                .formatted(file.path, e.getMessage()));
            }
        }
    }

    private void closeFiles() {
        for (Followed file : files) {
            try {
                file.channel.close();
            } catch (IOException _) {
                // It was only read from.
            }
        }
    }

    /** Follows no longer. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
