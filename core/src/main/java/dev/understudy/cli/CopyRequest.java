package dev.understudy.cli;

import dev.understudy.delivery.ClientAddress;
import dev.understudy.session.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code copy} and {@code replay} were both asked for.
 *
 * @param copies empty: as the configuration says
 * @param protocol of the copies that name none
 * @param config the configuration file
 * @param report the directory for the report
 * @param way as the options say; the configuration may add to it
 * @param secretFile of links to other hosts
 * @param secretForSource whether it is asked for by where packets come from
 * @param requestsOnly whether the capture is to be read for requests alone
 * @param keyLogs with secrets of captured TLS
 * @param maxDifferences in place of {@code limits.differences}, 0 or more
 */
record CopyRequest(
        List<Copy> copies,
        Optional<Endpoint> control,
        Optional<String> protocol,
        Optional<Path> config,
        Optional<Path> report,
        ClientAddress clientAddress,
        Carriage.Way way,
        Optional<Path> secretFile,
        boolean secretForSource,
        Order order,
        Shape shape,
        boolean requestsOnly,
        List<Path> keyLogs,
        Optional<Path> steeringSocket,
        Optional<Long> maxDifferences) {}
