package dev.understudy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.testing.ContractKit;
import dev.understudy.protocol.testing.Story;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract that every plugin keeps to, on the story that the shipped plugin is tried by. */
final class ContractTest {
    private static final Path STORY =
            Path.of("../../integration-tests/src/test/resources/contract/http-site.story");

    @Test
    void thePluginKeepsTheContract() throws IOException {
        Story story = Story.parse("http-site", Files.readString(STORY));
        assertEquals(List.of(), ContractKit.check(HttpProtocol::new, List.of(story)));
    }
}
