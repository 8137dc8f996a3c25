package dev.understudy.capture;

/** Takes what a recording holds of the secrets of its own connections. */
@FunctionalInterface
public interface SecretsReader {
    /** For one who has no use for them. */
    SecretsReader NONE = _ -> {};

    /**
     * A decryption secrets block of TLS; called by the thread that polls, before the packets behind
     * it are given.
     *
     * @param lines of a key log
     */
    void keyLog(String lines);
}
