package dev.understudy.plugins;

import dev.understudy.protocol.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Manifest;
import org.pf4j.processor.ExtensionStorage;

/** Finds the classes that extension indexes on a class path name, and that are protocols. */
final class ClassPathPlugins {
    /** What PF4J's annotation processor writes. */
    static final String INDEX = "META-INF/extensions.idx";

    private static final String MANIFEST = "META-INF/MANIFEST.MF";

    /** Indexes that are looked at. */
    private static final int MAX_INDEXES = 1_000;

    /**
     * A protocol's class.
     *
     * @param version of the plugin, as its manifest has it
     * @param origin name of the jar, or the folder of classes
     */
    record Found(Class<? extends Protocol> type, String version, String origin) {}

    private ClassPathPlugins() {}

    static List<Found> find(ClassLoader loader, List<String> problems) {
        List<Found> found = new ArrayList<>();
        try {
            // A folder that is on the class path twice is one plugin all the same.
            Set<String> indexes = new LinkedHashSet<>();
            for (URL index : Collections.list(loader.getResources(INDEX))) {
                indexes.add(index.toString());
            }
            for (String index : indexes.stream().limit(MAX_INDEXES).toList()) {
                for (String name : names(index)) {
                    add(index, name, loader, found, problems);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the class path cannot be read", e);
        }
        return found;
    }

    private static void add(
            String index,
            String name,
            ClassLoader loader,
            List<Found> found,
            List<String> problems) {
        try {
            Class<?> type = Class.forName(name, false, loader);
            if (Protocol.class.isAssignableFrom(type)) {
                found.add(
                        new Found(type.asSubclass(Protocol.class), version(index), origin(index)));
            }
        } catch (ClassNotFoundException | LinkageError e) {
            problems.add(
                    "plugin %s names the class %s, which cannot be loaded (%s): use another version"
                            .formatted(origin(index), name, e));
        }
    }

    private static Set<String> names(String index) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Reader in = new InputStreamReader(open(index), StandardCharsets.UTF_8)) {
            ExtensionStorage.read(in, names);
        }
        return names;
    }

    private static String version(String index) {
        String manifest = index.substring(0, index.length() - INDEX.length()) + MANIFEST;
        try (InputStream in = open(manifest)) {
            String version = new Manifest(in).getMainAttributes().getValue("Plugin-Version");
            return version == null ? "unreleased" : version;
        } catch (IOException _) {
            // A folder of classes has no manifest yet.
            return "unreleased";
        }
    }

    /** Without a cache, which would keep jars open that others want to replace. */
    private static InputStream open(String url) throws IOException {
        URLConnection connection = url(url).openConnection();
        connection.setUseCaches(false);
        return connection.getInputStream();
    }

    private static URL url(String url) throws MalformedURLException {
        return URI.create(url).toURL();
    }

    /** {@code plugin-mysql-0.1.0.jar}, or the folder. */
    private static String origin(String index) {
        String root = index.substring(0, index.length() - INDEX.length() - 1);
        if (root.endsWith("!")) {
            return root.substring(root.lastIndexOf('/') + 1, root.length() - 1);
        }
        return URI.create(root).getPath();
    }
}
