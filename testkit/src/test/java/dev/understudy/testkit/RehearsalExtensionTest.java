package dev.understudy.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

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

    /** One rehearsal for all tests of a class. */
    @ExtendWith(RehearsalExtension.class)
    static class Shared {
        private static LineServer online;
        private static LineServer target;
        private static Rehearsal rehearsal;

        @BeforeAll
        static void start(Rehearsals rehearsals) throws IOException {
            online = LineServer.answering(line -> "same");
            target = LineServer.answering(line -> "same");
            rehearsal =
                    rehearsals.start(
                            Rehearsal.of("tcp").online(online.address()).target(target.address()));
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3})
        void asks(int number, Rehearsals own) throws IOException {
            try (LineClient client = new LineClient(rehearsal.address())) {
                client.ask("question " + number);
            }
            assertEquals(List.of(), own.started());
            assertTrue(number != 2, "the second one fails");
        }

        @AfterAll
        static void allWereCopied() throws IOException {
            RehearsalResult result = rehearsal.finish().assertNoDifferences();
            assertEquals(3, result.requests(), result::text);
            online.close();
            target.close();
        }
    }

    @Test
    void aRehearsalOfAClassGoesOnToItsLastTest(@TempDir Path directory) throws IOException {
        EngineExecutionResults results = run(Shared.class, directory);
        results.testEvents().assertStatistics(counts -> counts.succeeded(2).failed(1));
        results.containerEvents().assertStatistics(counts -> counts.failed(0));
        assertEquals(
                List.of("rehearsal-1.html", "rehearsal-1.json", "rehearsal-1.txt"),
                files(directory));
    }

    @Test
    void aFailedTestHasItsReportsAndAllAreClosed(@TempDir Path directory) throws IOException {
        run(
                Sample.class,
                directory.resolve("first")); // What JUnit and Netty keep for good is there then.
        LeftBehind before = LeftBehind.now();
        Path second = Files.createDirectory(directory.resolve("second"));
        run(Sample.class, second)
                .testEvents()
                .assertStatistics(counts -> counts.succeeded(1).failed(1));
        assertEquals(
                List.of("rehearsal-1.html", "rehearsal-1.json", "rehearsal-1.txt"), files(second));
        before.awaitNothingMore();
    }

    private static EngineExecutionResults run(Class<?> tests, Path attachments) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(tests))
                .outputDirectoryCreator(new Attachments(attachments))
                .execute();
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
