package dev.understudy.http.state;

import dev.understudy.http.message.ContentCodings;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.message.XmlText;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a request's body may carry tokens: in a form, in JSON, in XML, in the fields of a multipart
 * form, each under any content codings. What is not replaced stays to the letter.
 *
 * @param codings in the order they were applied
 * @param boundary of a multipart form
 */
record RequestBody(Kind kind, List<String> codings, String boundary, TokenNames names) {
    /**
     * Bytes of a body with its content coding undone: of one that is longer nothing is replaced.
     */
    static final int MAX_DECODED_BYTES = 1 << 20;

    /** Fields of a multipart form that are looked at. */
    private static final int MAX_PARTS = 1000;

    enum Kind {
        FORM,
        JSON,
        XML,
        MULTIPART
    }

    private static final Pattern BOUNDARY =
            Pattern.compile(
                    ";\\s*boundary=(?:\"([^\"]{1,70})\"|([^\\s;\"]{1,70}))",
                    Pattern.CASE_INSENSITIVE);

    /**
     * Characters of a part's head; a longer one is not looked into, since that takes its square.
     */
    private static final int MAX_PART_HEAD = 4096;

    /** The name of a field that is no file (RFC 7578, section 4.2). */
    private static final Pattern FIELD =
            Pattern.compile(
                    "(?i)content-disposition:\\s*form-data\\s*;(?![^\\r\\n]*filename)[^\\r\\n]*?\\bname=(?:\"([^\"\\r\\n]*)\"|([^\\s;\"]+))");

    /** Empty where a body of this head carries no tokens that can be replaced. */
    static Optional<RequestBody> of(RequestHead head, TokenNames names) {
        List<String> codings = ContentCodings.of(head.fields().headers());
        String type = head.fields().first("content-type").orElse("");
        String lower = type.toLowerCase(Locale.ROOT);
        if (lower.startsWith("application/x-www-form-urlencoded")) {
            return Optional.of(new RequestBody(Kind.FORM, codings, "", names));
        }
        if (lower.startsWith("application/json") || lower.contains("+json")) {
            return Optional.of(new RequestBody(Kind.JSON, codings, "", names));
        }
        if (AnswerValues.isXml(lower)) {
            return Optional.of(new RequestBody(Kind.XML, codings, "", names));
        }
        Matcher boundary = BOUNDARY.matcher(type);
        return lower.startsWith("multipart/form-data") && boundary.find()
                ? Optional.of(
                        new RequestBody(
                                Kind.MULTIPART,
                                codings,
                                boundary.group(1) == null ? boundary.group(2) : boundary.group(1),
                                names))
                : Optional.empty();
    }

    /** What the target gave in the place of tokens, and of other values. */
    interface Tokens {
        /** What is to be sent instead; empty where the value stays. */
        Optional<String> instead(String name, String value);

        /** JSON with other values than tokens replaced, too. */
        String members(String json);
    }

    /**
     * The body with other tokens; the same array where none was replaced.
     *
     * @param whole whether these are all bytes of the body, or the first of them
     */
    byte[] replaced(byte[] body, boolean whole, Tokens tokens) {
        if (codings.isEmpty()) {
            return replacedPlain(body, whole, tokens);
        }
        if (whole
                && ContentCodings.decode(codings, body, MAX_DECODED_BYTES)
                        instanceof ContentCodings.Decoding.Plain content) {
            byte[] other = replacedPlain(content.bytes(), true, tokens);
            return Arrays.equals(other, content.bytes())
                    ? body
                    : ContentCodings.encode(codings, body, other).orElse(body);
        }
        return body;
    }

    private byte[] replacedPlain(byte[] body, boolean whole, Tokens tokens) {
        // One byte, one character: what is not replaced stays to the letter.
        String text = new String(body, StandardCharsets.ISO_8859_1);
        String now =
                switch (kind) {
                    case FORM -> {
                        int end = whole ? text.length() : text.lastIndexOf('&') + 1;
                        yield pairs(text.substring(0, end), tokens) + text.substring(end);
                    }
                    case JSON -> tokens.members(members(text, tokens));
                    case XML -> elements(text, tokens);
                    case MULTIPART -> fields(text, tokens);
                };
        return now.equals(text) ? body : now.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Names and values as forms and queries write them. */
    static String pairs(String text, Tokens tokens) {
        StringBuilder written = new StringBuilder(text.length());
        for (String pair : text.split("(?<=&)", -1)) {
            int end = pair.endsWith("&") ? pair.length() - 1 : pair.length();
            int equals = pair.indexOf('=');
            if (equals < 0 || equals >= end) {
                written.append(pair);
                continue;
            }
            String value = pair.substring(equals + 1, end);
            written.append(pair, 0, equals + 1)
                    .append(
                            tokens.instead(
                                            Escapes.fromForm(pair.substring(0, equals)),
                                            Escapes.fromForm(value))
                                    .map(found -> URLEncoder.encode(found, StandardCharsets.UTF_8))
                                    .orElse(value))
                    .append(pair, end, pair.length());
        }
        return written.toString();
    }

    private String members(String text, Tokens tokens) {
        Matcher found = names.inJson().matcher(text);
        StringBuilder written = new StringBuilder(text.length());
        int at = 0;
        while (found.find()) {
            Optional<String> other =
                    tokens.instead(
                            Escapes.fromJson(found.group(1)), Escapes.fromJson(found.group(2)));
            if (other.isPresent()) {
                written.append(text, at, found.start(2)).append(Escapes.toJson(other.get()));
                at = found.end(2);
            }
        }
        return written.append(text, at, text.length()).toString();
    }

    private static String elements(String text, Tokens tokens) {
        StringBuilder written = new StringBuilder(text.length());
        int[] copied = {0};
        XmlText.read(
                text,
                (name, start, end, raw) -> {
                    String value = text.substring(start, end);
                    tokens.instead(name, raw ? value : Escapes.fromHtml(value))
                            .filter(other -> !(raw && other.contains("]]>")))
                            .ifPresent(
                                    other -> {
                                        written.append(text, copied[0], start)
                                                .append(raw ? other : Escapes.toXml(other));
                                        copied[0] = end;
                                    });
                });
        return written.append(text, copied[0], text.length()).toString();
    }

    /** Fields whose end is there: between two boundaries, behind an empty line. */
    private String fields(String text, Tokens tokens) {
        String delimiter = "\r\n--" + boundary;
        StringBuilder written = new StringBuilder(text.length());
        int copied = 0;
        // The first boundary has no line before it.
        int part = text.startsWith(delimiter.substring(2)) ? delimiter.length() - 2 : -1;
        for (int n = 0; part >= 0 && n < MAX_PARTS; n++) {
            int content = text.indexOf("\r\n\r\n", part) + 4;
            int end = text.indexOf(delimiter, part);
            if (end < 0 || content < 4) {
                break;
            }
            if (content <= end) {
                String value = text.substring(content, end);
                Optional<String> other =
                        content - part > MAX_PART_HEAD
                                ? Optional.empty()
                                : name(text.substring(part, content))
                                        .flatMap(name -> tokens.instead(name, value));
                if (other.filter(found -> !found.contains(delimiter)).isPresent()) {
                    written.append(text, copied, content).append(other.get());
                    copied = end;
                }
            }
            part = end + delimiter.length();
        }
        return written.append(text, copied, text.length()).toString();
    }

    private static Optional<String> name(String partHead) {
        Matcher field = FIELD.matcher(partHead);
        return field.find()
                ? Optional.of(field.group(1) == null ? field.group(2) : field.group(1))
                : Optional.empty();
    }
}
