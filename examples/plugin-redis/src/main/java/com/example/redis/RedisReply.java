package com.example.redis;

import dev.understudy.protocol.Reply;

/** The answer of one side. */
sealed interface RedisReply extends Reply {
    /** A value, and how it is compared. */
    record Said(Value value, Likeness likeness) implements RedisReply {
        @Override
        public String describe() {
            return Comparison.shown(value, false);
        }
    }

    /**
     * An answer too large to be kept.
     *
     * @param hash SHA-256 of its bytes
     */
    record TooLarge(int length, String hash) implements RedisReply {
        @Override
        public String describe() {
            return length + " bytes, SHA-256 " + hash;
        }
    }
}
