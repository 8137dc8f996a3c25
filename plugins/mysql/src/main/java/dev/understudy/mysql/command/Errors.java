package dev.understudy.mysql.command;

import dev.understudy.mysql.command.Answer.Result;
import java.util.Optional;

/** How results that are errors, one of two at least, differ. */
final class Errors {
    private static final int LOCK_WAIT_TIMEOUT = 1205;
    private static final int DEADLOCK = 1213;

    /** SIGNAL and RESIGNAL: the text is the application's, not the server's. */
    private static final int SIGNAL = 1644;

    private static final String SIGNAL_CLASS = "45";

    private Errors() {}

    static boolean failed(Optional<Result> result) {
        return result.filter(Result.Failed.class::isInstance).isPresent();
    }

    /** Of two that differ, one of them an error at least. */
    static String kind(Optional<Result> online, Optional<Result> target) {
        if (isContention(online) != isContention(target)) {
            return "contention";
        }
        return !failed(online)
                ? "error-appeared"
                : !failed(target) ? "error-gone" : "error-changed";
    }

    /** A lock wait timed out, or a dead lock was broken. */
    private static boolean isContention(Optional<Result> result) {
        return result.filter(
                        any ->
                                any instanceof Result.Failed failed
                                        && (failed.number() == LOCK_WAIT_TIMEOUT
                                                || failed.number() == DEADLOCK))
                .isPresent();
    }

    /** Whether a client takes both for the same error. */
    static boolean same(Result.Failed online, Result.Failed target) {
        boolean ownText = online.number() == SIGNAL || online.sqlState().startsWith(SIGNAL_CLASS);
        return online.number() == target.number()
                && online.sqlState().equals(target.sqlState())
                && (!ownText || online.message().equals(target.message()));
    }

    /**
     * Equal where two results come to the same as far as errors go; of the control and the target
     * together that is noise.
     */
    static String signature(Optional<Result> result) {
        return isContention(result)
                ? "contention"
                : result.map(
                                any ->
                                        switch (any) {
                                            case Result.Failed(
                                                            int number,
                                                            String state,
                                                            String _) ->
                                                    number + state;
                                            case Result.Done _ -> "done";
                                            case Result.Rows _ -> "rows";
                                        })
                        .orElse("other");
    }
}
