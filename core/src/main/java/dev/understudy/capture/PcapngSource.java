package dev.understudy.capture;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Packets of a recording, pcapng or classic pcap, plain or gzipped, from a file or followed live
 * through a pipe. Read front to back without seeking; memory does not depend on its size. A
 * recording that ends within a packet gives all packets before that, and says so in {@link
 * CaptureCounts#cutAtByte}.
 *
 * <p>Packets of a simple packet block, which have no time, take that of the packet before them.
 */
public final class PcapngSource implements PacketSource {
    /** Stands for standard input where a file name is expected. */
    public static final String STANDARD_INPUT = "-";

    private static final Duration FIRST_BYTES = Duration.ofMillis(100);

    private final String name;
    private final ReadAhead readAhead;
    private final ByteWindow window = new ByteWindow();

    private RecordingFormat format;

    private final AtomicLong delivered = new AtomicLong();
    private volatile long droppedByKernel;
    private volatile long interfaceDropped;
    private volatile List<String> warnings = List.of();
    private volatile long cutAtByte = CaptureCounts.NOT_CUT;
    private volatile boolean ended;

    private PcapngSource(InputStream in, String name, SecretsReader secrets) {
        this.name = name;
        this.format = new UndeterminedFormat(name, secrets);
        this.readAhead = new ReadAhead(in, name);
    }

    /**
     * Opens a recording.
     *
     * @param file a file or named pipe, or {@link #STANDARD_INPUT}, which is never closed
     * @throws IOException if it cannot be opened; what it holds is looked at by the first poll
     */
    public static PcapngSource open(String file) throws IOException {
        return open(file, SecretsReader.NONE);
    }

    /** As {@link #open(String)}, with a taker for the secrets that the recording holds. */
    public static PcapngSource open(String file, SecretsReader secrets) throws IOException {
        if (file.equals(STANDARD_INPUT)) {
            return new PcapngSource(
                    new Unclosed(new FileInputStream(FileDescriptor.in)),
                    "standard input",
                    secrets);
        }
        Path path = Path.of(file);
        if (Files.isDirectory(path)) {
            throw new IOException(file + " is a directory: name a pcap or pcapng file");
        }
        try {
            return new PcapngSource(Files.newInputStream(path), file, secrets);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "no file " + path.toAbsolutePath() + ": name a pcap or pcapng file", e);
        } catch (AccessDeniedException e) {
            throw new IOException("not allowed to read " + file + ": check its permissions", e);
        }
    }

    /**
     * Opens a recording; a file that is no capture is refused at once. A pipe of that name tells
     * only when it is read.
     */
    public static PcapngSource recording(Path path, SecretsReader secrets) throws IOException {
        PcapngSource source = open(path.toString(), secrets);
        try {
            if (Files.isRegularFile(path)) {
                source.requireCapture();
            }
            return source;
        } catch (IOException e) {
            source.close();
            throw e;
        }
    }

    /** Reads a recording from {@code in}, which is closed at its end; {@code name} for messages. */
    public static PcapngSource of(InputStream in, String name) {
        return new PcapngSource(in, name, SecretsReader.NONE);
    }

    /**
     * Reads as much as tells whether this is a capture at all; for files, where it is there.
     *
     * @throws CaptureFormatException if it is none
     */
    public void requireCapture() throws IOException {
        while (!ended && format instanceof UndeterminedFormat undetermined) {
            format = undetermined.determined(window);
            if (format == undetermined) {
                switch (window.fill(readAhead, FIRST_BYTES.toNanos())) {
                    case SOME, NOTHING_YET -> {}
                    case END, END_CUT -> end(false);
                }
            }
        }
    }

    @Override
    public State poll(PacketBatch into, Duration wait) throws IOException {
        int before = into.count();
        try {
            return read(into, before, System.nanoTime() + wait.toNanos());
        } catch (IOException e) {
            if (into.count() > before) {
                // The step that failed took nothing, so the next poll fails the same way.
                return State.OPEN;
            }
            throw e;
        } finally {
            delivered.addAndGet(into.count() - before);
            droppedByKernel = format.droppedByKernel();
            interfaceDropped = format.interfaceDropped();
            warnings = format.warnings();
        }
    }

    private State read(PacketBatch into, int before, long deadline) throws IOException {
        while (!ended) {
            if (format instanceof UndeterminedFormat undetermined) {
                format = undetermined.determined(window);
            }
            switch (format.step(window, into)) {
                case TAKEN -> {}
                case BATCH_FULL -> {
                    return State.OPEN;
                }
                case MORE -> {
                    boolean some = into.count() > before;
                    long waitNanos = some ? 0 : Math.max(0, deadline - System.nanoTime());
                    switch (window.fill(readAhead, waitNanos)) {
                        case SOME -> {}
                        case NOTHING_YET -> {
                            return State.OPEN;
                        }
                        case END -> end(false);
                        case END_CUT -> end(true);
                    }
                }
            }
        }
        return State.ENDED;
    }

    private void end(boolean cutWithinCompression) throws CaptureFormatException {
        if (ended) {
            // It was closed in the meantime: what lacks is nobody's fault.
            return;
        }
        if (format instanceof UndeterminedFormat undetermined) {
            throw undetermined.tooShort(window);
        }
        long begunAt = format.begunAt(window);
        if (cutWithinCompression || begunAt != window.offset() || !window.isEmpty()) {
            cutAtByte = begunAt;
        }
        ended = true;
    }

    @Override
    public CaptureCounts counts() {
        return new CaptureCounts(delivered.get(), droppedByKernel, 0, interfaceDropped, cutAtByte);
    }

    @Override
    public List<String> warnings() {
        return warnings;
    }

    @Override
    public String describe() {
        return name;
    }

    @Override
    public void stop() {
        ended = true;
        readAhead.close();
    }

    @Override
    public void close() {
        stop();
    }

    /** Standard input, which belongs to the process. */
    private static final class Unclosed extends FilterInputStream {
        Unclosed(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return in.read(into, offset, length);
        }

        @Override
        public void close() {}
    }
}
