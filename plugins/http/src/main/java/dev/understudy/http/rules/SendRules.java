package dev.understudy.http.rules;

import dev.understudy.http.message.Fields;
import dev.understudy.http.message.RequestHead;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What may be sent to the target. Rules by path come first, the first that fits decides; then the
 * requests named as logins; then the methods.
 */
public final class SendRules {
    /** Methods that change nothing on a server (RFC 9110, section 9.2.1). */
    public static final List<String> SAFE_METHODS = List.of("GET", "HEAD", "OPTIONS", "TRACE");

    /** Rules of one configuration, of each kind. */
    private static final int MAX_RULES = 1000;

    private static final String ANY = "*";

    private record PathRule(boolean allow, RequestPattern requests) {
        @Override
        public String toString() {
            return (allow ? "allow " : "deny ") + requests;
        }
    }

    private final Set<String> methods;
    private final List<PathRule> paths;
    private final List<RequestPattern> logins;

    private SendRules(Set<String> methods, List<PathRule> paths, List<RequestPattern> logins) {
        this.methods = methods;
        this.paths = paths;
        this.logins = logins;
    }

    /** Reads {@code methods}, {@code paths} and {@code login} of the section. */
    public static SendRules of(Settings settings) {
        Set<String> methods = new LinkedHashSet<>(settings.texts("methods"));
        if (methods.isEmpty()) {
            methods.addAll(SAFE_METHODS);
        }
        for (String method : methods) {
            if (!Fields.isToken(method)) {
                throw new SettingsException(
                        "%s.methods: '%s' is no method".formatted(settings.path(), method));
            }
        }
        List<PathRule> paths = new ArrayList<>();
        for (String text : few(settings, "paths")) {
            paths.add(pathRule(settings.path() + ".paths", text));
        }
        List<RequestPattern> logins = new ArrayList<>();
        for (String text : few(settings, "login")) {
            logins.add(RequestPattern.of(settings.path() + ".login", words(text)));
        }
        return new SendRules(methods, paths, logins);
    }

    private static List<String> few(Settings settings, String name) {
        List<String> texts = settings.texts(name);
        if (texts.size() > MAX_RULES) {
            throw new SettingsException(
                    "%s.%s has %d rules, more than %d: use patterns"
                            .formatted(settings.path(), name, texts.size(), MAX_RULES));
        }
        return texts;
    }

    private static PathRule pathRule(String setting, String text) {
        List<String> words = words(text);
        boolean allow = words.getFirst().equals("allow");
        if (words.size() < 2 || !(allow || words.getFirst().equals("deny"))) {
            throw new SettingsException(
                    "%s: '%s' is no rule: write allow or deny, a method if you like, and a path, as 'deny GET /logout'"
                            .formatted(setting, text));
        }
        return new PathRule(allow, RequestPattern.of(setting, words.subList(1, words.size())));
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+"));
    }

    /** The rule by which this request is not sent, a word to count by; empty where it may be. */
    public Optional<String> refusal(RequestHead request) {
        for (PathRule rule : paths) {
            if (rule.requests().matches(request)) {
                return rule.allow() ? Optional.empty() : Optional.of(rule.toString());
            }
        }
        boolean allowed =
                isLogin(request) || methods.contains(ANY) || methods.contains(request.method());
        return allowed ? Optional.empty() : Optional.of("method " + known(request.method()));
    }

    /** Whether the configuration names this request as one that begins a user's session. */
    public boolean isLogin(RequestHead request) {
        for (RequestPattern login : logins) {
            if (login.matches(request)) {
                return true;
            }
        }
        return false;
    }

    /** Clients may make up methods: those past the usual ones are counted as one. */
    private static String known(String method) {
        return switch (method) {
            case "GET",
                    "HEAD",
                    "OPTIONS",
                    "TRACE",
                    "POST",
                    "PUT",
                    "DELETE",
                    "PATCH",
                    "CONNECT",
                    "PROPFIND",
                    "PROPPATCH",
                    "MKCOL",
                    "COPY",
                    "MOVE",
                    "LOCK",
                    "UNLOCK",
                    "REPORT",
                    "SEARCH",
                    "PURGE" ->
                    method;
            default -> "(other)";
        };
    }

    /** What a user should know of these rules before the run. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (!methods.contains(ANY)) {
            warnings.add(
                    "requests are sent if their method is one of %s; all others are skipped and counted: name more in http.methods"
                            .formatted(String.join(", ", methods)));
        }
        for (PathRule rule : paths) {
            if (!rule.allow()) {
                warnings.add("requests are skipped by http.paths: " + rule);
            }
        }
        if (logins.isEmpty() && !methods.contains(ANY) && !methods.contains("POST")) {
            warnings.add(
                    "http.login is empty, so logins are not copied: requests of users who log in during the run are sent, and not compared (login-not-copied); name them as http.login: [POST /login]");
        }
        return warnings;
    }
}
