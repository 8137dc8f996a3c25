package dev.understudy.memcached.text;

import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CasUse;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.command.Silence;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads command lines. What a line means for the bytes behind it has to be certain: one that
 * announces a value and is not well formed is malformed here, since servers differ in whether they
 * then read the value or take it for commands. Whatever else is wrong is the server's to refuse.
 *
 * @see "memcached 1.6, doc/protocol.txt"
 */
public final class TextRequests {
    /** Bytes of a key. */
    public static final int MAX_KEY_BYTES = 250;

    /** Bytes of the line end behind a value. */
    static final int LINE_END_BYTES = 2;

    /** The rule under which commands are not sent whose meaning is not known here. */
    public static final String UNKNOWN_COMMAND = "unknown-command";

    /** Commands that look after a server: each is a rule by its own name. */
    public static final Set<String> CONTROLS =
            Set.of(
                    "flush_all",
                    "stats",
                    "verbosity",
                    "lru",
                    "lru_crawler",
                    "slabs",
                    "cache_memlimit",
                    "refresh_certs",
                    "reload_certs",
                    "debugtime",
                    "debug",
                    "extstore",
                    "misbehave",
                    "shutdown",
                    "watch",
                    "config",
                    "me");

    private static final String TOO_LARGE = "a value is longer than the limit";

    private static final String BAD_STORE =
            "a command with a value is not well formed, so where the value ends is not certain";

    private static final Set<String> STORED = Set.of("STORED", "NOT_STORED");

    /** What a store that depends on a cas value is answered with. */
    public static final Set<String> CAS_STORED =
            Set.of("STORED", "NOT_STORED", "EXISTS", "NOT_FOUND");

    private final LineReader lines;
    private final long maxValueBytes;

    /**
     * Reads by these limits.
     *
     * @param maxLineBytes of a command line, its end included
     * @param maxValueBytes of a value that is announced
     */
    public TextRequests(int maxLineBytes, long maxValueBytes) {
        this.lines = new LineReader(maxLineBytes);
        this.maxValueBytes = maxValueBytes;
    }

    /**
     * Reads one command line at {@code in}'s reader index, and leaves the index where it is: a line
     * that is incomplete is to be shown again from there. Complete's length is the line's, without
     * the value behind it.
     */
    public Decoded<Ask> decode(ByteBuf in) {
        return switch (lines.next(in)) {
            case Decoded.Incomplete<Line>(int missing) -> new Decoded.Incomplete<>(missing);
            case Decoded.Malformed<Line>(int at, String reason) ->
                    new Decoded.Malformed<>(at, reason);
            case Decoded.Complete<Line>(Line line, int length) -> ask(line, length);
        };
    }

    private Decoded<Ask> ask(Line line, int length) {
        String command = line.word(0);
        return switch (command) {
            case "set", "add", "replace", "append", "prepend", "cas" -> store(line, length);
            case "ms" -> metaSet(line, length);
            // ElastiCache's own: a value follows, and by which word its length goes is not told.
            case "config" ->
                    line.word(1).equals("get")
                            ? new Decoded.Complete<>(withoutValue(line), length)
                            : new Decoded.Malformed<>(0, BAD_STORE);
            default -> new Decoded.Complete<>(withoutValue(line), length);
        };
    }

    private static Ask withoutValue(Line line) {
        String command = line.word(0);
        return switch (command) {
            case "get", "gets" -> read(line, 1);
            case "gat", "gats" -> read(line, 2);
            case "delete" -> delete(line);
            case "incr", "decr" -> count(line);
            case "touch" ->
                    one(
                            Kind.TOUCH,
                            line,
                            new Shape.Words(Set.of("TOUCHED", "NOT_FOUND")),
                            Numbers.whole(line.word(2)).isPresent(),
                            3);
            case "version" -> bare(Kind.VERSION, command, new Shape.Words(Set.of("VERSION")));
            case "mn" -> bare(Kind.BARRIER, command, new Shape.Words(Set.of("MN")));
            case "quit" -> bare(Kind.QUIT, command, new Shape.None());
            case "mg" -> meta(Kind.READ, line, 2, 0);
            case "md" -> meta(Kind.DELETE, line, 2, 0);
            case "ma" -> meta(Kind.COUNT, line, 2, 0);
            default -> other(line);
        };
    }

    private static Ask bare(Kind kind, String command, Shape shape) {
        return Ask.loud(kind, command, List.of(), 0, shape);
    }

    // Classic commands.

    private static Ask read(Line line, int firstKey) {
        List<String> keys = line.from(firstKey);
        boolean proper = !keys.isEmpty() && keys.stream().allMatch(TextRequests::isKey);
        Ask ask =
                Ask.loud(Kind.READ, line.word(0), keys, 0, new Shape.Items()).shownAs(line.shown());
        ask = line.word(0).endsWith("s") ? ask.givingCas() : ask;
        return proper ? ask : ask.improper();
    }

    private Decoded<Ask> store(Line line, int length) {
        boolean cas = line.word(0).equals("cas");
        int plain = cas ? 6 : 5;
        OptionalLong bytes = Numbers.natural(line.word(4));
        boolean proper =
                isKey(line.word(1))
                        && (line.size() == plain || line.size() == plain + 1)
                        && Numbers.natural(line.word(2)).orElse(-1) >>> 32 == 0
                        && isInt(line.word(3))
                        && bytes.isPresent()
                        && (!cas || Numbers.unsigned(line.word(5)).isPresent());
        if (!proper) {
            return new Decoded.Malformed<>(0, BAD_STORE);
        }
        if (bytes.getAsLong() > maxValueBytes) {
            return new Decoded.Malformed<>(line.starts().get(4), TOO_LARGE);
        }
        Ask ask =
                Ask.loud(
                                kindOfStore(line.word(0)),
                                line.word(0),
                                List.of(line.word(1)),
                                bytes.getAsLong() + LINE_END_BYTES,
                                new Shape.Words(cas ? CAS_STORED : STORED))
                        .shownAs(line.shown());
        if (cas) {
            ask = ask.dependingOn(casAt(line, 5, 0));
        }
        return new Decoded.Complete<>(noreply(ask, line, plain), length);
    }

    private static boolean isInt(String word) {
        OptionalLong number = Numbers.whole(word);
        return number.isPresent() && number.getAsLong() == (int) number.getAsLong();
    }

    private static CasUse casAt(Line line, int word, int behindLetter) {
        String digits = line.word(word).substring(behindLetter);
        return new CasUse(
                line.starts().get(word) + behindLetter,
                digits.length(),
                Long.parseUnsignedLong(digits));
    }

    private static Kind kindOfStore(String command) {
        return switch (command) {
            case "set" -> Kind.SET;
            case "add" -> Kind.ADD;
            default -> Kind.MODIFY;
        };
    }

    private static Ask delete(Line line) {
        boolean proper =
                line.size() == 2
                        || (line.size() <= 4
                                && (line.word(2).equals("0") || line.word(2).equals("noreply")));
        return one(
                Kind.DELETE,
                line,
                new Shape.Words(Set.of("DELETED", "NOT_FOUND")),
                proper,
                Math.max(2, line.size() - 1));
    }

    private static Ask count(Line line) {
        return one(
                Kind.COUNT, line, new Shape.Count(), Numbers.unsigned(line.word(2)).isPresent(), 3);
    }

    /** A command of one key whose {@code noreply} stands, if it is there, at that place. */
    private static Ask one(Kind kind, Line line, Shape shape, boolean proper, int noreplyAt) {
        boolean keyed = isKey(line.word(1));
        Ask ask =
                Ask.loud(kind, line.word(0), keyed ? List.of(line.word(1)) : List.of(), 0, shape)
                        .shownAs(line.shown());
        Ask heard = noreply(ask, line, noreplyAt);
        return proper && keyed ? heard : heard.improper();
    }

    private static Ask noreply(Ask ask, Line line, int at) {
        return at == line.size() - 1 && line.word(at).equals("noreply")
                ? ask.silent(Silence.UNSAID)
                : ask;
    }

    // Meta commands.

    private Decoded<Ask> metaSet(Line line, int length) {
        OptionalLong bytes = Numbers.natural(line.word(2));
        if (bytes.isEmpty() || !isKey(line.word(1))) {
            return new Decoded.Malformed<>(0, BAD_STORE);
        }
        if (bytes.getAsLong() > maxValueBytes) {
            return new Decoded.Malformed<>(line.starts().get(2), TOO_LARGE);
        }
        Kind kind =
                switch (line.flag(3, 'M').orElse("S")) {
                    case "E", "e" -> Kind.ADD;
                    case "A", "a", "P", "p", "R", "r" -> Kind.MODIFY;
                    default -> Kind.SET;
                };
        return new Decoded.Complete<>(
                meta(kind, line, 3, bytes.getAsLong() + LINE_END_BYTES), length);
    }

    private static Ask meta(Kind kind, Line line, int firstFlag, long bodyBytes) {
        String written = line.word(1);
        Optional<String> key =
                line.flag(firstFlag, 'b').isPresent() ? decoded(written) : Optional.of(written);
        boolean keyed = key.isPresent() && isKey(key.get());
        Optional<String> returned =
                line.flag(firstFlag, 'k').isPresent() ? Optional.of(written) : Optional.empty();
        Ask ask =
                Ask.loud(
                                kind,
                                line.word(0),
                                keyed ? key.stream().toList() : List.of(),
                                bodyBytes,
                                new Shape.Meta(
                                        line.word(0),
                                        line.flag(firstFlag, 'O'),
                                        returned,
                                        line.flag(firstFlag, 'C').isPresent()
                                                ? Optional.empty()
                                                : Optional.of(
                                                        line.flag(firstFlag, 'v').isPresent())))
                        .shownAs(line.shown());
        if (line.flag(firstFlag, 'c').isPresent()) {
            ask = ask.givingCas();
        }
        if (line.flag(firstFlag, 'q').isPresent()) {
            ask = ask.silent(kind == Kind.READ ? Silence.MISS : Silence.DONE);
        }
        // What an append or a counter begins where nothing was.
        if ((kind == Kind.COUNT || kind == Kind.MODIFY) && line.flag(firstFlag, 'N').isPresent()) {
            ask = ask.creating();
        }
        ask = comparing(ask, line, firstFlag);
        return keyed ? ask : ask.improper();
    }

    private static Ask comparing(Ask ask, Line line, int firstFlag) {
        for (int i = firstFlag; i < line.size(); i++) {
            String word = line.word(i);
            if (word.charAt(0) == 'C' && Numbers.unsigned(word.substring(1)).isPresent()) {
                return ask.dependingOn(casAt(line, i, 1));
            }
        }
        return ask;
    }

    private static Optional<String> decoded(String base64) {
        try {
            return Optional.of(
                    new String(Base64.getDecoder().decode(base64), StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    // The rest.

    private static Ask other(Line line) {
        String command = line.word(0);
        if (command.equals("config")) {
            return bare(Kind.CONTROL, command, new Shape.Settings())
                    .shownAs(line.shown())
                    .under(command);
        }
        if (CONTROLS.contains(command)) {
            return noreply(
                    bare(Kind.CONTROL, command, new Shape.Lines())
                            .shownAs(line.shown())
                            .under(command),
                    line,
                    Math.max(1, line.size() - 1));
        }
        return bare(Kind.UNKNOWN, "unknown", new Shape.Lines())
                .shownAs("a command that is not known")
                .under(UNKNOWN_COMMAND)
                .improper();
    }

    private static boolean isKey(String key) {
        return !key.isEmpty() && key.length() <= MAX_KEY_BYTES;
    }

    // What is sent.

    /** A head with another cas value in its place. */
    public static ByteBuf withCas(ByteBuf head, CasUse use, long cas) {
        ByteBuf out = Unpooled.buffer(head.readableBytes() + 20);
        int start = head.readerIndex();
        int behind = use.at() + use.length();
        out.writeBytes(head, start, use.at());
        out.writeCharSequence(Long.toUnsignedString(cas), StandardCharsets.US_ASCII);
        return out.writeBytes(head, start + behind, head.readableBytes() - behind);
    }

    /**
     * The head of an {@code add} as that of a store which no item lets pass: a {@code cas} with a
     * number that none has, or with the flag C and in the mode of a set.
     */
    public static ByteBuf withCasThatNoneHas(ByteBuf head) {
        Line line = lineOf(head);
        String none = Long.toUnsignedString(CasUse.NONE_HAS);
        if (line.word(0).equals("add")) {
            return joined(line, Map.of(0, "cas"), none);
        }
        for (int i = 3; i < line.size(); i++) {
            if (line.word(i).charAt(0) == 'M') {
                return joined(line, Map.of(i, "MS"), "C" + none);
            }
        }
        throw new IllegalArgumentException("an add by no known form");
    }

    /** The number that a counter begins with where it is not there. */
    public static OptionalLong initial(ByteBuf head) {
        return Numbers.unsigned(lineOf(head).flag(2, 'J').orElse("0"));
    }

    /** A head of a counter that begins with another number. */
    public static ByteBuf withInitial(ByteBuf head, String digits) {
        Line line = lineOf(head);
        for (int i = 2; i < line.size(); i++) {
            if (line.word(i).charAt(0) == 'J') {
                return joined(line, Map.of(i, "J" + digits), "");
            }
        }
        return joined(line, Map.of(), "J" + digits);
    }

    private static Line lineOf(ByteBuf head) {
        return Line.of(head, head.readableBytes());
    }

    /** The line with other words in some places, and one more behind them. */
    private static ByteBuf joined(Line line, Map<Integer, String> others, String more) {
        List<String> words = new ArrayList<>(line.words());
        others.forEach(words::set);
        if (!more.isEmpty()) {
            words.add(more);
        }
        return Unpooled.copiedBuffer(String.join(" ", words) + "\r\n", StandardCharsets.ISO_8859_1);
    }

    /** A head that depends on no cas value any more: a {@code set}, or without the flag C. */
    public static ByteBuf withoutCas(ByteBuf head, Ask ask, CasUse use) {
        int start = head.readerIndex();
        ByteBuf out = Unpooled.buffer(head.readableBytes());
        int from = 0;
        boolean classic = ask.operation().equals("cas");
        if (classic) {
            // Blanks may stand before the command.
            int command = head.bytesBefore((byte) 'c');
            out.writeBytes(head, start, command);
            out.writeCharSequence("set", StandardCharsets.US_ASCII);
            from = command + "cas".length();
        }
        // The blank before the number, or before the flag's letter.
        int until = use.at() - (classic ? 1 : 2);
        int behind = use.at() + use.length();
        out.writeBytes(head, start + from, until - from);
        return out.writeBytes(head, start + behind, head.readableBytes() - behind);
    }
}
