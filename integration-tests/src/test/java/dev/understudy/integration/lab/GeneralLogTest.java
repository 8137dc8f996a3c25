package dev.understudy.integration.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneralLogTest {
    @TempDir private Path folder;

    /** Regular expressions take it for the end of a line, the servers do not. */
    @Test
    void aByteOf0x85IsPartOfItsStatement() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("general.log"),
                        """
                        250101 10:00:00\t     5 Connect\tapp@localhost on app
                        \t\t     5 Query\tselect 'a\205b'
                        \t\t     5 Query\tselect 'c
                        d'
                        """,
                        StandardCharsets.ISO_8859_1);
        assertEquals(
                List.of("Query\tselect 'a\205b'", "Query\tselect 'c\nd'"),
                GeneralLog.read(file).sessionsOf("app").getFirst().statements());
    }
}
