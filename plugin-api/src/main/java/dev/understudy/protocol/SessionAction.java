package dev.understudy.protocol;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/** What a {@link ProtocolSession} wants done. Core carries actions out in order. */
public sealed interface SessionAction {
    /** The lane of protocols that need one connection. */
    int MAIN_LANE = 0;

    /** In {@link Send}: bytes that belong to no captured request (a login step, a reset). */
    long NO_ORDINAL = -1;

    /**
     * Opens the connection of a lane, to the run's target where {@code peer} is empty. Answered by
     * {@link SessionEvent.TargetUp} or {@link SessionEvent.TargetEnd}.
     *
     * @param tls whether TLS comes before the first byte
     */
    record Connect(int lane, Optional<InetSocketAddress> peer, boolean tls)
            implements SessionAction {
        /** The usual connection: the main lane to the run's target, in plain. */
        public static Connect toTarget() {
            return new Connect(MAIN_LANE, Optional.empty(), false);
        }
    }

    /**
     * Sends bytes to the target. Core owns the buffer from here on.
     *
     * @param ordinal the request these bytes carry, or {@link #NO_ORDINAL}
     */
    record Send(int lane, ByteBuf bytes, long ordinal) implements SessionAction {
        /** Bytes on the main lane that belong to no captured request. */
        public static Send plumbing(ByteBuf bytes) {
            return new Send(MAIN_LANE, bytes, NO_ORDINAL);
        }

        /** Bytes on the main lane that carry a captured request. */
        public static Send request(long ordinal, ByteBuf bytes) {
            return new Send(MAIN_LANE, bytes, ordinal);
        }
    }

    /** Turns a lane to TLS; what is sent after this goes inside, as does what is received. */
    record StartTls(int lane) implements SessionAction {}

    /** Sends a FIN after what was sent; answers still come. */
    record HalfClose(int lane) implements SessionAction {}

    /** Closes a lane at once; no event of it follows. */
    record Close(int lane) implements SessionAction {}

    /**
     * From {@code offset} on this captured direction is TLS. Core shows plain bytes from there,
     * where it has the keys, or says {@link SessionEvent.CapturedTlsFailed}. Offsets behind it
     * count plain bytes. Asked for both directions at once.
     *
     * @param offset of a byte that the session was shown, or of the first that it was not
     */
    record CapturedTls(Direction direction, long offset) implements SessionAction {}

    /**
     * Stops the captured events of this session until {@link Resume}; after {@code max} comes
     * {@link SessionEvent.Expired} with the reason. A second hold replaces the first.
     *
     * @param reason a word to count by, as {@code login} or {@code statement-id}
     */
    record Hold(String reason, Duration max) implements SessionAction {}

    /** Lifts the hold. */
    record Resume() implements SessionAction {}

    /**
     * Says that the target will give a value under this key: whoever awaits it waits for {@link
     * Publish} or {@link Withdraw}. What this session has not published when it ends is withdrawn.
     */
    record Announce(String key) implements SessionAction {}

    /**
     * Gives a value that other sessions of the same target and copy may await.
     *
     * @param untilEnd whether the value is forgotten when this session ends, however it ends: a
     *     connection's own number, say; else it stays
     */
    record Publish(String key, ByteBuf value, boolean untilEnd) implements SessionAction {
        /** Gives a value that stays when this session has ended. */
        public Publish(String key, ByteBuf value) {
            this(key, value, false);
        }
    }

    /**
     * Takes back what this session has announced, since the target gave no such value; or what it
     * has published until its end, earlier than that.
     */
    record Withdraw(String key) implements SessionAction {}

    /**
     * Asks for a published value. The answer is {@link SessionEvent.Known}, now or later; {@link
     * SessionEvent.Unknown} where nobody has announced it; or Expired. To ask again for a key that
     * is awaited already starts its time anew; one answer comes.
     */
    record Await(String key, Duration max) implements SessionAction {}

    /** Asks for a {@link SessionEvent.Wakeup}. */
    record WakeIn(long token, Duration delay) implements SessionAction {}

    /** A captured request has been read. Every request is announced once, in order. */
    record Asked(Request request) implements SessionAction {}

    /**
     * The whole answer of one side to a request. Core joins the two sides by ordinal, compares, and
     * orders sessions by it. Of answers in several parts only the end is told.
     *
     * @param timeNanos when its last byte was captured, or came from the target
     */
    record Answered(long ordinal, Side side, Reply reply, long timeNanos)
            implements SessionAction {}

    /** This request is not sent, by a rule; its captured answer is not told. */
    record Skipped(long ordinal, String rule) implements SessionAction {}

    /** This request could not be sent, or its answers could not be read: lost, with the reason. */
    record Lost(long ordinal, String reason) implements SessionAction {}

    /** A request that the protocol made itself was sent, as {@code set-names}. */
    record Injected(String operation) implements SessionAction {}

    /**
     * Whose session it is, told once, before {@link Connect}: where a part of the users is copied,
     * the session of another ends here.
     */
    record OfUser(String name) implements SessionAction {}

    /**
     * This session is not to be copied, by a rule of the user's. It counts as not sampled, by that
     * rule, and what it has asked until now as skipped. Told before {@link Connect}.
     *
     * @param rule a word to count by, as {@code deny-reports}
     */
    record PassOver(String rule) implements SessionAction {}

    /**
     * The target is sent something else than production was, or shown it otherwise: for whoever
     * asks afterwards what a session went through. It changes nothing and counts nothing.
     *
     * @param ordinal the request it is about, or {@link #NO_ORDINAL}
     * @param what became of what, and why, as {@code statement id 3 is 7 there}; no secret. Made
     *     once, not for each request, where requests are many
     */
    record Rewritten(long ordinal, String what) implements SessionAction {}

    /**
     * The copy of this session ends here, since going on would mean to guess. Its lanes are closed
     * and its open requests are lost.
     *
     * @param reason a word to count by, as {@code tls} or {@code unknown-user}
     * @param detail for the reader of the report: which thing, which value; no secret
     */
    record LeaveOut(String reason, String detail) implements SessionAction {
        /** For bytes that the capture lacks, in whose place nothing is guessed: {@code gap}. */
        public static LeaveOut at(SessionEvent.CapturedGap gap) {
            String sender =
                    switch (gap.direction()) {
                        case FROM_CLIENT -> "client";
                        case FROM_SERVER -> "server";
                    };
            return new LeaveOut(
                    "gap",
                    "the capture lacks %d bytes of the %s at byte %d"
                            .formatted(gap.length(), sender, gap.offset()));
        }
    }
}
