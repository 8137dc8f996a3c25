package dev.understudy.http.rules;

import dev.understudy.http.message.FieldLine;
import dev.understudy.http.message.Fields;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the configuration writes otherwise: hosts, headers, paths, and the tag that marks copied
 * traffic. A head that no rule touches comes out to the letter as it went in.
 */
public final class Rewriting {
    /** The header that marks copied traffic, where {@code http.tag} does not name another. */
    public static final String DEFAULT_TAG = "X-Copied-By";

    private static final String OFF = "off";

    /** Headers that say how a message is read; to change them would change what is sent. */
    private static final Set<String> FRAMING =
            Set.of("content-length", "transfer-encoding", "connection", "upgrade", "expect");

    private record PathRule(String from, String to, boolean prefix) {
        Optional<String> apply(String path) {
            if (prefix && path.startsWith(from)) {
                return Optional.of(to + path.substring(from.length()));
            }
            return !prefix && path.equals(from) ? Optional.of(to) : Optional.empty();
        }
    }

    private final Optional<String> host;
    private final Map<String, String> hosts;
    private final Map<String, String> set;
    private final Set<String> remove;
    private final List<PathRule> paths;
    private final Optional<String> tag;

    private Rewriting(
            Optional<String> host,
            Map<String, String> hosts,
            Map<String, String> set,
            Set<String> remove,
            List<PathRule> paths,
            Optional<String> tag) {
        this.host = host;
        this.hosts = hosts;
        this.set = set;
        this.remove = remove;
        this.paths = paths;
        this.tag = tag;
    }

    /** Reads {@code host}, {@code hosts}, {@code headers}, {@code rewrite} and {@code tag}. */
    public static Rewriting of(Settings settings, InetSocketAddress target) {
        Optional<String> host =
                switch (settings.text("host").orElse("keep")) {
                    case "keep" -> Optional.empty();
                    case "target" -> Optional.of(authority(target));
                    case String other ->
                            throw new SettingsException(
                                    "%s.host is '%s': it is keep or target, and %s.hosts maps single names"
                                            .formatted(settings.path(), other, settings.path()));
                };
        Map<String, String> hosts = new LinkedHashMap<>();
        Settings hostMap = settings.section("hosts");
        for (String name : hostMap.names()) {
            hosts.put(
                    name.toLowerCase(Locale.ROOT),
                    plain(hostMap.path() + "." + name, hostMap.text(name).orElse("")));
        }
        Settings headers = settings.section("headers");
        headers.allowOnly(Set.of("set", "remove"));
        Set<String> remove = new HashSet<>();
        for (String name : headers.texts("remove")) {
            remove.add(headerName(headers.path() + ".remove", name));
        }
        Map<String, String> set = new LinkedHashMap<>();
        Settings values = headers.section("set");
        for (String name : values.names()) {
            headerName(values.path(), name);
            set.put(
                    name,
                    plain(
                            values.path() + "." + name,
                            values.secret(name).map(secret -> secret.reveal()).orElse("")));
        }
        List<PathRule> paths = new ArrayList<>();
        for (String text : settings.texts("rewrite")) {
            paths.add(pathRule(settings.path() + ".rewrite", text));
        }
        String tag = settings.text("tag").orElse(DEFAULT_TAG);
        // YAML reads a bare "off" as text or as a flag, by its version.
        boolean off = tag.equals(OFF) || tag.equals("false");
        return new Rewriting(
                host,
                hosts,
                set,
                remove,
                paths,
                off ? Optional.empty() : Optional.of(checked(settings.path() + ".tag", tag)));
    }

    private static String authority(InetSocketAddress target) {
        String name = target.getHostString();
        String shown = name.indexOf(':') >= 0 ? "[" + name + "]" : name;
        return target.getPort() == 80 ? shown : shown + ":" + target.getPort();
    }

    private static String headerName(String setting, String name) {
        String lower = checked(setting, name).toLowerCase(Locale.ROOT);
        if (FRAMING.contains(lower)) {
            throw new SettingsException(
                    "%s: %s says how the request is read, and cannot be changed"
                            .formatted(setting, name));
        }
        return lower;
    }

    private static String checked(String setting, String name) {
        if (!Fields.isToken(name)) {
            throw new SettingsException("%s: '%s' is no header's name".formatted(setting, name));
        }
        return name;
    }

    /** The value may be a secret, so it is not shown. */
    private static String plain(String setting, String value) {
        if (value.isEmpty() || value.chars().anyMatch(c -> c < ' ' || c == 0x7f || c > 0xff)) {
            throw new SettingsException(
                    setting + " must be one line of text in ISO 8859-1, and not empty");
        }
        return value;
    }

    private static PathRule pathRule(String setting, String text) {
        List<String> parts = List.of(text.split("->", -1));
        String from = parts.getFirst().strip();
        String to = parts.getLast().strip();
        boolean prefix = from.endsWith("*") && to.endsWith("*");
        String plainFrom = prefix ? from.substring(0, from.length() - 1) : from;
        String plainTo = prefix ? to.substring(0, to.length() - 1) : to;
        boolean fits =
                parts.size() == 2
                        && from.startsWith("/")
                        && to.startsWith("/")
                        && (plainFrom + plainTo).chars().allMatch(c -> c > ' ' && c < 0x7f)
                        && (plainFrom + plainTo).indexOf('*') < 0;
        if (!fits) {
            throw new SettingsException(
                    "%s: '%s' is no rule: write '/from -> /to', or '/from/* -> /to/*'"
                            .formatted(setting, text));
        }
        return new PathRule(plainFrom, plainTo, prefix);
    }

    /** Whether this request is itself copied traffic: to send it again would go in circles. */
    public boolean isCopied(RequestHead request) {
        return tag.isPresent() && request.fields().first(tag.get()).isPresent();
    }

    /**
     * The head as the target is to get it.
     *
     * @param mark what the tag says: the session and the request
     */
    public RequestHead apply(RequestHead request, String mark) {
        String target = target(request);
        RequestHead moved = target.equals(request.target()) ? request : request.withTarget(target);
        List<FieldLine> lines = new ArrayList<>(moved.fields().lines().size() + 1);
        for (FieldLine line : moved.fields().lines()) {
            String name = line.header().name().toLowerCase(Locale.ROOT);
            if (!remove.contains(name)) {
                lines.add(field(name, line));
            }
        }
        set.forEach(
                (name, value) -> {
                    lines.removeIf(line -> line.header().is(name));
                    lines.add(FieldLine.of(name, value));
                });
        tag.ifPresent(name -> lines.add(FieldLine.of(name, mark)));
        return moved.with(new Fields(lines));
    }

    /** A head that is ready for the target, with another mark in its tag. */
    public RequestHead marked(RequestHead request, String mark) {
        return request.with(
                new Fields(
                        request.fields().lines().stream()
                                .map(
                                        line ->
                                                tag.filter(line.header()::is).isPresent()
                                                        ? FieldLine.of(line.header().name(), mark)
                                                        : line)
                                .toList()));
    }

    private FieldLine field(String name, FieldLine line) {
        String value = line.header().value();
        String now =
                switch (name) {
                    case "host" -> host(value);
                    case "origin", "referer" -> uri(value);
                    default -> value;
                };
        return now.equals(value) ? line : FieldLine.of(line.header().name(), now);
    }

    private String target(RequestHead request) {
        String target = request.target();
        if (request.method().equals("CONNECT") || target.equals("*")) {
            return target;
        }
        String moved = target.startsWith("/") ? target : uri(target);
        if (paths.isEmpty()) {
            return moved;
        }
        int authority = moved.startsWith("/") ? 0 : moved.indexOf('/', moved.indexOf("://") + 3);
        int query = moved.indexOf('?');
        int end = query < 0 ? moved.length() : query;
        if (authority < 0 || authority > end) {
            return moved;
        }
        String path = moved.substring(authority, end);
        for (PathRule rule : paths) {
            Optional<String> other = rule.apply(path);
            if (other.isPresent()) {
                return moved.substring(0, authority) + other.get() + moved.substring(end);
            }
        }
        return moved;
    }

    /** An absolute URI with its host mapped. */
    private String uri(String uri) {
        int start = uri.indexOf("://") + 3;
        if (start < 3) {
            return uri;
        }
        int end = start;
        while (end < uri.length() && "/?#".indexOf(uri.charAt(end)) < 0) {
            end++;
        }
        int user = uri.lastIndexOf('@', end - 1);
        int from = user >= start ? user + 1 : start;
        return uri.substring(0, from) + host(uri.substring(from, end)) + uri.substring(end);
    }

    private String host(String authority) {
        String lower = authority.toLowerCase(Locale.ROOT);
        String mapped = hosts.get(lower);
        if (mapped == null) {
            int port = lower.lastIndexOf(':');
            mapped = port < 0 ? null : hosts.get(lower.substring(0, port));
        }
        return mapped != null ? mapped : host.orElse(authority);
    }
}
