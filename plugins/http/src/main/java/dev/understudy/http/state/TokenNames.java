package dev.understudy.http.state;

import dev.understudy.http.message.Fields;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * By which names tokens are known: those of form fields and of members of JSON, and those of
 * headers. Names have no case.
 */
public final class TokenNames {
    /** CSRF tokens of common frameworks, and what logins call the tokens they give. */
    private static final List<String> FIELDS =
            List.of(
                    "csrf",
                    "_csrf",
                    "xsrf",
                    "_xsrf",
                    "csrf_token",
                    "csrf-token",
                    "csrfToken",
                    "_csrf_token",
                    "xsrf_token",
                    "xsrf-token",
                    "csrfmiddlewaretoken",
                    "authenticity_token",
                    "__RequestVerificationToken",
                    "javax.faces.ViewState",
                    "_token",
                    "form_key",
                    "access_token",
                    "accessToken",
                    "id_token",
                    "idToken",
                    "refresh_token",
                    "refreshToken",
                    "token",
                    "auth_token",
                    "authToken",
                    "session_token",
                    "sessionToken",
                    "jwt");

    private static final List<String> HEADERS =
            List.of(
                    "X-CSRF-Token",
                    "X-XSRF-Token",
                    "X-CSRFToken",
                    "X-CSRF-Header",
                    "RequestVerificationToken",
                    "X-Auth-Token",
                    "X-Access-Token",
                    "X-Session-Token");

    /** Names that a configuration may add. */
    private static final int MAX_ADDED = 100;

    private final Set<String> fields;
    private final Set<String> headers;
    private final Pattern inJson;

    private TokenNames(Set<String> fields, Set<String> headers) {
        this.fields = fields;
        this.headers = headers;
        String any = fields.stream().map(Pattern::quote).collect(Collectors.joining("|"));
        this.inJson =
                Pattern.compile(
                        "\"(" + any + ")\"\\s*+:\\s*+\"((?:[^\"\\\\]|\\\\.)*+)\"",
                        Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    }

    /** The built-in names, and those of {@code token-fields} and {@code token-headers}. */
    public static TokenNames of(Settings settings) {
        return new TokenNames(
                names(settings, "token-fields", FIELDS), names(settings, "token-headers", HEADERS));
    }

    private static Set<String> names(Settings settings, String setting, List<String> builtIn) {
        List<String> names = new ArrayList<>(settings.texts(setting));
        String path = settings.path() + "." + setting;
        if (names.size() > MAX_ADDED) {
            throw new SettingsException(
                    "%s has %d names, more than %d".formatted(path, names.size(), MAX_ADDED));
        }
        for (String name : names) {
            if (name.isBlank() || (setting.endsWith("headers") && !Fields.isToken(name))) {
                throw new SettingsException("%s: '%s' is no name".formatted(path, name));
            }
        }
        names.addAll(builtIn);
        Set<String> lower = new TreeSet<>();
        names.forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
        return lower;
    }

    /** Those of fields and of headers, in lower case. */
    public Set<String> all() {
        Set<String> all = new TreeSet<>(fields);
        all.addAll(headers);
        return all;
    }

    boolean isField(String name) {
        return fields.contains(name.toLowerCase(Locale.ROOT));
    }

    /** The same in a query or a form, where a login by redirects has names of its own, too. */
    boolean isParameter(String name) {
        return isField(name) || isOfRedirect(name);
    }

    /** What a login gives in the address of a redirect (RFC 6749, section 4.1.2). */
    static boolean isOfRedirect(String name) {
        return name.equals("code") || name.equals("state");
    }

    boolean isHeader(String name) {
        return headers.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Finds members of JSON: group 1 is the name, group 2 the value as it is written. */
    Pattern inJson() {
        return inJson;
    }
}
