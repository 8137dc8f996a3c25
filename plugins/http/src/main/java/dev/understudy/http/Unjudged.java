package dev.understudy.http;

import dev.understudy.protocol.Reply;

/**
 * An online answer that the target's cannot be held against, and why.
 *
 * @param reason a word to count by, as {@code login-not-copied}
 */
record Unjudged(Reply reply, String reason) implements Reply {
    @Override
    public String describe() {
        return reply.describe();
    }
}
