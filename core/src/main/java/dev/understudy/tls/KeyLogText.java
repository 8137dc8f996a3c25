package dev.understudy.tls;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The text of one key log, as it comes: finds its lines and tells them to a {@link KeyTable}. Of
 * wrong lines the first is warned of, with its number and never with what it holds; all are counted
 * there.
 */
public final class KeyLogText {
    private final String name;
    private final KeyTable table;
    private final Consumer<String> warnings;
    private final StringBuilder line = new StringBuilder();
    private long number = 1;
    private boolean tooLong;
    private boolean warned;

    /**
     * @param name of the source, for the warning
     */
    public KeyLogText(String name, KeyTable table, Consumer<String> warnings) {
        this.name = name;
        this.table = table;
        this.warnings = warnings;
    }

    /** Takes the readable bytes of {@code in}; a line without its end waits for that. */
    public void add(ByteBuffer in, long nowNanos) {
        while (in.hasRemaining()) {
            char next = (char) (in.get() & 0xff);
            if (next == '\n') {
                end(nowNanos);
            } else if (line.length() < KeyLogLine.MAX_CHARACTERS) {
                line.append(next);
            } else {
                tooLong = true;
            }
        }
    }

    /** Takes lines, of which the last need not have its end. */
    public void add(String lines, long nowNanos) {
        add(ByteBuffer.wrap(lines.getBytes(StandardCharsets.ISO_8859_1)), nowNanos);
        if (hasOpenLine()) {
            end(nowNanos);
        }
    }

    /** Whether a line has begun that has no end yet. */
    boolean hasOpenLine() {
        return !line.isEmpty();
    }

    /** Tells the line that has no end yet, if it is a whole one; it may still grow. */
    void tellOpenLine(long nowNanos) {
        if (!tooLong && KeyLogLine.parse(line.toString()) instanceof KeyLogLine.Known) {
            table.add(line.toString(), nowNanos);
        }
    }

    /** The text begins again, as after a file was cut. */
    void restart() {
        line.setLength(0);
        tooLong = false;
        number = 1;
    }

    private void end(long nowNanos) {
        Optional<String> wrong = table.add(line.toString(), nowNanos);
        if (wrong.isPresent() && !warned) {
            warned = true;
            warnings.accept(
                    "%s, line %d is no line of a key log: %s; further ones are counted"
                            .formatted(name, number, wrong.get()));
        }
        line.setLength(0);
        tooLong = false;
        number++;
    }
}
