package dev.understudy.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of a live capture; filled by picocli. */
final class CaptureOptions {
    @Option(
            names = {"-i", "--interface"},
            required = true,
            paramLabel = "IFACE",
            description = "where the online server's packets pass; 'any' for all interfaces")
    private String interfaceName;

    @Mixin private RingOption ring;

    /** An interface there is. */
    String interfaceName() throws RefusedException {
        Interfaces.require(interfaceName);
        return interfaceName;
    }

    /** As {@link RingOption#mib}. */
    int ringMib() throws RefusedException {
        return ring.mib();
    }
}
