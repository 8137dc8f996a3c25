package dev.understudy.tls;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Secrets of connections, by the client's random, as key logs tell them. Bounded: the connections
 * told of longest ago are forgotten first, and counted. May be used from any thread.
 */
public final class KeyTable {
    /** What an entry costs beside its secrets: random, maps, references, in bytes. */
    private static final int ENTRY_BYTES = 320;

    /** What a secret costs beside its bytes. */
    private static final int SECRET_BYTES = 64;

    /**
     * How much is kept.
     *
     * @param connections whose secrets are kept at once
     * @param bytes that all of it may take, by estimate
     * @param age after which secrets are forgotten, counted from when they were read
     */
    public record Limits(int connections, long bytes, Duration age) {
        /** The limits of a run whose configuration says nothing of them. */
        public static Limits defaults() {
            return new Limits(100_000, 64L << 20, Duration.ofHours(24));
        }
    }

    /**
     * What has been read so far.
     *
     * @param secrets that may open records
     * @param passed lines that hold none of these: comments, exporter secrets
     * @param wrong lines that are none of a key log
     * @param connections whose secrets are kept now
     * @param forgotten connections whose secrets were let go, for any limit
     */
    public record Counts(long secrets, long passed, long wrong, int connections, long forgotten) {}

    private static final class Entry {
        private final Map<SecretLabel, byte[]> secrets = new EnumMap<>(SecretLabel.class);
        private long bytes = ENTRY_BYTES;
        private final long sinceNanos;

        Entry(long sinceNanos) {
            this.sinceNanos = sinceNanos;
        }

        /** Keeps a secret, and returns how many bytes more that takes. */
        long add(SecretLabel label, byte[] secret) {
            byte[] before = secrets.put(label, secret);
            int more = secret.length - (before == null ? -SECRET_BYTES : before.length);
            bytes += more;
            return more;
        }
    }

    private final Limits limits;
    private final Map<HelloRandom, Entry> entries = new LinkedHashMap<>();
    private long bytes;
    private long secrets;
    private long passed;
    private long wrong;
    private long forgotten;
    private volatile boolean expected;
    private volatile long changes;

    public KeyTable(Limits limits) {
        this.limits = limits;
    }

    /** Says that there is a source of secrets: connections may wait for theirs. */
    public void expect() {
        expected = true;
    }

    /** Whether there is a source of secrets. */
    public boolean isExpected() {
        return expected;
    }

    /** Grows with each secret that comes: who waits for one looks again when it has grown. */
    public long changes() {
        return changes;
    }

    /**
     * Takes one line of a key log, without its end.
     *
     * @param nowNanos by a clock of the caller's that does not go back
     * @return why it is no line of a key log, if it is none; says nothing of what it holds
     */
    public Optional<String> add(String line, long nowNanos) {
        return switch (KeyLogLine.parse(line)) {
            case KeyLogLine.Known(SecretLabel label, HelloRandom random, byte[] secret) -> {
                add(label, random, secret, nowNanos);
                yield Optional.empty();
            }
            case KeyLogLine.Passed() -> {
                countPassed();
                yield Optional.empty();
            }
            case KeyLogLine.Wrong(String why) -> {
                countWrong();
                yield Optional.of(why);
            }
        };
    }

    private synchronized void add(
            SecretLabel label, HelloRandom random, byte[] secret, long nowNanos) {
        expected = true;
        secrets++;
        Entry entry = entries.get(random);
        if (entry == null) {
            entry = new Entry(nowNanos);
            entries.put(random, entry);
            bytes += ENTRY_BYTES;
        }
        bytes += entry.add(label, secret);
        forget(nowNanos);
        changes++;
    }

    /** Lets go of what is too old or too much, the oldest first. */
    private void forget(long nowNanos) {
        Iterator<Entry> oldest = entries.values().iterator();
        while (oldest.hasNext()) {
            Entry entry = oldest.next();
            boolean tooOld = nowNanos - entry.sinceNanos > limits.age().toNanos();
            if (!tooOld && entries.size() <= limits.connections() && bytes <= limits.bytes()) {
                return;
            }
            oldest.remove();
            bytes -= entry.bytes;
            forgotten++;
        }
    }

    /** Lets go of what is too old by now. */
    synchronized void expire(long nowNanos) {
        forget(nowNanos);
    }

    private synchronized void countPassed() {
        passed++;
    }

    private synchronized void countWrong() {
        wrong++;
    }

    synchronized Optional<ConnectionSecrets> find(HelloRandom random) {
        return Optional.ofNullable(entries.get(random))
                .map(entry -> new ConnectionSecrets(entry.secrets));
    }

    public synchronized Counts counts() {
        return new Counts(secrets, passed, wrong, entries.size(), forgotten);
    }

    @Override
    public String toString() {
        return "secrets of " + counts().connections() + " connections";
    }
}
