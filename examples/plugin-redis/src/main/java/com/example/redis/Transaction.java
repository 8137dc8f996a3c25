package com.example.redis;

import java.util.ArrayList;
import java.util.List;

/** What a connection has queued between {@code MULTI} and {@code EXEC}. */
final class Transaction {
    /** Commands whose answers are told apart; of a longer transaction all count as exact. */
    private static final int MAX_QUEUED = 4096;

    private final List<Likeness> queued = new ArrayList<>();
    private boolean open;
    private boolean tooLong;

    /** Whether commands are queued now. */
    boolean isOpen() {
        return open;
    }

    /** Takes the connection's next command in, and says how its answers are compared. */
    Likeness likeness(Command command) {
        Likeness own = Rules.likeness(command);
        switch (command.word(0)) {
            case "MULTI" -> {
                if (!open) {
                    open = true;
                    tooLong = false;
                    queued.clear();
                }
            }
            case "EXEC" -> {
                if (open && !tooLong) {
                    own = new Likeness.Transaction(queued);
                }
                open = false;
            }
            case "DISCARD", "RESET" -> open = false;
            case "WATCH" -> {
                // Refused within a transaction, and not queued.
            }
            default -> {
                if (open) {
                    tooLong |= queued.size() == MAX_QUEUED;
                    if (!tooLong) {
                        queued.add(own);
                    }
                    return new Likeness.Exact();
                }
            }
        }
        return own;
    }
}
