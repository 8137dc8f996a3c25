package dev.understudy.plugins;

import dev.understudy.protocol.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A jar or zip of the plugin directory, looked at before any class of it is loaded. A jar is the
 * plugin itself. A zip holds the plugin's jar, told by the {@code Plugin-Id} in its manifest, and
 * the jars it needs besides, by custom in {@code lib/}.
 *
 * @param file the name in the plugin directory, to call it by
 * @param id its {@code Plugin-Id}
 * @param jar the plugin's own jar
 * @param libraries the other jars
 * @param requires the versions of plugin-api that it was made for, as its manifest says it
 */
record PluginArchive(String file, String id, Path jar, List<Path> libraries, String requires) {
    /** Files in a zip. */
    static final int MAX_ENTRIES = 1_000;

    /** Bytes of a zip, unpacked. */
    static final long MAX_UNPACKED_BYTES = 256L * 1024 * 1024;

    private static final String API_CLASS =
            Protocol.class.getName().replace('.', '/').concat(".class");

    static PluginArchive ofJar(Path jar) throws UnfitPluginException {
        return of(jar.getFileName().toString(), List.of(jar));
    }

    /** Unpacks the zip into {@code into}, an empty directory that stays the caller's. */
    static PluginArchive ofZip(Path zip, Path into) throws UnfitPluginException {
        String file = zip.getFileName().toString();
        try (ZipFile open = new ZipFile(zip.toFile())) {
            return of(file, unpackJars(file, open, into));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static PluginArchive of(String file, List<Path> jars) throws UnfitPluginException {
        List<Path> libraries = new ArrayList<>();
        Optional<PluginArchive> found = Optional.empty();
        for (Path jar : jars) {
            try (JarFile open = new JarFile(jar.toFile())) {
                if (open.getEntry(API_CLASS) != null) {
                    throw new UnfitPluginException(
                            ("plugin %s holds a copy of plugin-api (in %s): build it with"
                                            + " plugin-api in scope 'provided'")
                                    .formatted(file, jar.getFileName()));
                }
                Manifest manifest =
                        Optional.ofNullable(open.getManifest()).orElseGet(Manifest::new);
                if (manifest.getMainAttributes().getValue("Plugin-Id") == null) {
                    libraries.add(jar);
                } else if (found.isPresent()) {
                    throw new UnfitPluginException(
                            "plugin %s holds two plugins, %s and %s: give each a file of its own"
                                    .formatted(
                                            file,
                                            found.get().jar().getFileName(),
                                            jar.getFileName()));
                } else {
                    found = Optional.of(describe(file, jar, manifest));
                }
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        }
        PluginArchive plugin =
                found.orElseThrow(
                        () ->
                                new UnfitPluginException(
                                        ("plugin %s has no Plugin-Id in its manifest: it is no"
                                                        + " plugin, take it out of the plugin directory")
                                                .formatted(file)));
        return new PluginArchive(
                file, plugin.id(), plugin.jar(), List.copyOf(libraries), plugin.requires());
    }

    private static PluginArchive describe(String file, Path jar, Manifest manifest)
            throws UnfitPluginException {
        String requires = manifest.getMainAttributes().getValue("Plugin-Requires");
        if (requires == null || requires.isBlank() || requires.strip().equals("*")) {
            throw new UnfitPluginException(
                    ("plugin %s does not say which plugin-api it needs: add 'Plugin-Requires:"
                                    + " >=%s & <%d.0.0' to its manifest")
                            .formatted(
                                    file,
                                    Protocol.API_VERSION,
                                    Integer.parseInt(Protocol.API_VERSION.split("\\.", 2)[0]) + 1));
        }
        String id = manifest.getMainAttributes().getValue("Plugin-Id");
        return new PluginArchive(file, id, jar, List.of(), requires.strip());
    }

    private static List<Path> unpackJars(String file, ZipFile zip, Path into)
            throws IOException, UnfitPluginException {
        if (zip.size() > MAX_ENTRIES) {
            throw new UnfitPluginException(
                    "plugin %s has %d entries, more than %d: it is not loaded"
                            .formatted(file, zip.size(), MAX_ENTRIES));
        }
        List<Path> jars = new ArrayList<>();
        long left = MAX_UNPACKED_BYTES;
        for (ZipEntry entry : zip.stream().toList()) {
            Path to = into.resolve(entry.getName()).normalize();
            if (!to.startsWith(into)) {
                throw new UnfitPluginException(
                        "plugin %s has an entry that leaves its directory, '%s': it is not loaded"
                                .formatted(file, entry.getName()));
            }
            if (!entry.isDirectory() && entry.getName().endsWith(".jar")) {
                Files.createDirectories(to.getParent());
                left -= unpack(zip, entry, to, left);
                if (left < 0) {
                    throw new UnfitPluginException(
                            "plugin %s unpacks to more than %d MiB: it is not loaded"
                                    .formatted(file, MAX_UNPACKED_BYTES >> 20));
                }
                jars.add(to);
            }
        }
        return jars;
    }

    /** Writes at most {@code limit} bytes and one more; announced sizes are not believed. */
    private static long unpack(ZipFile zip, ZipEntry entry, Path to, long limit)
            throws IOException {
        byte[] chunk = new byte[64 * 1024];
        long written = 0;
        try (InputStream in = zip.getInputStream(entry);
                OutputStream out = Files.newOutputStream(to)) {
            for (int n = in.read(chunk); n >= 0 && written <= limit; n = in.read(chunk)) {
                int fitting = (int) Math.min(n, limit + 1 - written);
                out.write(chunk, 0, fitting);
                written += fitting;
            }
        }
        return written;
    }

    private static UnfitPluginException unreadable(String file, IOException e) {
        String why = e instanceof ZipException ? "is damaged" : "cannot be read";
        return new UnfitPluginException(
                "plugin %s %s (%s): copy it again".formatted(file, why, e.getMessage()));
    }
}
