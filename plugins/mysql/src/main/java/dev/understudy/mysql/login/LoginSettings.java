package dev.understudy.mysql.login;

import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The settings that bear on logins: {@code users}, {@code login-failures}, {@code target-tls}.
 *
 * @param failureLimit refusals of one user after which the target is left alone
 * @param targetTls whether the target is spoken to inside TLS
 */
public record LoginSettings(Map<String, TargetUser> users, int failureLimit, boolean targetTls) {
    /** The settings read here, for {@link Settings#allowOnly}. */
    public static final Set<String> NAMES = Set.of("users", "login-failures", "target-tls");

    /** The entry for users that have none of their own. */
    static final String ANY_USER = "*";

    /** The default of {@code login-failures}. */
    static final int DEFAULT_FAILURE_LIMIT = 3;

    private static final int MAX_FAILURE_LIMIT = 1_000_000;

    public LoginSettings {
        users = Map.copyOf(users);
    }

    /** Reads them; a wrong one is a {@link SettingsException}. */
    public static LoginSettings of(Settings settings) {
        Settings section = settings.section("users");
        Map<String, TargetUser> users = new LinkedHashMap<>();
        for (String name : section.names()) {
            users.put(name, user(name, section.section(name)));
        }
        return new LoginSettings(
                users,
                settings.number("login-failures", 1, MAX_FAILURE_LIMIT)
                        .map(Long::intValue)
                        .orElse(DEFAULT_FAILURE_LIMIT),
                targetTls(settings));
    }

    private static TargetUser user(String name, Settings entry) {
        entry.allowOnly(Set.of("as", "password", "hash", "old-password", "online-password"));
        Optional<Secret> password = entry.secret("password");
        Optional<Secret> hash = entry.secret("hash");
        if (password.isEmpty() == hash.isEmpty()) {
            throw new SettingsException(
                    password.isEmpty()
                            ? ("mysql.users.%s.password is missing: set the target's password, or"
                                            + " \"\" where it has none")
                                    .formatted(name)
                            : "mysql.users.%s has password and hash: set one of them"
                                    .formatted(name));
        }
        if (hash.isPresent() && NativeKey.storedHash(hash.get().reveal()).isEmpty()) {
            throw new SettingsException(
                    ("mysql.users.%s.hash is not what mysql_native_password stores: it must be *"
                                    + " and 40 hexadecimal digits")
                            .formatted(name));
        }
        return new TargetUser(
                entry.text("as").orElse(name),
                password.orElseGet(() -> new Secret("")),
                hash,
                entry.flag("old-password").orElse(false),
                entry.secret("online-password").stream().toList());
    }

    private static boolean targetTls(Settings settings) {
        String value = settings.text("target-tls").orElse("off");
        return switch (value) {
            // YAML 1.1 editors turn a bare off into a flag.
            case "off", "false" -> false;
            case "required" -> true;
            default ->
                    throw new SettingsException(
                            "mysql.target-tls is '%s': it must be off or required"
                                    .formatted(value));
        };
    }

    /**
     * Who this captured user is on the target: by an entry of its name and host, of its name, of
     * any user and this host, of any user. Of several hosts that fit it is the one with the most
     * characters that are no wildcard.
     *
     * @param client the address of the captured client, as text
     */
    public Optional<TargetUser> user(String captured, String client) {
        return Stream.of(captured, ANY_USER)
                .flatMap(name -> entry(name, client).stream())
                .findFirst()
                .map(
                        entry -> {
                            TargetUser user = entry.getValue();
                            return user.name().equals(entry.getKey()) ? user.named(captured) : user;
                        });
    }

    private Optional<Map.Entry<String, TargetUser>> entry(String name, String client) {
        String prefix = name + "@";
        Optional<Map.Entry<String, TargetUser>> byHost =
                users.entrySet().stream()
                        .filter(entry -> entry.getKey().startsWith(prefix))
                        .filter(
                                entry ->
                                        HostPattern.matches(
                                                entry.getKey().substring(prefix.length()), client))
                        .max(
                                Comparator.comparingInt(
                                        entry -> HostPattern.literals(entry.getKey())));
        return byHost.or(
                () -> Optional.ofNullable(users.get(name)).map(user -> Map.entry(name, user)));
    }
}
