package dev.understudy.mysql.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryValueTest {
    @ParameterizedTest(name = "{0} {2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # type | unsigned | bytes                  | text
                    1      | false    | ff                     | -1
                    1      | true     | ff                     | 255
                    2      | false    | ffff                   | -1
                    2      | true     | ffff                   | 65535
                    13     | true     | e807                   | 2024
                    3      | false    | feffffff               | -2
                    3      | true     | feffffff               | 4294967294
                    9      | false    | 05000000               | 5
                    8      | false    | 0500000000000000       | 5
                    8      | true     | ffffffffffffffff       | 18446744073709551615
                    4      | false    | 0000c03f               | 1.5
                    5      | false    | 000000000000f03f       | 1
                    10     | false    | 04e8070203             | 2024-02-03
                    10     | false    | 00                     | 0000-00-00
                    12     | false    | 04e8070203             | 2024-02-03 00:00:00
                    12     | false    | 07e8070203040506       | 2024-02-03 04:05:06
                    12     | false    | 0be807020304050600000000 | 2024-02-03 04:05:06
                    7      | false    | 0be8070203040506a0860100 | 2024-02-03 04:05:06.1
                    11     | false    | 00                     | 00:00:00
                    11     | false    | 080101000000020304     | -26:03:04
                    11     | false    | 0c000000000002030401000000 | 02:03:04.000001
                    """)
    void isTheTextOfTheValue(int type, boolean unsigned, String hex, String text) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertEquals(text, BinaryValue.text(type, unsigned, bytes, 0));
        assertEquals(bytes.length, BinaryValue.length(type, bytes, 0, bytes.length));
        assertEquals(
                BinaryValue.BROKEN, BinaryValue.length(type, bytes, 0, bytes.length - 1), "cut");
    }

    @ParameterizedTest
    @CsvSource({
        "5, 1e20, 1.0E20",
        "5, 100000000000000000000, 1.0E20",
        "4, 0.10, 0.1",
        "5, nonsense, nonsense"
    })
    void takesFloatingTextByItsValue(int type, String sent, String text) {
        assertEquals(text, BinaryValue.floatingText(type, sent));
    }
}
