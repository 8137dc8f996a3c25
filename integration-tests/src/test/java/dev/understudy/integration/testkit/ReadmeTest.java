package dev.understudy.integration.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.integration.lab.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the testkit's README shows is what runs here. */
class ReadmeTest {
    private static final String FENCE = "```";

    @Test
    void theExampleIsTheTestThatRuns() throws IOException {
        String readme = Files.readString(Project.root().resolve("testkit/README.md"));
        int begin = readme.indexOf(FENCE + "java\n") + FENCE.length() + "java\n".length();
        String shown = readme.substring(begin, readme.indexOf(FENCE, begin));
        Path folder =
                Project.root()
                        .resolve(
                                "integration-tests/src/test/java/dev/understudy/integration/testkit");
        String runs = Files.readString(folder.resolve("OrdersOnMySql9Test.java"));
        assertEquals(runs.substring(runs.indexOf("import ")), shown);
    }
}
