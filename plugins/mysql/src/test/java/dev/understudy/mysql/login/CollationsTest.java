package dev.understudy.mysql.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.understudy.mysql.wire.Collation;
import dev.understudy.mysql.wire.ServerVersion;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollationsTest {
    @ParameterizedTest(name = "{0} from {1} to {2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # id | online          | target          | at login | in the end                  | SET NAMES
                    45   | 10.11.1-MariaDB | 9.7.4           | 45       | utf8mb4_general_ci          | false
                    255  | 9.7.4           | 9.7.4           | 255      | utf8mb4_0900_ai_ci          | false
                    255  | 9.7.4           | 11.8.9-MariaDB  | 255      | utf8mb4_0900_ai_ci          | false
                    255  | 9.7.4           | 10.11.1-MariaDB | 246      | utf8mb4_uca1400_nopad_ai_ci | true
                    255  | 9.7.4           | 10.6.1-MariaDB  | 246      | utf8mb4_unicode_520_ci      | false
                    255  | 8.0.36          | 5.7.44          | 246      | utf8mb4_unicode_520_ci      | false
                    255  | 8.0.36          | 5.5.62          | 45       | utf8mb4_general_ci          | false
                    248  | 8.0.36          | 9.7.4           | 248      | gb18030_chinese_ci          | false
                    76   | 9.7.4           | 11.8.9-MariaDB  | 33       | utf8mb3_general_ci          | false
                    8    | 5.5.62          | 9.7.4           | 8        | latin1_swedish_ci           | false
                    """)
    void theTargetIsAskedForWhatItKnows(
            int id, String online, String target, int login, String result, boolean setNames) {
        Collation wanted = Collations.of(ServerVersion.parse(online), id);
        Collations.Choice choice =
                Collations.forTarget(wanted, ServerVersion.parse(target)).orElseThrow();
        assertEquals(login, choice.atLogin().id());
        assertEquals(result, choice.result().name());
        assertEquals(setNames, choice.setNames());
        assertTrue(Collations.of(ServerVersion.parse(target), login).isKnown());
    }

    @Test
    void aCharacterSetThatTheTargetLacksIsNotGuessed() {
        Collation chinese = Collations.of(ServerVersion.parse("8.0.36"), 248);
        ServerVersion mariaDb = ServerVersion.parse("11.8.9-MariaDB");
        assertEquals(Optional.empty(), Collations.forTarget(chinese, mariaDb));
        assertEquals(Optional.empty(), Collations.forTarget(Collation.unknown(252), mariaDb));
    }
}
