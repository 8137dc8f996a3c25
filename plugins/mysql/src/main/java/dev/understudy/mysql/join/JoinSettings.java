package dev.understudy.mysql.join;

import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the user decided about sessions that are open already.
 *
 * @param level the least that has to be known of a session
 * @param account to ask the online server with
 * @param user of every session, at level {@code default}
 * @param database of every session, at level {@code default}
 * @param patience how long a session may wait to be joined, in the time of the capture
 */
public record JoinSettings(
        JoinLevel level,
        Optional<Account> account,
        String user,
        String database,
        Duration patience) {
    /** The settings read here, for {@link Settings#allowOnly}. */
    public static final Set<String> NAMES = Set.of("snapshot", "join", "join-as", "join-patience");

    /** Seconds between two looks at the online server. */
    private static final long DEFAULT_INTERVAL = 5;

    private static final long MAX_INTERVAL = 3600;
    private static final long DEFAULT_PATIENCE = 300;
    private static final long MAX_PATIENCE = 24 * 3600;
    private static final int MAX_PORT = 65_535;

    /**
     * Where and as whom the online server is asked.
     *
     * @param interval between two looks
     * @param tls whether to speak inside TLS, or not at all
     */
    public record Account(
            String host, int port, String user, Secret password, Duration interval, boolean tls) {}

    /** Reads them; a wrong one is a {@link SettingsException}. */
    public static JoinSettings of(RunContext run) {
        Settings settings = run.settings();
        Optional<Account> account =
                settings.names().contains("snapshot")
                        ? Optional.of(account(settings.section("snapshot"), run.online()))
                        : Optional.empty();
        JoinLevel level =
                settings.text("join")
                        .map(JoinSettings::level)
                        .orElse(account.isPresent() ? JoinLevel.SNAPSHOT : JoinLevel.WAIT);
        Settings as = settings.section("join-as");
        as.allowOnly(Set.of("user", "database"));
        if (account.isEmpty() && (level == JoinLevel.SNAPSHOT || level == JoinLevel.OBSERVED)) {
            throw new SettingsException(
                    "mysql.join is '%s', which the online server has to be asked for: set mysql.snapshot.user and .password"
                            .formatted(level.word()));
        }
        if (level == JoinLevel.DEFAULT && as.text("user").isEmpty()) {
            throw new SettingsException(
                    "mysql.join is 'default': set mysql.join-as.user, and .database where sessions have one");
        }
        return new JoinSettings(
                level,
                account,
                as.text("user").orElse(""),
                as.text("database").orElse(""),
                Duration.ofSeconds(
                        settings.number("join-patience", 1, MAX_PATIENCE)
                                .orElse(DEFAULT_PATIENCE)));
    }

    private static JoinLevel level(String word) {
        return Arrays.stream(JoinLevel.values())
                .filter(level -> level.word().equals(word))
                .findFirst()
                .orElseThrow(
                        () ->
                                new SettingsException(
                                        "mysql.join is '%s': it must be one of %s"
                                                .formatted(
                                                        word,
                                                        Arrays.stream(JoinLevel.values())
                                                                .map(JoinLevel::word)
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }

    private static Account account(Settings section, InetSocketAddress online) {
        section.allowOnly(Set.of("address", "user", "password", "interval", "tls"));
        String address = section.text("address").orElse("");
        int colon = address.lastIndexOf(':');
        String host = online.getHostString();
        int port = online.getPort();
        if (!address.isEmpty()) {
            if (colon < 1 || !address.substring(colon + 1).matches("\\d{1,5}")) {
                throw new SettingsException(
                        "mysql.snapshot.address is '%s': it must be host:port".formatted(address));
            }
            host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
            port = Integer.parseInt(address.substring(colon + 1));
        }
        if (port < 1 || port > MAX_PORT) {
            throw new SettingsException(
                    "mysql.snapshot.address is '%s': no port has this number".formatted(address));
        }
        return new Account(
                host,
                port,
                section.text("user")
                        .orElseThrow(() -> new SettingsException("mysql.snapshot.user is missing")),
                section.secret("password")
                        .orElseThrow(
                                () ->
                                        new SettingsException(
                                                "mysql.snapshot.password is missing: set it, or \"\" where there is none")),
                Duration.ofSeconds(
                        section.number("interval", 1, MAX_INTERVAL).orElse(DEFAULT_INTERVAL)),
                tls(section));
    }

    private static boolean tls(Settings section) {
        String value = section.text("tls").orElse("off");
        return switch (value) {
            // YAML 1.1 editors turn a bare off into a flag.
            case "off", "false" -> false;
            case "required" -> true;
            default ->
                    throw new SettingsException(
                            "mysql.snapshot.tls is '%s': it must be off or required"
                                    .formatted(value));
        };
    }
}
