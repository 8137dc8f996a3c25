package dev.understudy.link;

import com.google.common.hash.HashCode;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLKeyException;

/**
 * What both ends of a link know. Each end proves it by a keyed hash of what only the two ends of
 * one TLS session know (RFC 8446, section 7.5; RFC 9266): a man in the middle has two sessions, and
 * the proof made in one is worth nothing in the other. So certificates need not be looked at.
 */
public final class SharedSecret {
    /**
     * Too long to be thought up: who answers in the other end's place gets a proof to try guesses
     * against, so the secret has to be made, not chosen.
     */
    static final int MIN_BYTES = 32;

    private static final int MAX_BYTES = 4096;
    private static final String LABEL = "EXPORTER-understudy-link";
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /** Which end proves. Else a proof could be sent back to who made it. */
    enum End {
        CALLER,
        HOST
    }

    private SharedSecret(byte[] secret) {
        key = new SecretKeySpec(secret, ALGORITHM);
    }

    /**
     * Reads the first line of a file that is for its owner alone.
     *
     * @throws IOException with a message for the user that does not hold the secret
     */
    public static SharedSecret read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(
                    "secret file %s is a directory: name a file in it".formatted(file));
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
            if (mode.stream().anyMatch(each -> !each.name().startsWith("OWNER"))) {
                throw new IOException(
                        "secret file %s is not for its owner alone: chmod 600 it, and make a new secret if others may have read it"
                                .formatted(file));
            }
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (FileSystemException e) {
            throw new IOException(
                    "secret file %s cannot be read (%s): check its name and permissions"
                            .formatted(file, e.getClass().getSimpleName()),
                    e);
        }
        int length = 0;
        while (length < bytes.length && bytes[length] != '\n' && bytes[length] != '\r') {
            length++;
        }
        if (length < MIN_BYTES || length > MAX_BYTES) {
            throw new IOException(
                    "the first line of secret file %s has %d bytes, and %d to %d are wanted: make it by 'openssl rand -base64 32'"
                            .formatted(file, length, MIN_BYTES, MAX_BYTES));
        }
        byte[] secret = Arrays.copyOf(bytes, length);
        Arrays.fill(bytes, (byte) 0);
        return new SharedSecret(secret);
    }

    /** The proof of one end, {@link Greeting#PROOF_BYTES} long; the TLS handshake is done. */
    HashCode proof(Service service, End end, SslHandler tls) throws GeneralSecurityException {
        if (!(tls.engine().getSession() instanceof ExtendedSSLSession session)) {
            throw new GeneralSecurityException("this JDK's TLS exports no keying material");
        }
        byte[] ofSession;
        try {
            ofSession = session.exportKeyingMaterialData(LABEL, null, Greeting.PROOF_BYTES);
        } catch (SSLKeyException | UnsupportedOperationException e) {
            throw new GeneralSecurityException("this JDK's TLS exports no keying material", e);
        }
        Mac mac = Mac.getInstance(ALGORITHM);
        mac.init(key);
        mac.update((service.name() + ' ' + end.name() + ' ').getBytes(StandardCharsets.US_ASCII));
        return HashCode.fromBytes(mac.doFinal(ofSession));
    }

    /** Whether that end proved it; in the same time whatever was shown. */
    boolean proves(Service service, End end, SslHandler tls, HashCode shown)
            throws GeneralSecurityException {
        return MessageDigest.isEqual(proof(service, end, tls).asBytes(), shown.asBytes());
    }

    @Override
    public String toString() {
        return "(secret)";
    }
}
