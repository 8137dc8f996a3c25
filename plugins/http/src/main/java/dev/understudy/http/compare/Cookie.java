package dev.understudy.http.compare;

import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a {@code Set-Cookie} says (RFC 6265, section 4.1).
 *
 * @param value without quotes; a secret, never shown
 * @param deletes whether it takes a cookie away
 * @param attributes names in lower case; of a time of expiry only that there is one
 */
record Cookie(String name, String value, boolean deletes, Map<String, String> attributes) {
    /** Reads one; {@code date} is the answer's own. */
    static Cookie of(String line, Optional<Instant> date, Hosts hosts) {
        String[] parts = line.split(";", -1);
        int equals = parts[0].indexOf('=');
        String name = (equals < 0 ? parts[0] : parts[0].substring(0, equals)).strip();
        String text = equals < 0 ? "" : parts[0].substring(equals + 1).strip();
        Map<String, String> attributes = new TreeMap<>();
        boolean deletes = false;
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            String attribute = pair[0].strip().toLowerCase(Locale.ROOT);
            String value = pair.length > 1 ? pair[1].strip() : "";
            switch (attribute) {
                case "" -> {}
                case "expires" -> {
                    Optional<Instant> expires = instant(value.replace('-', ' '));
                    deletes |=
                            expires.isPresent()
                                    && expires.get()
                                            .isBefore(date.orElse(Instant.ofEpochSecond(86_400)));
                    attributes.put(attribute, "set");
                }
                case "max-age" -> {
                    deletes |= value.matches("0+|-.*");
                    attributes.put(attribute, value);
                }
                case "domain" -> {
                    String domain = value.startsWith(".") ? value.substring(1) : value;
                    attributes.put(attribute, hosts.onlineOf(domain));
                }
                case "samesite" -> attributes.put(attribute, value.toLowerCase(Locale.ROOT));
                default -> attributes.put(attribute, value);
            }
        }
        return new Cookie(name, unquoted(text), deletes, attributes);
    }

    private static String unquoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    /**
     * Whether both leave the client with the same: what each server draws for itself is as long in
     * both and never empty; a short value is data.
     */
    private boolean sameAs(Cookie other, SecretNames names) {
        return deletes == other.deletes
                && attributes.equals(other.attributes)
                && (deletes
                        || value.equals(other.value)
                        || Shape.drawnAlike(value, other.value)
                        || (names.hidden(name) && !value.isEmpty() && !other.value.isEmpty()));
    }

    private static boolean same(List<Cookie> online, List<Cookie> target, SecretNames names) {
        if (online.size() != target.size()) {
            return false;
        }
        for (int i = 0; i < online.size(); i++) {
            if (!online.get(i).sameAs(target.get(i), names)) {
                return false;
            }
        }
        return true;
    }

    /** Without the value. */
    @Override
    public String toString() {
        return "Cookie[" + name + "]";
    }

    /** An HTTP date (RFC 9110, section 5.6.7), if it is one. */
    static Optional<Instant> instant(String text) {
        try {
            return Optional.of(
                    ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Tells each cookie that differs. */
    static void compare(
            List<Cookie> online, List<Cookie> target, SecretNames names, Findings findings) {
        Map<String, List<Cookie>> mine = byName(online);
        Map<String, List<Cookie>> theirs = byName(target);
        mine.forEach(
                (name, cookies) -> {
                    List<Cookie> others = theirs.getOrDefault(name, List.of());
                    if (!same(cookies, others, names)) {
                        add(name, cookies, others, findings);
                    }
                });
        theirs.forEach(
                (name, cookies) -> {
                    if (!mine.containsKey(name)) {
                        add(name, List.of(), cookies, findings);
                    }
                });
    }

    private static Map<String, List<Cookie>> byName(List<Cookie> cookies) {
        Map<String, List<Cookie>> byName = new LinkedHashMap<>();
        cookies.forEach(
                cookie ->
                        byName.computeIfAbsent(cookie.name(), _ -> new ArrayList<>()).add(cookie));
        return byName;
    }

    private static void add(
            String name, List<Cookie> online, List<Cookie> target, Findings findings) {
        String mine = shown(online);
        String theirs = shown(target);
        findings.add(
                Difference.structural(
                        Kind.COOKIE,
                        "cookie:" + Shown.plain(name, 80),
                        mine,
                        mine.equals(theirs) ? theirs + ", another value" : theirs));
    }

    private static String shown(List<Cookie> cookies) {
        if (cookies.isEmpty()) {
            return Shown.ABSENT;
        }
        StringBuilder out = new StringBuilder();
        for (Cookie cookie : cookies) {
            out.append(out.isEmpty() ? "" : ", ").append(cookie.deletes() ? "deleted" : "set");
            if (!cookie.deletes()) {
                out.append(" (").append(cookie.value().length()).append(" characters)");
            }
            cookie.attributes()
                    .forEach(
                            (attribute, value) ->
                                    out.append("; ")
                                            .append(attribute)
                                            .append(value.isEmpty() ? "" : "=" + value));
        }
        return Shown.plain(out.toString(), Shown.MAX_VALUE);
    }
}
