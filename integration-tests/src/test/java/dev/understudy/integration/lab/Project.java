package dev.understudy.integration.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where things lie in a clone. */
public final class Project {
    private Project() {}

    /** The clone's top folder. */
    public static Path root() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve("integration-tests/lab"))) {
                return at;
            }
        }
        throw new AssertionError("not in a clone of the project: " + Path.of("").toAbsolutePath());
    }

    /** A script of the lab. */
    public static String lab(String script) {
        return root().resolve("integration-tests/lab").resolve(script).toString();
    }

    /** The jar of the example for those who write plugins. */
    public static Path examplePlugin() {
        Path target = root().resolve("examples/plugin-redis/target");
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("plugin-.*\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no jar of the plugin in " + target));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a user unpacks and runs. */
    public static Path distribution() {
        return root().resolve("dist/target/understudy");
    }
}
