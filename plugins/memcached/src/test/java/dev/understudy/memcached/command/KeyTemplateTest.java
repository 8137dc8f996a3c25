package dev.understudy.memcached.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyTemplateTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            # key                                             | template
            user:1234:name                                    | user:*:name
            session.0f8fad5b-d9cb-469f-a165-70867728950e      | session.*
            config                                            | config
            a-name-of-words                                   | a-name-of-words
            averyveryverylongsegmentthatnobodywouldwrite/x    | */x
            k1                                                | *
            """)
    void whatChangesFromKeyToKeyIsFolded(String key, String template) {
        assertEquals(template, KeyTemplate.of(key));
    }
}
