package dev.understudy.cli;

import picocli.CommandLine.Option;

/** The ring of a live capture; filled by picocli. */
final class RingOption {
    private static final int MAX_RING_MIB = 1024;

    @Option(
            names = "--ring-mib",
            paramLabel = "N",
            defaultValue = "32",
            description = "kernel memory for captured packets, in MiB; default: ${DEFAULT-VALUE}")
    private int ringMib;

    /** 1..{@value #MAX_RING_MIB}. */
    int mib() throws RefusedException {
        if (ringMib < 1 || ringMib > MAX_RING_MIB) {
            throw new RefusedException(
                    "--ring-mib %d: it must be from 1 to %d".formatted(ringMib, MAX_RING_MIB));
        }
        return ringMib;
    }
}
