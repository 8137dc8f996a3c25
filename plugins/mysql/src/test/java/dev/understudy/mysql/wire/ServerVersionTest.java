package dev.understudy.mysql.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerVersionTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "9.7.4,                        MYSQL,   9,  7,  4",
        "5.5.5-10.11.19-MariaDB,       MARIADB, 10, 11, 19",
        "11.8.9-MariaDB-ubu2404,       MARIADB, 11, 8,  9",
        "5.5.5-10.4.1-mariadb-log,     MARIADB, 10, 4,  1",
        "5.5.62,                       MYSQL,   5,  5,  62",
        "8.0.36-28,                    MYSQL,   8,  0,  36",
        "8.0.11-TiDB-v8.5.0,           MYSQL,   8,  0,  11",
        "next,                         MYSQL,   0,  0,  0",
        "99999999999.1,                MYSQL,   0,  0,  0"
    })
    void isReadFromTheGreeting(String text, Flavour flavour, int major, int minor, int patch) {
        ServerVersion version = ServerVersion.parse(text);
        assertEquals(flavour, version.flavour());
        assertEquals(major, version.major());
        assertEquals(minor, version.minor());
        assertEquals(patch, version.patch());
    }

    @Test
    void isOrderedByNumberNotByText() {
        assertTrue(ServerVersion.parse("8.0.9").compareTo(ServerVersion.parse("8.0.36")) < 0);
        assertTrue(ServerVersion.parse("8.0.36").isAtLeast(8, 0, 36));
        assertTrue(ServerVersion.parse("9.0.0").isAtLeast(8, 4, 1));
        assertFalse(ServerVersion.parse("8.0.36").isAtLeast(8, 1, 0));
    }
}
