package dev.understudy.mysql.command;

import java.util.function.BooleanSupplier;

/** What became of a captured command. */
sealed interface Taken {
    /** It was announced and dealt with. */
    record Read() implements Taken {}

    /** It was not looked at, and is to be shown again when this holds. */
    record Wait(String reason, BooleanSupplier until) implements Taken {}

    /** As {@link Wait}, for a value of another session's. */
    record Ask(String key, BooleanSupplier until) implements Taken {}

    /** It was not looked at: a login begins with it. */
    record Login() implements Taken {}

    /** The copy has to end. */
    record Leave(String reason, String detail) implements Taken {}
}
