package dev.understudy.integration.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Project;
import dev.understudy.integration.lab.Shell;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kit's tests, and a rehearsal of real servers that run as plain processes, in a process of
 * {@code nobody} without any capability, where Netty finds no native library either: what a laptop
 * with Docker Desktop has. Red where such a process cannot be made.
 */
@Timeout(300)
class UnprivilegedTest {
    @Test
    void theKitNeedsNoPrivilegeAndNoEpoll(@TempDir Path folder) throws IOException {
        try (DatabaseServer online = DatabaseServer.start(DatabaseServer.MARIADB_10);
                DatabaseServer target = DatabaseServer.start(DatabaseServer.MARIADB_11)) {
            for (DatabaseServer server : List.of(online, target)) {
                server.sql(
                        "create database app",
                        "create user app@'%' identified by 'app-password'",
                        "grant all on app.* to app@'%'");
            }
            String printed = runAsNobody(folder, online.address(), target.address());
            assertTrue(printed.contains("uid 65534, capabilities 0000000000000000"), printed);
            assertTrue(printed.contains("transport NIO"), printed);
            assertTrue(printed.matches("(?s).*ran [1-9][0-9]+ tests, 0 failed.*"), printed);
        }
    }

    private static String runAsNobody(Path folder, String online, String target)
            throws IOException {
        // Where Maven keeps jars nobody else may read.
        Path readable = Files.createDirectory(folder.resolve("classpath"));
        List<String> entries = new ArrayList<>();
        List<String> all =
                new ArrayList<>(
                        Splitter.on(File.pathSeparatorChar)
                                .splitToList(System.getProperty("java.class.path")));
        all.add(Project.root().resolve("testkit/target/test-classes").toString());
        for (String entry : all) {
            if (Files.exists(Path.of(entry))) {
                Path copy = readable.resolve(entries.size() + "-" + Path.of(entry).getFileName());
                Shell.run("cp", "-r", entry, copy.toString());
                entries.add(copy.toString());
            }
        }
        Shell.run("chmod", "-R", "a+rX", folder.toString());
        return Shell.run(
                Map.of("HOME", "/nonexistent"),
                List.of(
                        "setpriv",
                        "--reuid=nobody",
                        "--regid=nogroup",
                        "--clear-groups",
                        "--inh-caps=-all",
                        "--bounding-set=-all",
                        "--no-new-privs",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dio.netty.transport.noNative=true",
                        "-Xmx256m",
                        "-cp",
                        String.join(File.pathSeparator, entries),
                        UnprivilegedRun.class.getName(),
                        online,
                        target));
    }
}
