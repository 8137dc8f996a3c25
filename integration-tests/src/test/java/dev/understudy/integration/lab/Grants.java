package dev.understudy.integration.lab;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Tokens as RFC 6749 has them: a code for a login (section 4.1), an access token and a refresh
 * token for a code, and new ones for a refresh token (section 6), after which the old are void.
 */
final class Grants {
    private record Access(String user, String refreshToken) {}

    private final Supplier<String> made;
    private final Map<String, String> codes = new ConcurrentHashMap<>();
    private final Map<String, String> refreshTokens = new ConcurrentHashMap<>();
    private final Map<String, Access> accessTokens = new ConcurrentHashMap<>();

    Grants(Supplier<String> made) {
        this.made = made;
    }

    /** A code that is good once. */
    String code(String user) {
        String code = made.get();
        codes.put(code, user);
        return code;
    }

    /** New tokens as JSON for what a form bears; empty where it is worth nothing. */
    Optional<String> redeem(Map<String, String> form) {
        Optional<String> user =
                switch (form.getOrDefault("grant_type", "")) {
                    case "authorization_code" ->
                            Optional.ofNullable(codes.remove(form.getOrDefault("code", "")));
                    case "refresh_token" -> refreshed(form.getOrDefault("refresh_token", ""));
                    default -> Optional.empty();
                };
        return user.map(this::tokens);
    }

    private Optional<String> refreshed(String refreshToken) {
        accessTokens.values().removeIf(access -> access.refreshToken().equals(refreshToken));
        return Optional.ofNullable(refreshTokens.remove(refreshToken));
    }

    /** An access token and a refresh token of a user, as JSON. */
    String tokens(String user) {
        String accessToken = made.get();
        String refreshToken = made.get();
        refreshTokens.put(refreshToken, user);
        accessTokens.put(accessToken, new Access(user, refreshToken));
        return "{\"access_token\":\"%s\",\"refresh_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":60}"
                .formatted(accessToken, refreshToken);
    }

    /** Whose a token is. */
    Optional<String> user(String accessToken) {
        return Optional.ofNullable(accessTokens.get(accessToken)).map(Access::user);
    }
}
