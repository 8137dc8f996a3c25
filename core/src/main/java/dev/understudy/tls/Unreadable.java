package dev.understudy.tls;

/** Ends the reading of a connection; becomes a {@link TlsStep.Failed} at the package's door. */
final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    /** A reason for what is no TLS, or breaks its rules. */
    static final String MALFORMED = "tls-malformed";

    private final String reason;

    Unreadable(String reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    static Unreadable malformed(String detail) {
        return new Unreadable(MALFORMED, detail);
    }

    TlsStep.Failed step() {
        return new TlsStep.Failed(reason, getMessage());
    }
}
