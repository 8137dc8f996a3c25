package dev.understudy.protocol.session;

import dev.understudy.protocol.SessionAction;
import dev.understudy.protocol.SessionEvent;
import dev.understudy.protocol.Side;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Values that the online server made up, and those that the target made up in their place: cas
 * values, cookies, tokens. One for each session; what it learns, all sessions of the same target
 * and copy know.
 *
 * <p>A value is told with the request whose answer gave it ({@link #gave}), once for each side; the
 * two are a pair when both sides have told the same slot. A later request that carries the online
 * value asks for the target's ({@link #find}), leaves its bytes unread while that is {@link
 * Found.Awaited}, is shown again when it is resolved, and says when it has been sent ({@link
 * #used}).
 *
 * <p>Values may be secrets: keys hold their hash, never they themselves, and nothing here prints
 * them.
 */
public final class ValueMapping {
    /** Values told by one side that wait for the other's; what is past it maps to nothing. */
    static final int MAX_OPEN = 65_536;

    private static final int KEY_BYTES = 16;

    /** What {@link #find} knows of a value. */
    public sealed interface Found {
        /** What the target gave in its place; the array is the caller's to read alone. */
        // Nobody compares two of these.
        @SuppressWarnings("ArrayRecordComponent")
        record Known(byte[] targetValue) implements Found {
            @Override
            public String toString() {
                return "Known[" + targetValue.length + " bytes]";
            }
        }

        /** The target has not given it yet: leave the request unread, and come again. */
        record Awaited() implements Found {}

        /** No answer of the online server gave it, as far as anybody here saw. */
        record Unknown() implements Found {}

        /** The target did not give it in time. */
        record Expired() implements Found {}
    }

    /** The slots of one request. */
    private static final class Answer {
        private final Map<String, byte[]> online = new HashMap<>(2);
        private final Map<String, byte[]> target = new HashMap<>(2);
        private boolean onlineWhole;
        private boolean targetWhole;

        private Map<String, byte[]> of(Side side) {
            return side == Side.ONLINE ? online : target;
        }

        private boolean whole(Side side) {
            return side == Side.ONLINE ? onlineWhole : targetWhole;
        }
    }

    private static final Found AWAITED = new Found.Awaited();
    private static final Found UNKNOWN = new Found.Unknown();
    private static final Found EXPIRED = new Found.Expired();

    private final String holdReason;
    private final Duration maxHold;
    private final Map<Long, Answer> open = new HashMap<>();
    private final Map<String, Found> found = new HashMap<>(2);
    private int openValues;
    private int awaited;

    /**
     * Knows nothing yet.
     *
     * @param holdReason the word that waiting is counted by, as {@code cas}; no other hold of the
     *     session may bear it
     * @param maxHold how long a request may wait for the target's value
     */
    public ValueMapping(String holdReason, Duration maxHold) {
        this.holdReason = holdReason;
        this.maxHold = maxHold;
    }

    /**
     * The answer of one side to a request gave a value.
     *
     * @param slot what tells the value from others of the same answer, and values of one meaning
     *     from those of another, as {@code cookie/sid}; what comes before the first slash shows in
     *     keys
     * @param value copied
     */
    public void gave(Side side, long ordinal, String slot, byte[] value, List<SessionAction> out) {
        Answer answer = open.computeIfAbsent(ordinal, _ -> new Answer());
        byte[] others = answer.of(other(side)).remove(slot);
        if (others != null) {
            openValues--;
            byte[] onlineValue = side == Side.ONLINE ? value : others;
            byte[] targetValue = side == Side.ONLINE ? others : value;
            out.add(
                    new SessionAction.Publish(
                            key(slot, onlineValue), Unpooled.copiedBuffer(targetValue)));
            return;
        }
        if (openValues >= MAX_OPEN || answer.whole(other(side))) {
            return;
        }
        byte[] before = answer.of(side).put(slot, value.clone());
        if (before == null) {
            openValues++;
        }
        if (side == Side.ONLINE) {
            if (before != null) {
                out.add(new SessionAction.Withdraw(key(slot, before)));
            }
            out.add(new SessionAction.Announce(key(slot, value)));
        }
    }

    /**
     * The answer of one side to a request is whole: what the other side alone gave maps to nothing.
     * To be called once for each side of every request that may give values.
     */
    public void answered(Side side, long ordinal, List<SessionAction> out) {
        Answer answer = open.computeIfAbsent(ordinal, _ -> new Answer());
        switch (side) {
            case ONLINE -> answer.onlineWhole = true;
            case TARGET -> answer.targetWhole = true;
        }
        forget(answer, other(side), out);
        if (answer.onlineWhole && answer.targetWhole) {
            gone(ordinal, out);
        }
    }

    /** The request ends without answers of both sides: what one of them gave maps to nothing. */
    public void gone(long ordinal, List<SessionAction> out) {
        Answer answer = open.remove(ordinal);
        if (answer != null) {
            forget(answer, Side.ONLINE, out);
            forget(answer, Side.TARGET, out);
        }
    }

    private void forget(Answer answer, Side side, List<SessionAction> out) {
        Map<String, byte[]> values = answer.of(side);
        openValues -= values.size();
        if (side == Side.ONLINE) {
            values.forEach((slot, value) -> out.add(new SessionAction.Withdraw(key(slot, value))));
        }
        values.clear();
    }

    /**
     * What to send in the place of a value that the online server gave. The first time it is asked
     * for a request, the answer is {@link Found.Awaited}, and a hold is among the actions.
     */
    public Found find(String slot, byte[] onlineValue, List<SessionAction> out) {
        String key = key(slot, onlineValue);
        Found known = found.get(key);
        if (known != null) {
            return known;
        }
        if (awaited == 0) {
            out.add(new SessionAction.Hold(holdReason, maxHold));
        }
        awaited++;
        found.put(key, AWAITED);
        out.add(new SessionAction.Await(key, maxHold));
        return AWAITED;
    }

    /** Whether a value is awaited: no other hold may be lifted or made now. */
    public boolean isAwaiting() {
        return awaited > 0;
    }

    /** The request was sent, or will not be: what was found for it is forgotten. */
    public void used() {
        found.values().removeIf(value -> !(value instanceof Found.Awaited));
    }

    /**
     * Takes an event in. Once nothing is awaited any more the hold is lifted.
     *
     * @return whether the event was meant for this
     */
    public boolean on(SessionEvent event, List<SessionAction> out) {
        return switch (event) {
            case SessionEvent.Known(String key, ByteBuf value) ->
                    resolve(key, new Found.Known(ByteBufUtil.getBytes(value)), out);
            case SessionEvent.Unknown(String key) -> resolve(key, UNKNOWN, out);
            case SessionEvent.Expired(String what, long _) ->
                    what.equals(holdReason) ? expire() : resolve(what, EXPIRED, out);
            case SessionEvent.Captured _,
                    SessionEvent.CapturedGap _,
                    SessionEvent.CapturedEnd _,
                    SessionEvent.CapturedTlsFailed _,
                    SessionEvent.TargetUp _,
                    SessionEvent.Target _,
                    SessionEvent.TargetEnd _,
                    SessionEvent.Wakeup _ ->
                    false;
        };
    }

    private boolean resolve(String key, Found value, List<SessionAction> out) {
        if (!(found.get(key) instanceof Found.Awaited)) {
            return false;
        }
        found.put(key, value);
        awaited--;
        if (awaited == 0) {
            out.add(new SessionAction.Resume());
        }
        return true;
    }

    /** The hold has ended by itself. */
    private boolean expire() {
        found.replaceAll((_, value) -> value instanceof Found.Awaited ? EXPIRED : value);
        awaited = 0;
        return true;
    }

    private static Side other(Side side) {
        return switch (side) {
            case ONLINE -> Side.TARGET;
            case TARGET -> Side.ONLINE;
        };
    }

    private static String key(String slot, byte[] onlineValue) {
        try {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            hash.update(slot.getBytes(StandardCharsets.UTF_8));
            hash.update((byte) 0);
            byte[] digest = Arrays.copyOf(hash.digest(onlineValue), KEY_BYTES);
            int slash = slot.indexOf('/');
            String kind = slash < 0 ? slot : slot.substring(0, slash);
            return kind + "/" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }
}
