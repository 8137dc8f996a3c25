package dev.understudy.memcached.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the control's answer makes of a difference. */
class ComparisonTest {
    private final Comparison comparison = new Comparison(true);

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # case                          | online   | target   | control  | comes to
                    no control                      | a=1      | a=2      |          | value
                    the control agrees              | a=1      | a=2      | a=1      | value
                    a value of its own each time    | a=1      | a=2      | a=3      | noise
                    the same, and only there        | a=1      | a=1      | a=3      | same
                    another kind of difference      | a=1      | -        | a=3      | evicted
                    evicted on both                 | a=1      | -        | -        | noise
                    extra on both                   | -        | a=2      | a=3      | noise
                    extra on the target alone       | -        | a=2      | -        | extra
                    noise beside what is the same   | a=1 b=1  | a=2 b=1  | a=3 b=1  | noise
                    noise beside a difference       | a=1 b=1  | a=2 b=2  | a=3 b=1  | value b
                    noise in front of an eviction   | a=1 b=1  | a=2      | a=3 b=1  | evicted b
                    two kinds of noise              | a=1 b=1  | a=2      | a=3      | noise
                    cold on the control             | a=1      | -        | a? -     | evicted
                    unsure on the control           | a=1      | a=2      | a! a=3   | value
                    an error that both give         | a=1      | ERROR    | ERROR    | noise
                    an error of the target          | a=1      | ERROR    | a=1      | error
                    an error of the control         | a=1      | a=2      | ERROR    | value
                    """)
    void noiseIsToldFromFaults(
            String name, String online, String target, String control, String comesTo) {
        CacheReply third = control == null ? null : read(control);
        assertEquals(
                comesTo,
                told(comparison.compare(read(online), read(target), Optional.ofNullable(third))));
    }

    @Test
    void aNumberThatIsAnotherEachTimeIsNoiseAndAReservedControlTellsNothing() {
        Ask incr = Ask.loud(Kind.COUNT, "incr", List.of("n"), 0, new Shape.Count());
        CacheReply online = CacheReply.online(incr, new Answer.Counted("1", "n", 0));
        CacheReply target = CacheReply.online(incr, new Answer.Counted("2", "n", 0));
        CacheReply control = CacheReply.online(incr, new Answer.Counted("3", "n", 0));
        CacheReply reserved =
                new CacheReply(
                        incr, control.answer(), Map.of(), Optional.of("cold"), Optional.empty());
        assertEquals("noise", told(comparison.compare(online, target, Optional.of(control))));
        assertEquals("number", told(comparison.compare(online, target, Optional.of(online))));
        assertEquals("number", told(comparison.compare(online, target, Optional.of(reserved))));
    }

    /** A verdict's word, and of a difference in one of several items its key. */
    private static String told(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Same() -> "same";
            case Verdict.NotCompared(String reason) -> reason;
            case Verdict.Different(String kind, String online, String _) ->
                    online.startsWith("b: ") ? kind + " b" : kind;
        };
    }

    /** Items as {@code key=value}; before them keys that are cold ({@code ?}) or unsure there. */
    private static CacheReply read(String words) {
        List<Item> items = new ArrayList<>();
        Map<String, KeyPast> pasts = new HashMap<>();
        Answer answer = new Answer.Items(items);
        for (String word : words.split(" ", -1)) {
            switch (word.charAt(word.length() > 1 ? 1 : 0)) {
                case '-' -> {}
                case '?' -> pasts.put(word.substring(0, 1), KeyPast.COLD);
                case '!' -> pasts.put(word.substring(0, 1), KeyPast.UNSURE);
                case '=' ->
                        items.add(
                                Item.of(
                                        word.substring(0, 1),
                                        0,
                                        KeptValue.of(word.substring(2).getBytes(ISO_8859_1)),
                                        0));
                default -> answer = new Answer.Failed(word, "");
            }
        }
        if (answer instanceof Answer.Items) {
            answer = new Answer.Items(items);
        }
        Ask get =
                Ask.loud(
                        Kind.READ,
                        "get",
                        words.contains("b=") ? List.of("a", "b") : List.of("a", "b").subList(0, 1),
                        0,
                        new Shape.Items());
        return new CacheReply(get, answer, pasts, Optional.empty(), Optional.empty());
    }
}
