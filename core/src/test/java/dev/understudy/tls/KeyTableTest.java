package dev.understudy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyTableTest {
    private static final String SECRET = "5ec2e7".repeat(16);

    private static String random(int number) {
        return "%064x".formatted(number);
    }

    private static String line(int number) {
        return "CLIENT_RANDOM " + random(number) + " " + SECRET;
    }

    private static Optional<ConnectionSecrets> find(KeyTable table, int number) {
        return table.find(HelloRandom.of(HexFormat.of().parseHex(random(number))));
    }

    @Test
    void keepsWhatItIsToldByTheClientsRandom() {
        KeyTable table = new KeyTable(KeyTable.Limits.defaults());
        assertFalse(table.isExpected());
        table.add(line(1), 0);
        table.add("CLIENT_TRAFFIC_SECRET_0 " + random(1) + " " + "ab".repeat(32), 0);
        table.add("  " + line(2) + "\r", 0);
        assertTrue(table.isExpected());
        assertEquals(3, table.changes());
        assertEquals(
                48, find(table, 1).orElseThrow().secret(SecretLabel.CLIENT_RANDOM).get().length);
        assertEquals(
                32,
                find(table, 1)
                        .orElseThrow()
                        .secret(SecretLabel.CLIENT_TRAFFIC_SECRET_0)
                        .get()
                        .length);
        assertTrue(find(table, 2).isPresent());
        assertEquals(Optional.empty(), find(table, 3));
        assertEquals(new KeyTable.Counts(3, 0, 0, 2, 0), table.counts());
    }

    @Test
    void nothingOfASecretIsShown() {
        KeyTable table = new KeyTable(KeyTable.Limits.defaults());
        table.add(line(1), 0);
        String shown = table + " " + find(table, 1).orElseThrow() + " " + KeyLogLine.parse(line(1));
        assertFalse(shown.contains("5ec2e7"), shown);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    a comment             | # SSL key log file
                    an empty line         | ''
                    a secret of others    | EXPORTER_SECRET R S
                    another one           | RSA 0123456789abcdef 00
                    """)
    void whatIsNotNeededIsPassedOver(String name, String line) {
        KeyTable table = new KeyTable(KeyTable.Limits.defaults());
        assertEquals(Optional.empty(), table.add(line, 0), name);
        assertEquals(new KeyTable.Counts(0, 1, 0, 0, 0), table.counts());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    two words             | CLIENT_RANDOM S                | it has 2 words
                    four words            | CLIENT_RANDOM R S S            | it has 4 words
                    a random too short    | CLIENT_RANDOM abcd S           | its client random
                    no hexadecimal random | CLIENT_RANDOM xyzR S           | its client random
                    a secret cut off      | CLIENT_RANDOM R abcdef         | its secret
                    an odd secret         | CLIENT_RANDOM R abcde          | its secret
                    another language      | hello dear world               | it does not begin
                    """)
    void aWrongLineIsToldWithoutWhatItHolds(String name, String template, String why) {
        KeyTable table = new KeyTable(KeyTable.Limits.defaults());
        String line = template.replace("R ", random(7) + " ").replace(" S", " " + SECRET).strip();
        line = line.replace("CLIENT_" + random(7), "CLIENT_R");
        String said = table.add(line, 0).orElseThrow();
        assertTrue(said.startsWith(why), name + ": " + said);
        assertFalse(said.contains("5ec2e7"), said);
        assertEquals(1, table.counts().wrong());
        assertEquals(0, table.counts().connections());
    }

    @Test
    void theOldestAreForgottenWhereThereAreTooMany() {
        KeyTable table = new KeyTable(new KeyTable.Limits(3, 1 << 20, Duration.ofHours(1)));
        for (int i = 0; i < 5; i++) {
            table.add(line(i), 0);
        }
        assertEquals(new KeyTable.Counts(5, 0, 0, 3, 2), table.counts());
        assertEquals(Optional.empty(), find(table, 1));
        assertTrue(find(table, 2).isPresent());
    }

    @Test
    void theOldestAreForgottenWhereTheyTakeTooMuch() {
        KeyTable table = new KeyTable(new KeyTable.Limits(1000, 1000, Duration.ofHours(1)));
        for (int i = 0; i < 5; i++) {
            table.add(line(i), 0);
        }
        assertEquals(new KeyTable.Counts(5, 0, 0, 2, 3), table.counts());
        assertTrue(find(table, 4).isPresent());
    }

    @Test
    void theOldAreForgotten() {
        KeyTable table = new KeyTable(new KeyTable.Limits(1000, 1 << 20, Duration.ofNanos(10)));
        table.add(line(1), 100);
        table.add(line(2), 105);
        table.expire(110);
        assertEquals(2, table.counts().connections());
        table.expire(111);
        assertEquals(1, table.counts().connections());
        assertEquals(Optional.empty(), find(table, 1));
        table.add(line(2), 112);
        table.expire(120);
        assertEquals(new KeyTable.Counts(3, 0, 0, 0, 2), table.counts());
    }
}
