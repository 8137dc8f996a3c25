package dev.understudy.memcached.text;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Answers;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.Item;
import dev.understudy.memcached.command.KeptValue;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pairing;
import dev.understudy.memcached.command.Pending;
import dev.understudy.memcached.command.Shape;
import dev.understudy.memcached.command.Silence;
import dev.understudy.protocol.Decoded;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the answers of one side. Each line says by its shape whose it is: one that cannot be the
 * answer to the request that is due shows that this request stayed without one, if it may, and else
 * that something is wrong. Values are read piece by piece as they come.
 *
 * @see "memcached 1.6, doc/protocol.txt"
 */
public final class TextAnswers implements Answers {
    static final String UNEXPECTED = "unexpected-answer";
    static final String OUT_OF_STEP = "out-of-step";

    /** Bytes of a line of an answer; keys are listed with what is known of them. */
    private static final int MAX_LINE_BYTES = 16 * 1024;

    /** Keys behind the last one that are looked at before all are. */
    private static final int LOOK_AHEAD = 8;

    private static final Found NOTHING = new Found.Nothing();
    private static final Set<String> ERRORS = Set.of("ERROR", "CLIENT_ERROR", "SERVER_ERROR");

    /** What opens each line of a list but its last. */
    private static final Set<String> LISTED = Set.of("STAT", "ITEM", "PREFIX", "mg");

    private static final Set<String> WORDS =
            Set.of(
                    "ERROR",
                    "CLIENT_ERROR",
                    "SERVER_ERROR",
                    "VALUE",
                    "END",
                    "STORED",
                    "NOT_STORED",
                    "EXISTS",
                    "NOT_FOUND",
                    "DELETED",
                    "TOUCHED",
                    "OK",
                    "RESET",
                    "BUSY",
                    "BADCLASS",
                    "VERSION",
                    "CONFIG",
                    "STAT",
                    "ITEM",
                    "PREFIX",
                    "HD",
                    "VA",
                    "EN",
                    "NS",
                    "EX",
                    "NF",
                    "MN",
                    "ME");

    private final Pairing pairing;
    private final long maxValueBytes;
    private final int keepBytes;

    private final LineReader lines = new LineReader(MAX_LINE_BYTES);

    private Optional<Reading> reading = Optional.empty();

    /** An answer of which a part was read. */
    private static final class Reading {
        private final Pending request;
        private final List<Item> items = new ArrayList<>(1);

        /** The same for each value, whatever came before: the other side may lack some. */
        private final int keep;

        private final KeysAsked asked;
        private Optional<Line> head = Optional.empty();
        private Optional<KeptValue.Keeper> value = Optional.empty();

        private Reading(Pending request, int keepBytes) {
            this.request = request;
            this.keep = request.ask().keptBytes(keepBytes);
            this.asked = new KeysAsked(request.ask().keys());
        }
    }

    /**
     * Says of each key that an answer names whether it was asked for: by their order, most often.
     */
    private static final class KeysAsked {
        private final List<String> keys;
        private int next;
        private Set<String> all = Set.of();

        private KeysAsked(List<String> keys) {
            this.keys = keys;
        }

        private boolean holds(String key) {
            for (int i = next; i < Math.min(keys.size(), next + LOOK_AHEAD); i++) {
                if (keys.get(i).equals(key)) {
                    next = i + 1;
                    return true;
                }
            }
            if (all.isEmpty()) {
                all = new HashSet<>(keys);
            }
            return all.contains(key);
        }
    }

    /**
     * Reads by these limits.
     *
     * @param maxValueBytes of a value that is announced
     * @param keepBytes of an answer that are kept
     */
    public TextAnswers(Pairing pairing, long maxValueBytes, int keepBytes) {
        this.pairing = pairing;
        this.maxValueBytes = maxValueBytes;
        this.keepBytes = keepBytes;
    }

    @Override
    public Found next(ByteBuf in) {
        while (true) {
            if (reading.isPresent() && reading.get().value.isPresent()) {
                Optional<Found> found = value(reading.get(), in);
                if (found.isPresent()) {
                    return found.get();
                }
                continue;
            }
            switch (lines.next(in)) {
                case Decoded.Incomplete<Line> _ -> {
                    return NOTHING;
                }
                case Decoded.Malformed<Line>(int _, String reason) -> {
                    return broken("malformed-answer", reason);
                }
                case Decoded.Complete<Line>(Line line, int length) -> {
                    in.skipBytes(length);
                    Optional<Found> found = line(line);
                    if (found.isPresent()) {
                        return found.get();
                    }
                }
            }
        }
    }

    private Found broken(String reason, String detail) {
        return new Found.Broken(reason, pairing.whose() + " answer: " + detail);
    }

    /** Takes a line; empty where more is to come. */
    private Optional<Found> line(Line line) {
        if (reading.isEmpty()) {
            boolean error = ERRORS.contains(line.word(0));
            String due = pairing.due();
            Optional<Pending> request =
                    pairing.claim(ask -> error ? mayFail(ask) : fits(ask, line));
            if (request.isEmpty()) {
                return Optional.of(
                        due.equals("nothing")
                                ? broken(UNEXPECTED, "nobody asked for " + told(line))
                                : broken(
                                        OUT_OF_STEP,
                                        "%s is none to %s".formatted(told(line), due)));
            }
            reading = Optional.of(new Reading(request.get(), keepBytes));
        }
        return goOn(reading.get(), line);
    }

    /**
     * Of a line that nobody asked for: only the protocol's own words, it may be a value's bytes.
     */
    private static String told(Line line) {
        return WORDS.contains(line.word(0)) ? line.word(0) : "a line of unknown words";
    }

    /** Whether an error may be meant for this request. */
    private boolean mayFail(Ask ask) {
        if (ask.kind() == Kind.BARRIER) {
            return false;
        }
        return ask.silence() != Silence.UNSAID || !ask.proper() || pairing.isLast();
    }

    /** Whether a line may begin the answer to this request. */
    private static boolean fits(Ask ask, Line line) {
        String word = line.word(0);
        boolean noreply = ask.silence() == Silence.UNSAID;
        return switch (ask.shape()) {
            case Shape.Items() ->
                    (word.equals("END") && line.size() == 1)
                            || (word.equals("VALUE") && ask.keys().contains(line.word(1)));
            case Shape.Words(Set<String> words) -> !noreply && words.contains(word);
            case Shape.Count() ->
                    !noreply
                            && (word.equals("NOT_FOUND") || Numbers.unsigned(word).isPresent())
                            && line.size() == 1;
            case Shape.Meta meta -> metaFits(ask, meta, line);
            case Shape.Lines() -> !noreply;
            case Shape.Settings() -> word.equals("CONFIG") || word.equals("END");
            case Shape.Packet _, Shape.None() -> false;
        };
    }

    private static boolean metaFits(Ask ask, Shape.Meta meta, Line line) {
        String word = line.word(0);
        boolean shown =
                switch (meta.command()) {
                    case "mg" -> isHit(meta, word) || (word.equals("EN") && !quiet(ask));
                    case "ma" -> (isHit(meta, word) && !quiet(ask)) || isRefusal(word);
                    default -> (isDone(word) && !quiet(ask)) || isRefusal(word);
                };
        int first = word.equals("VA") ? 2 : 1;
        Optional<String> opaque = line.flag(first, 'O');
        Optional<String> key = line.flag(first, 'k');
        return shown
                && (opaque.isEmpty() || opaque.equals(meta.opaque()))
                && (key.isEmpty() || key.equals(meta.key()))
                && (isRefusal(word)
                        || word.equals("EN")
                        || opaque.isPresent() == meta.opaque().isPresent());
    }

    private static boolean isHit(Shape.Meta meta, String word) {
        boolean bearsValue = word.equals("VA");
        return (bearsValue || isDone(word)) && meta.value().orElse(bearsValue) == bearsValue;
    }

    private static boolean quiet(Ask ask) {
        return ask.silence() != Silence.NEVER;
    }

    /** Servers before 1.6.10 said OK. */
    private static boolean isDone(String word) {
        return word.equals("HD") || word.equals("OK");
    }

    private static boolean isRefusal(String word) {
        return word.equals("NS") || word.equals("EX") || word.equals("NF");
    }

    /** Goes on with an answer; empty where more is to come. */
    private Optional<Found> goOn(Reading answer, Line line) {
        String word = line.word(0);
        if (ERRORS.contains(word)) {
            String text = line.shown();
            return whole(
                    answer,
                    new Answer.Failed(
                            word,
                            text.length() > word.length()
                                    ? text.substring(word.length() + 1)
                                    : ""));
        }
        return switch (answer.request.ask().shape()) {
            case Shape.Items() -> items(answer, line);
            case Shape.Words _ -> whole(answer, word(answer.request.ask(), line));
            case Shape.Count() ->
                    whole(
                            answer,
                            word.equals("NOT_FOUND")
                                    ? new Answer.Status(word, key(answer), 0)
                                    : new Answer.Counted(word, key(answer), 0));
            case Shape.Meta _ -> meta(answer, line);
            case Shape.Lines() ->
                    LISTED.contains(word) || word.contains("=")
                            ? Optional.empty()
                            : whole(answer, new Answer.Said(told(line)));
            case Shape.Settings() -> settings(answer, line);
            case Shape.Packet _, Shape.None() ->
                    Optional.of(broken(OUT_OF_STEP, "a line where none is due"));
        };
    }

    private static String key(Reading answer) {
        return keyOf(answer.request.ask());
    }

    private static String keyOf(Ask ask) {
        return ask.keys().isEmpty() ? "" : ask.keys().getFirst();
    }

    private static Answer word(Ask ask, Line line) {
        return switch (ask.kind()) {
            case VERSION, BARRIER -> new Answer.Said(line.shown());
            case READ, SET, ADD, MODIFY, COUNT, DELETE, TOUCH, QUIT, LOGIN, CONTROL, UNKNOWN ->
                    new Answer.Status(line.word(0), keyOf(ask), 0);
        };
    }

    private Optional<Found> items(Reading answer, Line line) {
        if (line.word(0).equals("END") && line.size() == 1) {
            return whole(answer, new Answer.Items(answer.items));
        }
        if (!line.word(0).equals("VALUE")
                || !answer.asked.holds(line.word(1))
                || answer.items.size() >= answer.request.ask().keys().size()) {
            return Optional.of(broken(OUT_OF_STEP, "neither END nor a value that was asked for"));
        }
        return begin(answer, line, line.word(3));
    }

    /** {@code CONFIG name flags bytes}, a value of so many bytes, {@code END}. */
    private Optional<Found> settings(Reading answer, Line line) {
        if (line.word(0).equals("END") && line.size() == 1) {
            return whole(answer, new Answer.Said("settings"));
        }
        if (line.size() == 0 && !answer.items.isEmpty()) {
            return Optional.empty();
        }
        return line.word(0).equals("CONFIG") && answer.items.isEmpty()
                ? begin(answer, line, line.word(3))
                : Optional.of(broken(OUT_OF_STEP, told(line) + " within a CONFIG"));
    }

    private Optional<Found> begin(Reading answer, Line line, String lengthWord) {
        OptionalLong length = Numbers.natural(lengthWord);
        if (length.isEmpty() || length.getAsLong() > maxValueBytes) {
            return Optional.of(
                    broken(
                            "malformed-answer",
                            "a value's length is no number from 0 to the limit"));
        }
        answer.head = Optional.of(line);
        answer.value = Optional.of(new KeptValue.Keeper(length.getAsLong(), answer.keep));
        return Optional.empty();
    }

    /** Reads on in a value. Present where nothing more can be read now. */
    private Optional<Found> value(Reading answer, ByteBuf in) {
        KeptValue.Keeper keeper = answer.value.orElseThrow();
        if (!keeper.take(in) || in.readableBytes() < TextRequests.LINE_END_BYTES) {
            return Optional.of(NOTHING);
        }
        if (in.readByte() != '\r' || in.readByte() != '\n') {
            return Optional.of(broken("malformed-answer", "a value does not end where it says"));
        }
        answer.value = Optional.empty();
        Line head = answer.head.orElseThrow();
        KeptValue kept = keeper.value();
        if (answer.request.ask().shape() instanceof Shape.Items
                || answer.request.ask().shape() instanceof Shape.Settings) {
            answer.items.add(
                    Item.of(
                            head.word(1),
                            Numbers.natural(head.word(2)).orElse(0),
                            kept,
                            Numbers.unsigned(head.word(4)).orElse(0)));
            return Optional.empty();
        }
        return whole(answer, metaAnswer(answer.request.ask(), head, Optional.of(kept)));
    }

    private Optional<Found> meta(Reading answer, Line line) {
        return line.word(0).equals("VA")
                ? begin(answer, line, line.word(1))
                : whole(answer, metaAnswer(answer.request.ask(), line, Optional.empty()));
    }

    private static Answer metaAnswer(Ask ask, Line line, Optional<KeptValue> value) {
        String word = line.word(0);
        String key = keyOf(ask);
        int first = word.equals("VA") ? 2 : 1;
        long cas =
                line.flag(first, 'c').map(digits -> Numbers.unsigned(digits).orElse(0)).orElse(0L);
        return switch (word) {
            case "EN" -> new Answer.Items(List.of());
            case "NS" -> new Answer.Status("NOT_STORED", key, 0);
            case "EX" -> new Answer.Status("EXISTS", key, 0);
            case "NF" -> new Answer.Status("NOT_FOUND", key, 0);
            default ->
                    switch (ask.kind()) {
                        case READ -> new Answer.Items(List.of(item(key, line, first, value, cas)));
                        case COUNT ->
                                new Answer.Counted(
                                        value.map(TextAnswers::digits).orElse(""), key, cas);
                        case SET, ADD, MODIFY, DELETE, TOUCH ->
                                new Answer.Status(Answer.done(ask.kind()), key, cas);
                        case BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN ->
                                new Answer.Said(word);
                    };
        };
    }

    private static String digits(KeptValue value) {
        return new String(value.head(), java.nio.charset.StandardCharsets.ISO_8859_1).strip();
    }

    private static Item item(
            String key, Line line, int first, Optional<KeptValue> value, long cas) {
        return new Item(
                key,
                number(line.flag(first, 'f')),
                value.isPresent()
                        ? OptionalLong.of(value.get().length())
                        : number(line.flag(first, 's')),
                value,
                line.flag(first, 't').map(Numbers::whole).orElse(OptionalLong.empty()),
                cas,
                line.flag(first, 'W').isPresent()
                        || line.flag(first, 'Z').isPresent()
                        || line.flag(first, 'X').isPresent());
    }

    private static OptionalLong number(Optional<String> digits) {
        return digits.map(Numbers::natural).orElse(OptionalLong.empty());
    }

    private Optional<Found> whole(Reading answer, Answer found) {
        reading = Optional.empty();
        return Optional.of(new Found.Whole(pairing.silent(), answer.request, found));
    }
}
