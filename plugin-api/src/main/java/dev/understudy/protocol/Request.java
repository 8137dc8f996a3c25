package dev.understudy.protocol;

import java.util.Map;
import java.util.Objects;

/**
 * A captured request, as the ledger and the report know it.
 *
 * @param ordinal n-th request of the session, from 0: the same for every target and copy
 * @param operation the protocol's own word: {@code COM_QUERY}, {@code GET}
 * @param fingerprint the request without its values, to group by
 * @param text the request for a reader, cut to {@value #MAX_TEXT} characters; no secret
 * @param capturedNanos when its last byte was captured, nanoseconds since the epoch
 * @param answerDue whether the protocol answers this kind at all
 * @param labels what the report counts it under besides, as {@code user} and {@code schema}; at
 *     most {@value #MAX_LABELS}, no secret
 * @param locks whether the server makes it wait for locks that other sessions hold until they
 *     commit. Where {@link RunContext#commitOrder} is set the plugin sends such a request after it
 *     has told the online answer, and core sends it on once all that had committed before that
 *     answer has been answered by the target
 * @param commits whether it gives up locks: a commit, a rollback, or what {@code locks} as well and
 *     commits by itself
 */
public record Request(
        long ordinal,
        String operation,
        String fingerprint,
        String text,
        long capturedNanos,
        boolean answerDue,
        Map<String, String> labels,
        boolean locks,
        boolean commits) {
    /** Characters of a request that are kept for samples. */
    public static final int MAX_TEXT = 2048;

    /** Labels of one request; more are not a plugin's to give. */
    public static final int MAX_LABELS = 8;

    /** A request without labels, that has nothing to do with locks as far as anybody knows. */
    public Request(
            long ordinal,
            String operation,
            String fingerprint,
            String text,
            long capturedNanos,
            boolean answerDue) {
        this(
                ordinal,
                operation,
                fingerprint,
                text,
                capturedNanos,
                answerDue,
                Map.of(),
                false,
                false);
    }

    public Request {
        Objects.requireNonNull(operation, "operation");
        Objects.requireNonNull(fingerprint, "fingerprint");
        labels = Map.copyOf(labels);
        if (labels.size() > MAX_LABELS) {
            throw new IllegalArgumentException("more than " + MAX_LABELS + " labels");
        }
        if (text.length() > MAX_TEXT) {
            text = text.substring(0, MAX_TEXT - 1) + "…";
        }
    }
}
