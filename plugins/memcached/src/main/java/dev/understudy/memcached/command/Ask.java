package dev.understudy.memcached.command;

import java.util.List;
import java.util.Optional;

/**
 * The head of a captured request: all of it but a value to store.
 *
 * @param operation the protocol's own word: {@code get}, {@code mg}, {@code SETQ}
 * @param keys as Latin-1 text, one character a byte; base64 keys are decoded
 * @param bodyBytes bytes that follow the head: a value and, in text, the line end behind it
 * @param silence what no answer means
 * @param proper whether the request is well formed, so that its form cannot lead to an error
 * @param text for a reader, without any value
 * @param cas the cas value it depends on
 * @param givesCas whether its answer may hold cas values
 * @param creates whether it stores what was not there, of a kind that else changes what is: a
 *     counter that begins, a value that something is appended to
 * @param rule why it is not sent unless the user allows it, a word to count by
 */
public record Ask(
        Kind kind,
        String operation,
        List<String> keys,
        long bodyBytes,
        Shape shape,
        Silence silence,
        boolean proper,
        String text,
        Optional<CasUse> cas,
        boolean givesCas,
        boolean creates,
        Optional<String> rule) {
    /** Bytes of memory that a request and a key take beside the text in them. */
    private static final int REQUEST_BYTES = 320;

    private static final int KEY_BYTES = 64;

    /** Bytes of each value that are kept whatever the limit says: a number fits, and a message. */
    private static final int LEAST_KEPT_BYTES = 64;

    public Ask {
        keys = List.copyOf(keys);
    }

    /** A request of one or no key that is always answered, sent, and knows no cas. */
    public static Ask loud(
            Kind kind, String operation, List<String> keys, long bodyBytes, Shape shape) {
        return new Ask(
                kind,
                operation,
                keys,
                bodyBytes,
                shape,
                Silence.NEVER,
                true,
                operation,
                Optional.empty(),
                false,
                false,
                Optional.empty());
    }

    /** The same, of which no answer has this meaning. */
    public Ask silent(Silence meaning) {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, meaning, proper, text, cas, givesCas,
                creates, rule);
    }

    /** The same, answered in another shape: the target is asked otherwise. */
    public Ask answeredAs(Shape other) {
        return new Ask(
                kind, operation, keys, bodyBytes, other, silence, proper, text, cas, givesCas,
                creates, rule);
    }

    /** The same, with a form that the server may refuse. */
    public Ask improper() {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, false, text, cas, givesCas,
                creates, rule);
    }

    /** The same, as a reader sees it. */
    public Ask shownAs(String shown) {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, proper, shown, cas, givesCas,
                creates, rule);
    }

    /** The same, depending on a cas value. */
    public Ask dependingOn(CasUse use) {
        // What has to be there in that version is changed, not stored whatever was there.
        Kind changes = kind == Kind.SET ? Kind.MODIFY : kind;
        return new Ask(
                changes,
                operation,
                keys,
                bodyBytes,
                shape,
                silence,
                proper,
                text,
                Optional.of(use),
                givesCas,
                creates,
                rule);
    }

    /** The same, whose answer may hold cas values. */
    public Ask givingCas() {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, proper, text, cas, true, creates,
                rule);
    }

    /** The same, which stores what was not there. */
    public Ask creating() {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, proper, text, cas, givesCas, true,
                rule);
    }

    /** The same, sent only where the user allows this rule. */
    public Ask under(String word) {
        return new Ask(
                kind,
                operation,
                keys,
                bodyBytes,
                shape,
                silence,
                proper,
                text,
                cas,
                givesCas,
                creates,
                Optional.of(word));
    }

    /** Whether it may store something where nothing was, so that it matters what was there. */
    public boolean storesWhereNothingWas() {
        return kind == Kind.ADD || creates;
    }

    /** Bytes of memory that it takes, about. */
    public long heldBytes() {
        long bytes = REQUEST_BYTES;
        bytes += text.length();
        for (String key : keys) {
            bytes += KEY_BYTES;
            bytes += key.length();
        }
        return bytes;
    }

    /**
     * Bytes of each value of its answer that are kept: the same on both sides, whatever each of
     * them has, so that what is kept can be compared.
     *
     * @param limit bytes of the whole answer that may be kept
     */
    public int keptBytes(int limit) {
        return Math.max(LEAST_KEPT_BYTES, limit / Math.max(1, keys.size()));
    }

    /** The requests of one kind in the report: the operation and the keys without their values. */
    public String fingerprint() {
        return switch (keys.size()) {
            case 0 -> operation;
            case 1 -> operation + " " + KeyTemplate.of(keys.getFirst());
            default -> operation + " " + KeyTemplate.of(keys.getFirst()) + " and more";
        };
    }
}
