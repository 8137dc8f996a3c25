package dev.understudy.memcached.command;

/** What a request is about: what it may change, and what its answer says. */
public enum Kind {
    /** Asks for items, by one key or more; may renew their time. */
    READ,
    /** Stores an item whatever was there: {@code set}. */
    SET,
    /** Stores an item where none was. */
    ADD,
    /** Stores over an item that has to be there: {@code replace}, {@code append}, {@code cas}. */
    MODIFY,
    /** Adds to a number or takes away from it. */
    COUNT,
    /** Removes an item, or marks it as stale. */
    DELETE,
    /** Renews an item's time. */
    TOUCH,
    /** Asks for an answer and nothing else: {@code mn}, NOOP. */
    BARRIER,
    /** Asks for the server's version. */
    VERSION,
    /** Ends the connection. */
    QUIT,
    /** A step of a SASL login. */
    LOGIN,
    /** Looks after the server; not copied unless the user says so. */
    CONTROL,
    /** Not known here. */
    UNKNOWN;

    /** Whether an item is changed, or may be. */
    public boolean writes() {
        return switch (this) {
            case SET, ADD, MODIFY, COUNT, DELETE -> true;
            case READ, TOUCH, BARRIER, VERSION, QUIT, LOGIN, CONTROL, UNKNOWN -> false;
        };
    }
}
