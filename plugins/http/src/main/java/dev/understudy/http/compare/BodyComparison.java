package dev.understudy.http.compare;

import dev.understudy.http.message.ContentCodings;
import dev.understudy.http.message.ContentCodings.Decoding;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/** Compares two bodies: by their bytes first, and only where these differ by what they mean. */
final class BodyComparison {
    private static final String PLACE = "body";

    /** Bytes shown of a binary body. */
    private static final int SHOWN_BYTES = 16;

    private static final String TOO_LARGE = "too-large";
    private static final MediaType NO_TYPE = new MediaType("", Optional.empty(), Optional.empty());

    private final CompareSettings settings;
    private final Findings findings;

    BodyComparison(CompareSettings settings, Findings findings) {
        this.settings = settings;
        this.findings = findings;
    }

    /**
     * Compares the bodies of two whole answers.
     *
     * @return why they could not be compared; empty where they were
     */
    Optional<String> compare(HttpReply online, HttpReply target) {
        Body mine = online.body();
        Body theirs = target.body();
        if (mine.sentAs(theirs) && sameCharset(online, target)) {
            return Optional.empty();
        }
        if (mine.whole() && theirs.whole()) {
            return whole(online, target);
        }
        return hashed(online, target);
    }

    private Optional<String> whole(HttpReply online, HttpReply target) {
        Decoding mine = decoded(online.body());
        Decoding theirs = decoded(target.body());
        if (mine instanceof Decoding.Plain one && theirs instanceof Decoding.Plain other) {
            if (!sameCharset(online, target) || !Arrays.equals(one.bytes(), other.bytes())) {
                contents(type(online), one.bytes(), type(target), other.bytes());
            }
            return Optional.empty();
        }
        if (mine instanceof Decoding.TooLarge || theirs instanceof Decoding.TooLarge) {
            return Optional.of(TOO_LARGE);
        }
        if (mine instanceof Decoding.Unknown || theirs instanceof Decoding.Unknown) {
            return Optional.of("coding");
        }
        if (mine instanceof Decoding.Corrupt && theirs instanceof Decoding.Corrupt) {
            return Optional.of("corrupt");
        }
        findings.add(Difference.structural(Kind.BODY, PLACE, described(mine), described(theirs)));
        return Optional.empty();
    }

    private Decoding decoded(Body body) {
        return ContentCodings.decode(body.codings(), body.kept(), settings.maxDecodedBytes());
    }

    private static String described(Decoding decoding) {
        return switch (decoding) {
            case Decoding.Plain plain -> bytes(plain.bytes().length);
            case Decoding.Corrupt(String coding) -> "not " + coding + ", as its head says";
            case Decoding.TooLarge _ -> TOO_LARGE;
            case Decoding.Unknown(String coding) -> "coded as " + Shown.plain(coding, 40);
        };
    }

    /** Equal bytes of a text are the same only where they are read in one charset. */
    private static boolean sameCharset(HttpReply online, HttpReply target) {
        MediaType mine = type(online);
        MediaType theirs = type(target);
        if (!(mine.text() || mine.json())) {
            return true;
        }
        String one = charset(mine);
        String other = charset(theirs);
        return one.equals(other) || registered(one).equals(registered(other));
    }

    /** As named; JSON has one, named or not (RFC 8259, section 8.1). */
    private static String charset(MediaType type) {
        return type.charset().orElse(type.json() ? "utf-8" : "").toLowerCase(Locale.ROOT);
    }

    /** A charset may go by several names. A name that is none costs the JDK a millisecond. */
    private static String registered(String charset) {
        return TextComparison.charset(charset).map(Charset::name).orElse(charset);
    }

    private static MediaType type(HttpReply reply) {
        return reply.header("content-type").map(MediaType::of).orElse(NO_TYPE);
    }

    /** At least one was not kept whole: hashes of blocks are what there is. */
    private Optional<String> hashed(HttpReply online, HttpReply target) {
        Optional<BlockHashes.Sum> mine = sum(online.body());
        Optional<BlockHashes.Sum> theirs = sum(target.body());
        if (mine.isEmpty() || theirs.isEmpty()) {
            return Optional.of(TOO_LARGE);
        }
        Optional<BlockHashes.Parts> parts = mine.get().differsFrom(theirs.get());
        if (parts.isEmpty()) {
            return sameCharset(online, target) ? Optional.empty() : Optional.of(TOO_LARGE);
        }
        if (type(online).json() && type(target).json()) {
            // The order of members is free, and noise has a path: bytes alone do not tell.
            return Optional.of(TOO_LARGE);
        }
        findings.add(
                Difference.structural(
                        Kind.BODY,
                        PLACE,
                        bytes(mine.get().length()) + ", " + described(parts.get()),
                        bytes(theirs.get().length()) + ", " + described(parts.get())));
        return Optional.empty();
    }

    private Optional<BlockHashes.Sum> sum(Body body) {
        if (!body.whole()) {
            return body.content();
        }
        if (!(decoded(body) instanceof Decoding.Plain plain)) {
            return Optional.empty();
        }
        BlockHashes hashes = new BlockHashes();
        hashes.add(ByteBuffer.wrap(plain.bytes()));
        return Optional.of(hashes.end());
    }

    private static String described(BlockHashes.Parts parts) {
        return String.format(
                Locale.ROOT,
                "first differs in bytes %d..%d; %s, the longest stretch is bytes %d..%d",
                parts.from(),
                parts.to() - 1,
                parts.blocks() == 1 ? "1 block differs" : parts.blocks() + " blocks differ",
                parts.longestFrom(),
                parts.longestTo() - 1);
    }

    private void contents(
            MediaType onlineType, byte[] online, MediaType targetType, byte[] target) {
        if (onlineType.multipart() && targetType.multipart()) {
            String mine = withoutBoundary(onlineType, online);
            String theirs = withoutBoundary(targetType, target);
            if (!mine.equals(theirs)) {
                texts(mine, theirs);
            }
            return;
        }
        Optional<String> mine = text(onlineType, online);
        Optional<String> theirs = text(targetType, target);
        if (Arrays.equals(online, target) && mine.isPresent() != theirs.isPresent()) {
            findings.add(
                    Difference.structural(
                            Kind.BODY,
                            PLACE,
                            readAs(onlineType, mine),
                            readAs(targetType, theirs)));
        } else if (mine.isEmpty() || theirs.isEmpty()) {
            binary(online, target);
        } else if (mayBeJson(onlineType, mine.get()) && mayBeJson(targetType, theirs.get())) {
            json(mine.get(), theirs.get());
        } else if (onlineType.html() && targetType.html()) {
            texts(
                    TextComparison.withoutTokens(mine.get(), settings.names()),
                    TextComparison.withoutTokens(theirs.get(), settings.names()));
        } else if (onlineType.xml() && targetType.xml()) {
            texts(
                    TextComparison.withoutXmlTokens(mine.get(), settings.names()),
                    TextComparison.withoutXmlTokens(theirs.get(), settings.names()));
        } else {
            texts(mine.get(), theirs.get());
        }
    }

    private static String readAs(MediaType type, Optional<String> text) {
        return (text.isPresent() ? "text in " : "no text in ")
                + type.charset().map(charset -> Shown.plain(charset, 40)).orElse("no charset");
    }

    /** Each server draws the line between parts anew. */
    private static String withoutBoundary(MediaType type, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return type.boundary()
                .filter(boundary -> !boundary.isEmpty())
                .map(boundary -> text.replace("--" + boundary, "--"))
                .orElse(text);
    }

    private static Optional<String> text(MediaType type, byte[] bytes) {
        boolean known = type.text() || type.json();
        if (!known && !type.name().isEmpty() && !type.name().equals("application/octet-stream")) {
            return Optional.empty();
        }
        Optional<String> text = TextComparison.decode(bytes, type);
        return known ? text : text.filter(read -> read.indexOf('\0') < 0);
    }

    private static boolean mayBeJson(MediaType type, String text) {
        String begin = text.stripLeading();
        return type.json() || (!type.html() && (begin.startsWith("{") || begin.startsWith("[")));
    }

    private void json(String online, String target) {
        Optional<Json> mine = settings.json().read(online);
        Optional<Json> theirs = settings.json().read(target);
        if (mine.isPresent() && theirs.isPresent()) {
            new JsonComparison(settings, findings).compare(mine.get(), theirs.get());
        } else if (mine.isEmpty() && theirs.isEmpty()) {
            texts(online, target);
        } else {
            findings.add(
                    Difference.structural(
                            Kind.JSON,
                            "json:$",
                            mine.map(Json::type).orElse("no JSON: " + shown().text(online)),
                            theirs.map(Json::type).orElse("no JSON: " + shown().text(target))));
        }
    }

    private void texts(String online, String target) {
        String mine = settings.ignore().masked(online);
        String theirs = settings.ignore().masked(settings.hosts().asOnline(target));
        if (mine.equals(theirs)) {
            return;
        }
        int at = TextComparison.firstDifference(mine, theirs);
        findings.add(
                new Difference(
                        Kind.BODY,
                        PLACE,
                        PLACE,
                        TextComparison.excerpt(mine, at, shown()),
                        TextComparison.excerpt(theirs, at, shown()),
                        false,
                        TextComparison.shapeOfDifferences(mine, theirs)));
    }

    private Shown shown() {
        return new Shown(settings.names());
    }

    private void binary(byte[] online, byte[] target) {
        int at = Arrays.mismatch(online, target);
        if (at < 0) {
            return; // Neither is text in the charset it names: bytes are all there is.
        }
        findings.add(Difference.structural(Kind.BODY, PLACE, shown(online, at), shown(target, at)));
    }

    private static String shown(byte[] bytes, int at) {
        BlockHashes hashes = new BlockHashes();
        hashes.add(ByteBuffer.wrap(bytes));
        String here =
                at >= bytes.length
                        ? "the end"
                        : HexFormat.of()
                                .formatHex(bytes, at, Math.min(bytes.length, at + SHOWN_BYTES));
        return bytes(bytes.length) + ", hash " + hashes.end().shown() + ", at " + at + ": " + here;
    }

    private static String bytes(long count) {
        return String.format(Locale.ROOT, "%,d bytes", count);
    }
}
