package dev.understudy.flow;

import dev.understudy.protocol.Direction;

/**
 * Reads both streams of one flow. For each direction: any number of {@link #bytes} and {@link
 * #gap}, whose offsets follow each other without a break, then exactly one {@link #end}. Times of
 * one direction never go back; those of the two directions may, where one waited for a lost packet.
 *
 * <p>Between the directions the order is the one that their senders prove: bytes come after those
 * of the other direction that their sender had read, or after the gap in the place of these. What
 * answers a lost request comes behind its gap.
 *
 * <p>A reader must neither call the table nor throw: the method of {@link FlowTable} being called
 * may be at work for another flow. If one throws all the same, that method throws it, the packet
 * counts as used, and the flow goes on behind the bytes that were given.
 */
public interface FlowReader {
    /** For a flow that nobody wants: the table then keeps no bytes of it. */
    FlowReader DISCARD =
            new FlowReader() {
                @Override
                public void bytes(
                        Direction direction,
                        byte[] data,
                        int offset,
                        int length,
                        long streamOffset,
                        long timeNanos) {}

                @Override
                public void gap(
                        Direction direction, long streamOffset, long length, long timeNanos) {}

                @Override
                public void end(Direction direction, FlowEnd how, long timeNanos) {}
            };

    /**
     * The next bytes of a direction.
     *
     * @param data the caller's, and used again after this call: copy what you keep
     * @param length at least 1
     * @param streamOffset of the first of these bytes, counted from 0 at the direction's first byte
     * @param timeNanos capture time at which they could be read in order
     */
    void bytes(
            Direction direction,
            byte[] data,
            int offset,
            int length,
            long streamOffset,
            long timeNanos);

    /**
     * Bytes were sent that the capture lacks.
     *
     * @param length at least 1. The last gap before an end other than {@link FlowEnd#FIN} may count
     *     one too many, where the capture lacks the FIN as well
     */
    void gap(Direction direction, long streamOffset, long length, long timeNanos);

    /** Nothing more comes from this direction. */
    void end(Direction direction, FlowEnd how, long timeNanos);

    /**
     * Of a table that takes requests only: what the client sends next it sends after it has read
     * more of the server's answers than before.
     */
    default void heard(long timeNanos) {}
}
