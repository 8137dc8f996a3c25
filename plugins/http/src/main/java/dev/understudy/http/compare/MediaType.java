package dev.understudy.http.compare;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A content type (RFC 9110, section 8.3.1), as much as a comparison needs.
 *
 * @param name type and subtype in lower case
 * @param charset as written
 * @param boundary between the parts of a multipart body
 */
record MediaType(String name, Optional<String> charset, Optional<String> boundary) {
    private static final Set<String> TEXTS =
            Set.of(
                    "application/javascript",
                    "application/x-javascript",
                    "application/xml",
                    "application/x-www-form-urlencoded",
                    "application/x-ndjson",
                    "application/graphql",
                    "application/yaml",
                    "application/toml",
                    "image/svg+xml");

    static MediaType of(String value) {
        String[] parts = value.split(";", -1);
        Optional<String> charset = Optional.empty();
        Optional<String> boundary = Optional.empty();
        for (int i = 1; i < parts.length; i++) {
            String[] pair = parts[i].split("=", 2);
            if (pair.length == 2) {
                String text = unquoted(pair[1].strip());
                switch (pair[0].strip().toLowerCase(Locale.ROOT)) {
                    case "charset" -> charset = charset.or(() -> Optional.of(text));
                    case "boundary" -> boundary = boundary.or(() -> Optional.of(text));
                    default -> {}
                }
            }
        }
        return new MediaType(parts[0].strip().toLowerCase(Locale.ROOT), charset, boundary);
    }

    private static String unquoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }

    boolean json() {
        return name.equals("application/json")
                || name.equals("text/json")
                || name.endsWith("+json");
    }

    boolean html() {
        return name.equals("text/html") || name.equals("application/xhtml+xml");
    }

    boolean xml() {
        return !html()
                && (name.equals("application/xml")
                        || name.equals("text/xml")
                        || name.endsWith("+xml"));
    }

    boolean multipart() {
        return name.startsWith("multipart/");
    }

    boolean text() {
        return name.startsWith("text/") || name.endsWith("+xml") || TEXTS.contains(name);
    }
}
