package dev.understudy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KeyLogFollowerTest {
    private static final String SECRET = "5ec2e7".repeat(16);

    @TempDir private Path work;

    private final KeyTable table = new KeyTable(KeyTable.Limits.defaults());
    private final List<String> warnings = new CopyOnWriteArrayList<>();

    private static String line(int number) {
        return "CLIENT_RANDOM %064x %s".formatted(number, SECRET);
    }

    private Path file(String text) throws IOException {
        return Files.writeString(work.resolve("keys.log"), text);
    }

    private KeyLogFollower follow(Path file) throws IOException {
        return KeyLogFollower.start(List.of(file), table, warnings::add);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(Duration.ofMillis(10));
        }
    }

    private int connections() {
        return table.counts().connections();
    }

    @Test
    void whatIsThereIsReadAtOnceAndWhatComesLaterWithTheNextLook() throws Exception {
        Path file = file(line(1) + "\n" + line(2).substring(0, 100));
        try (KeyLogFollower _ = follow(file)) {
            assertEquals(1, connections());
            Files.writeString(
                    file,
                    line(2).substring(100) + "\n" + line(3) + "\n",
                    StandardOpenOption.APPEND);
            await(() -> connections() == 3);
        }
        assertEquals(List.of(), warnings);
        assertEquals(0, table.counts().wrong());
    }

    @Test
    void aLastLineWithoutItsEndCountsOnceNothingFollows() throws Exception {
        try (KeyLogFollower _ = follow(file(line(1)))) {
            assertEquals(0, connections());
            await(() -> connections() == 1);
        }
    }

    @Test
    void aFileThatIsCutOrReplacedIsReadAnew() throws Exception {
        Path file = file(line(1) + "\n" + line(2) + "\n");
        try (KeyLogFollower _ = follow(file)) {
            Files.writeString(file, line(3) + "\n");
            await(() -> connections() == 3);
            Path next = Files.writeString(work.resolve("next"), line(4) + "\n");
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
            await(() -> connections() == 4);
            Files.writeString(file, line(5) + "\n", StandardOpenOption.APPEND);
            await(() -> connections() == 5);
        }
        assertEquals(List.of(), warnings);
    }

    @Test
    void wrongLinesAreWarnedOfOnceWithFileAndLine() throws Exception {
        Path file =
                file("# a comment\n" + line(1) + "\nCLIENT_RANDOM " + SECRET + "\nCLIENT_RANDOM\n");
        try (KeyLogFollower _ = follow(file)) {
            assertEquals(2, table.counts().wrong());
        }
        assertEquals(1, warnings.size(), warnings::toString);
        assertTrue(warnings.getFirst().startsWith("key log " + file + ", line 3 is no line"));
        assertFalse(warnings.getFirst().contains("5ec2e7"));
    }

    @Test
    void aLineWithoutEndTakesNoMemory() {
        KeyLogText text = new KeyLogText("t", table, warnings::add);
        text.add("x".repeat(1 << 20) + "\n" + line(1) + "\n", 0);
        assertEquals(1, connections());
        assertEquals(1, table.counts().wrong());
    }

    @Test
    void aFileThatIsNotThereIsAnError() {
        assertThrows(IOException.class, () -> follow(work.resolve("none")));
    }
}
