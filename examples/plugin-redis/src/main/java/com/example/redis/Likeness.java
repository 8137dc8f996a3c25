package com.example.redis;

import java.util.List;

/** In what way two answers to one command are held against one another. */
sealed interface Likeness {
    /** Value by value. */
    record Exact() implements Likeness {}

    /** A set, whose order is the server's own. */
    record AnyOrder() implements Likeness {}

    /** Fields with their values, in any order. */
    record FieldsInAnyOrder() implements Likeness {}

    /** A time to live or a time of death: near is near enough. */
    record Time(long tolerance) implements Likeness {}

    /** A cursor with members, or with fields and their values; whole where both cursors are 0. */
    record Scan(Likeness found) implements Likeness {}

    /** What a server says of itself when greeted: only the protocol is the client's matter. */
    record Greeting() implements Likeness {}

    /** A value of the server's own, which says nothing of the other's. */
    record ServersOwn(String reason) implements Likeness {}

    /** The answers to the commands of a transaction, each in its own way. */
    record Transaction(List<Likeness> each) implements Likeness {
        public Transaction {
            each = List.copyOf(each);
        }
    }
}
