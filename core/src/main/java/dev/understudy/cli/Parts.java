package dev.understudy.cli;

import dev.understudy.plugins.ProtocolCatalog;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What commands are made of; a test brings its own.
 *
 * @param catalog opens the catalog of protocols; the command closes it
 * @param environment of the process
 */
record Parts(
        RunEngine engine,
        Recorder recorder,
        CaptureProbe probe,
        LiveCapture capture,
        Supplier<ProtocolCatalog> catalog,
        Interrupts interrupts,
        Map<String, String> environment) {
    Parts {
        environment = Map.copyOf(environment);
    }
}
