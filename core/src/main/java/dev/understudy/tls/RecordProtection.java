package dev.understudy.tls;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Opens the records of one direction under one key, in order; it counts them. */
abstract sealed class RecordProtection {
    private static final int TAG_LENGTH = 16;
    private static final int NONCE_LENGTH = 12;

    /** Sequence number, type, version, length: what is authenticated beside the content. */
    private static final int PSEUDO_HEADER_LENGTH = 13;

    private long sequence;

    /** Whether a record was opened under this key, so that it is the right one. */
    final boolean isProven() {
        return sequence > 0;
    }

    /**
     * Opens the next record.
     *
     * @param fragment read to its end
     * @return its content; empty if it is not authentic
     */
    final Optional<byte[]> open(RecordHeader header, ByteBuf fragment)
            throws GeneralSecurityException {
        Optional<byte[]> content = open(header, fragment, sequence);
        if (content.isPresent()) {
            sequence++;
        }
        return content;
    }

    abstract Optional<byte[]> open(RecordHeader header, ByteBuf fragment, long sequence)
            throws GeneralSecurityException;

    private static byte[] pseudoHeader(RecordHeader header, long sequence, int length) {
        return ByteBuffer.allocate(PSEUDO_HEADER_LENGTH)
                .putLong(sequence)
                .put((byte) header.type())
                .putShort((short) header.version())
                .putShort((short) length)
                .array();
    }

    private static byte[] rest(ByteBuf fragment) {
        byte[] bytes = new byte[fragment.readableBytes()];
        fragment.readBytes(bytes);
        return bytes;
    }

    /** AES-GCM or ChaCha20-Poly1305. */
    static final class Aead extends RecordProtection {
        /** Where a record's nonce comes from. */
        enum Nonce {
            /** The record brings 8 bytes of it (RFC 5288). */
            EXPLICIT,
            /** Made of the record's number (RFC 7905, 8446). */
            COUNTED
        }

        private final Cipher cipher;
        private final SecretKeySpec key;
        private final byte[] iv;
        private final Nonce nonce;
        private final boolean gcm;
        private final boolean tls13;

        /**
         * @param iv 12 bytes, or those 4 of them that no record brings
         */
        Aead(CipherSuite suite, byte[] key, byte[] iv, boolean tls13)
                throws GeneralSecurityException {
            this.gcm = suite.bulk() == CipherSuite.Bulk.GCM;
            this.cipher = Cipher.getInstance(gcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
            this.key = new SecretKeySpec(key, gcm ? "AES" : "ChaCha20");
            this.iv = Arrays.copyOf(iv, NONCE_LENGTH);
            this.nonce = gcm && !tls13 ? Nonce.EXPLICIT : Nonce.COUNTED;
            this.tls13 = tls13;
        }

        @Override
        Optional<byte[]> open(RecordHeader header, ByteBuf fragment, long sequence)
                throws GeneralSecurityException {
            byte[] nonceBytes = iv.clone();
            int explicit = nonce == Nonce.EXPLICIT ? Long.BYTES : 0;
            if (fragment.readableBytes() < explicit + TAG_LENGTH) {
                return Optional.empty();
            }
            switch (nonce) {
                case EXPLICIT -> fragment.readBytes(nonceBytes, NONCE_LENGTH - explicit, explicit);
                case COUNTED -> {
                    for (int i = 0; i < Long.BYTES; i++) {
                        nonceBytes[NONCE_LENGTH - 1 - i] ^= (byte) (sequence >>> (Byte.SIZE * i));
                    }
                }
            }
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    key,
                    gcm
                            ? new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonceBytes)
                            : new IvParameterSpec(nonceBytes));
            cipher.updateAAD(
                    tls13
                            ? ByteBuffer.allocate(RecordHeader.LENGTH)
                                    .put((byte) header.type())
                                    .putShort((short) header.version())
                                    .putShort((short) header.length())
                                    .array()
                            : pseudoHeader(
                                    header, sequence, fragment.readableBytes() - TAG_LENGTH));
            try {
                return Optional.of(cipher.doFinal(rest(fragment)));
            } catch (AEADBadTagException _) {
                return Optional.empty();
            }
        }
    }

    /** AES-CBC with an HMAC, in either order (RFC 5246, section 6.2.3.2; RFC 7366). */
    static final class Cbc extends RecordProtection {
        private static final int BLOCK_LENGTH = 16;

        private final Cipher cipher;
        private final SecretKeySpec key;
        private final Mac mac;
        private final boolean encryptThenMac;

        Cbc(CipherSuite.Hash hash, byte[] key, byte[] macKey, boolean encryptThenMac)
                throws GeneralSecurityException {
            this.cipher = Cipher.getInstance("AES/CBC/NoPadding");
            this.key = new SecretKeySpec(key, "AES");
            this.mac = Mac.getInstance(hash.mac());
            this.mac.init(new SecretKeySpec(macKey, hash.mac()));
            this.encryptThenMac = encryptThenMac;
        }

        @Override
        Optional<byte[]> open(RecordHeader header, ByteBuf fragment, long sequence)
                throws GeneralSecurityException {
            return encryptThenMac
                    ? macked(header, fragment, sequence)
                    : encrypted(header, fragment, sequence);
        }

        private Optional<byte[]> macked(RecordHeader header, ByteBuf fragment, long sequence)
                throws GeneralSecurityException {
            int length = fragment.readableBytes() - mac.getMacLength();
            if (length < 0) {
                return Optional.empty();
            }
            byte[] sealed = rest(fragment.readSlice(length));
            mac.update(pseudoHeader(header, sequence, length));
            if (!MessageDigest.isEqual(mac.doFinal(sealed), rest(fragment))) {
                return Optional.empty();
            }
            Optional<byte[]> padded = decrypted(sealed);
            return padded.flatMap(
                    plain -> unpadded(plain).map(bytes -> Arrays.copyOf(plain, bytes)));
        }

        private Optional<byte[]> encrypted(RecordHeader header, ByteBuf fragment, long sequence)
                throws GeneralSecurityException {
            Optional<byte[]> decrypted = decrypted(rest(fragment));
            if (decrypted.isEmpty()) {
                return Optional.empty();
            }
            byte[] plain = decrypted.get();
            int end = unpadded(plain).orElse(0);
            int length = end - mac.getMacLength();
            if (length < 0) {
                return Optional.empty();
            }
            mac.update(pseudoHeader(header, sequence, length));
            mac.update(plain, 0, length);
            return MessageDigest.isEqual(mac.doFinal(), Arrays.copyOfRange(plain, length, end))
                    ? Optional.of(Arrays.copyOf(plain, length))
                    : Optional.empty();
        }

        /** The blocks behind the one that is their IV. */
        private Optional<byte[]> decrypted(byte[] sealed) throws GeneralSecurityException {
            if (sealed.length < 2 * BLOCK_LENGTH || sealed.length % BLOCK_LENGTH != 0) {
                return Optional.empty();
            }
            cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(sealed, 0, BLOCK_LENGTH));
            return Optional.of(cipher.doFinal(sealed, BLOCK_LENGTH, sealed.length - BLOCK_LENGTH));
        }

        /** How many bytes stand before the padding; empty if that is none. */
        private static Optional<Integer> unpadded(byte[] plain) {
            int padding = plain[plain.length - 1] & 0xff;
            int end = plain.length - 1 - padding;
            if (end < 0) {
                return Optional.empty();
            }
            for (int i = end; i < plain.length; i++) {
                if ((plain[i] & 0xff) != padding) {
                    return Optional.empty();
                }
            }
            return Optional.of(end);
        }
    }
}
