package dev.understudy.protocol.session;

import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who logs in on the target in the place of captured users: a section with an entry for each, by
 * captured name, that holds the target's {@code password} and, where it is another, the name there
 * ({@code as}). The entry {@code "*"} is for all others.
 */
public final class TargetUsers {
    /** The entry for users that have none of their own. */
    public static final String ANY = "*";

    private final Map<String, TargetUser> byName;

    /** A user of the target. */
    public record TargetUser(String name, Secret password) {}

    private TargetUsers(Map<String, TargetUser> byName) {
        this.byName = byName;
    }

    /**
     * Reads a section.
     *
     * @throws SettingsException where an entry has no password, or a name that nobody reads
     */
    public static TargetUsers of(Settings section) {
        Map<String, TargetUser> users = new HashMap<>();
        for (String name : section.names()) {
            Settings entry = section.section(name);
            entry.allowOnly(Set.of("as", "password"));
            Secret password =
                    entry.secret("password")
                            .orElseThrow(
                                    () ->
                                            new SettingsException(
                                                    entry.path()
                                                            + ".password is missing: set the"
                                                            + " target's password"));
            users.put(name, new TargetUser(entry.text("as").orElse(name), password));
        }
        return new TargetUsers(users);
    }

    /** Whether there is no entry at all. */
    public boolean isEmpty() {
        return byName.isEmpty();
    }

    /** Who a captured user is on the target. */
    public Optional<TargetUser> of(String captured) {
        TargetUser own = byName.get(captured);
        return own != null
                ? Optional.of(own)
                : Optional.ofNullable(byName.get(ANY)).map(any -> named(any, captured));
    }

    /** Who logs in where no captured name is known: the entry {@code "*"}, if it says a name. */
    public Optional<TargetUser> anybody() {
        return Optional.ofNullable(byName.get(ANY)).filter(any -> !any.name().equals(ANY));
    }

    private static TargetUser named(TargetUser any, String captured) {
        return any.name().equals(ANY) ? new TargetUser(captured, any.password()) : any;
    }
}
