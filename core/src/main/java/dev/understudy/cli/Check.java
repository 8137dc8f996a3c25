package dev.understudy.cli;

/**
 * What {@code doctor} found out about one thing.
 *
 * @param subject one word: {@code interface}, {@code ports}
 * @param text what was found; where that is not good, what to do
 */
record Check(Result result, String subject, String text) {
    /** How good that is. */
    enum Result {
        OK,
        WARNING,
        FAILED
    }

    static Check ok(String subject, String text) {
        return new Check(Result.OK, subject, text);
    }

    static Check warning(String subject, String text) {
        return new Check(Result.WARNING, subject, text);
    }

    static Check failed(String subject, String text) {
        return new Check(Result.FAILED, subject, text);
    }
}
