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
    private final int copyNumber;

    KeyNotes(KeyTable keys, int copyNumber) {
        this.keys = keys;
        this.copyNumber = copyNumber;
    }

    /** A request is being sent: takes down what is known of its keys, and what it changes. */
    Pending sending(Ask ask, long ordinal, Optional<String> reservation) {
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
            if (ask.kind() == Kind.SET || ask.kind() == Kind.ADD) {
                keys.stored(key);
            }
        }
        Optional<String> doubt =
                reservation.isEmpty() && copyNumber > 0 && contended(ask)
                        ? Optional.of(MULTIPLIED)
                        : reservation;
        return new Pending(ask, ordinal, true, pasts, doubt, changes);
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
        return new CacheReply(request.ask(), answer, request.pasts(), request.reservation());
    }

    private void learn(Pending request, Answer answer) {
        Ask ask = request.ask();
        if (ask.keys().isEmpty()) {
            return;
        }
        String key = ask.keys().getFirst();
        switch (ask.kind()) {
            case SET, ADD, MODIFY -> {
                boolean took =
                        answer instanceof Answer.Silent
                                || (answer instanceof Answer.Status(String word, String _, long _)
                                        && word.equals("STORED"));
                boolean stands = ask.kind() == Kind.ADD && !(answer instanceof Answer.Failed);
                boolean cold =
                        ask.kind() == Kind.MODIFY
                                && request.pasts().getOrDefault(key, KeyPast.WRITTEN)
                                        == KeyPast.COLD;
                if (took) {
                    keys.took(key);
                } else if (!stands && !cold) {
                    keys.lost(key);
                }
            }
            case READ, COUNT, DELETE, TOUCH, BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN -> {}
        }
    }
}
