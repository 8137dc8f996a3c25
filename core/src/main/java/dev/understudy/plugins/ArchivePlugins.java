package dev.understudy.plugins;

import dev.understudy.protocol.Protocol;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pf4j.DefaultPluginManager;
import org.pf4j.ManifestPluginDescriptorFinder;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginLoader;
import org.pf4j.PluginRuntimeException;
import org.pf4j.PluginState;
import org.pf4j.PluginWrapper;

/**
 * PF4J for archives that are given to it one by one: the class path of a plugin is its own jar and
 * its libraries, before ours. PF4J's own zip handling, which unpacks into the plugin directory, is
 * not used, nor its status file.
 */
final class ArchivePlugins extends DefaultPluginManager {
    /** Filled by {@link #load} before PF4J asks for it; PF4J knows a plugin by its path only. */
    private final Map<Path, PluginArchive> archives = new HashMap<>();

    /** A plugin that was loaded. */
    record Started(String version, Class<? extends Protocol> type) {}

    /**
     * Nothing is loaded yet.
     *
     * @param scratch a directory of the caller's that has nothing in it for PF4J to find
     */
    ArchivePlugins(Path scratch) {
        super(scratch);
        setSystemVersion(Protocol.API_VERSION);
    }

    @Override
    protected PluginDescriptorFinder createPluginDescriptorFinder() {
        return new ManifestPluginDescriptorFinder();
    }

    /** Called by PF4J's constructor, before fields of this class exist; so nothing is read here. */
    @Override
    protected PluginLoader createPluginLoader() {
        return new PluginLoader() {
            @Override
            public boolean isApplicable(Path path) {
                return true;
            }

            @Override
            public ClassLoader loadPlugin(Path path, PluginDescriptor descriptor) {
                PluginClassLoader loader =
                        new PluginClassLoader(
                                ArchivePlugins.this,
                                descriptor,
                                ProtocolCatalog.class.getClassLoader());
                loader.addFile(path.toFile());
                archives.get(path).libraries().forEach(jar -> loader.addFile(jar.toFile()));
                return loader;
            }
        };
    }

    /** Loads one archive and finds its protocol. */
    Started load(PluginArchive archive) throws UnfitPluginException {
        String file = archive.file();
        archives.put(archive.jar(), archive);
        try {
            if (!getVersionManager()
                    .checkVersionConstraint(Protocol.API_VERSION, archive.requires())) {
                throw new UnfitPluginException(
                        ("plugin %s needs plugin-api %s, this is %s: upgrade understudy, or use"
                                        + " another version of the plugin")
                                .formatted(file, archive.requires(), Protocol.API_VERSION));
            }
            return start(file, loadPlugin(archive.jar()));
        } catch (RuntimeException | LinkageError e) {
            throw new UnfitPluginException(
                    "plugin %s cannot be loaded (%s): use another version of the plugin"
                            .formatted(file, reason(e)));
        }
    }

    private Started start(String file, String id) throws UnfitPluginException {
        if (startPlugin(id) != PluginState.STARTED) {
            PluginWrapper plugin = getPlugin(id);
            throw new UnfitPluginException(
                    "plugin %s did not start (%s): use another version of the plugin"
                            .formatted(file, plugin.getPluginState()));
        }
        List<Class<? extends Protocol>> types =
                new ArrayList<>(getExtensionClasses(Protocol.class, id));
        if (types.size() != 1) {
            throw new UnfitPluginException(
                    ("plugin %s has %d protocols instead of one: its class that implements Protocol"
                                    + " needs @Extension, and META-INF/extensions.idx must name it")
                            .formatted(file, types.size()));
        }
        return new Started(getPlugin(id).getDescriptor().getVersion(), types.getFirst());
    }

    /** What went wrong, without PF4J's stack of wrappers. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause instanceof PluginRuntimeException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
