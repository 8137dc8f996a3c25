package dev.understudy.mysql.command;

import java.util.ArrayDeque;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which database a session has as its default one on one side: it was asked for others, and whether
 * it got them its answers tell. So there may be several that it can be.
 */
final class DefaultDatabase {
    /** Changes that are not answered yet, and databases that it may be. */
    static final int MAX_NAMES = 1024;

    private final ArrayDeque<Change> pending = new ArrayDeque<>();
    private Set<String> settled;

    /**
     * @param alone whether one statement asks for it, which is done or not
     */
    private record Change(long ordinal, Set<String> names, String last, boolean alone) {}

    /**
     * @param name of the login; empty for none
     */
    DefaultDatabase(String name) {
        settled = Set.of(name);
    }

    /** A request asks for these, one after the other. */
    void asked(long ordinal, Set<String> names, String last, boolean alone) {
        pending.add(new Change(ordinal, names, last, alone));
    }

    /** A request was answered. */
    void answered(long ordinal, boolean succeeded) {
        if (pending.isEmpty() || pending.peek().ordinal() != ordinal) {
            return;
        }
        Change change = pending.remove();
        if (succeeded) {
            settled = Set.of(change.last());
        } else if (!change.alone()) {
            settled = new TreeSet<>(settled);
            settled.addAll(change.names());
        }
    }

    /** It is this one. */
    void is(String name) {
        pending.clear();
        settled = Set.of(name);
    }

    /** Those that it may be; empty text is none. */
    Set<String> possible() {
        if (pending.isEmpty()) {
            return settled;
        }
        Set<String> possible = new TreeSet<>(settled);
        pending.forEach(change -> possible.addAll(change.names()));
        return possible;
    }

    boolean isSettled() {
        return pending.isEmpty();
    }

    boolean isFull() {
        return pending.size() + settled.size() > MAX_NAMES;
    }
}
