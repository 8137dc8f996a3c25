package dev.understudy.plugins;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import dev.understudy.protocol.Detection;
import dev.understudy.protocol.Direction;
import dev.understudy.protocol.Protocol;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pf4j.DefaultExtensionFactory;

/**
 * The protocols that can be chosen. A plugin that does not fit is a line of {@link #problems} and
 * costs the others nothing. Safe for use by several threads; closing it unloads the plugins, so it
 * stays open as long as a protocol of it is used.
 */
public final class ProtocolCatalog implements AutoCloseable {
    /** Files in the plugin directory that are looked at. */
    public static final int MAX_PLUGINS = 100;

    private record Entry(LoadedProtocol protocol, Supplier<Protocol> maker) {
        private String name() {
            return protocol.name();
        }

        private String file() {
            return protocol.file();
        }

        private boolean isBuiltIn() {
            return file().equals(LoadedProtocol.BUILT_IN);
        }
    }

    /** Where plugins come from, for messages. */
    private final String origin;

    private final Map<String, Entry> entries;
    private final List<String> problems;
    private final Runnable unload;

    private ProtocolCatalog(
            String origin, Map<String, Entry> entries, List<String> problems, Runnable unload) {
        this.origin = origin;
        this.entries = entries;
        this.problems = List.copyOf(problems);
        this.unload = unload;
    }

    /**
     * Loads every {@code .jar} and {@code .zip} of a directory, in the order of their names. A
     * directory that is not there gives a catalog without plugins, and a problem.
     */
    public static ProtocolCatalog load(Path directory) {
        List<String> problems = new ArrayList<>();
        List<Path> files = files(directory, problems);
        if (files.isEmpty()) {
            return new ProtocolCatalog(directory.toString(), Map.of(), problems, () -> {});
        }
        Path scratch = scratch();
        ArchivePlugins plugins = new ArchivePlugins(scratch);
        List<Entry> loaded = new ArrayList<>();
        for (PluginArchive archive : archives(files, scratch, problems)) {
            try {
                loaded.add(entry(archive, plugins));
            } catch (UnfitPluginException e) {
                problems.add(e.getMessage());
            }
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        unambiguous(loaded, Entry::name, Entry::file, "have the protocol name", problems)
                .forEach(entry -> entries.put(entry.name(), entry));
        return new ProtocolCatalog(
                directory.toString(),
                entries,
                problems,
                () -> {
                    plugins.unloadPlugins();
                    delete(scratch);
                });
    }

    /**
     * The protocols on a class path: of classes that an extension index ({@value
     * ClassPathPlugins#INDEX}) names, as PF4J's annotation processor writes it. For tests, whose
     * build tool puts plugins there.
     */
    public static ProtocolCatalog ofClassPath(ClassLoader loader) {
        List<String> problems = new ArrayList<>();
        List<Entry> found = new ArrayList<>();
        for (ClassPathPlugins.Found plugin : ClassPathPlugins.find(loader, problems)) {
            try {
                found.add(entry(plugin.type(), plugin.version(), plugin.origin()));
            } catch (UnfitPluginException e) {
                problems.add(e.getMessage());
            }
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        unambiguous(found, Entry::name, Entry::file, "have the protocol name", problems)
                .forEach(entry -> entries.put(entry.name(), entry));
        return new ProtocolCatalog("the class path", entries, problems, () -> {});
    }

    /**
     * This catalog and a protocol of our own, which a plugin of the same name does not replace.
     * Closing either catalog closes both.
     */
    public ProtocolCatalog withBuiltIn(String name, Supplier<Protocol> maker) {
        Protocol probe = maker.get();
        Map<String, Entry> more = new LinkedHashMap<>(entries);
        List<String> found = new ArrayList<>(problems);
        LoadedProtocol protocol =
                new LoadedProtocol(
                        name,
                        Protocol.API_VERSION,
                        LoadedProtocol.BUILT_IN,
                        new TreeSet<>(probe.usualPorts()));
        Entry replaced = more.put(name, new Entry(protocol, maker));
        if (replaced != null) {
            found.add(
                    "plugin %s brings the protocol '%s', which is built in: the plugin is not used"
                            .formatted(replaced.protocol().file(), name));
        }
        return new ProtocolCatalog(origin, more, found, unload);
    }

    /** The protocols, plugins first. */
    public List<LoadedProtocol> protocols() {
        return entries.values().stream().map(Entry::protocol).toList();
    }

    /** What is wrong with the plugin directory: a sentence for each, with its next step. */
    public List<String> problems() {
        return problems;
    }

    /**
     * The protocol of this name.
     *
     * @throws PluginException where there is none; the message names those there are, and what is
     *     wrong with the plugin directory
     */
    public LoadedProtocol byName(String name) throws PluginException {
        Entry entry = entries.get(name);
        if (entry == null) {
            String known =
                    entries.isEmpty()
                            ? "there is none"
                            : "known are " + String.join(", ", new TreeSet<>(entries.keySet()));
            throw new PluginException(
                    "unknown protocol '%s': %s; plugins are loaded from %s%s"
                            .formatted(
                                    name,
                                    known,
                                    origin,
                                    problems.stream()
                                            .map(problem -> "\n  " + problem)
                                            .collect(joining())));
        }
        return entry.protocol();
    }

    /** The protocol whose servers usually listen on this port; empty for none or several. */
    public Optional<LoadedProtocol> byPort(int port) {
        List<LoadedProtocol> fitting =
                protocols().stream()
                        .filter(protocol -> protocol.usualPorts().contains(port))
                        .toList();
        return fitting.size() == 1 ? Optional.of(fitting.getFirst()) : Optional.empty();
    }

    /** A fresh instance of each plugin's protocol, by name, to ask for {@link #detect}. */
    public Map<String, Protocol> candidates() {
        Map<String, Protocol> candidates = new LinkedHashMap<>();
        entries.forEach(
                (name, entry) -> {
                    if (!entry.isBuiltIn()) {
                        candidates.put(name, entry.maker().get());
                    }
                });
        return candidates;
    }

    /**
     * Asks protocols for the first bytes of a direction.
     *
     * @return a match; else need-more while any still wants to see more; else no match
     */
    public static Guess detect(
            Collection<Protocol> candidates, Direction direction, ByteBuf firstBytes) {
        boolean undecided = false;
        for (Protocol candidate : candidates) {
            Detection detection = candidate.detect(direction, firstBytes.duplicate());
            if (detection == Detection.MATCH) {
                return new Guess(detection, Optional.of(candidate));
            }
            undecided |= detection == Detection.NEED_MORE;
        }
        return new Guess(undecided ? Detection.NEED_MORE : Detection.NO_MATCH, Optional.empty());
    }

    /**
     * What several protocols make of first bytes.
     *
     * @param protocol the one that matches, present with {@link Detection#MATCH} only
     */
    public record Guess(Detection detection, Optional<Protocol> protocol) {}

    /**
     * A new instance; each copy of a run gets one of its own.
     *
     * @throws PluginException where there is no protocol of this name, or it cannot be made
     */
    public Protocol newInstance(String name) throws PluginException {
        LoadedProtocol protocol = byName(name);
        try {
            return entries.get(name).maker().get();
        } catch (RuntimeException | LinkageError e) {
            throw new PluginException(
                    "plugin %s fails in the constructor of its protocol (%s): use another version"
                            .formatted(protocol.file(), e));
        }
    }

    @Override
    public void close() {
        unload.run();
    }

    private static List<PluginArchive> archives(
            List<Path> files, Path scratch, List<String> problems) {
        List<PluginArchive> archives = new ArrayList<>();
        for (Path file : files) {
            String name = file.getFileName().toString();
            try {
                archives.add(
                        name.endsWith(".zip")
                                ? PluginArchive.ofZip(file, scratch.resolve(name + ".d"))
                                : PluginArchive.ofJar(file));
            } catch (UnfitPluginException e) {
                problems.add(e.getMessage());
            }
        }
        return unambiguous(
                archives, PluginArchive::id, PluginArchive::file, "have the Plugin-Id", problems);
    }

    /** Leaves out all that share a name: which of them was meant is not ours to guess. */
    private static <T> List<T> unambiguous(
            List<T> all,
            Function<T, String> name,
            Function<T, String> file,
            String share,
            List<String> problems) {
        Map<String, List<T>> byName =
                all.stream().collect(Collectors.groupingBy(name, LinkedHashMap::new, toList()));
        List<T> single = new ArrayList<>();
        byName.forEach(
                (shared, some) -> {
                    if (some.size() == 1) {
                        single.add(some.getFirst());
                    } else {
                        problems.add(
                                "plugins %s %s '%s' and none of them is used: remove all but one"
                                        .formatted(
                                                some.stream().map(file).collect(joining(" and ")),
                                                share,
                                                shared));
                    }
                });
        return single;
    }

    private static Entry entry(PluginArchive archive, ArchivePlugins plugins)
            throws UnfitPluginException {
        ArchivePlugins.Started started = plugins.load(archive);
        return entry(started.type(), started.version(), archive.file());
    }

    private static Entry entry(Class<? extends Protocol> type, String version, String file)
            throws UnfitPluginException {
        try {
            Supplier<Protocol> maker = () -> new DefaultExtensionFactory().create(type);
            Protocol probe = maker.get();
            return new Entry(
                    new LoadedProtocol(
                            probe.name(), version, file, new TreeSet<>(probe.usualPorts())),
                    maker);
        } catch (RuntimeException | LinkageError e) {
            throw new UnfitPluginException(
                    "plugin %s fails when asked for its name and ports (%s): use another version"
                            .formatted(file, e));
        }
    }

    private static List<Path> files(Path directory, List<String> problems) {
        if (!Files.isDirectory(directory)) {
            problems.add(
                    "no plugin directory %s: create it, or name another with UNDERSTUDY_PLUGINS"
                            .formatted(directory));
            return List.of();
        }
        try (Stream<Path> list = Files.list(directory)) {
            List<Path> files =
                    list.filter(
                                    file ->
                                            file.toString().endsWith(".jar")
                                                    || file.toString().endsWith(".zip"))
                            .sorted()
                            .limit(MAX_PLUGINS + 1)
                            .toList();
            if (files.size() > MAX_PLUGINS) {
                problems.add(
                        "plugin directory %s has more than %d plugins: the others are not loaded"
                                .formatted(directory, MAX_PLUGINS));
                return files.subList(0, MAX_PLUGINS);
            }
            return files;
        } catch (IOException | UncheckedIOException e) {
            problems.add(
                    "plugin directory %s cannot be read (%s): check its permissions"
                            .formatted(directory, e.getMessage()));
            return List.of();
        }
    }

    private static Path scratch() {
        try {
            return Files.createTempDirectory("understudy-plugins").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Best effort: what stays is in the system's temporary directory. */
    private static void delete(Path directory) {
        try (Stream<Path> tree = Files.walk(directory)) {
            tree.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // The system clears its temporary directory in the end.
            return;
        }
    }
}
