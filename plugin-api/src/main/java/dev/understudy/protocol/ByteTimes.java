package dev.understudy.protocol;

/** When each of the bytes shown was captured, or came from the target. */
@FunctionalInterface
public interface ByteTimes {
    /**
     * The time of one byte.
     *
     * @param offset stream offset of a byte that the event shows
     * @return nanoseconds since the epoch
     */
    long at(long offset);
}
