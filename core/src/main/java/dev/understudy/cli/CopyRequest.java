package dev.understudy.cli;

import dev.understudy.delivery.ClientAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code copy} and {@code replay} were both asked for.
 *
 * @param copies one or more
 * @param config the configuration file
 * @param report the directory for the report
 * @param maxDifferences in place of {@code limits.differences}, 0 or more
 */
record CopyRequest(
        List<Copy> copies,
        Optional<Path> config,
        Optional<Path> report,
        ClientAddress clientAddress,
        Carriage.Way way,
        boolean causal,
        Optional<Long> maxDifferences) {}
