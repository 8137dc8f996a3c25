package dev.understudy.cli;

import dev.understudy.delivery.AddressRange;
import dev.understudy.delivery.ClientAddress;
import dev.understudy.delivery.ProxyHeader;

/** Reads {@code --client-address}. */
final class ClientAddresses {
    private static final String MAP = "map:";

    private ClientAddresses() {}

    /**
     * Reads one of the words, {@code map:} with a range behind it.
     *
     * @throws IllegalArgumentException with a message for the user
     */
    static ClientAddress parse(String text) {
        if (text.startsWith(MAP)) {
            return new ClientAddress.Mapped(AddressRange.parse(text.substring(MAP.length())));
        }
        return switch (text) {
            case "own" -> new ClientAddress.Own();
            case "keep" -> new ClientAddress.Keep();
            // The text is what every server that takes a header understands.
            case "proxy-protocol", "proxy-protocol:v1" ->
                    new ClientAddress.ProxyProtocol(ProxyHeader.Version.V1);
            case "proxy-protocol:v2" -> new ClientAddress.ProxyProtocol(ProxyHeader.Version.V2);
            default ->
                    throw new IllegalArgumentException(
                            "'%s' is no client address: write own, keep, map:10.98.0.0/16, proxy-protocol or proxy-protocol:v2"
                                    .formatted(text));
        };
    }
}
