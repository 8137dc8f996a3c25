package dev.understudy.http.state;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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
        Map<String, String> parameters = read(value.substring(SCHEME.length()));
        return parameters.containsKey("nonce")
                ? Optional.of(new DigestChallenge(parameters))
                : Optional.empty();
    }

    private static Map<String, String> read(String list) {
        Map<String, String> parameters = new LinkedHashMap<>();
        Matcher found = PARAMETER.matcher(list);
        while (found.find()) {
            String quoted = found.group(2);
            parameters.putIfAbsent(
                    found.group(1).toLowerCase(Locale.ROOT),
                    quoted == null ? found.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
        }
        return parameters;
    }

    /** What {@code Authentication-Info} names for the next request. */
    static Optional<String> nextNonce(String value) {
        return Optional.ofNullable(read(value).get("nextnonce"));
    }

    /** This challenge, or the one that this answers, with another nonce. */
    DigestChallenge withNonce(String nonce) {
        Map<String, String> others = new LinkedHashMap<>();
        for (String name : List.of("realm", "qop", "algorithm", "opaque")) {
            if (parameters.containsKey(name)) {
                others.put(name, parameters.get(name));
            }
        }
        others.put("nonce", nonce);
        return new DigestChallenge(others);
    }

    /** The field value that {@link #of(String)} reads. */
    String text() {
        return "Digest "
                + parameters.entrySet().stream()
                        .map(each -> each.getKey() + "=" + quoted(each.getValue()))
                        .collect(Collectors.joining(", "));
    }

    static String quoted(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
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
