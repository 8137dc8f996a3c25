package dev.understudy.http.compare;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * By which names the two sides speak of themselves, so that a link of the target to itself is not a
 * difference.
 */
final class Hosts {
    /** Pairs of names. */
    static final int MAX_HOSTS = 100;

    private static final Pattern AUTHORITY =
            Pattern.compile("(?i)\\[[0-9a-f:.]{2,45}](:\\d{1,5})?|[a-z0-9._-]{1,253}(:\\d{1,5})?");

    private final Map<String, String> onlineByTarget;
    private final Optional<Pattern> targets;

    private Hosts(Map<String, String> onlineByTarget) {
        this.onlineByTarget = onlineByTarget;
        this.targets =
                onlineByTarget.isEmpty() ? Optional.empty() : Optional.of(pattern(onlineByTarget));
    }

    /** Behind two slashes, also where these are escaped, and not as a part of a longer name. */
    private static Pattern pattern(Map<String, String> onlineByTarget) {
        StringBuilder names = new StringBuilder();
        onlineByTarget.keySet().stream()
                .sorted((a, b) -> b.length() - a.length())
                .forEach(
                        name ->
                                names.append(names.isEmpty() ? "" : "|")
                                        .append(Pattern.quote(name)));
        return Pattern.compile("(?i)(//|%2F%2F|\\\\/\\\\/)(" + names + ")(?![A-Za-z0-9.-]|:\\d)");
    }

    static Hosts none() {
        return new Hosts(Map.of());
    }

    /** Reads {@code www.example.com: staging.example.com}, the online name first. */
    static Hosts of(Settings section) {
        if (section.names().size() > MAX_HOSTS) {
            throw new SettingsException(
                    "%s has %d entries: at most %d"
                            .formatted(section.path(), section.names().size(), MAX_HOSTS));
        }
        Map<String, String> onlineByTarget = new LinkedHashMap<>();
        for (String online : section.names()) {
            String target = section.text(online).orElseThrow();
            for (String name : new String[] {online, target}) {
                if (!AUTHORITY.matcher(name).matches()) {
                    throw new SettingsException(
                            "%s: '%s' is not a host, or host:port".formatted(section.path(), name));
                }
            }
            onlineByTarget.putIfAbsent(
                    target.toLowerCase(Locale.ROOT), online.toLowerCase(Locale.ROOT));
        }
        return new Hosts(onlineByTarget);
    }

    /** With one more pair; a pair that is there already stays. */
    Hosts with(String online, String target) {
        Map<String, String> more = new LinkedHashMap<>(onlineByTarget);
        more.putIfAbsent(target.toLowerCase(Locale.ROOT), online.toLowerCase(Locale.ROOT));
        return new Hosts(more);
    }

    /** A text of the target with links to itself made links to the online server. */
    String asOnline(String text) {
        if (targets.isEmpty()) {
            return text;
        }
        Matcher matcher = targets.get().matcher(text);
        return matcher.find()
                ? matcher.replaceAll(
                        link -> Matcher.quoteReplacement(link.group(1) + onlineOf(link.group(2))))
                : text;
    }

    /** The online name for an authority, or a cookie's domain, of the target. */
    String onlineOf(String authority) {
        String lower = authority.toLowerCase(Locale.ROOT);
        return onlineByTarget.getOrDefault(lower, lower);
    }

    /** Whether it is one of the online server's own names. */
    boolean online(String authority) {
        return onlineByTarget.containsValue(authority);
    }
}
