package dev.understudy.testkit;

import java.util.Locale;

/** What drivers must be told so that what they send can be read on its way. */
final class JdbcUrls {
    private JdbcUrls() {}

    /**
     * The URL with TLS off, for drivers that take it wherever a server offers it. What the URL says
     * of TLS itself stays.
     */
    static String readable(String url) {
        String driver = url.split(":", 3)[1];
        return switch (driver) {
            case "mysql" ->
                    with(with(url, "sslMode", "DISABLED"), "allowPublicKeyRetrieval", "true");
            case "mariadb" ->
                    with(with(url, "sslMode", "disable"), "allowPublicKeyRetrieval", "true");
            default -> url;
        };
    }

    private static String with(String url, String name, String value) {
        if (url.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT) + "=")) {
            return url;
        }
        return url + (url.contains("?") ? "&" : "?") + name + "=" + value;
    }
}
