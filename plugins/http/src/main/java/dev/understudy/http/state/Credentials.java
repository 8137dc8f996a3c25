package dev.understudy.http.state;

import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The credentials of the target, as the configuration knows them. */
public final class Credentials {
    private static final String EVERYBODY = "*";
    private static final String BASIC = "basic ";

    /** What a Digest protects (RFC 7616, section 3.3). */
    private static final String HEAD_ALONE = "auth";

    private static final String WITH_BODY = "auth-int";

    private record User(String name, Secret password) {}

    private final Map<String, User> users;
    private final Optional<Secret> bearer;
    private final Optional<JwtSigner> jwt;

    private Credentials(Map<String, User> users, Optional<Secret> bearer, Optional<JwtSigner> jwt) {
        this.users = users;
        this.bearer = bearer;
        this.jwt = jwt;
    }

    /** Reads {@code users}, {@code bearer} and {@code jwt} of the section. */
    static Credentials of(Settings settings, Instant now) {
        Map<String, User> users = new HashMap<>();
        Settings all = settings.section("users");
        for (String name : all.names()) {
            Settings user = all.section(name);
            user.allowOnly(Set.of("as", "password"));
            Secret password =
                    user.secret("password")
                            .orElseThrow(
                                    () ->
                                            new SettingsException(
                                                    user.path()
                                                            + ".password is missing: the target's password of this user, \"\" where there is none"));
            users.put(name, new User(user.text("as").orElse(name), password));
        }
        Optional<Secret> bearer = settings.secret("bearer");
        if (bearer.isPresent() && !isOneLine(bearer.get().reveal())) {
            throw new SettingsException(settings.path() + ".bearer must be one line of text");
        }
        return new Credentials(users, bearer, JwtSigner.of(settings.section("jwt"), now));
    }

    static boolean isOneLine(String value) {
        return value.chars().noneMatch(c -> c < ' ' || c == 0x7f || c > 0xff);
    }

    private Optional<User> user(String name) {
        User named = users.get(name);
        if (named != null) {
            return Optional.of(named);
        }
        // Everybody else goes by their own names, unless all are to be one user.
        return Optional.ofNullable(users.get(EVERYBODY))
                .map(all -> all.name().equals(EVERYBODY) ? new User(name, all.password()) : all);
    }

    /** A Basic credential for the target; empty where the captured one is to be sent. */
    Optional<String> basic(String authorization) {
        return users.isEmpty()
                ? Optional.empty()
                : basicUser(authorization).flatMap(this::user).map(Credentials::basicOf);
    }

    /** The user that a Basic or Digest credential names. */
    public static Optional<String> userOf(String authorization) {
        return basicUser(authorization)
                .or(
                        () ->
                                DigestChallenge.of(authorization)
                                        .map(digest -> digest.of("username", "")));
    }

    private static Optional<String> basicUser(String authorization) {
        if (!authorization.toLowerCase(Locale.ROOT).startsWith(BASIC)) {
            return Optional.empty();
        }
        try {
            byte[] decoded =
                    Base64.getDecoder().decode(authorization.substring(BASIC.length()).strip());
            String pair = new String(decoded, StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return Optional.of(colon < 0 ? pair : pair.substring(0, colon));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String basicOf(User user) {
        String pair = user.name() + ":" + user.password().reveal();
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    /** A bearer token for the target in place of one that no answer of the run gave. */
    Optional<String> bearer(String token) {
        return bearer.map(Secret::reveal).or(() -> jwt.flatMap(signer -> signer.resign(token)));
    }

    /**
     * The answer to the target's challenge (RFC 7616, section 3.4); empty where the user's password
     * is not known, or an algorithm or quality of protection is asked for that is not.
     *
     * @param captured the answer to the online server's challenge
     * @param challenge the target's
     * @param uri the request's target as it is sent
     * @param body all of it, where it is there: protection of the body cannot do without
     */
    Optional<String> digest(
            DigestChallenge captured,
            DigestChallenge challenge,
            String method,
            String uri,
            Optional<byte[]> body) {
        Optional<User> found = user(captured.of("username", ""));
        String algorithm = challenge.of("algorithm", "MD5");
        Optional<MessageDigest> hash = hash(algorithm);
        String offered = challenge.of("qop", "");
        boolean protects = !offered.isEmpty();
        Set<String> qualities =
                Set.copyOf(
                        List.of(offered.toLowerCase(Locale.ROOT).replace(" ", "").split(",", -1)));
        boolean asked = captured.of("qop", "").equalsIgnoreCase(WITH_BODY);
        boolean withBody =
                qualities.contains(WITH_BODY) && (asked || !qualities.contains(HEAD_ALONE));
        boolean known = !protects || withBody || qualities.contains(HEAD_ALONE);
        if (found.isEmpty() || hash.isEmpty() || !known || (withBody && body.isEmpty())) {
            return Optional.empty();
        }
        User user = found.get();
        String realm = challenge.of("realm", "");
        String nonce = challenge.nonce();
        String cnonce = captured.of("cnonce", "0a4f113b");
        String count = captured.of("nc", "00000001");
        MessageDigest maker = hash.get();
        String first = hex(maker, user.name() + ":" + realm + ":" + user.password().reveal());
        if (algorithm.toLowerCase(Locale.ROOT).endsWith("-sess")) {
            first = hex(maker, first + ":" + nonce + ":" + cnonce);
        }
        String quality = withBody ? WITH_BODY : HEAD_ALONE;
        String second =
                hex(
                        maker,
                        method
                                + ":"
                                + uri
                                + (withBody
                                        ? ":" + HexFormat.of().formatHex(maker.digest(body.get()))
                                        : ""));
        String response =
                protects
                        ? hex(maker, String.join(":", first, nonce, count, cnonce, quality, second))
                        : hex(maker, String.join(":", first, nonce, second));
        StringBuilder answer =
                new StringBuilder("Digest username=")
                        .append(DigestChallenge.quoted(user.name()))
                        .append(", realm=")
                        .append(DigestChallenge.quoted(realm))
                        .append(", nonce=")
                        .append(DigestChallenge.quoted(nonce))
                        .append(", uri=")
                        .append(DigestChallenge.quoted(uri))
                        .append(", response=")
                        .append(DigestChallenge.quoted(response));
        if (challenge.parameters().containsKey("algorithm")) {
            answer.append(", algorithm=").append(algorithm);
        }
        if (challenge.parameters().containsKey("opaque")) {
            answer.append(", opaque=").append(DigestChallenge.quoted(challenge.of("opaque", "")));
        }
        if (protects) {
            answer.append(", qop=")
                    .append(quality)
                    .append(", nc=")
                    .append(count)
                    .append(", cnonce=");
            answer.append(DigestChallenge.quoted(cnonce));
        }
        return Optional.of(answer.toString()).filter(Credentials::isOneLine);
    }

    private static Optional<MessageDigest> hash(String algorithm) {
        try {
            return switch (algorithm.toUpperCase(Locale.ROOT)) {
                case "MD5", "MD5-SESS" -> Optional.of(MessageDigest.getInstance("MD5"));
                case "SHA-256", "SHA-256-SESS" -> Optional.of(MessageDigest.getInstance("SHA-256"));
                default -> Optional.empty();
            };
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has MD5 and SHA-256", e);
        }
    }

    private static String hex(MessageDigest hash, String text) {
        return HexFormat.of().formatHex(hash.digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
