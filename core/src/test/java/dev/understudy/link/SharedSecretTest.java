package dev.understudy.link;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedSecretTest {
    private static final String SECRET = "mBvR4o2Qk8s1Zx7dTn0yHc5uWe9aGfLj";

    @TempDir private Path folder;

    private Path file(String text, String mode) throws IOException {
        Path file = folder.resolve("secret");
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void isNeverShown() throws IOException {
        SharedSecret secret = SharedSecret.read(file(SECRET + "\n", "rw-------"));
        assertFalse(secret.toString().contains(SECRET));
    }

    @ParameterizedTest
    @CsvSource({
        "mBvR4o2Qk8s1Zx7dTn0yHc5uWe9aGfLj, rw-r-----, chmod 600",
        "mBvR4o2Qk8s1Zx7dTn0yHc5uWe9aGfLj, rw----r--, chmod 600",
        "too-short,                        rw-------, openssl rand",
    })
    void aFileThatIsNoneIsRefused(String text, String mode, String advice) throws IOException {
        Path file = file(text, mode);
        String message =
                assertThrows(IOException.class, () -> SharedSecret.read(file)).getMessage();
        assertTrue(message.contains(advice) && message.contains(file.toString()), message);
        assertFalse(message.contains(text), message);
    }
}
