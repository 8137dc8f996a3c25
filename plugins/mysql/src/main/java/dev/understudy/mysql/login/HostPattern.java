package dev.understudy.mysql.login;

import java.util.regex.Pattern;

/** Hosts of accounts as the servers write them: {@code %} for any characters, {@code _} for one. */
final class HostPattern {
    private HostPattern() {}

    /** Whether this address, as text, is one of the pattern's. */
    static boolean matches(String pattern, String address) {
        StringBuilder expression = new StringBuilder();
        pattern.chars()
                .mapToObj(
                        c ->
                                switch (c) {
                                    case '%' -> ".*";
                                    case '_' -> ".";
                                    default -> Pattern.quote(Character.toString(c));
                                })
                .forEach(expression::append);
        return address.matches(expression.toString());
    }

    /** Characters that are no wildcard. */
    static int literals(String pattern) {
        return (int) pattern.chars().filter(c -> c != '%' && c != '_').count();
    }
}
