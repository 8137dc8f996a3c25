package dev.understudy.http.compare;

import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /** A part of a whole, or percent of it; YAML may have turned 0.0001 into 1.0E-4. */
    private static final Pattern SHARE =
            Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,18})?(?:E-[0-9]{1,2})?)(?: ?(%))?");

    private final IgnoreRules ignore;
    private final Hosts hosts;
    private final UnaryOperator<String> paths;
    private final SecretNames names;
    private final int maxDecodedBytes;
    private final int maxDifferences;
    private final Json.Reader json;
    private final boolean numbersByValue;
    private final boolean likelyNoiseIgnored;
    private final List<String> loginPages;
    private final Optional<Path> noiseFile;
    private final double probe;

    private CompareSettings(Settings section, Hosts hosts) {
        this.hosts = hosts;
        paths = UnaryOperator.identity();
        names = new SecretNames(Set.of());
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
        probe = section.text("probe").map(text -> share(section, "probe", text)).orElse(0.0);
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
                        "noise-file",
                        "probe"));
        return new CompareSettings(section, Hosts.of(section.section("hosts")));
    }

    /** What holds where nothing is set. */
    public static CompareSettings defaults() {
        return of(Settings.empty("http.compare"));
    }

    private CompareSettings(
            CompareSettings from, Hosts hosts, UnaryOperator<String> paths, SecretNames names) {
        this.hosts = hosts;
        this.paths = paths;
        this.names = names;
        ignore = from.ignore;
        maxDecodedBytes = from.maxDecodedBytes;
        maxDifferences = from.maxDifferences;
        json = from.json;
        numbersByValue = from.numbersByValue;
        likelyNoiseIgnored = from.likelyNoiseIgnored;
        loginPages = from.loginPages;
        noiseFile = from.noiseFile;
        probe = from.probe;
    }

    /**
     * These settings with one more pair of names by which the servers speak of themselves.
     *
     * @param online host or host:port, as in links of the online server
     * @param target the same of the target
     */
    public CompareSettings withHost(String online, String target) {
        return new CompareSettings(this, hosts.with(online, target), paths, names);
    }

    /**
     * These settings with what each server makes of its own in paths of {@code Location}.
     *
     * @param folded the path with place holders
     */
    public CompareSettings withPaths(UnaryOperator<String> folded) {
        return new CompareSettings(this, hosts, folded, names);
    }

    /** These settings with what names say of their values. */
    public CompareSettings withNames(SecretNames known) {
        return new CompareSettings(this, hosts, paths, known);
    }

    SecretNames names() {
        return names;
    }

    UnaryOperator<String> paths() {
        return paths;
    }

    /** Where learnt noise is read from and written to; whoever prepares the run does that. */
    public Optional<Path> noiseFile() {
        return noiseFile;
    }

    /** The share of safe requests that the target is asked twice, 0..1; 0 asks none. */
    public double probe() {
        return probe;
    }

    private static double share(Settings section, String name, String text) {
        Matcher said = SHARE.matcher(text);
        double share = said.matches() ? Double.parseDouble(said.group(1)) : -1;
        if (said.matches() && said.group(2) != null) {
            share /= 100;
        }
        if (share < 0 || share > 1) {
            throw new SettingsException(
                    "%s.%s is '%s': write a share from 0 to 1, as 0.01, or in percent, as 1%%"
                            .formatted(section.path(), name, text));
        }
        return share;
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
