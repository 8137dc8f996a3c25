package dev.understudy.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequenceNumberTest {
    @ParameterizedTest(name = "{0} near {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
    # sequence | near          | unwrapped
    5          | 0             | 5
    -1         | 0             | -1
    -1         | 4294967290    | 4294967295
    3          | 4294967290    | 4294967299
    -16        | 4294967300    | 4294967280
    0          | 8589934592    | 8589934592
    2147483647 | 0             | 2147483647
    -2147483648 | 0            | -2147483648
    """)
    void isTheNearestOfThoseThatEndAlike(int sequence, long near, long unwrapped) {
        assertEquals(unwrapped, SequenceNumber.unwrap(sequence, near));
    }
}
