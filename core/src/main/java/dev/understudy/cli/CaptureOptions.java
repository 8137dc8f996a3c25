package dev.understudy.cli;

import picocli.CommandLine.Option;

/** The options of a live capture; filled by picocli. */
final class CaptureOptions {
    private static final int MAX_RING_MIB = 1024;

    @Option(
            names = {"-i", "--interface"},
            required = true,
            paramLabel = "IFACE",
            description = "where the online server's packets pass; 'any' for all interfaces")
    private String interfaceName;

    @Option(
            names = "--ring-mib",
            paramLabel = "N",
            defaultValue = "32",
            description = "kernel memory for captured packets, in MiB; default: ${DEFAULT-VALUE}")
    private int ringMib;

    /** An interface there is. */
    String interfaceName() throws RefusedException {
        Interfaces.require(interfaceName);
        return interfaceName;
    }

    /** 1..{@value #MAX_RING_MIB}. */
    int ringMib() throws RefusedException {
        if (ringMib < 1 || ringMib > MAX_RING_MIB) {
            throw new RefusedException(
                    "--ring-mib %d: it must be from 1 to %d".formatted(ringMib, MAX_RING_MIB));
        }
        return ringMib;
    }
}
