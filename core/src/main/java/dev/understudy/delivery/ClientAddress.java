package dev.understudy.delivery;

import com.google.common.hash.Hashing;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;

/** What the target sees as the address of a copied connection. */
public sealed interface ClientAddress {
    /** The copy host's own. */
    record Own() implements ClientAddress {}

    /** The client's own, and its port for the main connection of the first copy. */
    record Keep() implements ClientAddress {}

    /**
     * One of a range, always the same for the same client; ports as with {@link Keep}.
     *
     * @param range of which neither the first nor the last address is used
     */
    record Mapped(AddressRange range) implements ClientAddress {}

    /** The copy host's own, with the client's in a header before the first byte. */
    record ProxyProtocol(ProxyHeader.Version version) implements ClientAddress {}

    /**
     * The address to connect from, where that is not this host's own.
     *
     * @param copyNumber of a multiplied session: with a range each has another address
     */
    default Optional<InetAddress> foreign(InetAddress client, int copyNumber) {
        return switch (this) {
            case Own() -> Optional.empty();
            case ProxyProtocol _ -> Optional.empty();
            case Keep() -> Optional.of(client);
            // The same for each run and process: no seed.
            case Mapped(AddressRange range) ->
                    Optional.of(
                            range.pick(
                                    Hashing.murmur3_128().hashBytes(client.getAddress()).asLong()
                                            + copyNumber));
        };
    }

    /** Whether connections come from addresses that this host does not have. */
    default boolean isForeign() {
        return switch (this) {
            case Own() -> false;
            case ProxyProtocol _ -> false;
            case Keep() -> true;
            case Mapped _ -> true;
        };
    }

    /** As the user writes it: {@code keep}, {@code map:10.98.0.0/16}. */
    default String word() {
        return switch (this) {
            case Own() -> "own";
            case Keep() -> "keep";
            case Mapped(AddressRange range) -> "map:" + range;
            case ProxyProtocol(ProxyHeader.Version version) ->
                    "proxy-protocol:" + version.name().toLowerCase(Locale.ROOT);
        };
    }
}
