package dev.understudy.mysql.sql;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What MySQL 9.7 takes for a keyword, and what it writes for it in a digest. */
final class Keywords {
    /** Words with one of these behind an underscore say what a string is in. */
    private static final Set<String> CHARACTER_SETS =
            Set.of(
                    """
                    armscii8 ascii big5 binary cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932
                    dec8 eucjpms euckr gb18030 gb2312 gbk geostd8 greek hebrew hp8 keybcs2 koi8r
                    koi8u latin1 latin2 latin5 latin7 macce macroman sjis swe7 tis620 ucs2 ujis
                    utf16 utf16le utf32 utf8 utf8mb3 utf8mb4
                    """
                            .strip()
                            .split("\\s+"));

    private static final String HINT = "+";
    private static final String CALL = "()";
    private static final Map<String, String> SHOWN = read();

    private Keywords() {}

    /**
     * What stands in a digest for a word, where it is a keyword.
     *
     * @param upperCase the word
     * @param called whether a bracket stands directly behind it
     */
    static Optional<String> shown(String upperCase, boolean called) {
        String shown = SHOWN.get(upperCase);
        return Optional.ofNullable(shown == null && called ? SHOWN.get(upperCase + CALL) : shown);
    }

    /** Whether a word in upper case is one of an optimizer hint. */
    static boolean isOfHint(String upperCase) {
        return SHOWN.containsKey(HINT + upperCase);
    }

    /** Whether a word says what character set the string behind it is in. */
    static boolean isIntroducer(String lowerCase) {
        return lowerCase.startsWith("_") && CHARACTER_SETS.contains(lowerCase.substring(1));
    }

    private static Map<String, String> read() {
        Map<String, String> words = new HashMap<>();
        try (InputStream file = Keywords.class.getResourceAsStream("keywords.txt");
                BufferedReader lines =
                        new BufferedReader(
                                new InputStreamReader(file, StandardCharsets.US_ASCII))) {
            lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line -> Arrays.stream(line.split(" ", -1)))
                    .forEach(
                            word -> {
                                int equals = word.indexOf('=');
                                String key = equals < 0 ? word : word.substring(0, equals);
                                String shown =
                                        equals < 0
                                                ? word.replace(CALL, "")
                                                : word.substring(equals + 1);
                                words.put(key, shown);
                            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.copyOf(words);
    }
}
