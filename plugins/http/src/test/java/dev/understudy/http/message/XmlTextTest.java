package dev.understudy.http.message;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class XmlTextTest {
    private static List<String> values(String text) {
        List<String> values = new ArrayList<>();
        XmlText.read(
                text,
                (name, start, end, raw) ->
                        values.add(name + (raw ? "!" : "=") + text.substring(start, end)));
        return values;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # text                                           | values
                    <a>1</a>                                         | a=1
                    <?xml version='1.0'?><p:a><b> 1 2 </b></p:a>     | b=1 2
                    <a b='1' c:d="2>3" e = '4'/>5                    | b=1, d=2>3, e=4
                    <a x='y'>1</a>                                   | x=y, a=1
                    <a><![CDATA[<b>1</b>]]></a>                      | a!<b>1</b>
                    <a>1<b>2</b>3</a>                                | b=2
                    <a></a><b> </b>                                  |
                    <!DOCTYPE a [<!ENTITY x "1">]><a>2</a>           | a=2
                    <!-- <a>1</a> --><a>2</a>                        | a=2
                    <a b>1</a>                                       | a=1
                    <a b=1>2</a>                                     | a=2
                    1 < 2 <a>3</a>                                   | a=3
                    <a>1<a>2</a>                                     | a=2
                    <größe>1</größe>                                 | größe=1
                    """)
    void whatStandsUnderANameIsFound(String text, String found) {
        List<String> all = values(text);
        assertEquals(found == null ? "" : found, String.join(", ", all));
        // Cut anywhere, no other value is found: a value has an end.
        for (int cut = 0; cut < text.length(); cut++) {
            List<String> some = values(text.substring(0, cut));
            assertEquals(all.subList(0, some.size()), some, "cut at " + cut);
        }
    }

    /** A text whose characters were looked at by its square would not end today. */
    @ParameterizedTest
    @ValueSource(strings = {"<", "<a", "<a ", "<a>", "<a b=", "</", "<!--", "<![CDATA[", "a:<"})
    @Timeout(60)
    void isReadOnce(String piece) {
        assertEquals(List.of(), values(piece.repeat(1_000_001)));
    }
}
