package dev.understudy.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** The extension under JUnit itself, with a test that passes and one that fails. */
class RehearsalExtensionTest {
    /** Not found by Surefire: its name does not end in Test. */
    @ExtendWith(RehearsalExtension.class)
    static class Sample {
        @Test
        void passes(Rehearsals rehearsals) throws IOException {
            rehearse(rehearsals, "same");
        }

        @Test
        void fails(Rehearsals rehearsals) throws IOException {
            rehearse(rehearsals, "quite another");
        }

        private static void rehearse(Rehearsals rehearsals, String answer) throws IOException {
            try (LineServer online = LineServer.answering(line -> "same");
                    LineServer target = LineServer.answering(line -> answer)) {
                Rehearsal rehearsal =
                        rehearsals.start(
                                Rehearsal.of("tcp")
                                        .online(online.address())
                                        .target(target.address()));
                try (LineClient client = new LineClient(rehearsal.address())) {
                    client.ask("a");
                }
                rehearsal.finish().assertNoDifferences();
            }
        }
    }

    @Test
    void aFailedTestHasItsReportsAndAllAreClosed(@TempDir Path directory) throws IOException {
        run(directory.resolve("first")); // What JUnit and Netty keep for good is there then.
        LeftBehind before = LeftBehind.now();
        Path second = Files.createDirectory(directory.resolve("second"));
        Events events = run(second);
        events.assertStatistics(counts -> counts.succeeded(1).failed(1));
        assertEquals(
                List.of("rehearsal-1.html", "rehearsal-1.json", "rehearsal-1.txt"), files(second));
        before.awaitNothingMore();
    }

    private static Events run(Path attachments) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Sample.class))
                .outputDirectoryCreator(new Attachments(attachments))
                .execute()
                .testEvents();
    }

    private record Attachments(Path root) implements OutputDirectoryCreator {
        @Override
        public Path getRootDirectory() {
            return root;
        }

        @Override
        public Path createOutputDirectory(TestDescriptor test) throws IOException {
            return Files.createDirectories(root.resolve(test.getDisplayName().replace("()", "")));
        }
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            return tree.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }
}
