package dev.understudy.http.state;

import dev.understudy.protocol.Settings;
import java.time.Duration;
import java.time.Instant;

/**
 * What the configuration says of the state of users.
 *
 * @param on whether it is kept true on the target at all
 * @param maxWait how long a request may wait for the target's value
 * @param maxBodyBytes a request's body that may carry tokens is held up to this size, to be
 *     rewritten; larger ones pass as they are
 */
public record StateSettings(
        boolean on,
        TokenNames names,
        MadeIds ids,
        Credentials credentials,
        Duration maxWait,
        int maxBodyBytes) {
    private static final long DEFAULT_WAIT_SECONDS = 10;
    private static final long DEFAULT_BODY_BYTES = 64 * 1024;

    /** Reads its settings of the section {@code http}. */
    public static StateSettings of(Settings settings, Instant now) {
        return new StateSettings(
                settings.flag("auth-state").orElse(true),
                TokenNames.of(settings),
                MadeIds.of(settings.section("ids")),
                Credentials.of(settings, now),
                Duration.ofSeconds(
                        settings.number("auth-wait", 1, 600).orElse(DEFAULT_WAIT_SECONDS)),
                settings.section("limits")
                        .number("body-rewritten", 0, 16 << 20)
                        .orElse(DEFAULT_BODY_BYTES)
                        .intValue());
    }
}
