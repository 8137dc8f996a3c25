package dev.understudy.plugins;

import static dev.understudy.plugins.PluginJars.FITTING;
import static dev.understudy.plugins.PluginJars.jar;
import static dev.understudy.plugins.PluginJars.zip;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtocolCatalogTest {
    @TempDir private Path plugins;
    @TempDir private Path work;
    private PluginJars jars;

    @BeforeEach
    void author() {
        jars = new PluginJars(work);
    }

    private static String onlyProblem(ProtocolCatalog catalog) {
        assertEquals(1, catalog.problems().size(), catalog.problems()::toString);
        return catalog.problems().getFirst();
    }

    private String problemOf(Path file) {
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            assertEquals(List.of(), catalog.protocols());
            String problem = onlyProblem(catalog);
            assertTrue(problem.contains(file.getFileName().toString()), problem);
            return problem;
        }
    }

    @Test
    void aJarIsLoadedAndEachCopyGetsAnInstanceOfItsOwn() throws Exception {
        jar(plugins.resolve("example-1.2.jar"), "example", FITTING, jars.files("example", 7001));
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            assertEquals(List.of(), catalog.problems());
            LoadedProtocol protocol = catalog.byName("example");
            assertEquals("1.2.0", protocol.version());
            assertEquals("example-1.2.jar", protocol.file());
            assertEquals(protocol, catalog.byPort(7001).orElseThrow());
            assertTrue(catalog.byPort(7002).isEmpty());
            Protocol one = catalog.newInstance("example");
            assertNotSame(one, catalog.newInstance("example"));
            assertSame(Protocol.class, one.getClass().getInterfaces()[0]);
        }
    }

    @Test
    void aZipBringsItsLibrariesAlong() throws Exception {
        Map<String, byte[]> files =
                jars.files("example", 7001, "static final class Word {} Object word = new Word();");
        String word = "example/ExampleProtocol$Word.class";
        Path library = jar(work.resolve("word.jar"), "", "", Map.of(word, files.get(word)));
        files.remove(word);
        Path own = jar(work.resolve("own.jar"), "example", FITTING, files);
        zip(
                plugins.resolve("example-1.2.zip"),
                Map.of(
                        "example.jar", Files.readAllBytes(own),
                        "lib/word.jar", Files.readAllBytes(library),
                        "README", "hello".getBytes(StandardCharsets.UTF_8)));
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            assertEquals(List.of(), catalog.problems());
            assertEquals("example", catalog.newInstance("example").name());
        }
    }

    @Test
    void aPluginForAnotherApiIsRefusedWithBothVersions() throws Exception {
        Path file =
                jar(
                        plugins.resolve("example-1.2.jar"),
                        "example",
                        ">=3.0.0 & <4.0.0",
                        jars.files("example", 7001));
        assertEquals(
                "plugin example-1.2.jar needs plugin-api >=3.0.0 & <4.0.0, this is 1.0.0: upgrade"
                        + " understudy, or use another version of the plugin",
                problemOf(file));
    }

    @Test
    void aPluginThatSaysNothingOfItsApiIsRefused() throws Exception {
        Path file = jar(plugins.resolve("e.jar"), "example", "", jars.files("example", 7001));
        assertTrue(problemOf(file).contains("Plugin-Requires: >=1.0.0 & <2.0.0"));
    }

    @Test
    void aNonsensicalRequirementIsAProblemAndNotACrash() throws Exception {
        Path file = jar(plugins.resolve("e.jar"), "example", "newer!", jars.files("example", 1));
        assertTrue(problemOf(file).contains("cannot be loaded"));
    }

    @Test
    void aBundledCopyOfPluginApiIsNamed() throws Exception {
        Map<String, byte[]> files = jars.files("example", 7001);
        files.put("dev/understudy/protocol/Protocol.class", PluginJars.protocolClass());
        Path file = jar(plugins.resolve("fat.jar"), "example", FITTING, files);
        assertTrue(problemOf(file).contains("scope 'provided'"));
    }

    @Test
    void aJarWithoutExtensionIndexIsNamed() throws Exception {
        Map<String, byte[]> files = jars.files("example", 7001);
        files.remove("META-INF/extensions.idx");
        Path file = jar(plugins.resolve("e.jar"), "example", FITTING, files);
        assertTrue(problemOf(file).contains("0 protocols instead of one"));
    }

    @Test
    void aJarThatIsNoPluginIsNamed() throws Exception {
        Path file = jar(plugins.resolve("driver.jar"), "", "", Map.of("a", new byte[1]));
        assertTrue(problemOf(file).contains("no Plugin-Id"));
    }

    @Test
    void aDamagedJarCostsOnlyItself() throws Exception {
        Files.writeString(plugins.resolve("broken.jar"), "this is no zip");
        jar(plugins.resolve("example.jar"), "example", FITTING, jars.files("example", 7001));
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            assertEquals("example", catalog.newInstance("example").name());
            assertTrue(onlyProblem(catalog).contains("broken.jar is damaged"));
        }
    }

    @Test
    void aConstructorThatThrowsCostsOnlyItself() throws Exception {
        Path file =
                jar(
                        plugins.resolve("e.jar"),
                        "example",
                        FITTING,
                        jars.files(
                                "example",
                                7001,
                                "public ExampleProtocol() { throw new IllegalStateException(); }"));
        assertTrue(problemOf(file).contains("fails when asked"));
    }

    @Test
    void twoPluginsOfOneProtocolNameAreBothNamedAndNeitherIsUsed() throws Exception {
        jar(plugins.resolve("a.jar"), "a", FITTING, jars.files("example", 7001));
        jar(plugins.resolve("b.jar"), "b", FITTING, jars.files("example", 7001));
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            String problem = onlyProblem(catalog);
            assertTrue(problem.startsWith("plugins a.jar and b.jar have"), problem);
            PluginException refused =
                    assertThrows(PluginException.class, () -> catalog.newInstance("example"));
            assertTrue(refused.getMessage().contains(problem), refused.getMessage());
        }
    }

    @Test
    void twoVersionsOfOnePluginAreBothNamed() throws Exception {
        Map<String, byte[]> files = jars.files("example", 7001);
        jar(plugins.resolve("example-1.jar"), "example", FITTING, files);
        jar(plugins.resolve("example-2.jar"), "example", FITTING, files);
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            String problem = onlyProblem(catalog);
            assertTrue(problem.contains("example-1.jar and example-2.jar"), problem);
        }
    }

    @Test
    void aZipEntryThatLeavesItsDirectoryIsNotWritten() throws Exception {
        Path file = zip(plugins.resolve("evil.zip"), Map.of("../../evil.jar", new byte[1]));
        assertTrue(problemOf(file).contains("leaves its directory"));
    }

    @Test
    void aZipThatUnpacksWithoutEndIsNotLoaded() throws Exception {
        byte[] zeros = new byte[64 << 20];
        Path file =
                zip(
                        plugins.resolve("bomb.zip"),
                        Map.of(
                                "lib/1.jar", zeros,
                                "lib/2.jar", zeros,
                                "lib/3.jar", zeros,
                                "lib/4.jar", zeros,
                                "lib/5.jar", zeros));
        assertTrue(problemOf(file).contains("more than 256 MiB"));
    }

    @Test
    void noDirectoryIsAProblemAndTheBuiltInProtocolsStay() throws Exception {
        jar(work.resolve("x.jar"), "example", FITTING, jars.files("example", 7001));
        try (ProtocolCatalog maker = ProtocolCatalog.load(work);
                ProtocolCatalog catalog =
                        ProtocolCatalog.load(plugins.resolve("nowhere"))
                                .withBuiltIn("tcp", () -> instance(maker))) {
            assertTrue(onlyProblem(catalog).contains("nowhere: create it"));
            assertEquals("(built in)", catalog.byName("tcp").file());
            assertTrue(catalog.candidates().isEmpty());
            PluginException unknown =
                    assertThrows(PluginException.class, () -> catalog.byName("mysqk"));
            assertTrue(
                    unknown.getMessage().startsWith("unknown protocol 'mysqk': known are tcp;"),
                    unknown.getMessage());
        }
    }

    @Test
    void detectionWaitsForTheUndecided() throws Exception {
        jar(plugins.resolve("example.jar"), "example", FITTING, jars.files("example", 7001));
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            assertEquals(Detection.NEED_MORE, guess(catalog, "E").detection());
            assertEquals("example", guess(catalog, "EX").protocol().orElseThrow().name());
            assertEquals(Detection.NO_MATCH, guess(catalog, "XX").detection());
        }
    }

    @Test
    void closingLeavesNothingBehind() throws Exception {
        Map<String, byte[]> files = jars.files("example", 7001);
        Path own = jar(work.resolve("p.jar"), "example", FITTING, files);
        zip(plugins.resolve("e.zip"), Map.of("p.jar", Files.readAllBytes(own)));
        Path unpacked;
        try (ProtocolCatalog catalog = ProtocolCatalog.load(plugins)) {
            Protocol protocol = catalog.newInstance("example");
            unpacked =
                    Path.of(
                            protocol.getClass()
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            assertTrue(Files.exists(unpacked));
        }
        assertFalse(Files.exists(unpacked));
        assertEquals(List.of("e.zip"), names(plugins));
    }

    private static List<String> names(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static ProtocolCatalog.Guess guess(ProtocolCatalog catalog, String bytes) {
        ByteBuf first = Unpooled.copiedBuffer(bytes, StandardCharsets.US_ASCII);
        return ProtocolCatalog.detect(catalog.candidates().values(), Direction.FROM_CLIENT, first);
    }

    private static Protocol instance(ProtocolCatalog catalog) {
        try {
            return catalog.newInstance("example");
        } catch (PluginException e) {
            throw new IllegalStateException(e);
        }
    }
}
