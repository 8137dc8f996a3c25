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
        Optional<String> rule) {
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
                Optional.empty());
    }

    /** The same, of which no answer has this meaning. */
    public Ask silent(Silence meaning) {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, meaning, proper, text, cas, givesCas,
                rule);
    }

    /** The same, with a form that the server may refuse. */
    public Ask improper() {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, false, text, cas, givesCas, rule);
    }

    /** The same, as a reader sees it. */
    public Ask shownAs(String shown) {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, proper, shown, cas, givesCas,
                rule);
    }

    /** The same, depending on a cas value. */
    public Ask dependingOn(CasUse use) {
        return new Ask(
                kind,
                operation,
                keys,
                bodyBytes,
                shape,
                silence,
                proper,
                text,
                Optional.of(use),
                givesCas,
                rule);
    }

    /** The same, whose answer may hold cas values. */
    public Ask givingCas() {
        return new Ask(
                kind, operation, keys, bodyBytes, shape, silence, proper, text, cas, true, rule);
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
                Optional.of(word));
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
