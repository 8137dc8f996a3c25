package dev.understudy.tls;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How a suite protects records. How its keys were agreed on does not matter here, so of the suites
 * of TLS 1.2 all that end alike are one.
 *
 * @param keyLength of the cipher, in bytes
 * @param hash of the key derivation
 * @see "IANA, TLS Cipher Suites; RFC 5246, 5288, 5289, 7905, 8446"
 */
record CipherSuite(String name, Bulk bulk, int keyLength, Hash hash) {
    /** What protects the records. */
    enum Bulk {
        GCM,
        CHACHA20_POLY1305,
        CBC_SHA,
        CBC_SHA256,
        CBC_SHA384;

        /** The MAC of a suite that is no AEAD. */
        Optional<Hash> mac() {
            return switch (this) {
                case GCM, CHACHA20_POLY1305 -> Optional.empty();
                case CBC_SHA -> Optional.of(Hash.SHA1);
                case CBC_SHA256 -> Optional.of(Hash.SHA256);
                case CBC_SHA384 -> Optional.of(Hash.SHA384);
            };
        }
    }

    /** A hash, by the names that the JDK has for what is made of it. */
    enum Hash {
        SHA1("HmacSHA1", "", 20),
        SHA256("HmacSHA256", "HKDF-SHA256", 32),
        SHA384("HmacSHA384", "HKDF-SHA384", 48);

        private final String mac;
        private final String kdf;
        private final int length;

        Hash(String mac, String kdf, int length) {
            this.mac = mac;
            this.kdf = kdf;
            this.length = length;
        }

        String mac() {
            return mac;
        }

        String kdf() {
            return kdf;
        }

        /** In bytes. */
        int length() {
            return length;
        }
    }

    private static final Map<Integer, CipherSuite> TLS_13 =
            Map.of(
                    0x1301,
                    new CipherSuite("TLS_AES_128_GCM_SHA256", Bulk.GCM, 16, Hash.SHA256),
                    0x1302,
                    new CipherSuite("TLS_AES_256_GCM_SHA384", Bulk.GCM, 32, Hash.SHA384),
                    0x1303,
                    new CipherSuite(
                            "TLS_CHACHA20_POLY1305_SHA256",
                            Bulk.CHACHA20_POLY1305,
                            32,
                            Hash.SHA256));

    private static final Map<Integer, CipherSuite> TLS_12 = new HashMap<>();

    static {
        // RSA, DHE, DH_anon, PSK; then ECDHE_ECDSA, ECDH_ECDSA, ECDHE_RSA, ECDH_RSA, ECDHE_PSK.
        add(
                new CipherSuite("AES_128_GCM_SHA256", Bulk.GCM, 16, Hash.SHA256),
                new int[] {0x9c, 0x9e, 0xa0, 0xa2, 0xa4, 0xa6, 0xa8, 0xaa, 0xac},
                new int[] {0xc02b, 0xc02d, 0xc02f, 0xc031, 0xd001});
        add(
                new CipherSuite("AES_256_GCM_SHA384", Bulk.GCM, 32, Hash.SHA384),
                new int[] {0x9d, 0x9f, 0xa1, 0xa3, 0xa5, 0xa7, 0xa9, 0xab, 0xad},
                new int[] {0xc02c, 0xc02e, 0xc030, 0xc032, 0xd002});
        add(
                new CipherSuite(
                        "CHACHA20_POLY1305_SHA256", Bulk.CHACHA20_POLY1305, 32, Hash.SHA256),
                new int[] {},
                new int[] {0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae});
        add(
                new CipherSuite("AES_128_CBC_SHA", Bulk.CBC_SHA, 16, Hash.SHA256),
                new int[] {0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x8c, 0x90, 0x94},
                new int[] {0xc004, 0xc009, 0xc00e, 0xc013, 0xc018, 0xc035});
        add(
                new CipherSuite("AES_256_CBC_SHA", Bulk.CBC_SHA, 32, Hash.SHA256),
                new int[] {0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x8d, 0x91, 0x95},
                new int[] {0xc005, 0xc00a, 0xc00f, 0xc014, 0xc019, 0xc036});
        add(
                new CipherSuite("AES_128_CBC_SHA256", Bulk.CBC_SHA256, 16, Hash.SHA256),
                new int[] {0x3c, 0x3e, 0x3f, 0x40, 0x67, 0x6c, 0xae, 0xb2, 0xb6},
                new int[] {0xc023, 0xc025, 0xc027, 0xc029, 0xc037});
        add(
                new CipherSuite("AES_256_CBC_SHA256", Bulk.CBC_SHA256, 32, Hash.SHA256),
                new int[] {0x3d, 0x68, 0x69, 0x6a, 0x6b, 0x6d},
                new int[] {});
        add(
                new CipherSuite("AES_256_CBC_SHA384", Bulk.CBC_SHA384, 32, Hash.SHA384),
                new int[] {0xaf, 0xb3, 0xb7},
                new int[] {0xc024, 0xc026, 0xc028, 0xc02a, 0xc038});
    }

    private static void add(CipherSuite suite, int[] classic, int[] elliptic) {
        for (int code : classic) {
            TLS_12.put(code, suite);
        }
        for (int code : elliptic) {
            TLS_12.put(code, suite);
        }
    }

    /** The suite that both sides agreed on. */
    static CipherSuite of(int code, boolean tls13) throws Unreadable {
        CipherSuite suite = (tls13 ? TLS_13 : TLS_12).get(code);
        if (suite == null) {
            throw new Unreadable(
                    "tls-suite-0x%04X".formatted(code),
                    "the cipher suite 0x%04X is not supported".formatted(code));
        }
        return suite;
    }
}
