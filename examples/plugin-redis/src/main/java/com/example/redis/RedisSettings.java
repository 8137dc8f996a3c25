package com.example.redis;

import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.session.TargetUsers;
import java.util.Set;

/**
 * The section {@code redis} of the configuration.
 *
 * @param allow rules whose commands are sent all the same
 * @param maxMessageBytes the largest command or answer that is waited for
 * @param keepBytes answers up to this size are compared value by value
 * @param showValues whether differences show what clients have stored
 */
record RedisSettings(
        Login login,
        TargetUsers users,
        Set<String> allow,
        int maxMessageBytes,
        int keepBytes,
        boolean showValues) {
    private static final int LEAST_MESSAGE = 1024;
    private static final int DEFAULT_MESSAGE = 8 << 20;
    private static final int MAX_MESSAGE = 512 << 20;

    /** When the copy logs in on the target. */
    enum Login {
        /** Where production's client did. */
        AS_CAPTURED,
        /** On every connection, as the user {@code *}. */
        ALWAYS,
        /** On none: the target asks for no login. */
        NEVER
    }

    RedisSettings {
        allow = Set.copyOf(allow);
    }

    /**
     * Reads it whole.
     *
     * @throws SettingsException for a wrong or unknown setting
     */
    static RedisSettings of(RunContext run) {
        Settings settings = run.settings();
        settings.allowOnly(Set.of("login", "users", "allow", "max-message", "show-values"));
        RedisSettings read =
                new RedisSettings(
                        login(settings),
                        TargetUsers.of(settings.section("users")),
                        allow(settings),
                        settings.number("max-message", LEAST_MESSAGE, MAX_MESSAGE)
                                .orElse((long) DEFAULT_MESSAGE)
                                .intValue(),
                        run.replyKeepBytes(),
                        settings.flag("show-values").orElse(false));
        if (read.login == Login.ALWAYS && read.users.anybody().isEmpty()) {
            throw new SettingsException(
                    "redis.login is always, and nobody says as whom: set redis.users.\"*\" with"
                            + " as and password");
        }
        return read;
    }

    private static Login login(Settings settings) {
        String said = settings.text("login").orElse("as-captured");
        return switch (said) {
            case "as-captured" -> Login.AS_CAPTURED;
            case "always" -> Login.ALWAYS;
            case "never" -> Login.NEVER;
            default ->
                    throw new SettingsException(
                            "redis.login is '%s': it must be as-captured, always or never"
                                    .formatted(said));
        };
    }

    private static Set<String> allow(Settings settings) {
        Set<String> allowed = Set.copyOf(settings.texts("allow"));
        for (String rule : allowed) {
            if (!Rules.controls().contains(rule)) {
                throw new SettingsException(
                        "redis.allow holds '%s': known are %s".formatted(rule, Rules.controls()));
            }
        }
        return allowed;
    }
}
