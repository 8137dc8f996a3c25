package dev.understudy.memcached;

import dev.understudy.memcached.command.Answer;
import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.command.CacheReply;
import dev.understudy.memcached.command.KeyPast;
import dev.understudy.memcached.command.KeyTable;
import dev.understudy.memcached.command.Kind;
import dev.understudy.memcached.command.Pending;
import dev.understudy.protocol.Side;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What one session reads from and writes into the table of keys. */
final class KeyNotes {
    private static final String MULTIPLIED = "multiplied";

    private final KeyTable keys;
    private final boolean multiplied;

    /**
     * Reads and writes this table.
     *
     * @param copies of each session on the same data
     */
    KeyNotes(KeyTable keys, int copies) {
        this.keys = keys;
        this.multiplied = copies > 1;
    }

    /**
     * Whether the target may lack the request's one key though production has it: nobody has stored
     * it since the copy began, or the target did not take it.
     */
    boolean mayBeMissing(Ask ask) {
        return ask.keys().size() == 1
                && switch (keys.past(ask.keys().getFirst())) {
                    case COLD, LOST -> true;
                    case WRITTEN, UNSURE -> false;
                };
    }

    /**
     * A request is being sent: takes down what is known of its keys, and what it changes.
     *
     * @param effect what it does to the target's item
     */
    Pending sending(
            Ask ask, long ordinal, Optional<String> reservation, Effect effect, long timeNanos) {
        Map<String, KeyPast> pasts = Map.of();
        int changes = 0;
        for (String key : ask.keys()) {
            KeyPast past = keys.past(key);
            if (past != KeyPast.WRITTEN) {
                if (ask.keys().size() == 1) {
                    pasts = Map.of(key, past);
                } else {
                    pasts = pasts.isEmpty() ? new HashMap<>() : pasts;
                    pasts.put(key, past);
                }
            }
            changes += keys.changes(key);
            if (ask.kind().writes()) {
                keys.changing(key);
            }
            note(ask, key, past, effect);
        }
        Optional<String> doubt =
                reservation.isEmpty() && multiplied && contended(ask)
                        ? Optional.of(MULTIPLIED)
                        : reservation;
        return new Pending(ask, ordinal, true, pasts, doubt, changes, timeNanos);
    }

    /** What a request does to the target's item, as far as is known when it is sent. */
    enum Effect {
        /** What the request says; of one that depends on what is there, nobody knows yet. */
        AS_ASKED,
        /** Production is known to have done it, and the target will. */
        AS_PRODUCTION_DID,
        /** Nothing: it was made so. */
        NONE
    }

    private void note(Ask ask, String key, KeyPast past, Effect effect) {
        if (effect == Effect.NONE) {
            return;
        }
        boolean whatever =
                ask.kind() == Kind.SET || (ask.kind() == Kind.DELETE && ask.cas().isEmpty());
        if (whatever) {
            keys.sure(key);
        }
        if (ask.kind() == Kind.SET || ask.storesWhereNothingWas()) {
            if (!whatever && effect == Effect.AS_ASKED && past != KeyPast.WRITTEN) {
                keys.unsure(key);
            }
            keys.stored(key);
        }
    }

    /** Several copies on one data set get in each other's way here. */
    private static boolean contended(Ask ask) {
        return ask.cas().isPresent()
                || switch (ask.kind()) {
                    case ADD, COUNT, DELETE -> true;
                    case READ,
                            SET,
                            MODIFY,
                            TOUCH,
                            BARRIER,
                            VERSION,
                            QUIT,
                            LOGIN,
                            CONTROL,
                            UNKNOWN ->
                            false;
                };
    }

    /** A write will not be sent. */
    void lost(String key) {
        keys.lost(key);
    }

    /** The answer of one side, with what its comparison needs; learns from the target's. */
    CacheReply reply(Side side, Pending request, Answer answer) {
        if (side == Side.ONLINE) {
            return CacheReply.online(request.ask(), answer);
        }
        learn(request, answer);
        return new CacheReply(
                request.ask(), answer, request.pasts(), request.reservation(), differs(request));
    }

    /** What another copy has written by then, or not yet, is no fault of the target. */
    private Optional<String> differs(Pending request) {
        boolean untouched =
                request.ask().keys().stream()
                        .allMatch(key -> request.pasts().get(key) == KeyPast.COLD);
        return multiplied && !untouched ? Optional.of(MULTIPLIED) : Optional.empty();
    }

    private void learn(Pending request, Answer answer) {
        Ask ask = request.ask();
        if (ask.keys().isEmpty()) {
            return;
        }
        String key = ask.keys().getFirst();
        switch (ask.kind()) {
            case SET, ADD, MODIFY -> {
                // A word other than STORED is what its condition came to: nothing is lost by it.
                if (answer instanceof Answer.Failed) {
                    keys.lost(key);
                } else if (answer instanceof Answer.Status(String word, String _, long _)
                        && word.equals("STORED")) {
                    keys.took(key);
                    keys.stored(key);
                } else if (answer instanceof Answer.Silent) {
                    keys.took(key);
                }
            }
            case READ, COUNT, DELETE, TOUCH, BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN -> {}
        }
    }
}
