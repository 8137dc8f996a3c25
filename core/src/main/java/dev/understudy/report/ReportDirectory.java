package dev.understudy.report;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Where reports are written: {@code report.json}, {@code report.txt}, {@code report.html} and
 * {@value JournalFile#NAME}, each whole or not.
 */
public final class ReportDirectory {
    private static final String JSON = "report.json";
    private static final String TEXT = "report.txt";
    private static final String HTML = "report.html";

    private final Path directory;

    private ReportDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * Makes the directory where it is not there, and tries it: better now than after the run.
     *
     * @throws IOException with a message for the user
     */
    public static ReportDirectory open(Path directory) throws IOException {
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, ".report", ".tmp"));
        } catch (FileAlreadyExistsException e) {
            throw new IOException(
                    "--report %s is a file: name a directory".formatted(directory), e);
        } catch (IOException e) {
            throw new IOException(
                    "--report %s cannot be written (%s): name another directory, or change its permissions"
                            .formatted(directory, reason(e)),
                    e);
        }
        return new ReportDirectory(directory);
    }

    /** Writes the report of a run with one target, as {@link #write(RunReport)} does. */
    public Path write(Report report) throws IOException {
        return write(RunReport.of(report));
    }

    /**
     * Writes all four, replacing earlier ones.
     *
     * @return the JSON file
     * @throws IOException with a message for the user
     */
    public Path write(RunReport report) throws IOException {
        try {
            replace(JournalFile.NAME, out -> JournalFile.write(report, out));
            replace(TEXT, out -> out.write(TextReport.render(report)));
            replace(HTML, out -> out.write(HtmlReport.render(report)));
            return replace(JSON, out -> out.write(JsonReport.render(report)));
        } catch (IOException e) {
            throw new IOException(
                    "the report cannot be written to %s (%s): it is on standard output only"
                            .formatted(directory, reason(e)),
                    e);
        }
    }

    private interface Content {
        void write(Writer out) throws IOException;
    }

    private Path replace(String name, Content content) throws IOException {
        Path whole = Files.createTempFile(directory, "." + name, ".tmp");
        try {
            try (Writer out = Files.newBufferedWriter(whole)) {
                content.write(out);
            }
            return Files.move(
                    whole,
                    directory.resolve(name),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
