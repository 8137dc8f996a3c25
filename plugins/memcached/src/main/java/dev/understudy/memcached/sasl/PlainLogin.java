package dev.understudy.memcached.sasl;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.understudy.protocol.Secret;

/** PLAIN: one message, {@code [authorization] NUL user NUL password} in UTF-8 (RFC 4616). */
final class PlainLogin implements SaslLogin {
    private final String user;
    private final Secret password;

    PlainLogin(String user, Secret password) {
        if (user.isEmpty() || user.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a user's name is empty, or holds a NUL");
        }
        if (password.reveal().indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the password of '" + user + "' holds a NUL");
        }
        this.user = user;
        this.password = password;
    }

    @Override
    public byte[] first() {
        return ("\0" + user + "\0" + password.reveal()).getBytes(UTF_8);
    }

    @Override
    public SaslStep onContinue(byte[] message) {
        return new SaslStep.Failed("the server asks for more than PLAIN has");
    }

    @Override
    public SaslStep onSuccess(byte[] message) {
        return new SaslStep.Done();
    }
}
