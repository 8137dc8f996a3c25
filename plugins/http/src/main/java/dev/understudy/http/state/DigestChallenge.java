package dev.understudy.http.state;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Digest challenge, or the answer to one: a list of parameters (RFC 7616, section 3).
 *
 * @param parameters by their names in lower case, values without quotes
 */
record DigestChallenge(Map<String, String> parameters) {
    private static final String SCHEME = "digest ";
    private static final Pattern PARAMETER =
            Pattern.compile(
                    "(?<![A-Za-z0-9_*-])([A-Za-z0-9_*-]++)\\s*+=\\s*+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s,\"]++))");

    /** Reads a field value of that scheme; empty where it is of another, or has no nonce. */
    static Optional<DigestChallenge> of(String value) {
        if (!value.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        Matcher found = PARAMETER.matcher(value.substring(SCHEME.length()));
        while (found.find()) {
            String quoted = found.group(2);
            parameters.putIfAbsent(
                    found.group(1).toLowerCase(Locale.ROOT),
                    quoted == null ? found.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
        }
        return parameters.containsKey("nonce")
                ? Optional.of(new DigestChallenge(parameters))
                : Optional.empty();
    }

    String nonce() {
        return parameters.get("nonce");
    }

    String of(String name, String otherwise) {
        return parameters.getOrDefault(name, otherwise);
    }

    @Override
    public String toString() {
        return "Digest " + parameters.keySet();
    }
}
