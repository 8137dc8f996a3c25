package dev.understudy.tls;

import java.util.Map;
import java.util.Optional;

/** What is known of one connection's secrets; immutable. */
final class ConnectionSecrets {
    private final Map<SecretLabel, byte[]> secrets;

    ConnectionSecrets(Map<SecretLabel, byte[]> secrets) {
        this.secrets = Map.copyOf(secrets);
    }

    Optional<byte[]> secret(SecretLabel label) {
        return Optional.ofNullable(secrets.get(label));
    }

    @Override
    public String toString() {
        return "secrets " + secrets.keySet();
    }
}
