package dev.understudy.cli.config;

import dev.understudy.session.TlsReading;
import dev.understudy.tls.KeyTable;
import java.time.Duration;

/**
 * How captured TLS is read.
 *
 * @param keys what is kept of the secrets
 * @param keyWait the longest that a session waits for its own
 */
public record TlsSettings(KeyTable.Limits keys, Duration keyWait) {
    static TlsSettings defaults() {
        return new TlsSettings(KeyTable.Limits.defaults(), TlsReading.DEFAULT_KEY_WAIT);
    }
}
