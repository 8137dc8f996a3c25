package dev.understudy.memcached.command;

import io.netty.buffer.ByteBuf;
import java.util.List;

/** The answers of one side of a connection, in the order of its requests. */
public interface Answers {
    /** What {@link #next} found. */
    sealed interface Found {
        /** Nothing whole; more bytes may help. */
        record Nothing() implements Found {}

        /**
         * The answer to a request, whose last byte was read just now.
         *
         * @param silent requests before it, of which this answer proves that none comes
         */
        record Whole(List<Pending> silent, Pending request, Answer answer) implements Found {}

        /** Nothing that follows can be read, or told to which request it belongs. */
        record Broken(String reason, String detail) implements Found {}
    }

    /** Reads up to the end of the next answer, or as far as it can. */
    Found next(ByteBuf in);
}
