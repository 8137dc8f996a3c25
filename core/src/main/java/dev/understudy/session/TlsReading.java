package dev.understudy.session;

import dev.understudy.protocol.Table;
import dev.understudy.tls.KeyTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * How the sessions of a run read captured TLS, and how many did. The counts may be asked for from
 * any thread.
 */
public final class TlsReading {
    /** The longest wait for secrets, unless the configuration says otherwise. */
    public static final Duration DEFAULT_KEY_WAIT = Duration.ofSeconds(2);

    private final KeyTable keys;
    private final Duration keyWait;
    private final Map<String, LongAdder> decrypted = new ConcurrentSkipListMap<>();

    /**
     * @param keyWait the longest that a session waits for its secrets, from when it needs them
     */
    public TlsReading(KeyTable keys, Duration keyWait) {
        this.keys = keys;
        this.keyWait = keyWait;
    }

    /** Without any secret: sessions of TLS are left out. */
    public static TlsReading none() {
        return new TlsReading(new KeyTable(KeyTable.Limits.defaults()), DEFAULT_KEY_WAIT);
    }

    KeyTable keys() {
        return keys;
    }

    Duration keyWait() {
        return keyWait;
    }

    /** A session's first record was opened: version and suite. */
    void decrypted(String how) {
        decrypted.computeIfAbsent(how, _ -> new LongAdder()).increment();
    }

    /** What was read, for the report; empty where there was no source of secrets. */
    public List<Table> tables() {
        if (!keys.isExpected()) {
            return List.of();
        }
        KeyTable.Counts counts = keys.counts();
        Stream<List<String>> log =
                Stream.of(
                        row("secrets read", counts.secrets()),
                        row("lines of other kinds, passed over", counts.passed()),
                        row("wrong lines", counts.wrong()),
                        row("connections whose secrets are kept", counts.connections()),
                        row("connections whose secrets were let go", counts.forgotten()));
        Stream<List<String>> sessions =
                decrypted.entrySet().stream()
                        .map(each -> row("sessions of " + each.getKey(), each.getValue().sum()));
        return List.of(
                new Table(
                        "TLS on the captured side",
                        List.of("what", "count"),
                        Stream.concat(log, sessions).toList()));
    }

    private static List<String> row(String what, long count) {
        return List.of(what, String.valueOf(count));
    }
}
