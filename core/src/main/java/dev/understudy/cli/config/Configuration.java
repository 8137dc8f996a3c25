package dev.understudy.cli.config;

import dev.understudy.ledger.Journals;
import dev.understudy.protocol.RunContext;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import dev.understudy.report.AllowedLimits;
import dev.understudy.report.SampleDetail;
import dev.understudy.session.RunLimits;
import dev.understudy.tls.KeyTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What the configuration file says, or leaves at its default.
 *
 * @param allowed the section {@code limits}
 * @param samples {@code report.samples}
 * @param journalBytes {@code report.journal-bytes}, for each target; 0 for no journals
 * @param run the section {@code run}
 * @param tls the section {@code tls}
 * @param replyKeepBytes {@code compare.keep}, in bytes
 * @param host what a live copy may take of its host
 * @param copies what to copy, where no option says it
 * @param protocols the sections of protocols by name, secrets resolved
 * @param shown what was set, by path, for the report; of protocols only that it was set
 * @param warnings what was odd, as a secret file that everybody can read
 * @param places where the settings stand
 */
public record Configuration(
        AllowedLimits allowed,
        SampleDetail samples,
        long journalBytes,
        RunLimits run,
        TlsSettings tls,
        int replyKeepBytes,
        HostLimits host,
        List<CopySetting> copies,
        Map<String, Settings> protocols,
        SortedMap<String, String> shown,
        List<String> warnings,
        Places places) {
    private static final Map<String, Set<String>> CORE_SECTIONS =
            Map.of(
                    "limits",
                    Set.of(
                            "differences",
                            "left-out",
                            "lost",
                            "unanswered",
                            "not-compared",
                            "kernel-drops"),
                    "report",
                    Set.of("samples", "journal-bytes"),
                    "compare",
                    Set.of("keep"),
                    "host",
                    Set.of("cpu-limit", "pause-above"),
                    "tls",
                    Set.of("key-wait", "max-connections", "key-bytes", "key-age"),
                    "run",
                    Set.of(
                            "max-sessions",
                            "bytes-per-session",
                            "bytes-in-all",
                            "hold-max",
                            "order-wait-max",
                            "drain",
                            "connect-retries",
                            "connect-timeout",
                            "idle",
                            "target-failure-share",
                            "target-failure-minimum"));

    private static final long MIB = 1024 * 1024;
    private static final Duration LONGEST = Duration.ofHours(24);

    /** No configuration file. */
    public static Configuration defaults() {
        return new Configuration(
                AllowedLimits.strict(),
                SampleDetail.FULL,
                Journals.DEFAULT_BYTES,
                RunLimits.defaults(),
                TlsSettings.defaults(),
                RunContext.DEFAULT_REPLY_KEEP_BYTES,
                HostLimits.NONE,
                List.of(),
                Map.of(),
                new TreeMap<>(),
                List.of(),
                Places.NONE);
    }

    /**
     * Reads a file.
     *
     * @param environment for {@code ${env:NAME}}
     * @param protocolNames the protocols there are: each may have a section of its name
     */
    public static Configuration read(
            Path file, Map<String, String> environment, Set<String> protocolNames)
            throws ConfigurationException {
        Path base = file.toAbsolutePath().getParent();
        References references = new References(base, environment);
        YamlTree.Read read = YamlTree.read(file, references);
        refuseUnknown(file, read, protocolNames);
        Places places =
                read.lines().isEmpty() ? Places.NONE : new Places(file.toString(), read.lines());
        try {
            Map<String, Settings> protocols = new HashMap<>();
            for (String name : protocolNames) {
                if (read.values().containsKey(name)) {
                    protocols.put(name, section(read, name));
                }
            }
            Settings compare = section(read, "compare");
            return new Configuration(
                    allowed(section(read, "limits")),
                    samples(section(read, "report")),
                    bytes(
                            section(read, "report"),
                            "journal-bytes",
                            0,
                            1024 * MIB,
                            Journals.DEFAULT_BYTES),
                    runLimits(section(read, "run")),
                    tls(section(read, "tls")),
                    (int) bytes(compare, "keep", 0, 64 * MIB, RunContext.DEFAULT_REPLY_KEEP_BYTES),
                    host(section(read, "host")),
                    CopySetting.read(read),
                    Map.copyOf(protocols),
                    shown(read, protocolNames),
                    warnings(file, read, references),
                    places);
        } catch (SettingsException e) {
            throw new ConfigurationException(places.locate(e.getMessage()));
        }
    }

    private static List<String> warnings(Path file, YamlTree.Read read, References references) {
        List<String> warnings = new ArrayList<>(references.warnings());
        if (!read.writtenOut().isEmpty() && References.isReadableByAll(file)) {
            String first = read.writtenOut().getFirst();
            warnings.add(
                    ("configuration %s, line %d: %s is written out, and everybody can read the file:"
                                    + " chmod 600 it, or write \"${file:/path}\"")
                            .formatted(file, read.lines().get(first), first));
        }
        return List.copyOf(warnings);
    }

    /** The section of a protocol; an empty one where the file has none. */
    public Settings protocol(String name) {
        return protocols.getOrDefault(name, Settings.empty(name));
    }

    private static Settings section(YamlTree.Read read, String name) {
        return switch (read.values().get(name)) {
            case null -> Settings.empty(name);
            case Map<?, ?> section -> {
                Map<String, Object> values = new LinkedHashMap<>();
                section.forEach((key, value) -> values.put(String.valueOf(key), value));
                yield Settings.of(name, values);
            }
            case Object _ -> throw new SettingsException(name + " must be a section");
        };
    }

    private static void refuseUnknown(Path file, YamlTree.Read read, Set<String> protocolNames)
            throws ConfigurationException {
        for (Map.Entry<String, Object> section : read.values().entrySet()) {
            Set<String> known = new TreeSet<>(CORE_SECTIONS.keySet());
            known.addAll(protocolNames);
            known.add(CopySetting.SECTION);
            requireKnown(file, read, section.getKey(), section.getKey(), known);
            if (CORE_SECTIONS.containsKey(section.getKey())
                    && section.getValue() instanceof Map<?, ?> settings) {
                for (Object name : settings.keySet()) {
                    requireKnown(
                            file,
                            read,
                            section.getKey() + "." + name,
                            String.valueOf(name),
                            CORE_SECTIONS.get(section.getKey()));
                }
            }
        }
    }

    private static void requireKnown(
            Path file, YamlTree.Read read, String path, String name, Set<String> known)
            throws ConfigurationException {
        if (!known.contains(name)) {
            throw new ConfigurationException(
                    "configuration %s, line %d: unknown setting '%s': known here are %s"
                            .formatted(
                                    file,
                                    read.lines().get(path),
                                    path,
                                    String.join(", ", new TreeSet<>(known))));
        }
    }

    private static AllowedLimits allowed(Settings limits) {
        return new AllowedLimits(
                count(limits, "differences"),
                count(limits, "left-out"),
                count(limits, "lost"),
                count(limits, "unanswered"),
                count(limits, "not-compared"),
                count(limits, "kernel-drops"));
    }

    private static long count(Settings limits, String name) {
        return limits.number(name, 0, Long.MAX_VALUE).orElse(0L);
    }

    private static SampleDetail samples(Settings report) {
        return switch (report.text("samples").orElse("full")) {
            case "full" -> SampleDetail.FULL;
            case "none" -> SampleDetail.NONE;
            case String other ->
                    throw new SettingsException(
                            "report.samples must be full or none, not '%s'".formatted(other));
        };
    }

    private static RunLimits runLimits(Settings run) {
        RunLimits defaults = RunLimits.defaults();
        return new RunLimits(
                whole(run, "max-sessions", 1, 1_000_000, defaults.maxSessions()),
                bytes(run, "bytes-per-session", 64 << 10, 4096 * MIB, defaults.bytesPerSession()),
                bytes(run, "bytes-in-all", MIB, 64 * 1024 * MIB, defaults.bytesInAll()),
                duration(run, "hold-max", defaults.holdMax()),
                duration(run, "order-wait-max", defaults.orderWaitMax()),
                duration(run, "drain", defaults.drain()),
                whole(run, "connect-retries", 0, 100, defaults.connectRetries()),
                duration(run, "connect-timeout", defaults.connectTimeout()),
                duration(run, "idle", defaults.idle()),
                share(run, "target-failure-share", defaults.targetFailureShare()),
                whole(
                        run,
                        "target-failure-minimum",
                        1,
                        1_000_000_000,
                        defaults.targetFailureMinimum()));
    }

    private static TlsSettings tls(Settings tls) {
        TlsSettings defaults = TlsSettings.defaults();
        KeyTable.Limits keys = defaults.keys();
        return new TlsSettings(
                new KeyTable.Limits(
                        whole(tls, "max-connections", 1, 10_000_000, keys.connections()),
                        bytes(tls, "key-bytes", MIB, 4096 * MIB, keys.bytes()),
                        duration(tls, "key-age", keys.age())),
                duration(tls, "key-wait", defaults.keyWait()));
    }

    private static HostLimits host(Settings host) {
        return new HostLimits(hostShare(host, "cpu-limit"), hostShare(host, "pause-above"));
    }

    private static Optional<Double> hostShare(Settings host, String name) {
        return quantity(host, name, text -> Optional.of(HostLimits.share(text)), Optional.empty());
    }

    private static int whole(Settings run, String name, int least, int most, int otherwise) {
        return run.number(name, least, most).map(Long::intValue).orElse(otherwise);
    }

    private static double share(Settings run, String name, double otherwise) {
        String text = run.text(name).orElse(String.valueOf(otherwise));
        try {
            double share = Double.parseDouble(text);
            if (share >= 0 && share <= 1) {
                return share;
            }
        } catch (NumberFormatException _) {
            // Refused below, as a number out of range is.
        }
        throw new SettingsException(
                "run.%s must be a number from 0 to 1, not '%s'".formatted(name, text));
    }

    private static Duration duration(Settings run, String name, Duration otherwise) {
        Duration duration = quantity(run, name, Quantities::duration, otherwise);
        if (duration.compareTo(LONGEST) > 0) {
            throw new SettingsException("%s.%s must be at most 24h".formatted(run.path(), name));
        }
        return duration;
    }

    private static long bytes(
            Settings section, String name, long least, long most, long otherwise) {
        long bytes = quantity(section, name, Quantities::bytes, otherwise);
        if (bytes < least || bytes > most) {
            throw new SettingsException(
                    "%s.%s must be from %dB to %dB".formatted(section.path(), name, least, most));
        }
        return bytes;
    }

    private static <T> T quantity(
            Settings section, String name, Function<String, T> parse, T otherwise) {
        try {
            return section.text(name).map(parse).orElse(otherwise);
        } catch (IllegalArgumentException e) {
            throw new SettingsException(
                    "%s.%s: %s".formatted(section.path(), name, e.getMessage()));
        }
    }

    /** Values of core's own sections; a protocol's may be a password written out. */
    private static SortedMap<String, String> shown(YamlTree.Read read, Set<String> protocolNames) {
        SortedMap<String, String> shown = new TreeMap<>();
        read.values()
                .forEach(
                        (section, value) -> {
                            if (protocolNames.contains(section)) {
                                shown.put(section, "(set)");
                            } else if (value instanceof Map<?, ?> settings) {
                                settings.forEach(
                                        (name, setting) ->
                                                shown.put(
                                                        section + "." + name,
                                                        String.valueOf(setting)));
                            }
                        });
        return shown;
    }
}
