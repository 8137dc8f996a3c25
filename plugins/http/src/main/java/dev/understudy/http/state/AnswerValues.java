package dev.understudy.http.state;

import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.ResponseHead;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * The values that one answer gives its client to send again: cookies, tokens by their names, the
 * validator of the resource, the challenge of a Digest login. A slot tells what a value is, as
 * {@code cookie/sid}.
 */
public final class AnswerValues {
    /** Bytes of a body, as sent and decoded, that are looked at; what comes later is not. */
    public static final int MAX_BODY_BYTES = 256 * 1024;

    /** Values of one answer. */
    private static final int MAX_VALUES = 64;

    /** Characters of a value; what is longer is none. */
    static final int MAX_VALUE = 8 * 1024;

    /** Least characters of a token that is told by its field's name: "true" is none. */
    private static final int MIN_TOKEN = 6;

    private static final Pattern TAG =
            Pattern.compile("<(?:input|meta)\\b([^<>]{0,4000})>", Pattern.CASE_INSENSITIVE);
    private static final Pattern ATTRIBUTE =
            Pattern.compile(
                    "\\b(name|value|content)\\s*+=\\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\\s\"'>]++))",
                    Pattern.CASE_INSENSITIVE);

    /** How answers of a run are read. */
    public record Reading(Side side, boolean on, TokenNames names) {
        /**
         * Begins with an answer.
         *
         * @param path of the request, for the validator belongs to it
         */
        public AnswerValues begin(ResponseHead head, String path) {
            return new AnswerValues(this, head, path);
        }
    }

    private enum Content {
        NONE,
        JSON,
        HTML
    }

    private final Reading reading;
    private final Map<String, String> values = new LinkedHashMap<>(4);
    private final Content content;
    private final String coding;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private boolean bodyRead;

    private AnswerValues(Reading reading, ResponseHead head, String path) {
        this.reading = reading;
        this.coding = String.join(",", head.fields().members("content-encoding"));
        this.content = reading.on() ? content(head.fields()) : Content.NONE;
        if (reading.on()) {
            readHead(head, path);
        }
    }

    private static Content content(Fields fields) {
        String type = fields.first("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (type.startsWith("application/json") || type.contains("+json")) {
            return Content.JSON;
        }
        return type.startsWith("text/html") || type.startsWith("application/xhtml")
                ? Content.HTML
                : Content.NONE;
    }

    private void readHead(ResponseHead head, String path) {
        for (FieldLine line : head.fields().lines()) {
            String name = line.header().name();
            String value = line.header().value();
            switch (name.toLowerCase(Locale.ROOT)) {
                case "set-cookie" -> cookie(value);
                case "etag" -> put("etag/" + path, value);
                case "www-authenticate" -> challenge(value);
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
                case JSON -> json(text());
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
        byte[] raw = body.toByteArray();
        return new String(
                switch (coding) {
                    case "" -> raw;
                    case "gzip", "x-gzip" -> decoded(raw, false);
                    case "deflate" -> decoded(raw, true);
                    default -> new byte[0];
                },
                StandardCharsets.UTF_8);
    }

    /** As much as can be read of a body that may be cut, or not be what it says. */
    private static byte[] decoded(byte[] raw, boolean deflate) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try (InputStream in = deflate ? inflating(raw) : gunzipping(raw)) {
            byte[] chunk = new byte[8 * 1024];
            for (int n = in.read(chunk);
                    n >= 0 && plain.size() < MAX_BODY_BYTES;
                    n = in.read(chunk)) {
                plain.write(chunk, 0, Math.min(n, MAX_BODY_BYTES - plain.size()));
            }
        } catch (IOException _) {
            // What was read until here is all there is.
        }
        return plain.toByteArray();
    }

    private static InputStream gunzipping(byte[] raw) throws IOException {
        return new GZIPInputStream(new ByteArrayInputStream(raw));
    }

    /** With zlib's header, as the standard wants it, or without, as some servers send it. */
    private static InputStream inflating(byte[] raw) {
        int header = raw.length < 2 ? 1 : ((raw[0] & 0xff) << 8) | (raw[1] & 0xff);
        boolean zlib = ((header >> 8) & 0x0f) == 8 && header % 31 == 0;
        return new InflaterInputStream(new ByteArrayInputStream(raw), new Inflater(!zlib));
    }
}
