package dev.understudy.cli;

import dev.understudy.cli.config.Configuration;
import dev.understudy.delivery.AddressRange;
import dev.understudy.delivery.ClientAddress;
import dev.understudy.session.Pacing;
import dev.understudy.session.Shape;
import dev.understudy.wire.Overlay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A copy that was asked for, checked as far as options and configuration go.
 *
 * @param copies one or more
 * @param order of requests across sessions
 * @param requestsOnly whether the capture is to be read for requests alone
 * @param duration of the capture; empty: until the source ends or somebody stops it
 * @param ringMib of kernel memory for captured packets
 * @param keyLogs with secrets of captured TLS
 * @param journalBytes for the journals of each target's sessions; 0 where nobody could read them
 */
record RunPlan(
        Source source,
        List<Copy> copies,
        ClientAddress clientAddress,
        Carriage.Way way,
        Tempo tempo,
        Order order,
        Shape shape,
        boolean requestsOnly,
        Optional<Duration> duration,
        int ringMib,
        List<Path> keyLogs,
        Steered steered,
        long journalBytes,
        Configuration configuration) {

    /**
     * Where the run takes commands of {@code understudy ctl}.
     *
     * @param required whether it was asked for: where it cannot be had the run is not begun
     */
    record Steered(Path socket, boolean required) {}

    /** All targets and controls, each address once. */
    List<Endpoint> targets() {
        return Copy.targetsOf(copies);
    }

    /**
     * How fast packets are handed on.
     *
     * @param skipIdle times of a recording without a packet are cut to this
     * @param passes how often a recording is read, 1 or more
     */
    record Tempo(Pacing pacing, Optional<Duration> skipIdle, int passes) {}

    /** Where packets come from. */
    sealed interface Source {
        /** A network interface, or {@code any}. */
        record Interface(String name) implements Source {}

        /** A pcap or pcapng file. */
        record File(Path path) implements Source {}

        /** A pcap or pcapng stream on standard input. */
        record StandardInput() implements Source {}

        /** Taps that connect here. */
        record Taps(From from, Path secretFile) implements Source {}

        /**
         * Datagrams that a mirror sends here.
         *
         * @param senders whose datagrams are taken
         * @param networks by their numbers; empty for all
         */
        record Mirror(
                From from, Overlay overlay, List<AddressRange> senders, List<Integer> networks)
                implements Source {}

        /** For a reader. */
        default String describe() {
            return switch (this) {
                case Interface(String name) -> "live on " + name;
                case File(Path path) -> path.toString();
                case StandardInput() -> "standard input";
                case Taps(From from, Path _) -> "live from " + from;
                case Mirror(From from, Overlay _, var _, var _) -> "live from " + from;
            };
        }
    }
}
