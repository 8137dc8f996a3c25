package dev.understudy.cli.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.protocol.Settings;
import dev.understudy.report.AllowedLimits;
import dev.understudy.report.SampleDetail;
import dev.understudy.session.RunLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("APP_PASSWORD", "hunter2");

    @TempDir private Path directory;

    private Configuration read(String yaml) throws IOException, ConfigurationException {
        Path file = Files.writeString(directory.resolve("c.yaml"), yaml);
        return Configuration.read(file, ENVIRONMENT, Set.of("mysql", "tcp"));
    }

    private String refused(String yaml) {
        return assertThrows(ConfigurationException.class, () -> read(yaml)).getMessage();
    }

    private Path secretFile(String content, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("secret"), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void anEmptyFileLeavesEverythingAtItsDefault() throws Exception {
        assertEquals(Configuration.defaults(), read(""));
        assertEquals(Configuration.defaults(), read("# nothing yet\n---\n"));
    }

    @Test
    void coreSectionsBecomeRecords() throws Exception {
        Configuration configuration =
                read(
                        """
                        limits: { differences: 1, left-out: 2, lost: 3, unanswered: 4, not-compared: 5, kernel-drops: 6 }
                        report: { samples: none }
                        compare: { keep: 64KiB }
                        run:
                          max-sessions: 100
                          bytes-per-session: 1MiB
                          bytes-in-all: 16MiB
                          hold-max: 1s
                          order-wait-max: 500ms
                          drain: 2m
                          connect-retries: 0
                          connect-timeout: 4s
                          idle: 1h
                          target-failure-share: 0.25
                          target-failure-minimum: 10
                        """);
        assertEquals(new AllowedLimits(1, 2, 3, 4, 5, 6), configuration.allowed());
        assertEquals(SampleDetail.NONE, configuration.samples());
        assertEquals(65_536, configuration.replyKeepBytes());
        assertEquals(
                new RunLimits(
                        100,
                        1 << 20,
                        16 << 20,
                        Duration.ofSeconds(1),
                        Duration.ofMillis(500),
                        Duration.ofMinutes(2),
                        0,
                        Duration.ofSeconds(4),
                        Duration.ofHours(1),
                        0.25,
                        10),
                configuration.run());
        assertEquals("1MiB", configuration.shown().get("run.bytes-per-session"));
    }

    @Test
    void usersOfAPluginGetTheirSecrets() throws Exception {
        Path secret = secretFile("from a file\n", "rw-------");
        Configuration configuration =
                read(
                        """
                        mysql:
                          users:
                            app: { password: "${env:APP_PASSWORD}" }
                            plain: { password: written-out }
                            zeros: { password: 1e5 }
                            "*": { as: rehearsal, password: "${file:%s}" }
                        """
                                .formatted(secret));
        Settings users = configuration.protocol("mysql").section("users");
        assertEquals("hunter2", password(users, "app"));
        assertEquals("written-out", password(users, "plain"));
        assertEquals("1e5", password(users, "zeros"));
        assertEquals("from a file", password(users, "*"));
        assertEquals(Map.of("mysql", "(set)"), configuration.shown());
        assertTrue(configuration.protocol("tcp").names().isEmpty());
        assertFalse(configuration.toString().contains("hunter2"));
    }

    private static String password(Settings users, String name) {
        return users.section(name).secret("password").orElseThrow().reveal();
    }

    @Test
    void aSecretFileLosesOneLineEndOnly() throws Exception {
        secretFile("two lines\n\r\n", "rw-------");
        Settings mysql = read("mysql: { a: '${file:secret}' }").protocol("mysql");
        assertEquals("two lines\n", mysql.secret("a").orElseThrow().reveal());
    }

    @Test
    void aSecretFileThatEverybodyCanReadIsWarnedOf() throws Exception {
        secretFile("x", "rw-r--r--");
        List<String> warnings = read("mysql: { a: '${file:secret}' }").warnings();
        assertEquals(1, warnings.size());
        assertTrue(warnings.getFirst().contains("can be read by everybody: chmod 600"));
    }

    @Test
    void aPasswordWrittenOutWhereEverybodyCanReadItIsWarnedOf() throws Exception {
        Path file =
                Files.writeString(
                        directory.resolve("c.yaml"), "mysql:\n  users: { a: { password: x } }\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        List<String> warnings =
                Configuration.read(file, ENVIRONMENT, Set.of("mysql", "tcp")).warnings();
        assertEquals(1, warnings.size(), warnings::toString);
        assertTrue(
                warnings.getFirst().contains("line 2: mysql.users.a.password is written out"),
                warnings::toString);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals(List.of(), Configuration.read(file, ENVIRONMENT, Set.of("mysql")).warnings());
        assertEquals(List.of(), read("mysql: { max-packet: 1, login: x }").warnings());
    }

    @Test
    void whatAPluginRefusesIsNamedByItsLine() throws Exception {
        Places places = read("mysql:\n  users:\n    app: { as: x }\n  allow: [a]").places();
        String file = "configuration " + directory.resolve("c.yaml") + ", line ";
        assertEquals(
                file + "3: mysql.users.app.password is missing",
                places.locateIfSetting("mysql.users.app.password is missing"));
        assertEquals(
                file + "4: unknown rule 'a' in mysql.allow: known are b",
                places.locateIfSetting("unknown rule 'a' in mysql.allow: known are b"));
        assertEquals("no mysql.allowance here", places.locateIfSetting("no mysql.allowance here"));
        assertEquals("mysql is down", places.locateIfSetting("mysql is down"));
    }

    @Test
    void aSecretFileHasALimit() throws Exception {
        secretFile("x".repeat(References.MAX_FILE_BYTES + 1), "rw-------");
        assertTrue(refused("mysql: { a: '${file:secret}' }").contains("larger than 65536 bytes"));
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
"""
# yaml, with ~ for a line end                 | part of the message
mysq: {}                                      | line 1: unknown setting 'mysq': known here are compare, copies, host, limits, mysql, report, run, tcp
limits:~  lost: 1~  lsot: 2                   | line 3: unknown setting 'limits.lsot': known here are differences
limits:~  lost: 1~  lost: 2                   | line 3: 'limits.lost' is there twice
mysql: {}~mysql: {}                           | line 2: 'mysql' is there twice
limits: 3                                     | limits must be a section
limits: { lost: -1 }                          | limits.lost must be a whole number
limits: { lost: many }                        | limits.lost must be a whole number
limits: { lost: "${env:APP_PASSWORD}" }       | limits.lost must be a whole number
run: { drain: 10 }                            | : run.drain: '10' is no duration
run: { drain: 48h }                           | run.drain must be at most 24h
run: { bytes-in-all: 12 }                     | : run.bytes-in-all: '12' is no size: write a whole number with B
run: { bytes-in-all: 12B }                    | : run.bytes-in-all must be from
run: { target-failure-share: 1.5 }            | must be a number from 0 to 1
report: { samples: some }                     | must be full or none, not 'some'
- a list                                      | the file is no list of 'name: value'
a: b: c                                       | line 1: this is no YAML
mysql: { a: "${env:NO_SUCH}" }                | line 1, mysql.a: the environment variable NO_SUCH is not set
mysql:~ users:~  - ${env:NO_SUCH}             | line 3, mysql.users[0]: the environment variable
mysql: { a: "${file:/no/such}" }              | mysql.a: the secret file /no/such cannot be read
mysql: { a: "${vault:x}" }                    | unknown reference ${vault:…}: known are ${env:NAME}
mysql: { a: "x${env:APP_PASSWORD}" }          | a reference ${…} has to be the whole value
mysql: { a: ${env:APP_PASSWORD} }             | references are written in quotes: "${env:NAME}"
mysql: &a { b: *a }                           | nested too deeply
? [a]~: b                                     | Non scalar key
""")
    void whatIsWrongIsNamed(String yaml, String part) {
        String message = refused(yaml.replace('~', '\n'));
        assertTrue(message.contains(part), message);
        assertTrue(message.contains("c.yaml"), message);
        assertFalse(message.contains("hunter2"), message);
    }

    @Test
    void aliasesThatMultiplyAreRefused() {
        StringBuilder yaml = new StringBuilder("mysql:\n  a0: &a0 [x, x]\n");
        for (int i = 1; i < 18; i++) {
            yaml.append("  a%d: &a%d [%s]\n".formatted(i, i, "*a%d, ".formatted(i - 1).repeat(9)));
        }
        String message = refused(yaml.toString());
        assertTrue(message.contains("Number of aliases"), message);
    }

    @ParameterizedTest
    @CsvSource({"500ms, PT0.5S", "30s, PT30S", "2m, PT2M", "1h, PT1H"})
    void durationsHaveUnits(String text, Duration expected) {
        assertEquals(expected, Quantities.duration(text));
    }
}
