package dev.understudy.http.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathTemplateTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    /                                            | /
                    /users/42                                    | /users/{id}
                    /users/42/                                   | /users/{id}/
                    /v1/oauth2/me                                | /v1/oauth2/me
                    /orders/order-17.json                        | /orders/order-{id}.json
                    /o/7e1f3a5c-0000-4000-8000-0123456789ab      | /o/{uuid}
                    /o/{7E1F3A5C-0000-4000-8000-0123456789AB}    | /o/{{uuid}}
                    /log/2026-11-23/a                            | /log/{date}/a
                    /log/2026-11-23T10:00:00Z                    | /log/{date}
                    /log/2026-11-23T10%3A00%3A00Z                | /log/{date}
                    /blob/d41d8cd98f00b204e9800998ecf8427e       | /blob/{hash}
                    /app.4f3c2a1b.js                             | /app.{hex}.js
                    /feed/deadbeef                               | /feed/deadbeef
                    /t/aZ3_bcdefghijklmnopqrst-9                 | /t/{token}
                    /a-fairly-long-title-of-2026-and-more        | /a-fairly-long-title-of-{id}-and-more
                    /a?x=1&y=secret                              | /a?x&y
                    /a?y=2&x=1&x=3&                              | /a?x&y
                    /a?filter[17]=x                              | /a?filter[{id}]
                    /a;jsessionid=ABC123/b?q                     | /a;jsessionid/b?q
                    /a#part                                      | /a
                    http://host:80/users/7?a=b                   | /users/{id}?a
                    http://host                                  | /
                    *                                            | *
                    //a//5                                       | //a//{id}
                    """)
    void whatIsAnotherOneEachTimeIsFolded(String target, String template) {
        assertEquals(template, PathTemplate.of(target).text());
    }

    @Test
    void anythingIsFoldedInTimeAndIsNotLong() {
        for (String piece :
                new String[] {"a1-", "9", "%", "aA1", "/", "?&=", "2026-11-23T", "{", "ä"}) {
            String text = "/" + piece.repeat(20_000);
            PathTemplate template =
                    assertTimeoutPreemptively(Duration.ofSeconds(10), () -> PathTemplate.of(text));
            assertTrue(template.text().length() <= PathTemplate.MAX_CHARACTERS, piece);
        }
        assertEquals("/", PathTemplate.of("").text());
    }
}
