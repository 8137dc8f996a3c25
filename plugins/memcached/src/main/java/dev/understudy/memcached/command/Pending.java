package dev.understudy.memcached.command;

import java.util.Map;
import java.util.Optional;

/**
 * A request of which an answer, or the proof that none comes, is still awaited.
 *
 * @param ordinal of the request, or below 0 for one of our own
 * @param told whether its answers are told: not where it was skipped
 * @param pasts what was known of its keys when it was sent, where that is not {@link
 *     KeyPast#WRITTEN}
 * @param reservation why its answers will not be held against one another, a word to count by
 * @param changes what {@link KeyTable#changes} said of its keys when it was sent
 * @param timeNanos when production was asked, 0 for one of our own
 */
public record Pending(
        Ask ask,
        long ordinal,
        boolean told,
        Map<String, KeyPast> pasts,
        Optional<String> reservation,
        int changes,
        long timeNanos) {
    /** One that was sent as it is. */
    public static Pending of(Ask ask, long ordinal, long timeNanos) {
        return new Pending(ask, ordinal, true, Map.of(), Optional.empty(), 0, timeNanos);
    }

    /** One whose answer is read and not told. */
    public static Pending untold(Ask ask, long ordinal) {
        return new Pending(ask, ordinal, false, Map.of(), Optional.empty(), 0, 0);
    }
}
