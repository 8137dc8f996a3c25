package dev.understudy.session;

import dev.understudy.delivery.AddressRange;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which sessions are copied, and how often.
 *
 * @param ramp the share grows from nothing to the whole sample within this capture time, counted
 *     from the first connection
 * @param clients networks whose clients are copied; empty: all
 * @param copies how many times each session is copied to the same target, 1 or more
 */
public record Shape(
        Sample sample, Optional<Duration> ramp, List<AddressRange> clients, int copies) {
    /** Every session, once. */
    public static final Shape WHOLE = new Shape(Sample.ALL, Optional.empty(), List.of(), 1);

    /** Copies of one session. */
    public static final int MAX_COPIES = 100;

    public Shape {
        clients = List.copyOf(clients);
        if (copies < 1 || copies > MAX_COPIES) {
            throw new IllegalArgumentException("copies must be 1.." + MAX_COPIES + ": " + copies);
        }
    }

    /** The same with another sample. */
    Shape withSample(Sample other) {
        return new Shape(other, ramp, clients, copies);
    }

    /**
     * Why the session of a client is not copied; empty where it is, or where {@link #ofUsers} has
     * to say.
     *
     * @param sinceFirstNanos capture time since the first connection
     */
    Optional<String> refuses(InetSocketAddress client, long sinceFirstNanos) {
        InetAddress address = client.getAddress();
        if (!clients.isEmpty() && clients.stream().noneMatch(one -> one.contains(address))) {
            return Optional.of("clients");
        }
        if (sample.by() == Sample.By.USER) {
            return Optional.empty();
        }
        if (!sample.takes(client)) {
            return Optional.of("sample");
        }
        return sample.takes(client, part(sinceFirstNanos)) ? Optional.empty() : Optional.of("ramp");
    }

    /**
     * What is decided once the user of a connection that begins now is known; empty where users are
     * not asked for.
     *
     * @param sinceFirstNanos capture time since the first connection
     */
    Optional<UserSample> ofUsers(long sinceFirstNanos) {
        return sample.by() == Sample.By.USER
                ? Optional.of(new UserSample(sample, part(sinceFirstNanos)))
                : Optional.empty();
    }

    private double part(long sinceFirstNanos) {
        return ramp.map(max -> Math.clamp(sinceFirstNanos / (double) max.toNanos(), 0, 1))
                .orElse(1.0);
    }

    /** For a reader, as options; empty for the whole. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        if (!sample.isAll()) {
            parts.add("sample " + sample);
        }
        ramp.ifPresent(time -> parts.add("ramp " + time.toSeconds() + "s"));
        if (!clients.isEmpty()) {
            parts.add(
                    "clients "
                            + clients.stream()
                                    .map(AddressRange::toString)
                                    .collect(Collectors.joining(" ")));
        }
        if (copies > 1) {
            parts.add("multiply " + copies);
        }
        return String.join(", ", parts);
    }
}
