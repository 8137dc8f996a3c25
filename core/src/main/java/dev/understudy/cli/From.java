package dev.understudy.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where {@code copy --from} waits for packets that others send here.
 *
 * @param at an address of this host, or the one that stands for all
 */
record From(Kind kind, InetSocketAddress at) {
    private static final Pattern FORM =
            Pattern.compile("([a-z]+)://(?:\\[([^\\]/]+)]|([^:/\\[\\]]*)):(\\d{1,5})/?");

    /** What comes there. */
    enum Kind {
        /** Links of {@code understudy tap}. */
        TAP,
        /** Datagrams of a mirror. */
        VXLAN,
        /** The same in another form. */
        GENEVE;

        private static Kind of(String scheme) {
            for (Kind kind : values()) {
                if (kind.name().toLowerCase(Locale.ROOT).equals(scheme)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException(
                    "'%s' is nothing that packets come from: write tap://, vxlan:// or geneve://"
                            .formatted(scheme));
        }
    }

    /**
     * Reads {@code tap://ADDR:PORT}; without an address it is every one of this host.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    static From parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no place to wait at: write tap://:%d or tap://192.0.2.1:%<d"
                            .formatted(text, TapCommand.DEFAULT_PORT));
        }
        Kind kind = Kind.of(matcher.group(1));
        int port = Integer.parseInt(matcher.group(4));
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "'%s': the port must be from 1 to 65535".formatted(text));
        }
        String host = matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
        if (host.isEmpty()) {
            return new From(kind, new InetSocketAddress(port));
        }
        try {
            return new From(kind, new InetSocketAddress(InetAddress.getByName(host), port));
        } catch (UnknownHostException _) {
            throw new IllegalArgumentException(
                    "the name '%s' has no address: check it, or write the address itself"
                            .formatted(host));
        }
    }

    @Override
    public String toString() {
        String host = at.getAddress().isAnyLocalAddress() ? "" : at.getAddress().getHostAddress();
        String shown = host.contains(":") ? "[" + host + "]" : host;
        return kind.name().toLowerCase(Locale.ROOT) + "://" + shown + ":" + at.getPort();
    }
}
