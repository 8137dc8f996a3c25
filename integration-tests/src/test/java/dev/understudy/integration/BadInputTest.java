package dev.understudy.integration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import dev.understudy.integration.lab.HostileServer;
import dev.understudy.integration.lab.Project;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a user may get wrong, tried on the shipped launcher with the plugins it ships: the message
 * says which thing, and the exit code that nothing was begun. Options alone are tried in core.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class BadInputTest {
    private static final String SECRET = "a-secret-0815";

    /** Root without root's rights: nothing that its files' modes forbid, and no packets. */
    private static final List<String> WITHOUT_RIGHTS =
            List.of(
                    "setpriv",
                    "--inh-caps=-all",
                    "--bounding-set=-net_raw,-net_admin,-dac_override,-dac_read_search");

    private Path folder;
    private HostileServer target;

    @BeforeAll
    void files(@TempDir Path emptyFolder) throws IOException {
        folder = emptyFolder;
        target = HostileServer.start(new byte[0], false);
        write("empty", "");
        write("text", "this is a text and no capture at all\n");
        write("closed", "a file that nobody may read");
        mode("closed", "---------");
        Files.createDirectory(folder.resolve("read-only"));
        mode("read-only", "r-xr-xr-x");
        write("broken.yaml", "mysql: {\n");
        write("typo.yaml", "mysql:\n  userz: {}\n");
        write("unset.yaml", "mysql: { users: { app: { password: '${env:NO_SUCH_NAME}' } } }\n");
        write("no-file.yaml", "mysql: { users: { app: { password: '${file:none}' } } }\n");
        write("shape.yaml", "mysql:\n  users:\n    app: " + SECRET + "\n");
        write("secret", SECRET + "\n");
        mode("secret", "rw-------");
        write("dir.yaml", "run: { drain: soon }\nmysql: { users: { app: { password: x } } }\n");
        Path damaged = Files.createDirectory(folder.resolve("damaged-plugins"));
        try (Stream<Path> shipped = Files.list(Project.distribution().resolve("plugins"))) {
            for (Path plugin : shipped.toList()) {
                Files.copy(plugin, damaged.resolve(plugin.getFileName()));
            }
        }
        Files.writeString(damaged.resolve("damaged.jar"), "PK, but not for long");
        writePlugin(damaged.resolve("future.jar"), "future", ">=9.0.0 & <10.0.0");
        Path future = Files.createDirectory(folder.resolve("future-plugins"));
        writePlugin(future.resolve("mysql-of-the-future.jar"), "mysql", ">=9.0.0 & <10.0.0");
    }

    @AfterAll
    void stop() {
        target.close();
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private void mode(String name, String permissions) throws IOException {
        Files.setPosixFilePermissions(
                folder.resolve(name), PosixFilePermissions.fromString(permissions));
    }

    private static void writePlugin(Path jar, String id, String requires) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Plugin-Id", id);
        attributes.putValue("Plugin-Version", "9.0.0");
        attributes.putValue("Plugin-Requires", requires);
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream written = new JarOutputStream(out, manifest)) {
            written.finish();
        }
    }

    /** Runs it: D stands for the folder, T for the target, O for an online server that is none. */
    private Understudy.Ended run(
            List<String> under, Map<String, String> environment, String commandLine) {
        List<String> arguments = new ArrayList<>();
        for (String word : Splitter.on(' ').omitEmptyStrings().split(commandLine)) {
            arguments.add(
                    switch (word) {
                        case "T" -> target.address();
                        case "O" -> "127.0.0.1:1";
                        default ->
                                word.startsWith("D/")
                                        ? folder.resolve(word.substring(2)).toString()
                                        : word;
                    });
        }
        try (Understudy run =
                Understudy.start(under, environment, arguments, Path.of("/dev/null"))) {
            Understudy.Ended ended = run.ended();
            assertFalse(ended.toString().contains(SECRET), "shows a secret");
            assertFalse(ended.toString().contains("\tat "), ended::toString);
            return ended;
        }
    }

    private Understudy.Ended run(String commandLine) {
        return run(List.of(), Map.of("APP_PASSWORD", SECRET), commandLine);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
"""
# command line                                                             | part of the message
copy -i nosuch0 --online O --target T --protocol mysql                     | no interface 'nosuch0': there are
copy -i lo --online O --target T --protocol mysqk                          | unknown protocol 'mysqk': known are http, memcached, mysql, tcp
copy -i lo --online T --target T --protocol mysql                          | is the online server
copy -i lo --online O --target T --protocol mysql --config D/broken.yaml   | broken.yaml, line 2: this is no YAML
copy -i lo --online O --target T --protocol mysql --config D/typo.yaml     | unknown setting mysql.userz: known here are
copy -i lo --online O --target T --protocol mysql --config D/unset.yaml    | variable NO_SUCH_NAME is not set
copy -i lo --online O --target T --protocol mysql --config D/no-file.yaml  | none cannot be read
copy -i lo --online O --target T --protocol mysql --config D/shape.yaml    | mysql.users.app must be a section
copy -i lo --online O --target T --protocol mysql --config D/dir.yaml      | run.drain: 'soon' is no duration
replay D/text --online O --target T --protocol mysql                       | text: at byte 0: no capture
replay D/empty --online O --target T --protocol mysql                      | empty: at byte 0: it is empty
replay D/none --online O --target T --protocol mysql                       | none: check its name
record -i lo --online O -o D/none/file.pcapng                              | cannot be written
""")
    void isRefusedBeforeAnythingIsBegun(String commandLine, String part) {
        Understudy.Ended ended = run(commandLine);
        assertEquals(2, ended.exitCode(), ended::toString);
        assertTrue(ended.messages().contains(part), ended::toString);
        assertEquals("", ended.printed());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
"""
copy -i lo --online O --target T --protocol mysql                               | CAP_NET_RAW
record -i lo --online O -o D/file.pcapng                                        | CAP_NET_RAW
replay D/closed --online O --target T --protocol mysql                          | permissions
copy -i lo --online O --target T --protocol mysql --config D/closed             | permissions
record -i lo --online O -o D/read-only/file.pcapng                              | may be written to
""")
    void whatIsNotAllowedIsToldWithTheNextStep(String commandLine, String part) {
        Understudy.Ended ended = run(WITHOUT_RIGHTS, Map.of(), commandLine);
        assertEquals(2, ended.exitCode(), ended::toString);
        assertTrue(ended.messages().contains(part), ended::toString);
    }

    @Test
    void aReportThatCannotBeWrittenIsToldBeforeTheRun() throws IOException {
        List<String> arguments =
                List.of(
                        Project.distribution().resolve("bin/understudy").toString(),
                        "replay",
                        folder.resolve("text").toString(),
                        "--online=127.0.0.1:1",
                        "--target=" + target.address(),
                        "--protocol=mysql",
                        "--report=" + folder.resolve("read-only/report"));
        List<String> command = new ArrayList<>(WITHOUT_RIGHTS);
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(2, process.onExit().join().exitValue(), printed);
        assertTrue(printed.contains("read-only/report cannot be written"), printed);
    }

    @Test
    void pluginsThatDoNotFitAreNamedAndTheOthersWork() {
        Map<String, String> damaged =
                Map.of("UNDERSTUDY_PLUGINS", folder.resolve("damaged-plugins").toString());
        Understudy.Ended listed = run(List.of(), damaged, "plugins");
        assertEquals(2, listed.exitCode(), listed::toString);
        assertTrue(listed.printed().contains("mysql"), listed::toString);
        assertTrue(listed.messages().contains("plugin damaged.jar is damaged"), listed::toString);
        assertTrue(
                listed.messages().contains("plugin future.jar needs plugin-api >=9.0.0"),
                listed::toString);
        assertTrue(listed.messages().contains("this is 1.0.0"), listed::toString);
    }

    @Test
    void aProtocolWhosePluginDoesNotFitIsRefusedWithTheReason() {
        Understudy.Ended ended =
                run(
                        List.of(),
                        Map.of("UNDERSTUDY_PLUGINS", folder.resolve("future-plugins").toString()),
                        "copy -i lo --online O --target T --protocol mysql");
        assertEquals(2, ended.exitCode(), ended::toString);
        assertTrue(ended.messages().contains("unknown protocol 'mysql'"), ended::toString);
        assertTrue(
                ended.messages().contains("mysql-of-the-future.jar needs plugin-api >=9.0.0"),
                ended::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy", "record", "replay", "plugins", "doctor"})
    void everyCommandHasHelp(String command) {
        Understudy.Ended help = run(command + " --help");
        assertEquals(0, help.exitCode(), help::toString);
        assertTrue(help.printed().startsWith("Usage: understudy " + command), help::toString);
    }

    @Test
    void theVersionNamesThePluginApi() {
        Understudy.Ended version = run("copy --version");
        assertEquals(0, version.exitCode(), version::toString);
        assertTrue(
                version.printed().matches("understudy \\S+ \\(plugin-api \\S+, Java \\d+\\)\\s+"),
                version::toString);
    }

    @Test
    void doctorTellsWhatIsMissingAndGoesOn() {
        Understudy.Ended ended =
                run(
                        WITHOUT_RIGHTS,
                        Map.of(),
                        "doctor -i lo --online O --target 127.0.0.1:2 --protocol mysql"
                                + " --duration 1s");
        assertEquals(2, ended.exitCode(), ended::toString);
        for (String line :
                List.of(
                        "ok       interface   lo is there",
                        "failed   permission  CAP_NET_RAW is missing",
                        "failed   target      127.0.0.1:2 cannot be reached",
                        "warning  mysql       mysql.users is empty")) {
            assertTrue(ended.printed().contains(line), ended::toString);
        }
    }
}
