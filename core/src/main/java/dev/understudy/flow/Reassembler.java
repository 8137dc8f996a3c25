package dev.understudy.flow;

import dev.understudy.protocol.Direction;
import dev.understudy.wire.SequenceNumber;

/**
 * One direction of a flow: from segments in any order to bytes in order, each exactly once.
 * Positions are unwrapped sequence numbers.
 *
 * <p>When is a hole a gap? A byte that the receiver has acknowledged will not be sent again, so one
 * that was acknowledged and not captured is lost to us. But a capture may show the acknowledgment
 * shortly before the data (several receive queues, {@code -i any}), so there is a grace, counted
 * from when the hole could first be known to be acknowledged. A hole not acknowledged is the
 * sender's to fill, and is waited for. Where the receiver was never seen to acknowledge anything (a
 * mirror of one side), there is a longer grace. A full buffer ends any grace.
 *
 * <p>What the sender had read before it sent a segment, its acknowledgment says. Bytes that answer
 * others which the capture lacks, or shows later, wait for these, or for the gap in their place: so
 * an answer never comes before its question, and a lost question is seen before its answer.
 */
final class Reassembler {
    /** Longest grace for a hole that was acknowledged. */
    static final long GRACE_NANOS = 1_000_000_000L;

    /** A busy flow need not wait that long: so many packets of it, and the shorter grace, do. */
    static final int GRACE_SEGMENTS = 64;

    /** Several times what the queues of an interface can turn around in one ring. */
    static final long GRACE_BUSY_NANOS = 20_000_000L;

    /** Grace without acknowledgments: room for four retransmissions of 200 ms, doubled each. */
    static final long GRACE_ONE_SIDED_NANOS = 5_000_000_000L;

    /** How far past the last known byte a RST may lie: a window of usual size. */
    static final int RST_WINDOW_BYTES = 1 << 20;

    /** Further from what is known than any usual buffer reaches: from another connection. */
    static final int STRANGE_DISTANCE_BYTES = 64 << 20;

    /** Of a segment that acknowledges nothing. */
    static final long NOTHING_READ = Long.MIN_VALUE;

    private static final long NONE = Long.MIN_VALUE;

    private final Direction direction;
    private final FlowLimits limits;
    private final Tally tally;
    private FlowReader reader;

    /** The other direction; this one's own while there is none, which owes itself nothing. */
    private Reassembler other = this;

    /** Whether the capture is not to show its bytes: then none is lacking. */
    private boolean neverHeard;

    /** Of the other direction, so much was read before the last bytes given out. */
    private long heard = NONE;

    private boolean started;
    private boolean acknowledged;
    private boolean ended;
    private long start;
    private long next;
    private long acked;
    private long finAt = NONE;
    private long givenNanos = NONE;
    private final PendingBytes pending = new PendingBytes();

    /** Since when the hole in front is known to be lacking, or {@link #NONE}. */
    private long lackingNanos = NONE;

    private long lackingAcked;
    private int lackingSegments;

    Reassembler(Direction direction, FlowReader reader, FlowLimits limits, Tally tally) {
        this.direction = direction;
        this.reader = reader;
        this.limits = limits;
        this.tally = tally;
    }

    /** Tells it the other direction of its flow. */
    void facing(Reassembler direction) {
        other = direction;
    }

    /** No byte of it will come, and nobody waits for one. */
    void neverHeard() {
        neverHeard = true;
    }

    boolean started() {
        return started;
    }

    boolean ended() {
        return ended;
    }

    /** Whether a hole is being waited for that only time can end. */
    boolean lacking() {
        return lackingNanos != NONE;
    }

    /** Whether bytes or an end were given out, or wait to be. */
    boolean touched() {
        return next != start || finAt != NONE || !pending.isEmpty();
    }

    /**
     * Whether the receiver has acknowledged one number more than there are bytes: that of a FIN, if
     * not of a single byte.
     */
    boolean finAcknowledged() {
        return started && pending.isEmpty() && finAt == NONE && acked == next + 1;
    }

    /** Whether nothing past the SYN was acknowledged, so that its number may still change. */
    boolean unconfirmed() {
        return !touched() && !acknowledged;
    }

    /** The first byte of the stream has this sequence number. */
    void start(int sequence) {
        started = true;
        start = SequenceNumber.first(sequence);
        next = start;
        acked = start;
        acknowledged = false;
    }

    /** Whether the stream starts at this sequence number. */
    boolean startsAt(int sequence) {
        return started && (int) start == sequence;
    }

    /** Whether the number is too far off for a byte, or an acknowledgment, of this stream. */
    boolean strange(int sequence) {
        long known = Math.max(next, acked);
        return started
                && Math.abs(SequenceNumber.unwrap(sequence, known) - known)
                        > STRANGE_DISTANCE_BYTES;
    }

    /**
     * Takes one segment's payload, at least one byte long.
     *
     * @param captured how many of the {@code length} bytes are there
     * @param after what {@link #acknowledged} made of the segment's number, or {@link
     *     #NOTHING_READ}
     * @param now time by the table's clock, for graces
     * @param time capture time, for the reader
     */
    PacketFate payload(
            int sequence,
            byte[] data,
            int offset,
            int captured,
            int length,
            long after,
            long now,
            long time) {
        long from = SequenceNumber.unwrap(sequence, next);
        long to = from + length;
        if (to <= next) {
            tally.repeatedBytes += length;
            return PacketFate.REPEATED;
        }
        if (ended || (finAt != NONE && from >= finAt)) {
            return PacketFate.FILTERED;
        }
        long until = finAt == NONE ? to : Math.min(to, finAt);
        if (from > next || held() || other.owes(after)) {
            if (pending.covers(Math.max(from, next), until)) {
                tally.repeatedBytes += length;
                return PacketFate.REPEATED;
            }
            if (makeRoom(from, captured + PendingBytes.CHUNK_OVERHEAD_BYTES, time)) {
                keep(from, until, data, offset, captured, after, now, time);
                return PacketFate.USED;
            }
            if (until <= next) {
                tally.repeatedBytes += length;
                return PacketFate.REPEATED;
            }
        }
        take(from, until, data, offset, captured, after, now, time);
        endIfAtFin(time);
        return PacketFate.USED;
    }

    /** Whether bytes that come next are here, and wait for the other direction. */
    boolean held() {
        return !pending.isEmpty() && pending.first().from() <= next;
    }

    /** Capture time of the first bytes that wait, or the end of time. */
    long waitingSince() {
        return pending.isEmpty() ? Long.MAX_VALUE : pending.first().capturedNanos();
    }

    /**
     * Whether bytes before {@code number} were not given out yet; one number alone may be that of a
     * FIN.
     */
    private boolean owes(long number) {
        return started
                && !ended
                && !neverHeard
                && number != NOTHING_READ
                && number - next >= (pending.isEmpty() && finAt == NONE ? 2 : 1);
    }

    /**
     * Gives out what no longer waits for the other direction.
     *
     * @return whether that was anything
     */
    boolean goOn(long time) {
        boolean given = givePending();
        endIfAtFin(time);
        return given;
    }

    /** Gives out the first bytes that wait, whatever they wait for. */
    void insist(long time) {
        giveFirst();
        goOn(time);
    }

    /**
     * Gives the hole in front out as a gap, before its grace has passed.
     *
     * @return whether there is one
     */
    boolean giveUpHole(long time) {
        long to = pending.isEmpty() ? lackEnd() : pending.first().from();
        if (ended || to <= next) {
            return false;
        }
        skipTo(to, time);
        endIfAtFin(time);
        return true;
    }

    /** The sender's last byte was the one before {@code sequence}. */
    void fin(int sequence, long time) {
        long at = SequenceNumber.unwrap(sequence, next);
        if (ended || finAt != NONE || at < knownEnd()) {
            return;
        }
        finAt = at;
        endIfAtFin(time);
    }

    /**
     * The receiver has all bytes before {@code number}. One that is far off was not meant for this
     * connection; believed, it would make a gap of what is still to come.
     *
     * @return the position up to which the receiver had read
     */
    long acknowledged(int number) {
        if (!started) {
            start(number);
        }
        acknowledged = true;
        long at = SequenceNumber.unwrap(number, acked);
        if (at > acked && at - knownEnd() <= STRANGE_DISTANCE_BYTES) {
            acked = at;
        }
        return Math.min(at, acked);
    }

    /** Behind the last byte that is here. */
    private long knownEnd() {
        return pending.isEmpty() ? next : pending.last().to();
    }

    /** What becomes of a payload that comes after the flow has ended. */
    PacketFate late(int sequence, int length) {
        if (started && SequenceNumber.unwrap(sequence, next) + length <= next) {
            tally.repeatedBytes += length;
            return PacketFate.REPEATED;
        }
        return PacketFate.FILTERED;
    }

    /** Whether the receiver would believe a RST with this number (RFC 9293, section 3.5.3). */
    boolean acceptsReset(int sequence) {
        if (!started) {
            return true;
        }
        long at = SequenceNumber.unwrap(sequence, next);
        return at >= Math.min(next, acked) && at <= Math.max(knownEnd(), acked) + RST_WINDOW_BYTES;
    }

    /**
     * Gives out holes whose grace has passed.
     *
     * @param segment whether this is called for a packet of the flow, rather than for the time
     */
    void watch(boolean segment, long now, long time) {
        if (lackEnd() <= next) {
            lackingNanos = NONE;
            return;
        }
        if (lackingNanos == NONE || knownLackEnd() <= next) {
            restartGrace(now);
            return;
        }
        if (segment) {
            lackingSegments++;
        }
        if (!ripe(now)) {
            return;
        }
        for (long end = knownLackEnd(); end > next; end = knownLackEnd()) {
            skipTo(end, time);
        }
        endIfAtFin(time);
        lackingNanos = NONE;
        if (lackEnd() > next) {
            restartGrace(now);
        }
    }

    private void restartGrace(long now) {
        lackingNanos = now;
        lackingAcked = acknowledged ? acked : Long.MAX_VALUE;
        lackingSegments = 0;
    }

    private boolean ripe(long now) {
        long waited = now - lackingNanos;
        if (!acknowledged) {
            return waited >= GRACE_ONE_SIDED_NANOS;
        }
        return waited >= GRACE_NANOS
                || (lackingSegments >= GRACE_SEGMENTS && waited >= GRACE_BUSY_NANOS);
    }

    /**
     * Where the bytes end that are certain to exist, come next, and are not here; {@link #next} if
     * there are none. Without a byte or a FIN behind it, one acknowledged number may be that of a
     * FIN not seen, and is no proof of a byte.
     */
    private long lackEnd() {
        if (!started || ended || neverHeard) {
            return next;
        }
        boolean open = pending.isEmpty() && finAt == NONE;
        if (open) {
            return acked - next >= 2 ? acked : next;
        }
        long behind = pending.isEmpty() ? finAt : pending.first().from();
        return acknowledged ? Math.min(behind, acked) : behind;
    }

    /** As {@link #lackEnd}, of what was known already when the grace began. */
    private long knownLackEnd() {
        if (!pending.isEmpty() && pending.first().arrivedNanos() > lackingNanos) {
            return next;
        }
        return Math.min(lackEnd(), lackingAcked);
    }

    /** Gives out all that is left, holes as gaps, and the end. A FIN seen outdoes {@code how}. */
    void finish(FlowEnd how, long time) {
        if (ended) {
            return;
        }
        while (!pending.isEmpty()) {
            if (held()) {
                giveFirst();
            } else {
                skipTo(pending.first().from(), time);
            }
        }
        if (finAt != NONE) {
            if (next < finAt) {
                skipTo(finAt, time);
            }
            endIfAtFin(time);
            return;
        }
        if (started && !neverHeard && acked - next >= 2) {
            skipTo(acked, time);
        }
        end(how, time);
    }

    /** Nothing is read any more; what waits is dropped. */
    void release() {
        tally.outOfOrderBytes -= pending.bytes();
        pending.clear();
        ended = true;
        lackingNanos = NONE;
        reader = FlowReader.DISCARD;
    }

    private void endIfAtFin(long time) {
        if (!ended && finAt == next) {
            end(FlowEnd.FIN, time);
        }
    }

    private void end(FlowEnd how, long time) {
        ended = true;
        lackingNanos = NONE;
        reader.end(direction, how, given(time));
    }

    private void keep(
            long from,
            long to,
            byte[] data,
            int offset,
            int captured,
            long after,
            long now,
            long time) {
        long before = pending.bytes();
        long begin = Math.max(from, next);
        int skipped = (int) (begin - from);
        int there = (int) Math.clamp(captured - (long) skipped, 0, to - begin);
        long added = pending.add(begin, to, data, offset + skipped, there, now, time, after);
        tally.outOfOrderBytes += pending.bytes() - before;
        tally.repeatedBytes += to - from - added;
    }

    /**
     * Sees to it that a chunk of {@code cost} bytes may be kept, by giving holes up, the first one
     * first: this direction's, or the one of the other that this one's bytes wait for.
     *
     * @return false if the chunk at {@code from} has nothing to wait for any more
     */
    private boolean makeRoom(long from, int cost, long time) {
        while (pending.bytes() + cost > limits.outOfOrderBytes()
                || tally.outOfOrderBytes + cost > limits.outOfOrderBytesInAll()) {
            tally.gapsByLimit++;
            long hole = pending.isEmpty() ? from : Math.min(from, pending.first().from());
            if (hole > next) {
                skipTo(hole, time);
            } else if (!other.giveUpHole(time) || !givePending()) {
                if (pending.isEmpty()) {
                    return false;
                }
                giveFirst();
            }
            if (from <= next && !held()) {
                return false;
            }
        }
        return true;
    }

    /** Gives out a segment that waits for nothing, around what arrived before it. */
    private void take(
            long from,
            long to,
            byte[] data,
            int offset,
            int captured,
            long after,
            long now,
            long time) {
        tally.repeatedBytes += next - from;
        while (next < to) {
            if (held()) {
                // What is behind it has to wait with it.
                int given = (int) (next - from);
                int left = Math.max(0, captured - given);
                keep(next, to, data, offset + given, left, after, now, time);
                return;
            }
            long until = pending.isEmpty() ? to : Math.min(to, pending.first().from());
            int skipped = (int) (next - from);
            int there = (int) Math.clamp(captured - (long) skipped, 0, until - next);
            if (there > 0) {
                tellHeard(after, time);
                give(data, offset + skipped, there, time);
            }
            if (next < until) {
                giveGap(until, time);
            }
            givePending();
            tally.repeatedBytes += Math.max(0, Math.min(to, next) - until);
        }
    }

    /** Gives the hole up to {@code to} as a gap, then what waited right behind it. */
    private void skipTo(long to, long time) {
        boolean chunk = !pending.isEmpty() && pending.first().from() == to;
        giveGap(to, chunk ? pending.first().capturedNanos() : time);
        givePending();
    }

    private boolean givePending() {
        boolean given = false;
        while (held() && !other.owes(pending.first().after())) {
            giveFirst();
            given = true;
        }
        return given;
    }

    private void giveFirst() {
        PendingBytes.Chunk chunk = pending.poll();
        tally.outOfOrderBytes -= chunk.cost();
        if (chunk.data().length > 0) {
            tellHeard(chunk.after(), chunk.capturedNanos());
            give(chunk.data(), 0, chunk.data().length, chunk.capturedNanos());
        }
        if (next < chunk.to()) {
            giveGap(chunk.to(), chunk.capturedNanos());
        }
    }

    /**
     * Before bytes are given out: says whether their sender had read more than before the last.
     *
     * @param after how far it had read
     */
    private void tellHeard(long after, long time) {
        if (!other.neverHeard || after == NOTHING_READ || after <= heard) {
            return;
        }
        if (after > other.start) {
            reader.heard(given(time));
        }
        heard = after;
    }

    private void give(byte[] data, int offset, int length, long time) {
        long streamOffset = next - start;
        next += length;
        reader.bytes(direction, data, offset, length, streamOffset, given(time));
    }

    private void giveGap(long to, long time) {
        long streamOffset = next - start;
        long length = to - next;
        next = to;
        tally.gaps++;
        tally.gapBytes += length;
        reader.gap(direction, streamOffset, length, given(time));
    }

    /** Times given to the reader do not go back: a byte is there when the last one before it is. */
    private long given(long time) {
        givenNanos = Math.max(givenNanos, time);
        return givenNanos;
    }
}
