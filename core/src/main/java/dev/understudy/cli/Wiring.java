package dev.understudy.cli;

import dev.understudy.opaque.OpaqueTcp;
import dev.understudy.plugins.ProtocolCatalog;
import java.nio.file.Path;
import java.util.Map;

/** The parts of this installation. */
final class Wiring {
    private Wiring() {}

    /** What the commands of the process are made of. */
    static Parts parts(Map<String, String> environment) {
        Path plugins = plugins(environment);
        LiveSources live = new LiveSources();
        return new Parts(
                new CopyEngine(live),
                live,
                live,
                live,
                () -> ProtocolCatalog.load(plugins).withBuiltIn("tcp", OpaqueTcp::new),
                Interrupts.ofProcess(),
                environment);
    }

    /** {@code UNDERSTUDY_PLUGINS}, else the folder of the distribution. */
    private static Path plugins(Map<String, String> environment) {
        String named = environment.get("UNDERSTUDY_PLUGINS");
        return named == null
                ? Path.of(System.getProperty("understudy.home", "."), "plugins")
                : Path.of(named);
    }
}
