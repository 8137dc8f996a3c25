package dev.understudy.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.integration.lab.DatabaseServer;
import dev.understudy.integration.lab.Understudy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Doctor tells before a run which users the target will not let in. */
@Timeout(120)
class DoctorTest {
    @ParameterizedTest(name = "target-tls: {0}")
    @ValueSource(strings = {"off", "required"})
    void usersTheTargetRefusesAreNamed(String tls, @TempDir Path folder) throws IOException {
        Path config = folder.resolve("users.yaml");
        Files.writeString(
                config,
                """
                mysql:
                  target-tls: "%s"
                  users:
                    welcome: { password: "${env:RIGHT}" }
                    stranger: { as: nobody_here, password: "${env:RIGHT}" }
                    mistaken: { password: "${env:WRONG}" }
                """
                        .formatted(tls));
        try (DatabaseServer target = DatabaseServer.start(DatabaseServer.MYSQL_9)) {
            target.sql(
                    "create user welcome@'%' identified by 'right-pw'",
                    "create user mistaken@'%' identified by 'right-pw'");
            try (Understudy doctor =
                    Understudy.start(
                            Map.of("RIGHT", "right-pw", "WRONG", "wrong-pw"),
                            List.of(
                                    "doctor",
                                    "--online",
                                    "127.0.0.1:1",
                                    "--target",
                                    target.address(),
                                    "--protocol",
                                    "mysql",
                                    "--config",
                                    config.toString()))) {
                Understudy.Ended ended = doctor.ended();
                assertEquals(0, ended.exitCode(), ended::toString);
                assertTrue(
                        ended.printed().contains("refuses the login of 'mistaken'"),
                        ended::toString);
                assertTrue(
                        ended.printed().contains("refuses the login of 'nobody_here'"),
                        ended::toString);
                assertFalse(ended.printed().contains("'welcome'"), ended::toString);
                assertFalse(ended.toString().contains("-pw"), ended::toString);
            }
        }
    }
}
