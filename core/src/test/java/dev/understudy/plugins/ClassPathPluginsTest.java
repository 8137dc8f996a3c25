package dev.understudy.plugins;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathPluginsTest {
    @TempDir private Path work;

    private static URLClassLoader classPath(Path... jars) throws MalformedURLException {
        URL[] urls = new URL[jars.length];
        for (int i = 0; i < jars.length; i++) {
            urls[i] = jars[i].toUri().toURL();
        }
        return new URLClassLoader(urls, ClassPathPluginsTest.class.getClassLoader());
    }

    @Test
    void aJarOnTheClassPathIsAPlugin() throws Exception {
        Map<String, byte[]> files = new PluginJars(work).files("alpha", 4711);
        Path jar = PluginJars.jar(work.resolve("alpha.jar"), "alpha", PluginJars.FITTING, files);
        try (URLClassLoader loader = classPath(jar);
                ProtocolCatalog catalog = ProtocolCatalog.ofClassPath(loader)) {
            assertEquals(List.of(), catalog.problems());
            LoadedProtocol found = catalog.byName("alpha");
            assertEquals("1.2.0", found.version());
            assertEquals("alpha.jar", found.file());
            assertEquals("alpha", catalog.newInstance("alpha").name());
        }
    }

    @Test
    void anIndexThatNamesAMissingClassIsAProblemAndCostsTheOthersNothing() throws Exception {
        Map<String, byte[]> files = new PluginJars(work).files("alpha", 4711);
        Path good = PluginJars.jar(work.resolve("good.jar"), "good", PluginJars.FITTING, files);
        Path bad =
                PluginJars.jar(
                        work.resolve("bad.jar"),
                        "bad",
                        PluginJars.FITTING,
                        Map.of(
                                ClassPathPlugins.INDEX,
                                "no.such.Type\n".getBytes(StandardCharsets.UTF_8)));
        try (URLClassLoader loader = classPath(bad, good);
                ProtocolCatalog catalog = ProtocolCatalog.ofClassPath(loader)) {
            assertEquals("alpha", catalog.byName("alpha").name());
            assertTrue(
                    catalog.problems()
                            .getFirst()
                            .startsWith("plugin bad.jar names the class no.such.Type"),
                    () -> catalog.problems().toString());
        }
    }

    @Test
    void whereThereIsNoneTheMessageSaysWhereOneWasLookedFor() throws IOException {
        try (URLClassLoader loader = classPath();
                ProtocolCatalog catalog = ProtocolCatalog.ofClassPath(loader)) {
            PluginException unknown =
                    assertThrows(PluginException.class, () -> catalog.byName("alpha"));
            assertTrue(
                    unknown.getMessage().contains("plugins are loaded from the class path"),
                    unknown::getMessage);
        }
    }
}
