package dev.understudy.mysql.command;

import dev.understudy.protocol.Verdict;
import java.util.Optional;

/** What was found so far between two results: the first difference that is no noise counts. */
final class Found {
    private final String place;
    private Optional<Verdict> difference = Optional.empty();
    private Optional<Verdict> notCompared = Optional.empty();

    /**
     * @param place of the result among others, for a reader
     */
    Found(String place) {
        this.place = place;
    }

    /**
     * They differ.
     *
     * @param noise whether the control says as much of itself
     */
    void differs(String kind, String online, String target, boolean noise) {
        if (noise) {
            notCompared("noise");
        } else {
            difference =
                    difference.or(
                            () ->
                                    Optional.of(
                                            new Verdict.Different(
                                                    kind, place + online, place + target)));
        }
    }

    /** Something of them cannot be compared. */
    void notCompared(String reason) {
        notCompared = notCompared.or(() -> Optional.of(new Verdict.NotCompared(reason)));
    }

    Verdict verdict() {
        return difference.or(() -> notCompared).orElseGet(Verdict.Same::new);
    }
}
