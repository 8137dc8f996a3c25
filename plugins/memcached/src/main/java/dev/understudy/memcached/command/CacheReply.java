package dev.understudy.memcached.command;

import dev.understudy.protocol.Reply;
import java.util.Map;
import java.util.Optional;

/**
 * An answer with what its comparison needs to know besides.
 *
 * @param pasts of the target's answer, what was known of the keys it says are not there
 * @param reservation why it is not held against production's whatever it says, a word to count by
 * @param doubt why it is not told where it differs, a word to count by
 */
public record CacheReply(
        Ask ask,
        Answer answer,
        Map<String, KeyPast> pasts,
        Optional<String> reservation,
        Optional<String> doubt)
        implements Reply {
    public CacheReply {
        pasts = Map.copyOf(pasts);
    }

    /** An answer of the online server. */
    public static CacheReply online(Ask ask, Answer answer) {
        return new CacheReply(ask, answer, Map.of(), Optional.empty(), Optional.empty());
    }

    KeyPast past(String key) {
        return pasts.getOrDefault(key, KeyPast.WRITTEN);
    }

    @Override
    public String describe() {
        return answer.describe();
    }
}
