package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.understudy.integration.lab.Project;
import dev.understudy.plugins.LoadedProtocol;
import dev.understudy.plugins.PluginException;
import dev.understudy.plugins.ProtocolCatalog;
import dev.understudy.protocol.Protocol;
import dev.understudy.protocol.testing.ContractKit;
import dev.understudy.protocol.testing.Story;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every plugin of the distribution, from the file that is shipped, keeps the contract; and so does
 * the example for those who write their own, from its jar.
 */
class PluginContractTest {
    private static ProtocolCatalog catalog;

    @BeforeAll
    static void load() {
        catalog = ProtocolCatalog.load(Project.distribution().resolve("plugins"));
    }

    @AfterAll
    static void unload() {
        catalog.close();
    }

    static List<String> protocols() {
        return catalog.protocols().stream().map(LoadedProtocol::name).toList();
    }

    @Test
    void allAreLoaded() {
        assertEquals(List.of(), catalog.problems());
        assertFalse(catalog.protocols().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("protocols")
    void keepsTheContract(String protocol) throws IOException {
        List<Story> stories =
                stories(
                        Project.root().resolve("integration-tests/src/test/resources/contract"),
                        protocol);
        assertEquals(List.of(), ContractKit.check(() -> instance(catalog, protocol), stories));
    }

    @Test
    void theExampleIsLoadedFromItsJarAndKeepsTheContract(@TempDir Path plugins) throws IOException {
        Path example = Project.root().resolve("examples/plugin-redis");
        Files.copy(Project.examplePlugin(), plugins.resolve("plugin-redis.jar"));
        try (ProtocolCatalog own = ProtocolCatalog.load(plugins)) {
            assertEquals(List.of(), own.problems());
            List<Story> stories = stories(example.resolve("src/test/resources/stories"), "redis");
            assertEquals(List.of(), ContractKit.check(() -> instance(own, "redis"), stories));
        }
    }

    private static Protocol instance(ProtocolCatalog catalog, String protocol) {
        try {
            return catalog.newInstance(protocol);
        } catch (PluginException e) {
            throw new AssertionError(e);
        }
    }

    /** Those whose files begin with the protocol's name. */
    private static List<Story> stories(Path folder, String protocol) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Story> stories = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.startsWith(protocol + "-")) {
                    stories.add(Story.parse(name, Files.readString(file)));
                }
            }
            assertFalse(stories.isEmpty(), "no story of " + protocol + " in " + folder);
            return stories;
        }
    }
}
