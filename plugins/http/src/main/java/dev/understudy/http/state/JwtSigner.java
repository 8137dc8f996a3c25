package dev.understudy.http.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.understudy.protocol.Secret;
import dev.understudy.protocol.Settings;
import dev.understudy.protocol.SettingsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs JSON Web Tokens anew, with a key that the target trusts (RFC 7515, 7519): the claims stay,
 * but for those the configuration sets and for the expiry, which is moved behind the run. Safe for
 * use by several threads.
 */
final class JwtSigner {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final long DEFAULT_LIFETIME_SECONDS = 30L * 24 * 3600;
    private static final long MAX_LIFETIME_SECONDS = 100L * 366 * 24 * 3600;

    /** Tokens signed already that are remembered. */
    private static final int MAX_SIGNED = 4096;

    private interface Signer {
        byte[] sign(byte[] text) throws GeneralSecurityException;
    }

    private final String algorithm;
    private final Optional<String> keyId;
    private final Signer signer;
    private final Map<String, String> claims;
    private final long expirySeconds;
    private final Map<String, String> signed =
            new LinkedHashMap<>(64, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
                    return size() > MAX_SIGNED;
                }
            };

    private JwtSigner(
            String algorithm,
            Optional<String> keyId,
            Signer signer,
            Map<String, String> claims,
            long expirySeconds) {
        this.algorithm = algorithm;
        this.keyId = keyId;
        this.signer = signer;
        this.claims = claims;
        this.expirySeconds = expirySeconds;
    }

    /** Reads the section {@code jwt}; empty where there is none. */
    static Optional<JwtSigner> of(Settings settings, Instant now) {
        if (settings.names().isEmpty()) {
            return Optional.empty();
        }
        settings.allowOnly(Set.of("algorithm", "key", "key-id", "lifetime", "claims"));
        String algorithm = settings.text("algorithm").orElse("HS256");
        Secret key =
                settings.secret("key")
                        .orElseThrow(
                                () ->
                                        new SettingsException(
                                                settings.path()
                                                        + ".key is missing: the secret, or the private key in PEM, that tokens are signed with"));
        Map<String, String> claims = new LinkedHashMap<>();
        Settings given = settings.section("claims");
        for (String name : given.names()) {
            claims.put(name, given.text(name).orElse(""));
        }
        long lifetime =
                settings.number("lifetime", 1, MAX_LIFETIME_SECONDS)
                        .orElse(DEFAULT_LIFETIME_SECONDS);
        try {
            Signer signer = signer(settings, algorithm, key);
            signer.sign(new byte[1]);
            return Optional.of(
                    new JwtSigner(
                            algorithm,
                            settings.text("key-id"),
                            signer,
                            claims,
                            now.getEpochSecond() + lifetime));
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            throw new SettingsException(
                    "%s.key is no key for %s: HS algorithms want a secret, RS and ES a private key in PEM (PKCS#8)"
                            .formatted(settings.path(), algorithm));
        }
    }

    private static Signer signer(Settings settings, String algorithm, Secret key)
            throws GeneralSecurityException {
        return switch (algorithm) {
            case "HS256", "HS384", "HS512" -> {
                String mac = "HmacSHA" + algorithm.substring(2);
                byte[] secret = key.reveal().getBytes(StandardCharsets.UTF_8);
                yield text -> {
                    Mac maker = Mac.getInstance(mac);
                    maker.init(new SecretKeySpec(secret, mac));
                    return maker.doFinal(text);
                };
            }
            case "RS256", "RS384", "RS512" ->
                    signing("SHA" + algorithm.substring(2) + "withRSA", privateKey("RSA", key));
            case "ES256", "ES384", "ES512" ->
                    signing(
                            "SHA" + algorithm.substring(2) + "withECDSAinP1363Format",
                            privateKey("EC", key));
            default ->
                    throw new SettingsException(
                            "%s.algorithm is '%s': known are HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512"
                                    .formatted(settings.path(), algorithm));
        };
    }

    private static Signer signing(String name, PrivateKey key) {
        return text -> {
            Signature maker = Signature.getInstance(name);
            maker.initSign(key);
            maker.update(text);
            return maker.sign();
        };
    }

    private static PrivateKey privateKey(String kind, Secret pem) throws GeneralSecurityException {
        String base64 = pem.reveal().replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        return KeyFactory.getInstance(kind)
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    /** The token with a signature of ours; empty where it is no token that can be read. */
    Optional<String> resign(String token) {
        synchronized (signed) {
            String known = signed.get(token);
            if (known != null) {
                return Optional.of(known);
            }
        }
        Optional<String> made = sign(token);
        made.ifPresent(
                fresh -> {
                    synchronized (signed) {
                        signed.put(token, fresh);
                    }
                });
        return made;
    }

    private Optional<String> sign(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            return Optional.empty();
        }
        try {
            if (!(part(parts[0]) instanceof ObjectNode header)
                    || !(part(parts[1]) instanceof ObjectNode payload)) {
                return Optional.empty();
            }
            header.put("alg", algorithm);
            keyId.ifPresent(id -> header.put("kid", id));
            if (payload.has("exp")) {
                payload.put("exp", expirySeconds);
            }
            claims.forEach(payload::put);
            String text = encoded(header) + "." + encoded(payload);
            byte[] signature = signer.sign(text.getBytes(StandardCharsets.US_ASCII));
            return Optional.of(text + "." + ENCODER.encodeToString(signature));
        } catch (IOException | IllegalArgumentException | GeneralSecurityException _) {
            return Optional.empty();
        }
    }

    private static JsonNode part(String base64) throws IOException {
        return JSON.readTree(Base64.getUrlDecoder().decode(base64));
    }

    private static String encoded(JsonNode part) throws JsonProcessingException {
        return ENCODER.encodeToString(JSON.writeValueAsBytes(part));
    }
}
