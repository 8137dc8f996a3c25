package dev.understudy.testkit;

import dev.understudy.capture.PacketSource;
import dev.understudy.capture.PcapngSource;
import dev.understudy.capture.SecretsReader;
import dev.understudy.cli.LiveSources;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Where a rehearsal has its connections from. */
sealed interface Way {
    /** A relay of this process passes them on. */
    record InThePath() implements Way {}

    /** They are captured on the network of the online server. */
    record Beside() implements Way {
        private static final int RING_MIB = 16;

        /** What a capture for this server reads from; it is closed by the run. */
        PacketSource open(Server online) {
            try {
                String name = interfaceTowards(online);
                return LiveSources.of(name, List.of(online.seenAs()), RING_MIB);
            } catch (IOException e) {
                throw new RehearsalException(e.getMessage(), e);
            }
        }

        private static String interfaceTowards(Server online) throws SocketException {
            InetAddress address = online.seenAs().getAddress();
            Optional<String> found =
                    NetworkInterface.networkInterfaces()
                            .filter(
                                    it ->
                                            it.getInterfaceAddresses().stream()
                                                    .anyMatch(own -> isNear(own, address)))
                            .map(NetworkInterface::getName)
                            .findFirst();
            return found.orElseThrow(
                    () ->
                            new RehearsalException(
                                    "no interface of this host is on the network of %s: where containers run in a machine of their own, as with Docker Desktop, leave capturing() away"
                                            .formatted(address.getHostAddress())));
        }

        private static boolean isNear(InterfaceAddress own, InetAddress other) {
            byte[] mine = own.getAddress().getAddress();
            byte[] theirs = other.getAddress();
            int bits = own.getNetworkPrefixLength();
            if (mine.length != theirs.length) {
                return false;
            }
            int bytes = bits / Byte.SIZE;
            int rest = bits % Byte.SIZE;
            return Arrays.equals(mine, 0, bytes, theirs, 0, bytes)
                    && (rest == 0 || (mine[bytes] ^ theirs[bytes]) >> (Byte.SIZE - rest) == 0);
        }
    }

    /** They were recorded. */
    record Recorded(Path file) implements Way {
        /** What reads the recording; it is closed by the run. */
        PacketSource open() {
            try {
                return PcapngSource.recording(file, SecretsReader.NONE);
            } catch (IOException e) {
                throw new RehearsalException(
                        "the recording %s cannot be read: %s".formatted(file, e.getMessage()), e);
            }
        }
    }
}
