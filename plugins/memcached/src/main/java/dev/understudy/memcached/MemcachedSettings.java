package dev.understudy.memcached;

import dev.understudy.memcached.command.Ask;
import dev.understudy.memcached.couchbase.CouchbaseTarget;
import dev.understudy.memcached.sasl.SaslMechanism;
import dev.understudy.memcached.text.TextRequests;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.protocol.session.Filters;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The section {@code memcached} of the configuration.
 *
 * @param users by their captured names, {@code *} for all others
 * @param mechanisms by which logins on the target may be done
 * @param failureLimit refusals of one user in a row after which the target is left alone
 * @param filters what is not copied besides
 * @param allow rules whose requests are sent all the same
 * @param maxLineBytes of a command line
 * @param maxValueBytes of a value, in requests and answers
 * @param keepBytes of an answer that are kept for the comparison
 * @param warm whether items that the target lacks are stored there
 * @param warmTtlSeconds how long such an item lives where production does not say; 0 for ever
 * @param warmMaxBytes of a value that is stored so
 * @param showValues whether differences show bytes of values
 */
record MemcachedSettings(
        LoginMode login,
        TextAuth textAuth,
        Map<String, TargetUser> users,
        Set<SaslMechanism> mechanisms,
        int failureLimit,
        Filters<Ask> filters,
        Set<String> allow,
        CasPolicy cas,
        int maxLineBytes,
        long maxValueBytes,
        int keepBytes,
        boolean warm,
        long warmTtlSeconds,
        int warmMaxBytes,
        boolean showValues) {
    static final Set<String> NAMES =
            Set.of(
                    "login",
                    "text-auth",
                    "users",
                    "mechanisms",
                    "login-failures",
                    "allow",
                    "deny",
                    "only",
                    "cas",
                    "max-line",
                    "max-value",
                    "warm",
                    "warm-ttl",
                    "warm-max",
                    "show-values",
                    CouchbaseTarget.SECTION);

    /** The entry for users that have none of their own. */
    static final String ANY_USER = "*";

    private static final int DEFAULT_FAILURE_LIMIT = 3;
    private static final int MAX_FAILURE_LIMIT = 1_000_000;

    /** A multi-get of some ten thousand keys. */
    private static final int DEFAULT_LINE_BYTES = 1 << 20;

    private static final int LEAST_LINE_BYTES = 2048;
    private static final int MAX_LINE_BYTES = 16 << 20;

    /** The most that {@code -I} allows. */
    private static final int MAX_VALUE_BYTES = 1 << 30;

    private static final int LEAST_VALUE_BYTES = 1024;
    private static final int DEFAULT_WARM_TTL_SECONDS = 3600;

    /** What memcached takes for a span and not for a date. */
    private static final int MAX_WARM_TTL_SECONDS = 30 * 24 * 3600;

    private static final int DEFAULT_WARM_BYTES = 64 * 1024;

    /** Whether the copy logs in on the target. */
    enum LoginMode {
        /** Where production's client did. */
        AS_CAPTURED,
        /** On every connection, as the user {@code *}. */
        ALWAYS,
        /** On none: the target asks for no login. */
        NEVER
    }

    /** Whether the first {@code set} of a text connection is a login. */
    enum TextAuth {
        /** Where it names a configured user, or the server has asked for a login. */
        AUTO,
        YES,
        NO
    }

    /** What becomes of a request that depends on a cas value nobody knows. */
    enum CasPolicy {
        /** It is not sent. */
        SKIP,
        /** It is sent without the condition where production has stored it. */
        UNCONDITIONAL,
        /** It is sent with production's value. */
        AS_IS
    }

    /** Who a captured user is on the target. */
    record TargetUser(String name, Secret password) {}

    MemcachedSettings {
        users = Map.copyOf(users);
        mechanisms = Set.copyOf(mechanisms);
        allow = Set.copyOf(allow);
    }

    /** Reads it whole; a wrong or unknown setting is a {@link SettingsException}. */
    static MemcachedSettings of(RunContext run) {
        Settings settings = run.settings();
        settings.allowOnly(NAMES);
        if (textAuth(settings) == TextAuth.AUTO
                && settings.section("users").names().contains(ANY_USER)) {
            // Any first set could be a login then, and a login must not become data on the target.
            throw new SettingsException(
                    "memcached.users has \"*\", so memcached.text-auth must say whether text"
                            + " connections log in, true or false: set it");
        }
        MemcachedSettings read =
                new MemcachedSettings(
                        loginMode(settings),
                        textAuth(settings),
                        users(settings.section("users")),
                        mechanisms(settings.texts("mechanisms")),
                        (int)
                                (long)
                                        settings.number("login-failures", 1, MAX_FAILURE_LIMIT)
                                                .orElse((long) DEFAULT_FAILURE_LIMIT),
                        filters(settings),
                        allow(settings.texts("allow")),
                        choice(settings, "cas", CasPolicy.UNCONDITIONAL),
                        (int)
                                (long)
                                        settings.number(
                                                        "max-line",
                                                        LEAST_LINE_BYTES,
                                                        MAX_LINE_BYTES)
                                                .orElse((long) DEFAULT_LINE_BYTES),
                        settings.number("max-value", LEAST_VALUE_BYTES, MAX_VALUE_BYTES)
                                .orElse((long) MAX_VALUE_BYTES),
                        run.replyKeepBytes(),
                        settings.flag("warm").orElse(false),
                        settings.number("warm-ttl", 0, MAX_WARM_TTL_SECONDS)
                                .orElse((long) DEFAULT_WARM_TTL_SECONDS),
                        (int)
                                (long)
                                        settings.number("warm-max", 1, run.replyKeepBytes())
                                                .orElse(
                                                        (long)
                                                                Math.min(
                                                                        DEFAULT_WARM_BYTES,
                                                                        run.replyKeepBytes())),
                        settings.flag("show-values").orElse(false));
        if (read.login == LoginMode.ALWAYS && !read.users.containsKey(ANY_USER)) {
            throw new SettingsException(
                    "memcached.login is always, and nobody says as whom: set memcached.users.\"*\""
                            + " with as and password");
        }
        return read;
    }

    private static Filters<Ask> filters(Settings settings) {
        return Filters.of(
                settings,
                true,
                Map.of(
                        "command", (_, text) -> command(Filters.glob(text)),
                        "key", (_, text) -> key(Filters.glob(text))));
    }

    private static Filters.Test<Ask> command(Pattern name) {
        return (ask, _) -> name.matcher(ask.operation()).matches();
    }

    /** Of several keys one counts for what is not sent, and all for what alone is. */
    private static Filters.Test<Ask> key(Pattern name) {
        return (ask, doubtful) ->
                doubtful
                        ? ask.keys().stream().anyMatch(key -> name.matcher(key).matches())
                        : ask.keys().stream().allMatch(key -> name.matcher(key).matches());
    }

    /**
     * On a cluster each connection is logged in, as the one user that the cluster's section names.
     */
    private static LoginMode loginMode(Settings settings) {
        if (!settings.names().contains(CouchbaseTarget.SECTION)) {
            return choice(settings, "login", LoginMode.AS_CAPTURED);
        }
        for (String name : List.of("login", "users", "mechanisms", "warm")) {
            if (settings.names().contains(name)) {
                throw new SettingsException(
                        "memcached.%s does not go with memcached.couchbase: take it out"
                                .formatted(name));
            }
        }
        return LoginMode.NEVER;
    }

    private static <E extends Enum<E>> E choice(Settings settings, String name, E unsaid) {
        Optional<String> said = settings.text(name);
        if (said.isEmpty()) {
            return unsaid;
        }
        Set<String> known = new TreeSet<>();
        for (E each : unsaid.getDeclaringClass().getEnumConstants()) {
            String word = each.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (word.equals(said.get())) {
                return each;
            }
            known.add(word);
        }
        throw new SettingsException(
                "%s.%s is '%s': it must be one of %s"
                        .formatted(settings.path(), name, said.get(), known));
    }

    private static TextAuth textAuth(Settings settings) {
        return switch (settings.text("text-auth").orElse("auto")) {
            case "auto" -> TextAuth.AUTO;
            case "true" -> TextAuth.YES;
            case "false" -> TextAuth.NO;
            case String other ->
                    throw new SettingsException(
                            "memcached.text-auth is '%s': it must be true, false or auto"
                                    .formatted(other));
        };
    }

    private static Map<String, TargetUser> users(Settings section) {
        Map<String, TargetUser> users = new LinkedHashMap<>();
        for (String name : section.names()) {
            Settings entry = section.section(name);
            entry.allowOnly(Set.of("as", "password"));
            Secret password =
                    entry.secret("password")
                            .orElseThrow(
                                    () ->
                                            new SettingsException(
                                                    "memcached.users.%s.password is missing: set the target's password"
                                                            .formatted(name)));
            users.put(name, new TargetUser(entry.text("as").orElse(name), password));
        }
        return users;
    }

    private static Set<SaslMechanism> mechanisms(List<String> names) {
        if (names.isEmpty()) {
            return EnumSet.allOf(SaslMechanism.class);
        }
        Set<SaslMechanism> allowed = EnumSet.noneOf(SaslMechanism.class);
        for (String name : names) {
            allowed.add(
                    SaslMechanism.of(name)
                            .orElseThrow(
                                    () ->
                                            new SettingsException(
                                                    ("memcached.mechanisms holds '%s': known are PLAIN,"
                                                                    + " SCRAM-SHA-1, SCRAM-SHA-256,"
                                                                    + " SCRAM-SHA-512")
                                                            .formatted(name))));
        }
        return allowed;
    }

    private static Set<String> allow(List<String> rules) {
        Set<String> known = new TreeSet<>(TextRequests.CONTROLS);
        known.add(TextRequests.UNKNOWN_COMMAND);
        // What follows is no answer any more.
        known.remove("watch");
        for (String rule : rules) {
            if (!known.contains(rule)) {
                throw new SettingsException(
                        "memcached.allow holds '%s': known are %s".formatted(rule, known));
            }
        }
        return Set.copyOf(rules);
    }

    /** Who this captured user is on the target. */
    Optional<TargetUser> user(String captured) {
        TargetUser own = users.get(captured);
        if (own != null) {
            return Optional.of(own);
        }
        return Optional.ofNullable(users.get(ANY_USER))
                .map(
                        any ->
                                any.name().equals(ANY_USER)
                                        ? new TargetUser(captured, any.password())
                                        : any);
    }
}
