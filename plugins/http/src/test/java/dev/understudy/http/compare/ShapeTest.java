package dev.understudy.http.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShapeTest {
    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    7e1f3a5c-0000-4000-8000-0123456789ab | 11111111-0000-4000-8000-0123456789AB | UUID
                    7e1f3a5c-0000-4000-8000-0123456789ab | 7e1f3a5c-0000-4000-8000              | NONE
                    2026-11-23T10:00:00Z                 | 2026-11-23T10:00:01Z                 | TIME
                    2026-11-23 10:00:00.123              | 2026-11-23 10:00:01.456              | TIME
                    2026-11-23T10:00:00Z                 | 2026-11-23                           | NONE
                    2026-11-23                           | 2026-11-24                           | NONE
                    Mon, 23 Nov 2026 10:00:00 GMT        | Mon, 23 Nov 2026 10:00:01 GMT        | TIME
                    1795428000                           | 1795428003                           | TIME
                    1795428000123                        | 1795428003456                        | TIME
                    1795428000                           | 1795428000123                        | NONE
                    1795428000                           | 1995428000                           | NONE
                    17                                   | 18                                   | NONE
                    19.99                                | 18.99                                | NONE
                    0123456789abcdef                     | fedcba9876543210                     | HEX
                    0123456789abcdef                     | fedcba98765432100                    | NONE
                    deadbeef                             | beefdead                             | NONE
                    aZ3bcdefghijklmnopqrstu9             | Z9bcdefghijklmnopqrstuX==            | BASE64
                    a-title-of-many-words-in-2026        | a-title-of-many-words-in-2027        | NONE
                    eyJhbGciOiJIUzI1NiJ9.e30.abc         | eyJhbGciOiJIUzI1NiJ9.e30.longerone   | JWT
                    true                                 | false                                | NONE
                    """)
    void looksOfBoth(String online, String target, Shape shape) {
        assertEquals(shape, Shape.ofBoth(online, target));
        assertEquals(shape, Shape.ofBoth(target, online));
    }
}
