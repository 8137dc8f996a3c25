package dev.understudy.http.compare;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The section {@code http.compare} of the configuration. Immutable. */
public final class CompareSettings {
    static final int DEFAULT_MAX_DECODED_BYTES = 4 << 20;
    static final int DEFAULT_MAX_DIFFERENCES = 20;
    static final int DEFAULT_MAX_DEPTH = 200;

    /** Last parts of the paths where logins usually live. */
    private static final List<String> LOGIN_PAGES =
            List.of(
                    "/login",
                    "/log-in",
                    "/signin",
                    "/sign-in",
                    "/sign_in",
                    "/logon",
                    "/sso",
                    "/auth",
                    "/authorize");

    private final IgnoreRules ignore;
    private final Hosts hosts;
    private final int maxDecodedBytes;
    private final int maxDifferences;
    private final Json.Reader json;
    private final boolean numbersByValue;
    private final boolean likelyNoiseIgnored;
    private final List<String> loginPages;
    private final Optional<Path> noiseFile;

    private CompareSettings(Settings section, Hosts hosts) {
        this.hosts = hosts;
        ignore = IgnoreRules.of(section, "ignore");
        maxDecodedBytes =
                section.number("max-decoded-bytes", 1024, 256 << 20)
                        .orElse((long) DEFAULT_MAX_DECODED_BYTES)
                        .intValue();
        maxDifferences =
                section.number("max-differences", 1, 200)
                        .orElse((long) DEFAULT_MAX_DIFFERENCES)
                        .intValue();
        json =
                new Json.Reader(
                        section.number("max-depth", 1, 500)
                                .orElse((long) DEFAULT_MAX_DEPTH)
                                .intValue());
        numbersByValue = oneOf(section, "numbers", "exact", "value");
        likelyNoiseIgnored = oneOf(section, "likely-noise", "report", "ignore");
        List<String> pages = section.texts("login-pages");
        loginPages =
                (section.names().contains("login-pages") ? pages : LOGIN_PAGES)
                        .stream().map(page -> page.toLowerCase(Locale.ROOT)).toList();
        noiseFile = section.text("noise-file").map(Path::of);
    }

    /**
     * Reads the section.
     *
     * @throws SettingsException where a setting is unknown, of the wrong kind, or a rule covers too
     *     much
     */
    public static CompareSettings of(Settings section) {
        section.allowOnly(
                Set.of(
                        "ignore",
                        "hosts",
                        "max-decoded-bytes",
                        "max-differences",
                        "max-depth",
                        "numbers",
                        "likely-noise",
                        "login-pages",
                        "noise-file"));
        return new CompareSettings(section, Hosts.of(section.section("hosts")));
    }

    /** What holds where nothing is set. */
    public static CompareSettings defaults() {
        return of(Settings.empty("http.compare"));
    }

    private CompareSettings(CompareSettings from, Hosts hosts) {
        this.hosts = hosts;
        ignore = from.ignore;
        maxDecodedBytes = from.maxDecodedBytes;
        maxDifferences = from.maxDifferences;
        json = from.json;
        numbersByValue = from.numbersByValue;
        likelyNoiseIgnored = from.likelyNoiseIgnored;
        loginPages = from.loginPages;
        noiseFile = from.noiseFile;
    }

    /**
     * These settings with one more pair of names by which the servers speak of themselves.
     *
     * @param online host or host:port, as in links of the online server
     * @param target the same of the target
     */
    public CompareSettings withHost(String online, String target) {
        return new CompareSettings(this, hosts.with(online, target));
    }

    /** Where learnt noise is read from and written to; whoever prepares the run does that. */
    public Optional<Path> noiseFile() {
        return noiseFile;
    }

    private static boolean oneOf(Settings section, String name, String first, String second) {
        String value = section.text(name).orElse(first);
        if (!value.equals(first) && !value.equals(second)) {
            throw new SettingsException(
                    "%s.%s must be %s or %s, not '%s'"
                            .formatted(section.path(), name, first, second, value));
        }
        return value.equals(second);
    }

    IgnoreRules ignore() {
        return ignore;
    }

    Hosts hosts() {
        return hosts;
    }

    int maxDecodedBytes() {
        return maxDecodedBytes;
    }

    int maxDifferences() {
        return maxDifferences;
    }

    Json.Reader json() {
        return json;
    }

    boolean numbersByValue() {
        return numbersByValue;
    }

    boolean likelyNoiseIgnored() {
        return likelyNoiseIgnored;
    }

    /** Whether a path, in lower case, is that of a login page. */
    boolean loginPage(String path) {
        return loginPages.stream()
                .anyMatch(
                        page ->
                                path.endsWith(page)
                                        || path.contains(page + "/")
                                        || path.contains(page + "."));
    }
}
