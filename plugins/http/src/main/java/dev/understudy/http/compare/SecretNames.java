package dev.understudy.http.compare;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the names of headers, members and parameters say about their values: by lists of what is
 * common, and by the names under which tokens are learnt. A name is what of it is letters and
 * digits, whatever the case.
 */
public final class SecretNames {
    /** A name that holds one of these, whatever the case and the dashes, holds a secret. */
    private static final List<String> HIDDEN =
            List.of(
                    "passw",
                    "passphrase",
                    "passcode",
                    "pwd",
                    "secret",
                    "token",
                    "authorization",
                    "authentication",
                    "authenticate",
                    "cookie",
                    "apikey",
                    "accesskey",
                    "privatekey",
                    "signature",
                    "session",
                    "csrf",
                    "xsrf",
                    "jwt",
                    "credential",
                    "bearer",
                    "assertion",
                    "viewstate",
                    "samlre");

    private static final Set<String> HIDDEN_WHOLE =
            Set.of(
                    "sid",
                    "pw",
                    "pass",
                    "pin",
                    "sig",
                    "auth",
                    "otp",
                    "cvv",
                    "cvc",
                    "nonce",
                    // A line of an answer that has no name: it may be anything.
                    "oddline");

    /** What logins carry in the address of a redirect (RFC 6749, section 4.1.2; SAML). */
    private static final Set<String> LOGIN_PARAMETERS =
            Set.of("code", "state", "nonce", "samlrequest", "samlresponse", "relaystate", "ticket");

    /** In an address these are secrets, too; in a document they may be anybody's words. */
    private static final List<String> HIDDEN_IN_ADDRESS =
            List.of("auth", "otp", "nonce", "ticket", "sig");

    /** Names of values that each server makes for itself at a login or for a form. */
    private static final Set<String> BORN_THERE =
            Set.of(
                    "token",
                    "accesstoken",
                    "refreshtoken",
                    "idtoken",
                    "authtoken",
                    "sessiontoken",
                    "sessionid",
                    "jsessionid",
                    "phpsessid",
                    "sid",
                    "jwt",
                    "nonce",
                    "authenticitytoken",
                    "requestverificationtoken",
                    "viewstate",
                    "eventvalidation");

    private static final List<String> NEVER_NOISE =
            List.of("csrf", "xsrf", "idempotency", "authorization", "authenticat");

    private final Set<String> tokens;

    /**
     * The common names and these.
     *
     * @param tokens names of fields and headers that carry tokens, as the configuration writes them
     */
    public SecretNames(Collection<String> tokens) {
        this.tokens =
                tokens.stream().map(SecretNames::plain).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether the value must not be shown. */
    boolean hidden(String name) {
        String plain = plain(name);
        return HIDDEN_WHOLE.contains(plain)
                || HIDDEN.stream().anyMatch(plain::contains)
                || isToken(name);
    }

    /** Whether it is a token's name, or ends in one behind a sign, as {@code user[form_key]}. */
    private boolean isToken(String name) {
        for (int i = 0; i < name.length(); i++) {
            boolean begins = i == 0 || !Character.isLetterOrDigit(name.charAt(i - 1));
            if (begins && tokens.contains(plain(name.substring(i)))) {
                return true;
            }
        }
        return false;
    }

    /** The same of a parameter of an address, where more names are secrets' alone. */
    public boolean hiddenInAddress(String name) {
        String plain = plain(name);
        return hidden(name)
                || LOGIN_PARAMETERS.contains(plain)
                || plain.equals("key")
                || HIDDEN_IN_ADDRESS.stream().anyMatch(plain::contains);
    }

    /** Whether two servers have to give different values: their shape is what can be compared. */
    boolean bornThere(String name) {
        String plain = plain(name);
        return BORN_THERE.contains(plain)
                || tokens.contains(plain)
                || plain.contains("csrf")
                || plain.contains("xsrf");
    }

    /** As {@link #bornThere}, for a parameter of an address. */
    boolean loginParameter(String name) {
        return LOGIN_PARAMETERS.contains(plain(name)) || bornThere(name);
    }

    /** Whether no rule and no learning may silence it: what protects has to be there. */
    static boolean neverNoise(String name) {
        String plain = plain(name);
        return NEVER_NOISE.stream().anyMatch(plain::contains);
    }

    private static String plain(String name) {
        StringBuilder plain = new StringBuilder(name.length());
        for (char c : name.toLowerCase(Locale.ROOT).toCharArray()) {
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                plain.append(c);
            }
        }
        // A name in another script is itself.
        return plain.isEmpty() ? name.toLowerCase(Locale.ROOT) : plain.toString();
    }
}
