package dev.understudy.http.compare;

import dev.understudy.http.message.XmlText;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Bodies that are text, and what in them differs. */
final class TextComparison {
    /** Characters before and after the first difference in what is shown. */
    private static final int CONTEXT = 60;

    /** Characters of one word; longer ones are compared, and have no shape. */
    private static final int MAX_WORD = 4096;

    /** Characters before the first difference in which the name of a secret is looked for. */
    private static final int NAME_WITHIN = 1024;

    /** The word that differs; a longer one may be a secret without a name. */
    private static final int MAX_SHOWN_WORD = 40;

    private static final Pattern LONG_WORD = Pattern.compile("[A-Za-z0-9+/_]{32,}");

    /** Elements of a page that may carry a form's token (HTML, sections 4.2.5 and 4.10.5). */
    private static final Pattern TAG = Pattern.compile("(?i)<(?:input|meta)\\b[^<>]{0,4000}+>");

    private static final Pattern ATTRIBUTE =
            Pattern.compile(
                    "(?i)\\b(name|id|value|content|nonce)\\s{0,8}=\\s{0,8}(\"[^\"]{0,4000}\"|'[^']{0,4000}'|[^\\s\"'>]{1,4000})");
    private static final Pattern NONCE =
            Pattern.compile("(?i)(\\snonce=)(\"[^\"]{1,200}\"|'[^']{1,200}')");

    private TextComparison() {}

    /** The text of bytes; empty where they are none in that charset. */
    static Optional<String> decode(byte[] bytes, MediaType type) {
        Optional<Charset> charset =
                type.charset()
                        .map(TextComparison::charset)
                        .orElseGet(() -> Optional.of(guessed(bytes)));
        if (charset.isEmpty()) {
            return Optional.empty();
        }
        try {
            String text = charset.get().newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return Optional.of(text.startsWith("\uFEFF") ? text.substring(1) : text);
        } catch (CharacterCodingException e) {
            return type.charset().isPresent() || type.json()
                    ? Optional.empty()
                    : Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
        }
    }

    static Optional<Charset> charset(String name) {
        try {
            return Optional.of(Charset.forName(name));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return Optional.empty();
        }
    }

    /** UTF-8, unless the first bytes are a byte order mark or have the zeros of ASCII in UTF-16. */
    private static Charset guessed(byte[] bytes) {
        int first = bytes.length > 1 ? ((bytes[0] & 0xFF) << 8) | (bytes[1] & 0xFF) : 0x2020;
        if (first == 0xFEFF || first == 0xFFFE) {
            return StandardCharsets.UTF_16;
        }
        if (first != 0 && (first & 0xFF00) == 0) {
            return StandardCharsets.UTF_16BE;
        }
        return first != 0 && (first & 0xFF) == 0
                ? StandardCharsets.UTF_16LE
                : StandardCharsets.UTF_8;
    }

    /** A page without what each server makes for each form: CSRF tokens and nonces. */
    static String withoutTokens(String html, SecretNames names) {
        String page = NONCE.matcher(html).replaceAll("$1\"\"");
        return TAG.matcher(page)
                .replaceAll(tag -> Matcher.quoteReplacement(blanked(tag.group(), names)));
    }

    /** An XML text without the tokens that each server makes, as a login by SOAP gives them. */
    static String withoutXmlTokens(String xml, SecretNames names) {
        StringBuilder blanked = new StringBuilder(xml.length());
        int[] copied = {0};
        XmlText.read(
                xml,
                (name, start, end, _) -> {
                    if (names.bornThere(name) && end - start >= Shape.LEAST_DRAWN) {
                        blanked.append(xml, copied[0], start).append("(token)");
                        copied[0] = end;
                    }
                });
        return blanked.append(xml, copied[0], xml.length()).toString();
    }

    private static String blanked(String tag, SecretNames names) {
        Matcher attributes = ATTRIBUTE.matcher(tag);
        boolean born = false;
        while (attributes.find()) {
            String name = attributes.group(1);
            born |=
                    (name.equalsIgnoreCase("name") || name.equalsIgnoreCase("id"))
                            && names.bornThere(attributes.group(2));
        }
        return born
                ? ATTRIBUTE
                        .matcher(tag)
                        .replaceAll(
                                match ->
                                        Matcher.quoteReplacement(
                                                match.group(1).equalsIgnoreCase("value")
                                                                || match.group(1)
                                                                        .equalsIgnoreCase("content")
                                                        ? match.group(1) + blankedValue(match)
                                                        : match.group()))
                : tag;
    }

    /** What is too short to be drawn is data, and that there is none differs from any. */
    private static String blankedValue(MatchResult attribute) {
        String given = attribute.group(2);
        String value =
                given.startsWith("'") || given.startsWith("\"")
                        ? given.substring(1, given.length() - 1)
                        : given;
        return "=\"" + (value.length() < Shape.LEAST_DRAWN ? value : "(token)") + '"';
    }

    /** Offset of the first character that differs; the shorter's length where one goes on. */
    static int firstDifference(String online, String target) {
        int end = Math.min(online.length(), target.length());
        for (int i = 0; i < end; i++) {
            if (online.charAt(i) != target.charAt(i)) {
                return i;
            }
        }
        return end;
    }

    /** The text around an offset, secrets hidden. */
    static String excerpt(String text, int at, Shown shown) {
        if (at >= text.length()) {
            return "at " + at + ": the end";
        }
        // Whole words only: half a secret is not known for one, and its name stands before it.
        int wordFrom = start(text, at);
        int wordTo = Math.max(at + 1, end(text, at));
        String word = text.substring(wordFrom, wordTo);
        String lead = text.substring(Math.max(0, wordFrom - NAME_WITHIN), wordFrom);
        String before = shown.masked(lead);
        String after = text.substring(wordTo, Math.min(text.length(), wordTo + CONTEXT));
        if (!shown.masked(lead + word).equals(before + word)) {
            String masked = shown.masked(lead + word + after); // The secret may go on.
            return "at " + at + ": " + shown.text(tail(masked, 2 * CONTEXT));
        }
        String middle =
                word.length() > MAX_SHOWN_WORD ? "(" + word.length() + " characters)" : word;
        String whole = tail(before, CONTEXT) + middle + after;
        return "at " + at + ": " + shown.text(LONG_WORD.matcher(whole).replaceAll("(long word)"));
    }

    /** The last words. */
    private static String tail(String text, int characters) {
        return text.substring(start(text, Math.max(0, text.length() - characters)));
    }

    /**
     * What all differing words of two texts look like, where that explains each of them; else
     * {@link Shape#NONE}.
     */
    static Shape shapeOfDifferences(String online, String target) {
        int i = 0;
        int j = 0;
        Shape shape = Shape.NONE;
        while (i < online.length() && j < target.length()) {
            if (online.charAt(i) == target.charAt(j)) {
                i++;
                j++;
                continue;
            }
            int back = Math.min(i - start(online, i), j);
            int mineEnd = end(online, i);
            int theirsEnd = end(target, j);
            if (mineEnd == i && theirsEnd == j) {
                return Shape.NONE; // What differs is between words, and has no shape.
            }
            Shape found =
                    Shape.ofBoth(
                            online.substring(i - back, mineEnd),
                            target.substring(j - back, theirsEnd));
            if (found == Shape.NONE) {
                return Shape.NONE;
            }
            shape = shape == Shape.NONE ? found : shape;
            i = mineEnd;
            j = theirsEnd;
        }
        return i == online.length() && j == target.length() ? shape : Shape.NONE;
    }

    private static int start(String text, int from) {
        int start = from;
        while (start > 0
                && from - start < MAX_WORD
                && word(text.charAt(start - 1))
                && text.charAt(start - 1) != '=') {
            start--;
        }
        return start;
    }

    private static int end(String text, int from) {
        int end = from;
        while (end < text.length() && end - from < MAX_WORD && word(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean word(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "-_:.+/=".indexOf(c) >= 0;
    }
}
