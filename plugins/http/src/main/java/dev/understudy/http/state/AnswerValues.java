package dev.understudy.http.state;

import dev.understudy.http.message.ContentCodings;
import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.RequestHead;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.http.message.XmlText;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The values that one answer gives its client to send again: cookies, tokens by their names, the
 * validator of the resource, the challenge of a Digest login. A slot tells what a value is, as
 * {@code cookie/sid}.
 */
public final class AnswerValues {
    /** Bytes of a body, as sent and decoded, that are looked at; what comes later is not. */
    public static final int MAX_BODY_BYTES = 256 * 1024;

    /** Values of one answer. */
    private static final int MAX_VALUES = 256;

    /** Characters of a value; what is longer is none. */
    static final int MAX_VALUE = 8 * 1024;

    /** Least characters of a token that is told by its field's name: "true" is none. */
    private static final int MIN_TOKEN = 6;

    /** The same in the address of a redirect, where {@code state=pending} is a word, too. */
    private static final int MIN_IN_LOCATION = 8;

    private static final Pattern TAG =
            Pattern.compile("<(?:input|meta)\\b([^<>]{0,4000})>", Pattern.CASE_INSENSITIVE);
    private static final Pattern ATTRIBUTE =
            Pattern.compile(
                    "\\b(name|value|content)\\s*+=\\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\\s\"'>]++))",
                    Pattern.CASE_INSENSITIVE);

    /** How answers of a run are read. */
    public record Reading(Side side, boolean on, TokenNames names, MadeIds ids) {
        /**
         * Begins with an answer.
         *
         * @param asked the request as it was captured: a validator belongs to its path
         * @param digest the credential that was sent to this server, where it is a Digest
         */
        public AnswerValues begin(ResponseHead head, RequestHead asked, Optional<String> digest) {
            return new AnswerValues(this, head, asked, digest);
        }
    }

    private enum Content {
        NONE,
        JSON,
        XML,
        HTML
    }

    private final Reading reading;
    private final RequestHead asked;
    private final Map<String, String> values = new LinkedHashMap<>(4);
    private final Content content;
    private final List<String> codings;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private boolean bodyRead;

    private AnswerValues(
            Reading reading, ResponseHead head, RequestHead asked, Optional<String> digest) {
        this.reading = reading;
        this.asked = asked;
        this.codings = ContentCodings.of(head.fields().headers());
        this.content = reading.on() ? content(head.fields()) : Content.NONE;
        if (reading.on()) {
            readHead(head, asked.path(), digest);
            reading.ids().give(asked, head, this::put);
        }
    }

    private static Content content(Fields fields) {
        String type = fields.first("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (type.startsWith("application/json") || type.contains("+json")) {
            return Content.JSON;
        }
        if (type.startsWith("text/html") || type.startsWith("application/xhtml")) {
            return Content.HTML;
        }
        return isXml(type) ? Content.XML : Content.NONE;
    }

    /** Whether a media type, in lower case, is XML (RFC 7303, section 8); a picture is none. */
    static boolean isXml(String type) {
        String name = type.split(";", 2)[0].strip();
        return name.equals("application/xml")
                || name.equals("text/xml")
                || (name.startsWith("application/") && name.endsWith("+xml"));
    }

    private void readHead(ResponseHead head, String path, Optional<String> digest) {
        for (FieldLine line : head.fields().lines()) {
            String name = line.header().name();
            String value = line.header().value();
            switch (name.toLowerCase(Locale.ROOT)) {
                case "set-cookie" -> cookie(value);
                case "etag" -> put("etag/" + path, value);
                case "www-authenticate" -> challenge(value);
                case "authentication-info" -> nextNonce(value, digest);
                case "location" -> location(value);
                default -> {
                    if (reading.names().isHeader(name)) {
                        put("header/" + name.toLowerCase(Locale.ROOT), value);
                    }
                }
            }
        }
    }

    private void cookie(String value) {
        int end = value.indexOf(';');
        String pair = end < 0 ? value : value.substring(0, end);
        int equals = pair.indexOf('=');
        if (equals > 0) {
            put("cookie/" + pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
        }
    }

    /** The online nonce stands for the target's whole challenge, which the answer is made of. */
    private void challenge(String value) {
        Optional<DigestChallenge> challenge = DigestChallenge.of(value);
        challenge.ifPresent(
                found ->
                        put("digest/nonce", reading.side() == Side.ONLINE ? found.nonce() : value));
    }

    /**
     * The nonce of the user's next request (RFC 7616, section 3.5); the rest of the challenge
     * stays.
     */
    private void nextNonce(String value, Optional<String> digest) {
        Optional<String> next = DigestChallenge.nextNonce(value);
        if (reading.side() == Side.ONLINE) {
            next.ifPresent(nonce -> put("digest/nonce", nonce));
        } else if (next.isPresent()) {
            digest.flatMap(DigestChallenge::of)
                    .ifPresent(sent -> put("digest/nonce", sent.withNonce(next.get()).text()));
        }
    }

    /** What a login by redirects hands from one server to the other by way of the client. */
    private void location(String value) {
        for (String pair : value.split("[?&#]", MAX_VALUES)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? "" : pair.substring(0, equals);
            String given = Escapes.fromForm(pair.substring(equals + 1));
            if (given.length() >= MIN_IN_LOCATION && reading.names().isParameter(name)) {
                put("location/" + name.toLowerCase(Locale.ROOT), given);
            }
        }
    }

    private void put(String slot, String value) {
        if (!value.isEmpty() && value.length() <= MAX_VALUE && values.size() < MAX_VALUES) {
            values.put(slot, value);
        }
    }

    /** Takes a piece of the body, transfer coding undone; its indices stay. */
    public void body(ByteBuf piece) {
        int room = MAX_BODY_BYTES - body.size();
        if (content == Content.NONE || room <= 0) {
            return;
        }
        byte[] bytes = new byte[Math.min(room, piece.readableBytes())];
        piece.getBytes(piece.readerIndex(), bytes);
        body.writeBytes(bytes);
    }

    /** The values by their slots, when the answer has ended. */
    public Map<String, String> values() {
        if (!bodyRead) {
            bodyRead = true;
            switch (content) {
                case NONE -> {}
                case JSON -> {
                    String text = text();
                    json(text);
                    reading.ids().give(asked, text, this::put);
                }
                case XML -> xml(text());
                case HTML -> html(text());
            }
            body.reset();
        }
        return values;
    }

    private void json(String text) {
        Matcher found = reading.names().inJson().matcher(text);
        for (int i = 0; found.find() && i < MAX_VALUES; i++) {
            token(found.group(1), Escapes.fromJson(found.group(2)), i);
        }
    }

    private void xml(String text) {
        int[] tokens = {0};
        XmlText.read(
                text,
                (name, start, end, raw) -> {
                    if (tokens[0] < MAX_VALUES && reading.names().isField(name)) {
                        String value = text.substring(start, end);
                        token(name, raw ? value : Escapes.fromHtml(value), tokens[0]++);
                    }
                });
    }

    private void html(String text) {
        Matcher tags = TAG.matcher(text);
        int tokens = 0;
        while (tags.find() && tokens < MAX_VALUES) {
            String name = "";
            String value = "";
            Matcher attributes = ATTRIBUTE.matcher(tags.group(1));
            while (attributes.find()) {
                String said =
                        Escapes.fromHtml(
                                List.of(2, 3, 4).stream()
                                        .map(attributes::group)
                                        .filter(group -> group != null)
                                        .findFirst()
                                        .orElse(""));
                if (attributes.group(1).equalsIgnoreCase("name")) {
                    name = said;
                } else {
                    value = said;
                }
            }
            if (reading.names().isField(name)) {
                token(name, value, tokens++);
            }
        }
    }

    /** The n-th token of a page stands for the n-th of the other's. */
    private void token(String name, String value, int index) {
        if (value.length() >= MIN_TOKEN) {
            put("field/" + name.toLowerCase(Locale.ROOT) + "/" + index, value);
        }
    }

    private String text() {
        return new String(
                ContentCodings.beginning(codings, body.toByteArray(), MAX_BODY_BYTES),
                StandardCharsets.UTF_8);
    }
}
