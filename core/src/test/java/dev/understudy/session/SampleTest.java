package dev.understudy.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.hash.Hashing;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SampleTest {
    private static InetSocketAddress client(int i) {
        return new InetSocketAddress("192.0." + i / 256 % 256 + "." + i % 256, 1024 + i);
    }

    /** The rule as docs/operations.md tells it, written once more. */
    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.7", "2001:db8::7"})
    void theRuleIsTheOneThatIsDocumented(String host) {
        Sample tenth = new Sample(0.1, Sample.By.SESSION);
        int taken = 0;
        for (int port = 1024; port < 3024; port++) {
            InetSocketAddress client = new InetSocketAddress(host, port);
            byte[] address = client.getAddress().getAddress();
            byte[] key =
                    ByteBuffer.allocate(address.length + 2)
                            .put(address)
                            .putShort((short) port)
                            .array();
            long place =
                    Long.remainderUnsigned(
                            Hashing.murmur3_128(0).hashBytes(key).asLong(), 1_000_000);
            assertEquals(place < 100_000, tenth.takes(client), client::toString);
            taken += tenth.takes(client) ? 1 : 0;
        }
        assertTrue(taken > 150 && taken < 250, taken + " of 2000");
    }

    /** As docs/operations.md tells it; the places were made by another program. */
    @ParameterizedTest(name = "{0} at {1}")
    @CsvSource({"app, 233944", "reports, 323043", "Jürgen, 892111"})
    void theRuleForUsersIsTheOneThatIsDocumented(String user, int place) {
        assertTrue(new Sample((place + 1) / 1e6, Sample.By.USER).takes(user));
        assertTrue(!new Sample(place / 1e6, Sample.By.USER).takes(user));
        assertEquals("users:2.5%", new Sample(0.025, Sample.By.USER).toString());
    }

    @Test
    void aLargerShareHoldsTheSmallerOne() {
        Sample small = new Sample(0.2, Sample.By.SESSION);
        Sample large = new Sample(0.3, Sample.By.SESSION);
        IntStream.range(0, 1000)
                .mapToObj(SampleTest::client)
                .filter(small::takes)
                .forEach(client -> assertTrue(large.takes(client), client::toString));
    }

    @Test
    void nothingAndAllAreExact() {
        Sample none = new Sample(0, Sample.By.SESSION);
        for (int i = 0; i < 1000; i++) {
            assertTrue(Sample.ALL.takes(client(i)));
            assertTrue(!none.takes(client(i)));
        }
    }

    @Test
    void byClientAllOfItsConnectionsAreTakenOrNone() {
        Sample half = new Sample(0.5, Sample.By.CLIENT);
        int taken = 0;
        for (int i = 0; i < 200; i++) {
            InetSocketAddress first = client(i);
            for (int port = 1; port < 50; port++) {
                assertEquals(
                        half.takes(first),
                        half.takes(new InetSocketAddress(first.getAddress(), port)));
            }
            taken += half.takes(first) ? 1 : 0;
        }
        assertTrue(taken > 60 && taken < 140, taken + " of 200");
    }
}
