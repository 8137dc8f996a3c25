package dev.understudy.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketRingTest {
    /** Opens a ring in a process of its own, and prints why it could not. */
    static final class WithoutCapability {
        private WithoutCapability() {}

        public static void main(String[] arguments) {
            PacketFilter filter = PacketFilter.of(List.of());
            try (PacketRing ring = PacketRing.open("lo", filter, RingSettings.DEFAULT)) {
                System.out.println("opened, packets: " + ring.next());
            } catch (SystemCallException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void saysWhichCapabilityLacks() throws Exception {
        Process process =
                new ProcessBuilder(
                                "setpriv",
                                "--bounding-set=-net_raw",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                WithoutCapability.class.getName())
                        .redirectErrorStream(true)
                        .start();
        byte[] output = process.getInputStream().readAllBytes();
        assertEquals(
                "socket(AF_PACKET): EPERM (Operation not permitted): capturing needs CAP_NET_RAW:"
                        + " run as root, or give it to java with setcap cap_net_raw+ep",
                new String(output, StandardCharsets.UTF_8).strip());
    }

    @Test
    void listsInterfacesWithoutAnAddressToo() {
        assertTrue(NetworkInterfaces.names().contains("lo"));
    }

    @ParameterizedTest(name = "{0} x {1}, {2} ms")
    @CsvSource({
        "65536, 64, 4",
        "200000, 64, 4",
        "8388608, 2, 4",
        "262144, 1, 4",
        "262144, 8193, 4",
        "4194304, 1024, 4",
        "262144, 64, 0",
        "262144, 64, 1001",
    })
    void refusesRingsTheKernelWouldRefuse(int blockBytes, int blocks, int millis) {
        assertThrows(
                IllegalArgumentException.class,
                () -> new RingSettings(blockBytes, blocks, Duration.ofMillis(millis)));
    }
}
