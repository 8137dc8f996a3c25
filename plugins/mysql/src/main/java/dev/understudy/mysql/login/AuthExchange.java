package dev.understudy.mysql.login;

/**
 * The single bytes of the exchange after a login packet.
 *
 * @see "MySQL protocol manual, Connection Phase; Caching SHA-2 pluggable authentication"
 */
final class AuthExchange {
    /** First byte of a packet with more data of the method in use. */
    static final int MORE_DATA = 0x01;

    /** First byte of a packet that asks for a further factor. */
    static final int NEXT_FACTOR = 0x02;

    /** caching_sha2_password: the token was right; OK follows. */
    static final int FAST_AUTH_SUCCESS = 3;

    /** caching_sha2_password: the server has the password not in its cache and wants all of it. */
    static final int FULL_AUTH_NEEDED = 4;

    /** caching_sha2_password: the client asks for the server's RSA key. */
    static final int KEY_REQUEST = 2;

    /** sha256_password: the client asks for the server's RSA key. */
    static final int SHA256_KEY_REQUEST = 1;

    private AuthExchange() {}
}
